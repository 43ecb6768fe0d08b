"""An AWS role for one ServiceAccount, by EKS Pod Identity."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from catalog.objects import Object

TYPE: Final = "slipway:aws:PodIdentity"


@dataclass(frozen=True, slots=True)
class PodRole:
    """A role by its name, and the policy that says which pods take it on."""

    name: str
    trust: Object


@dataclass(frozen=True, slots=True, kw_only=True)
class PodIdentityArgs:
    """Who gets which rights. `statements` may hold outputs."""

    role: PodRole
    cluster: str
    namespace: str
    service_account: str
    statements: Sequence[Mapping[str, Any]]


class PodIdentity(pulumi.ComponentResource):
    """A role with its rights, bound to one ServiceAccount of the cluster.

    Credentials are put into a pod when it is admitted, so what makes the pods comes after this.
    """

    role_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: PodIdentityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            f"{name}-role",
            name=args.role.name,
            description=f"{args.namespace}/{args.service_account}",
            assume_role_policy=json.dumps(args.role.trust, sort_keys=True),
            opts=child,
        )
        policy = aws.iam.RolePolicy(
            f"{name}-policy",
            name=args.role.name,
            role=role.name,
            policy=pulumi.Output.json_dumps(
                {"Version": "2012-10-17", "Statement": list(args.statements)}
            ),
            opts=child,
        )
        aws.eks.PodIdentityAssociation(
            f"{name}-association",
            cluster_name=args.cluster,
            namespace=args.namespace,
            service_account=args.service_account,
            role_arn=role.arn,
            # Not before it has its rights, so that no pod starts without them.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        self.role_arn = role.arn
        self.register_outputs({"role_arn": role.arn})
