"""What EKS refuses, and what it accepts and then never finishes, which fails an `up` as well."""

from collections.abc import Callable

from tests.cloud import aws_names as t
from tests.cloud.aws_iam_rules import trusted, trusts
from tests.cloud.aws_types import addon_version
from tests.cloud.kinds import Call, Phase, Rule
from tests.cloud.rules import found, holds, named, refers, unique, values
from tests.cloud.store import Account, Thing

_EKS = "EKS API reference"
_GUIDE = "EKS user guide"
_ANYWHERE = "0.0.0.0/0"
_TWO_ZONES = 2
_ON_NODES = frozenset({"aws-ebs-csi-driver", "coredns", "metrics-server"})
_BEFORE_NODES = frozenset({"kube-proxy", "vpc-cni"})
_MINORS = tuple(f"1.{minor}" for minor in range(31, 36))
"""Kubernetes minors that EKS offers (EKS user guide, Kubernetes release calendar)."""


def _cluster_of(call: Call) -> str:
    return call.text("clusterName")


def _is_unsupported(call: Call) -> str | None:
    version = call.text("version")
    return None if version in _MINORS else f"unsupported Kubernetes version {version}"


def _is_no_next_minor(call: Call) -> str | None:
    was, is_ = (v.partition(".")[2] for v in (str(call.old and call.old.inputs["version"]),
                                              call.text("version")))  # fmt: skip
    if int(is_) - int(was) in {0, 1}:
        return None
    return f"Unsupported Kubernetes minor version update from 1.{was} to 1.{is_}"


def _has_one_zone(call: Call) -> str | None:
    subnets = found(call, t.SUBNET, "vpcConfig.subnetIds")
    zones = {subnet.inputs["availabilityZone"] for subnet in subnets}
    if len(zones) >= _TWO_ZONES:
        return None
    return f"Subnets specified must be in at least two different AZs: {sorted(zones)}"


def _nobody_reaches_it(call: Call) -> str | None:
    private, public = (
        call.get(f"vpcConfig.endpoint{kind}Access") for kind in ("Private", "Public")
    )
    if private or public is not False:
        return None
    return "Private and public endpoint access cannot be both false"


def _is_newer_than_its_cluster(call: Call) -> str | None:
    for cluster in found(call, t.CLUSTER, "clusterName"):
        own, its = (int(v.partition(".")[2]) for v in (call.text("version"),
                                                      cluster.inputs["version"]))  # fmt: skip
        if own > its:
            return f"nodes of 1.{own} cannot join a cluster of 1.{its}"
    return None


def _sizes_do_not_fit(call: Call) -> str | None:
    least, wanted, most = (
        int(call.get(f"scalingConfig.{key}")) for key in ("minSize", "desiredSize", "maxSize")
    )
    return None if least <= wanted <= most else f"{least} <= {wanted} <= {most} does not hold"


def _nodes_have_no_network(call: Call) -> str | None:
    """Without the add-ons that EKS would install itself, no node becomes Ready."""
    for cluster in found(call, t.CLUSTER, "clusterName"):
        own = {a.inputs["addonName"] for a in _of(call, t.ADDON)}
        if cluster.inputs.get("bootstrapSelfManagedAddons") is False and not own >= _BEFORE_NODES:
            return f"nodes are not Ready without {sorted(_BEFORE_NODES - own)}"
    return None


def _of(call: Call, token: str) -> list[Thing]:
    return [e for e in call.account.of(token) if e.inputs["clusterName"] == _cluster_of(call)]


def _nodes_have_no_way_out(call: Call) -> str | None:
    for subnet in values(call.inputs, "subnetIds"):
        if not _reaches_internet(call.account, subnet):
            return f"Instances failed to join the cluster: {subnet} has no way out"
    return None


def _reaches_internet(account: Account, subnet: str) -> bool:
    table = account.find(t.ASSOCIATION, subnet, "subnetId")
    for route in account.of(t.ROUTE):
        here = table and route.inputs["routeTableId"] == table.inputs["routeTableId"]
        if here and route.inputs.get("destinationCidrBlock") == _ANYWHERE:
            nat = account.find(t.NAT, route.inputs.get("natGatewayId"))
            if nat:
                return _reaches_internet(account, nat.inputs["subnetId"])
            return account.find(t.GATEWAY, route.inputs.get("gatewayId")) is not None
    return False


def _nodes_have_no_rights(call: Call) -> str | None:
    for role in found(call, t.ROLE, "nodeRoleArn", "arn"):
        rights = [e for e in call.account.of(t.ATTACHMENT) if e.inputs["role"] == role.id]
        if not any("AmazonEKSWorkerNode" in each.inputs["policyArn"] for each in rights):
            return f"Instances failed to join the cluster: {role.id} may not join one"
    return None


def _has_no_nodes(call: Call) -> str | None:
    if call.get("addonName") not in _ON_NODES or _of(call, t.NODES):
        return None
    return f"{call.get('addonName')} is DEGRADED: its pods have no node"


def _is_no_build(call: Call) -> str | None:
    versions = [c.inputs["version"] for c in found(call, t.CLUSTER, "clusterName")]
    asked = addon_version({"addonName": "", "kubernetesVersion": versions[0]}, call.place)
    if call.get("addonVersion") in {None, asked["version"]}:
        return None
    return f"Addon version specified is not supported: {call.get('addonVersion')}"


def _is_nobodys_policy(call: Call) -> str | None:
    own = (_cluster_of(call), call.get("principalArn"))
    entries = [
        (e.inputs["clusterName"], e.inputs["principalArn"]) for e in call.account.of(t.ACCESS)
    ]
    return None if own in entries else f"The specified principalArn could not be found: {own[1]}"


def _is_protected(call: Call) -> str | None:
    return "deletion protection is enabled" if call.get("deletionProtection") else None


def _lost_its_role(call: Call) -> str | None:
    path = "roleArn" if call.type == t.CLUSTER else "nodeRoleArn"
    service = "eks.amazonaws.com" if call.type == t.CLUSTER else "ec2.amazonaws.com"
    if trusts(call, call.get(path), service):
        return None
    return f"{call.text(path)} could not be assumed because it does not exist"


def _has_no_key(call: Call) -> str | None:
    arn = call.get("encryptionConfig.provider.keyArn")
    if arn is None or call.account.find(t.KEY, arn, "arn"):
        return None
    return f"the key {arn} does not exist"


def _of_cluster(token: str) -> Rule:
    return refers(token, "clusterName", t.CLUSTER, "id", "ResourceNotFoundException", _EKS)


def _rule(
    what: str,
    token: str,
    code: str,
    finds: Callable[[Call], str | None],
    *on: Phase,
    source: str = _EKS,
) -> Rule:
    return Rule(what=what, types=(token,), on=on, code=code, source=source, finds=finds)


_WRONG = "InvalidParameterException"

RULES: tuple[Rule, ...] = (
    named(t.CLUSTER, "name", r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}", _WRONG, f"{_EKS}, CreateCluster"),
    named(t.NODES, "nodeGroupName", r"[0-9A-Za-z][A-Za-z0-9_-]{0,62}", _WRONG,
          f"{_EKS}, CreateNodegroup"),
    _rule("the minor is offered", t.CLUSTER, _WRONG, _is_unsupported, "create", "update"),
    _rule("minors go up by one", t.CLUSTER, _WRONG, _is_no_next_minor, "update"),
    unique(t.CLUSTER, "name", "ResourceInUseException", f"{_EKS}, CreateCluster"),
    trusted(t.CLUSTER, "roleArn", "eks.amazonaws.com", _WRONG, f"{_EKS}, CreateCluster"),
    refers(t.CLUSTER, "vpcConfig.subnetIds", t.SUBNET, "id", _WRONG, f"{_EKS}, CreateCluster"),
    _rule("a cluster has two zones", t.CLUSTER, _WRONG, _has_one_zone, "create"),
    _rule("somebody reaches the API", t.CLUSTER, _WRONG, _nobody_reaches_it, "create", "update"),
    _rule("the key of secrets exists", t.CLUSTER, _WRONG, _has_no_key, "create"),
    *(_of_cluster(each) for each in (t.ACCESS, t.ACCESS_POLICY, t.ADDON, t.NODES, t.POD_IDENTITY)),
    unique(t.ACCESS, "clusterName principalArn", "ResourceInUseException",
           f"{_EKS}, CreateAccessEntry"),
    _rule("a policy belongs to an entry", t.ACCESS_POLICY, "ResourceNotFoundException",
          _is_nobodys_policy, "create"),
    unique(t.ADDON, "clusterName addonName", "ResourceInUseException", f"{_EKS}, CreateAddon"),
    trusted(t.ADDON, "podIdentityAssociations.*.roleArn", "pods.eks.amazonaws.com", _WRONG,
            f"{_EKS}, CreateAddon"),
    _rule("the build is offered", t.ADDON, _WRONG, _is_no_build, "create", "update"),
    _rule("pods have a node", t.ADDON, "InsufficientNumberOfReplicas", _has_no_nodes, "create",
          source=f"{_EKS}, AddonIssue"),
    unique(t.NODES, "clusterName nodeGroupName", "ResourceInUseException",
           f"{_EKS}, CreateNodegroup"),
    trusted(t.NODES, "nodeRoleArn", "ec2.amazonaws.com", _WRONG, f"{_EKS}, CreateNodegroup"),
    refers(t.NODES, "subnetIds", t.SUBNET, "id", _WRONG, f"{_EKS}, CreateNodegroup"),
    refers(t.NODES, "launchTemplate.id", t.TEMPLATE, "id", "InvalidRequestException",
           f"{_EKS}, CreateNodegroup"),
    _rule("nodes are not newer", t.NODES, _WRONG, _is_newer_than_its_cluster, "create", "update"),
    _rule("sizes fit each other", t.NODES, _WRONG, _sizes_do_not_fit, "create", "update"),
    _rule("nodes have a network", t.NODES, "NodeCreationFailure", _nodes_have_no_network,
          "create", source=f"{_GUIDE}, Managed node group errors"),
    _rule("nodes have a way out", t.NODES, "NodeCreationFailure", _nodes_have_no_way_out,
          "create", source=f"{_GUIDE}, Managed node group errors"),
    _rule("nodes may join", t.NODES, "NodeCreationFailure", _nodes_have_no_rights, "create",
          source=f"{_GUIDE}, Managed node group errors"),
    unique(t.POD_IDENTITY, "clusterName namespace serviceAccount", "ResourceInUseException",
           f"{_EKS}, CreatePodIdentityAssociation"),
    trusted(t.POD_IDENTITY, "roleArn", "pods.eks.amazonaws.com", _WRONG,
            f"{_EKS}, CreatePodIdentityAssociation"),
    holds(t.NODES, "clusterName", t.CLUSTER, "id", "ResourceInUseException",
          f"{_EKS}, DeleteCluster"),
    _rule("a protected cluster stays", t.CLUSTER, "InvalidRequestException", _is_protected,
          "delete", source=f"{_GUIDE}, Protect EKS clusters from accidental deletion"),
    _rule("a cluster keeps its role", t.CLUSTER, _WRONG, _lost_its_role, "delete",
          source=f"{_GUIDE}, Cluster IAM role"),
    _rule("nodes keep their role", t.NODES, "IamNodeRoleNotFound", _lost_its_role, "delete",
          source=f"{_EKS}, Issue"),
)  # fmt: skip
