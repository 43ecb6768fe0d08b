"""The VPC's flow logs."""

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from catalog.objects import Object
from components.role import Role, RoleArgs

TYPE: Final = "slipway:aws:FlowLogs"

# Seconds; the longer of the two that AWS offers, at a fraction of the records of the other.
_INTERVAL: Final = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowLogsArgs:
    """`group` is the log group's name, `role` the role's; `days` is what CloudWatch keeps."""

    group: str
    role: str
    trust: Object
    policy: Object
    vpc_id: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    days: int


class FlowLogs(pulumi.ComponentResource):
    """Who talked to whom in the VPC and what was refused, kept in one encrypted log group."""

    def __init__(
        self, name: str, args: FlowLogsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        group = aws.cloudwatch.LogGroup(
            f"{name}-group",
            name=args.group,
            kms_key_id=args.key_arn,
            retention_in_days=args.days,
            opts=child,
        )
        role = Role(
            f"{name}-role",
            RoleArgs(
                role=args.role,
                description="Writes the VPC's flow logs to CloudWatch",
                trust=args.trust,
                policy=args.policy,
            ),
            child,
        )
        aws.ec2.FlowLog(
            f"{name}-log",
            vpc_id=args.vpc_id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            max_aggregation_interval=_INTERVAL,
            tags={"Name": args.group},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )
        self.register_outputs({})
