"""An IAM role that AWS's own services take on: nodes, the control plane, tenants' pods."""

import json
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from catalog.objects import Object

TYPE: Final = "slipway:aws:Role"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleArgs:
    """`managed_policies` are ARNs of AWS's own policies, `policy` what the role may do besides."""

    role: str
    description: str
    trust: Object
    managed_policies: tuple[str, ...] = ()
    policy: Object | None = None


class Role(pulumi.ComponentResource):
    """A role with all its rights.

    Whoever depends on the component starts with them, and is gone before they go.
    """

    role: aws.iam.Role
    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: RoleArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.role = aws.iam.Role(
            f"{name}-role",
            name=args.role,
            description=args.description,
            assume_role_policy=json.dumps(args.trust, sort_keys=True),
            opts=child,
        )
        for policy in args.managed_policies:
            aws.iam.RolePolicyAttachment(
                f"{name}-{policy.rpartition('/')[2]}",
                role=self.role.name,
                policy_arn=policy,
                opts=child,
            )
        if args.policy is not None:
            aws.iam.RolePolicy(
                f"{name}-policy",
                name=args.role,
                role=self.role.name,
                policy=json.dumps(args.policy, sort_keys=True),
                opts=child,
            )
        self.arn = self.role.arn
        self.register_outputs({"arn": self.arn})
