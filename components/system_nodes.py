"""The nodes that are there before Karpenter, and carry it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from catalog.instances import GIB, SYSTEM_VOLUME_BYTES

TYPE: Final = "slipway:aws:SystemNodes"


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemNodesArgs:
    """`group` names group and launch template.

    `tags` are those of instances and volumes, which no provider's default tags reach.
    """

    cluster: pulumi.Input[str]
    group: str
    version: str
    role_arn: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    instance_types: tuple[str, ...]
    count: int
    data_volume_gb: int
    labels: Mapping[str, str]
    tags: Mapping[str, str]


class SystemNodes(pulumi.ComponentResource):
    """A managed node group of Bottlerocket, of a fixed size, on demand, one node renewed at a time.

    EKS picks the newest Bottlerocket of the Kubernetes minor when it makes the group, and keeps it
    until the version changes. Nobody can log in.
    """

    def __init__(
        self, name: str, args: SystemNodesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        template = self._create_template(name, args)
        aws.eks.NodeGroup(
            f"{name}-group",
            cluster_name=args.cluster,
            node_group_name=args.group,
            node_role_arn=args.role_arn,
            subnet_ids=list(args.subnet_ids),
            ami_type="BOTTLEROCKET_x86_64",
            capacity_type="ON_DEMAND",
            instance_types=list(args.instance_types),
            version=args.version,
            labels=dict(args.labels),
            launch_template={"id": template.id, "version": template.latest_version.apply(str)},
            scaling_config={
                "desired_size": args.count,
                "max_size": args.count,
                "min_size": args.count,
            },
            update_config={"max_unavailable": 1},
            node_repair_config={"enabled": True},
            opts=child,
        )
        self.register_outputs({})

    def _create_template(self, name: str, args: SystemNodesArgs) -> aws.ec2.LaunchTemplate:
        return aws.ec2.LaunchTemplate(
            f"{name}-template",
            name=args.group,
            description="System nodes",
            update_default_version=True,
            block_device_mappings=[
                _volume("/dev/xvda", SYSTEM_VOLUME_BYTES // GIB),
                _volume("/dev/xvdb", args.data_volume_gb),
            ],
            # One hop: the instance itself, and no pod.
            metadata_options={
                "http_endpoint": "enabled",
                "http_put_response_hop_limit": 1,
                "http_tokens": "required",
            },
            tag_specifications=[
                {"resource_type": kind, "tags": {"Name": args.group, **args.tags}}
                for kind in ("instance", "volume")
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )


def _volume(device: str, gigabytes: int) -> aws.ec2.LaunchTemplateBlockDeviceMappingArgs:
    return aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
        device_name=device,
        ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
            delete_on_termination="true",
            encrypted="true",
            volume_size=gigabytes,
            volume_type="gp3",
        ),
    )
