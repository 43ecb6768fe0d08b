"""What Elastic Load Balancing refuses."""

from collections.abc import Callable

from tests.cloud import aws_names as t
from tests.cloud.aws_network_rules import has_no_gateway, zones_are_twice
from tests.cloud.kinds import Call, Rule
from tests.cloud.rules import between, found, holds, named, refers, unique, values

_ELB = "ELB API reference 2015-12-01"


def _is_protected(call: Call) -> str | None:
    return "deletion protection is enabled" if call.get("enableDeletionProtection") else None


def _balancer_of_targets_is_another(call: Call) -> str | None:
    own = set(values(call.inputs, "defaultActions.*.targetGroupArn"))
    for other in call.others():
        both = own & set(values(other.inputs, "defaultActions.*.targetGroupArn"))
        if both and other.inputs["loadBalancerArn"] != call.get("loadBalancerArn"):
            return f"{sorted(both)[0]} can be attached to one load balancer"
    return None


def _protocols_differ(call: Call) -> str | None:
    for targets in found(call, t.TARGETS, "defaultActions.*.targetGroupArn"):
        if targets.inputs["protocol"] != call.get("protocol"):
            return f"The target group is for {targets.inputs['protocol']}"
    return None


def _made(what: str, token: str, code: str, finds: Callable[[Call], str | None]) -> Rule:
    return Rule(what=what, types=(token,), on=("create",), code=code, source=_ELB, finds=finds)


RULES: tuple[Rule, ...] = (
    named(t.BALANCER, "name", r"(?!internal-)[a-zA-Z0-9]([a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?",
          "ValidationError", f"{_ELB}, CreateLoadBalancer"),
    named(t.TARGETS, "name", r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?", "ValidationError",
          f"{_ELB}, CreateTargetGroup"),
    between(t.LISTENER, "tcpIdleTimeoutSeconds", 60, 6000, f"{_ELB}, ListenerAttribute"),
    between(t.TARGETS, "healthCheck.interval", 5, 300, f"{_ELB}, CreateTargetGroup"),
    between(t.TARGETS, "healthCheck.healthyThreshold", 2, 10, f"{_ELB}, CreateTargetGroup"),
    refers(t.BALANCER, "subnets", t.SUBNET, "id", "SubnetNotFound", _ELB),
    refers(t.BALANCER, "securityGroups", t.GROUP, "id", "InvalidSecurityGroup", _ELB),
    unique(t.BALANCER, "name", "DuplicateLoadBalancerName", _ELB),
    _made("one subnet in a zone", t.BALANCER, "InvalidConfigurationRequest", zones_are_twice),
    _made("a public balancer needs the internet", t.BALANCER, "InvalidSubnet", has_no_gateway),
    refers(t.TARGETS, "vpcId", t.VPC, "id", "ValidationError", _ELB),
    unique(t.TARGETS, "name", "DuplicateTargetGroupName", _ELB),
    refers(t.LISTENER, "loadBalancerArn", t.BALANCER, "arn", "LoadBalancerNotFound", _ELB),
    refers(t.LISTENER, "defaultActions.*.targetGroupArn", t.TARGETS, "arn", "TargetGroupNotFound",
           _ELB),
    unique(t.LISTENER, "loadBalancerArn port", "DuplicateListener", _ELB),
    _made("targets have one balancer", t.LISTENER, "TargetGroupAssociationLimit",
          _balancer_of_targets_is_another),
    _made("one protocol", t.LISTENER, "IncompatibleProtocols", _protocols_differ),
    holds(t.LISTENER, "defaultActions.*.targetGroupArn", t.TARGETS, "arn", "ResourceInUse", _ELB),
    Rule(what="a protected balancer stays", types=(t.BALANCER,), on=("delete",),
         code="OperationNotPermitted", source=f"{_ELB}, DeleteLoadBalancer", finds=_is_protected),
)  # fmt: skip
