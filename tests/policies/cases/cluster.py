"""Bad roles, bindings, nodes, releases, and a bad cluster."""

from typing import Any, Final

from tests.policies.case import GONE, bad

READERS: Final = "ClusterRole readers"
BINDING: Final = "ClusterRoleBinding readers"
NODES: Final = "EC2NodeClass default"
POOL: Final = "NodePool gpu-l4"
KEY: Final = "AKIA" + "A2B3C4D5E6F7G2H3"


def grant(group: str, resource: str, *verbs: str) -> list[dict[str, Any]]:
    return [{"apiGroups": [group], "resources": [resource], "verbs": list(verbs)}]


RBAC: Final = (
    bad(
        "rbac-wildcards", READERS, "rules", grant("*", "*", "get"),
        "grants every one of apiGroups", "grants every one of resources",
    ),
    bad(
        "rbac-escalation", READERS, "rules",
        grant("rbac.authorization.k8s.io", "clusterroles", "bind"),
        "grants bind on clusterroles",
    ),
    bad(
        "rbac-escalation", READERS, "rules", grant("", "users", "impersonate"),
        "grants impersonate on users",
    ),
    bad("rbac-secrets", READERS, "rules", grant("", "secrets", "list"), "grants list on secrets"),
    bad(
        "rbac-execution", READERS, "rules", grant("", "pods/exec", "create"),
        "grants create on pods/exec",
    ),
    bad(
        "rbac-control", READERS, "rules", grant("", "services/status", "patch"),
        "grants patch on services/status",
    ),
    bad("rbac-creation", READERS, "rules", grant("", "pods", "create"), "grants create on pods"),
    bad(
        "rbac-cluster-admin", BINDING, "roleRef name", "cluster-admin", "binds cluster-admin"
    ),
    bad(
        "rbac-cluster-admin", BINDING, "subjects 0 name", "system:unauthenticated",
        "binds system:unauthenticated",
    ),
    bad(
        "rbac-default-account", BINDING, "subjects",
        [{"kind": "ServiceAccount", "name": "default", "namespace": "mlflow"}],
        "binds the ServiceAccount default",
    ),
    bad(
        "tenant-owners-look", "ClusterRole slipway-tenant-owner", "rules",
        grant("", "pods", "delete"), "lets owners delete pods",
    ),
    bad(
        "tenant-owners-look", "RoleBinding owners", "roleRef name", "edit",
        "binds the ClusterRole edit",
    ),
)  # fmt: skip

EKS: Final = (
    bad(
        "eks-logs", "cluster", "enabledClusterLogTypes", ["api"],
        "does not log audit, authenticator, controllerManager, scheduler",
    ),
    bad(
        "eks-endpoint", "cluster", "vpcConfig", {"endpointPublicAccess": True},
        "has no private endpoint", "its public endpoint is open to every address",
    ),
    bad(
        "eks-endpoint-public", "cluster", "vpcConfig endpointPublicAccess", True,
        "has a public endpoint",
    ),
    bad(
        "eks-secrets-encrypted", "cluster", "encryptionConfig", GONE,
        "keeps Secrets without a key of ours",
    ),
    bad(
        "eks-access-entries", "cluster", "accessConfig authenticationMode", "CONFIG_MAP",
        "its authentication mode is CONFIG_MAP",
    ),
    bad("eks-version", "cluster", "version", "1.27", "runs Kubernetes 1.27"),
    bad(
        "node-metadata", "template", "metadataOptions", GONE, "answers requests of version 1"
    ),
    bad(
        "node-metadata", NODES, "spec metadataOptions httpPutResponseHopLimit", 2,
        "answers over 2 hops",
    ),
    bad(
        "node-private", "template", "networkInterfaces", [{"associatePublicIpAddress": True}],
        "takes a public address",
    ),
    bad(
        "node-private", "nodes", "remoteAccess", {"ec2SshKey": "key"},
        "opens SSH to every address",
    ),
    bad("node-user-data", "template", "userData", KEY, "has an AWS access key in userData"),
    bad(
        "node-disks-encrypted", NODES, "spec blockDeviceMappings 0 ebs", {"volumeSize": "100Gi"},
        "does not encrypt /dev/xvdb",
    ),
    bad(
        "node-image-pinned", NODES, "spec amiSelectorTerms 0 alias", "bottlerocket@latest",
        "launches bottlerocket@latest",
    ),
    bad("node-image-pinned", NODES, "spec amiSelectorTerms", [], "names no image"),
    bad("node-pool-bounded", POOL, "spec limits", GONE, "has no limits"),
    bad(
        "node-pool-bounded", POOL, "spec template spec expireAfter", "Never",
        "its nodes never expire",
    ),
    bad("node-pool-bounded", POOL, "spec disruption", GONE, "has no disruption budget"),
    bad(
        "node-pool-exclusive", POOL, "spec template spec taints", [],
        "has l4 and no taint nvidia.com/gpu",
    ),
    bad(
        "node-pool-interruption", "interruptions", "", GONE,
        "has no queue that hears of interruptions",
    ),
    bad(
        "cluster-network-policy", "cni", "configurationValues", "{}",
        "does not enforce NetworkPolicies",
    ),
)  # fmt: skip

RELEASES: Final = (
    bad("release-pinned", "kyverno", "version", "3.1.0", "is of version 3.1.0, not 3.9.0"),
    bad(
        "release-pinned", "kyverno", "version", "3.x", "is of version 3.x, not 3.9.0, exactly"
    ),
    bad(
        "release-pinned", "kyverno", "chart", "nginx", "is of the chart nginx, which is not pinned"
    ),
    bad("release-whole", "kyverno", "atomic", GONE, "is not atomic"),
    bad("release-whole", "kyverno", "skipAwait", True, "is not awaited"),
    bad(
        "release-source", "kyverno", "repositoryOpts repo", "http://charts.example.com",
        "comes from http://charts.example.com",
    ),
    bad(
        "release-namespace", "kyverno", "namespace", GONE, "stands in the namespace default"
    ),
    bad("release-namespace", "kyverno", "createNamespace", True, "makes its own namespace"),
)  # fmt: skip

CLUSTER: Final = (*RBAC, *EKS, *RELEASES)
