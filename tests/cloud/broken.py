"""How each refusal that has no common form is provoked, by the words that name it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.cloud import aws_names as t
from tests.cloud.samples import ROOT, policy


@dataclass(frozen=True, slots=True)
class Broken:
    """What is done with a sample: with other inputs, or after others were lost.

    `lost` are samples that go first, behind the stand-in's back, `altered` are inputs of others,
    and `there` are ids of things that are there besides, by type.
    """

    sample: str
    change: Mapping[str, Any] = field(default_factory=dict[str, Any])
    deed: str = "create"
    lost: tuple[str, ...] = ()
    altered: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    there: Mapping[str, str] = field(default_factory=dict[str, str])
    times: int = 1


_LONG: Final = policy(action="s3:" + "x" * 6000)
_OTHERS_KEY: Final = policy({"AWS": "arn:aws:iam::999999999999:root"}, "kms:*")
_CLOSED: Final = policy(ROOT, "kms:*")

AWS: Final[Mapping[str, Broken]] = {
    "tags have a form": Broken("vpc", {"tags": {"aws:own": "1"}}),
    "networks are networks": Broken("vpc", {"cidrBlock": "10.0.0.1/16"}),
    "a rule has one source": Broken("in", {"prefixListId": "@prefixes"}),
    "a VPC has a size": Broken("vpc", {"cidrBlock": "10.0.0.0/8"}),
    "a subnet has a size": Broken("a", {"cidrBlock": "10.0.9.0/30"}),
    "a subnet is in its VPC": Broken("a", {"cidrBlock": "10.1.0.0/24"}),
    "subnets do not overlap": Broken("a", {"cidrBlock": "10.0.1.128/25"}),
    "NAT needs the internet": Broken("nat", lost=("gateway",)),
    "there is one such rule": Broken("in"),
    "a group has 60 rules": Broken("in", {"toPort": 444}, times=60),
    "the service is there": Broken("s3", {"serviceName": "com.amazonaws.us-east-1.s3"}),
    "one address in a zone": Broken("sts", {"subnetIds": ["@a", "@public"]}),
    "names can resolve": Broken("sts", altered={"vpc": {"enableDnsHostnames": False}}),
    "one private name in a VPC": Broken("sts"),
    "one way to a service in a table": Broken("s3"),
    "one subnet in a zone": Broken("balancer", {"subnets": ["@a", "@public"]}),
    "a public balancer needs the internet": Broken("balancer", lost=("gateway",)),
    "targets have one balancer": Broken("listener", {"loadBalancerArn": "another"}),
    "one protocol": Broken("listener", {"protocol": "UDP"}),
    "a gateway goes after public addresses": Broken("gateway", deed="delete"),
    "the default group goes with its VPC": Broken("default", deed="delete"),
    "a protected balancer stays": Broken(
        "balancer", deed="delete", altered={"balancer": {"enableDeletionProtection": True}}
    ),
    "names of services' roles are theirs": Broken("role", {"name": "AWSServiceRoleForUs"}),
    "a role's own policy names nobody": Broken("pod-rights", {"policy": policy("*")}),
    "a role's own policies have a size": Broken("pod-rights", {"policy": _LONG}, times=2),
    "a role has ten policies": Broken(
        "node-rights", {"policyArn": "arn:aws:iam::aws:policy/{}"}, times=10
    ),
    "somebody can change a key": Broken("key", {"policy": _OTHERS_KEY}),
    "the minor is offered": Broken("cluster", {"version": "1.20"}),
    "minors go up by one": Broken(
        "cluster", {"version": "1.34"}, "update", altered={"cluster": {"version": "1.32"}}
    ),
    "a cluster has two zones": Broken("cluster", {"vpcConfig": {"subnetIds": ["@a"]}}),
    "somebody reaches the API": Broken(
        "cluster", {"vpcConfig": {"subnetIds": ["@a"], "endpointPublicAccess": False}}
    ),
    "the key of secrets exists": Broken(
        "cluster", {"encryptionConfig": {"provider": {"keyArn": "missing"}}}
    ),
    "a policy belongs to an entry": Broken("entry-policy", {"principalArn": "another"}),
    "the build is offered": Broken("kube-proxy", {"addonVersion": "v1.20.0-eksbuild.1"}),
    "pods have a node": Broken("coredns", lost=("nodes",)),
    "nodes are not newer": Broken("nodes", {"version": "1.35"}),
    "sizes fit each other": Broken(
        "nodes", {"scalingConfig": {"minSize": 3, "desiredSize": 2, "maxSize": 3}}
    ),
    "nodes have a network": Broken("nodes", lost=("vpc-cni",)),
    "nodes have a way out": Broken("nodes", lost=("to-nat",)),
    "nodes may join": Broken("nodes", lost=("node-rights",)),
    "a protected cluster stays": Broken(
        "cluster", deed="delete", altered={"cluster": {"deletionProtection": True}}
    ),
    "a cluster keeps its role": Broken("cluster", deed="delete", lost=("role",)),
    "nodes keep their role": Broken("nodes", deed="delete", lost=("node-role",)),
    "a bucket goes empty": Broken("bucket", deed="delete"),
    "a subnet group has two zones": Broken("database-subnets", {"subnetIds": ["@a", "@public"]}),
    "the role may watch": Broken("database", lost=("watcher-rights",)),
    "parameters are of the engine": Broken("database", {"engineVersion": "17"}),
    "storage grows": Broken("database", {"maxAllocatedStorage": 51}),
    "storage never shrinks": Broken("database", {"allocatedStorage": 40}, "update"),
    "a protected database stays": Broken(
        "database", deed="delete", altered={"database": {"deletionProtection": True}}
    ),
    "a last snapshot has a name": Broken(
        "database", deed="delete", altered={"database": {"skipFinalSnapshot": False}}
    ),
    "a last snapshot is one": Broken(
        "database",
        deed="delete",
        altered={"database": {"skipFinalSnapshot": False, "finalSnapshotIdentifier": "last"}},
        there={t.SNAPSHOT: "last"},
    ),
    "failover has a replica": Broken("cache", {"numCacheClusters": 1}),
    "zones need failover": Broken("cache", {"automaticFailoverEnabled": False}),
    "credentials where they are asked for": Broken(
        "image-cache", {"upstreamRegistryUrl": "ghcr.io"}
    ),
    "logs may use the key": Broken("logs", altered={"key": {"policy": _CLOSED}}),
    "a pattern is JSON": Broken("event-rule", {"eventPattern": "{"}),
    "somebody is told": Broken("budget", {"notifications": [{"threshold": 80}]}),
}

CLOUDFLARE: Final[Mapping[str, Broken]] = {
    "a TTL has its range": Broken("record", {"ttl": 30}),
    "a record is one": Broken("record"),
    "an alias stands alone": Broken("record", {"type": "A", "content": "192.0.2.1"}),
    "hosts are names": Broken("certificate", {"hosts": ["example.com", "-.example.com"]}),
    "a certificate has its zone": Broken("certificate", {"hosts": ["a.example.com", "b.org"]}),
}
