"""What providers tell once a thing exists, as plausible as tests need it.

A property without a row here is absent, so that a program that reads it fails loudly.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Inputs: TypeAlias = Mapping[str, Any]

ACCOUNT = "111111111111"
REGION = "eu-west-1"
CA = "Y2VydGlmaWNhdGU="
ENDPOINT = f"https://0123456789ABCDEF.gr7.{REGION}.eks.amazonaws.com"


def outputs_of(token: str, name: str, inputs: Inputs) -> dict[str, Any]:
    """The outputs of a new resource beside its inputs; `id` is its own."""
    made = _TABLE.get(token)
    own = made(name, inputs) if made else {}
    if token.startswith("aws:") and "arn" not in own:
        service = token.split(":")[1].partition("/")[0]
        own["arn"] = _arn(service, f"{token.rpartition(':')[2].lower()}/{_named(name, inputs)}")
    return own


def answer(token: str, args: Inputs) -> dict[str, Any]:
    """What a provider says when asked. Raises KeyError for what nobody thought of."""
    return _ANSWERS[token](args)


def _arn(service: str, resource: str, *, region: str = REGION) -> str:
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{resource}"


def _named(name: str, inputs: Inputs) -> str:
    return str(inputs.get("name", name))


def _bucket(name: str, inputs: Inputs) -> dict[str, Any]:
    bucket = inputs.get("bucket", name)
    domain = f"{bucket}.s3.{REGION}.amazonaws.com"
    return {"id": bucket, "arn": f"arn:aws:s3:::{bucket}", "bucketRegionalDomainName": domain}


def _role(name: str, inputs: Inputs) -> dict[str, Any]:
    role = _named(name, inputs)
    return {"id": role, "arn": _arn("iam", f"role/{role}", region=""), "uniqueId": f"AROA{role}"}


def _queue(name: str, inputs: Inputs) -> dict[str, Any]:
    queue = _named(name, inputs)
    url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{queue}"
    return {"id": url, "url": url, "arn": _arn("sqs", queue)}


def _cluster(name: str, inputs: Inputs) -> dict[str, Any]:
    return {
        "id": _named(name, inputs),
        "arn": _arn("eks", f"cluster/{_named(name, inputs)}"),
        "certificateAuthority": {"data": CA},
        "endpoint": ENDPOINT,
        "identities": [{"oidcs": [{"issuer": f"https://oidc.eks.{REGION}.amazonaws.com/id/0"}]}],
        "vpcConfig": {**inputs.get("vpcConfig", {}), "clusterSecurityGroupId": "sg-cluster"},
    }


def _eks(name: str, inputs: Inputs) -> dict[str, Any]:
    cluster = _named(name, inputs)
    return {
        "clusterSecurityGroupId": "sg-cluster",
        "nodeSecurityGroupId": "sg-nodes",
        "kubeconfig": {"apiVersion": "v1", "kind": "Config"},
        "kubeconfigJson": '{"apiVersion": "v1", "kind": "Config"}',
        "oidcIssuer": f"https://oidc.eks.{REGION}.amazonaws.com/id/0",
        "core": {"endpoint": ENDPOINT, "subnetIds": inputs.get("subnetIds", []), "vpcId": "vpc-1"},
        REFERENCES: {"eksCluster": ("aws:eks/cluster:Cluster", cluster, {"name": cluster})},
    }


REFERENCES = "references"
"""Outputs of a remote component that are resources: by property their type, name and inputs."""


def _vpc(name: str, _inputs: Inputs) -> dict[str, Any]:
    return {
        "id": f"vpc-{name}",
        "defaultNetworkAclId": "acl-1",
        "defaultRouteTableId": "rtb-1",
        "defaultSecurityGroupId": "sg-default",
        "mainRouteTableId": "rtb-1",
    }


def _balancer(name: str, inputs: Inputs) -> dict[str, Any]:
    balancer = _named(name, inputs)
    arn = _arn("elasticloadbalancing", f"loadbalancer/net/{balancer}/0123456789abcdef")
    domain = f"{balancer}-0123456789abcdef.elb.{REGION}.amazonaws.com"
    return {
        "id": arn,
        "arn": arn,
        "arnSuffix": arn.partition("loadbalancer/")[2],
        "dnsName": domain,
        "zoneId": "Z2IFOLAFXWLO4F",
    }


def _target_group(name: str, inputs: Inputs) -> dict[str, Any]:
    suffix = f"targetgroup/{_named(name, inputs)}/0123456789abcdef"
    arn = _arn("elasticloadbalancing", suffix)
    return {"id": arn, "arn": arn, "arnSuffix": suffix}


def _database(name: str, inputs: Inputs) -> dict[str, Any]:
    identifier = inputs.get("identifier", name)
    host = f"{identifier}.abcdefghijkl.{REGION}.rds.amazonaws.com"
    secret = {"secretArn": _arn("secretsmanager", f"secret:rds!db-{identifier}")}
    return {
        "id": identifier,
        "arn": _arn("rds", f"db:{identifier}"),
        "address": host,
        "endpoint": f"{host}:5432",
        "masterUserSecrets": [secret],
        "port": 5432,
        "resourceId": "db-ABCDEFGHIJKLMNOP",
    }


def _cache(name: str, inputs: Inputs) -> dict[str, Any]:
    group = inputs.get("replicationGroupId", name)
    return {
        "id": group,
        "primaryEndpointAddress": f"master.{group}.abcdef.euw1.cache.amazonaws.com",
        "readerEndpointAddress": f"replica.{group}.abcdef.euw1.cache.amazonaws.com",
        "configurationEndpointAddress": "",
        "port": 6379,
    }


def _key(name: str, _inputs: Inputs) -> dict[str, Any]:
    return {"id": f"key-{name}", "keyId": f"key-{name}", "arn": _arn("kms", f"key/key-{name}")}


def _log_group(name: str, inputs: Inputs) -> dict[str, Any]:
    group = _named(name, inputs)
    return {"id": group, "arn": _arn("logs", f"log-group:{group}")}


def _release(name: str, inputs: Inputs) -> dict[str, Any]:
    release = {key: inputs.get(key, name) for key in ("name", "namespace", "version")}
    return {"id": f"{release['namespace']}/{release['name']}", "status": release}


def _topic(name: str, inputs: Inputs) -> dict[str, Any]:
    arn = _arn("sns", _named(name, inputs))
    return {"id": arn, "arn": arn}


def _address(_name: str, _inputs: Inputs) -> dict[str, Any]:
    return {"id": "eipalloc-1", "allocationId": "eipalloc-1", "publicIp": "203.0.113.7"}


def _launch_template(name: str, _inputs: Inputs) -> dict[str, Any]:
    return {"id": f"lt-{name}", "latestVersion": 1, "defaultVersion": 1}


def _application(name: str, _inputs: Inputs) -> dict[str, Any]:
    return {"aud": hashlib.sha256(name.encode()).hexdigest()}


_TABLE: Mapping[str, Callable[[str, Inputs], dict[str, Any]]] = {
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
    "aws:ec2/eip:Eip": _address,
    "aws:ec2/launchTemplate:LaunchTemplate": _launch_template,
    "aws:ec2/vpc:Vpc": _vpc,
    "aws:eks/cluster:Cluster": _cluster,
    "aws:elasticache/replicationGroup:ReplicationGroup": _cache,
    "aws:iam/role:Role": _role,
    "aws:kms/key:Key": _key,
    "aws:lb/loadBalancer:LoadBalancer": _balancer,
    "aws:lb/targetGroup:TargetGroup": _target_group,
    "aws:rds/instance:Instance": _database,
    "aws:s3/bucket:Bucket": _bucket,
    "aws:sns/topic:Topic": _topic,
    "aws:sqs/queue:Queue": _queue,
    "cloudflare:index/zeroTrustAccessApplication:ZeroTrustAccessApplication": _application,
    "eks:index:Cluster": _eks,
    "kubernetes:helm.sh/v3:Release": _release,
}

_ANSWERS: Mapping[str, Callable[[Inputs], dict[str, Any]]] = {
    "aws:eks/getAddonVersion:getAddonVersion": lambda args: {
        **args, "id": args["addonName"], "version": "v1.0.0-eksbuild.1",
    },
}  # fmt: skip
