"""Security groups that begin closed; every rule is a resource with a reason."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import pulumi
import pulumi_aws as aws

TYPE: Final = "slipway:aws:SecurityGroup"

Direction = Literal["in", "out"]

# EC2 API reference, CreateSecurityGroup and IpRange: no apostrophe, for one. Only EC2 itself would
# say so, half-way through an `up`.
_DESCRIPTION: Final = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}")


def _check(description: str) -> None:
    if _DESCRIPTION.fullmatch(description) is None:
        raise ValueError(f"EC2 takes no description of a security group like {description!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One TCP port and its other end: a network, a prefix list or a security group."""

    direction: Direction
    port: int
    description: str
    network: pulumi.Input[str] | None = None
    prefix_list: pulumi.Input[str] | None = None
    group: pulumi.Input[str] | None = None

    def __post_init__(self) -> None:
        """ValueError unless exactly one other end is named, and described as EC2 allows."""
        _check(self.description)
        if sum(end is not None for end in (self.network, self.prefix_list, self.group)) != 1:
            raise ValueError(f"rule {self.description!r} names not exactly one other end")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroupArgs:
    """`rules` by the last part of their resource names, which stay when the order changes."""

    group_name: str
    description: str
    vpc_id: pulumi.Input[str]
    rules: Mapping[str, Rule]
    protect: bool = False

    def __post_init__(self) -> None:
        """ValueError for a description that EC2 refuses."""
        _check(self.description)


class SecurityGroup(pulumi.ComponentResource):
    """A security group with these rules and no other.

    The provider takes away the rule that AWS gives every new group, which lets everything out.
    """

    group_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: SecurityGroupArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(
            parent=self, protect=args.protect, retain_on_delete=args.protect
        )
        group = aws.ec2.SecurityGroup(
            f"{name}-group",
            name=args.group_name,
            description=args.description,
            vpc_id=args.vpc_id,
            tags={"Name": args.group_name},
            opts=child,
        )
        self.group_id = group.id
        for key, rule in sorted(args.rules.items()):
            create_rule(f"{name}-{key}", self.group_id, rule, child)
        self.register_outputs({"group_id": self.group_id})


def create_rule(
    name: str, group_id: pulumi.Input[str], rule: Rule, opts: pulumi.ResourceOptions
) -> None:
    """Registers a rule of any security group, one that AWS made among them."""
    rules = {
        "in": aws.vpc.SecurityGroupIngressRule,
        "out": aws.vpc.SecurityGroupEgressRule,
    }
    rules[rule.direction](
        name,
        security_group_id=group_id,
        ip_protocol="tcp",
        from_port=rule.port,
        to_port=rule.port,
        cidr_ipv4=rule.network,
        prefix_list_id=rule.prefix_list,
        referenced_security_group_id=rule.group,
        description=rule.description,
        opts=opts,
    )
