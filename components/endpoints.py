"""The VPC's private ways to AWS's own services."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from components.security_group import Rule, SecurityGroup, SecurityGroupArgs

TYPE: Final = "slipway:aws:Endpoints"

HTTPS: Final = 443

INTERFACES: Final = (
    "ec2",  # VPC CNI, EBS CSI driver, Karpenter
    "ecr.api",  # kubelet's credentials for the add-ons' images
    "ecr.dkr",  # their manifests; the layers come by S3
    "eks",  # Karpenter asks for the cluster
    "eks-auth",  # EKS Pod Identity's credentials
    "elasticloadbalancing",  # AWS Load Balancer Controller registers targets
    "secretsmanager",  # External Secrets
    "sqs",  # Karpenter's interruption queue
    "ssm",  # Karpenter resolves Bottlerocket's AMIs
    "sts",  # whoever assumes a role
)
"""What the cluster calls to start nodes and to give pods credentials: with these it does so while
a NAT gateway is down. Logs and metrics stay in the cluster and need no endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointsArgs:
    """`interfaces` are the services with an address in each private subnet, by their last names.

    S3's gateway is always made. It costs nothing and spares NAT the weights of models and the
    layers of images; an interface endpoint costs by the zone and hour, some 24 dollars a month for
    three zones at 0.011 dollars (AWS PrivateLink pricing, eu-west-1).
    """

    group_name: str
    region: str
    vpc_id: pulumi.Input[str]
    vpc_cidr: str
    subnet_ids: Sequence[pulumi.Input[str]]
    route_table_ids: Sequence[pulumi.Input[str]]
    interfaces: tuple[str, ...] = ()


class Endpoints(pulumi.ComponentResource):
    """S3 by the route tables, other services by addresses in the private subnets."""

    def __init__(
        self, name: str, args: EndpointsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        aws.ec2.VpcEndpoint(
            f"{name}-s3",
            vpc_id=args.vpc_id,
            service_name=f"com.amazonaws.{args.region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=list(args.route_table_ids),
            tags={"Name": f"{args.group_name}-s3"},
            opts=child,
        )
        if args.interfaces:
            self._create_interfaces(name, args)
        self.register_outputs({})

    def _create_interfaces(self, name: str, args: EndpointsArgs) -> None:
        child = pulumi.ResourceOptions(parent=self)
        rule = Rule(
            direction="in", port=HTTPS, description="Whoever is in the VPC", network=args.vpc_cidr
        )
        group = SecurityGroup(
            f"{name}-callers",
            SecurityGroupArgs(
                group_name=args.group_name,
                description="AWS services by their addresses in the VPC",
                vpc_id=args.vpc_id,
                rules={"vpc": rule},
            ),
            child,
        )
        for service in args.interfaces:
            aws.ec2.VpcEndpoint(
                f"{name}-{service.replace('.', '-')}",
                vpc_id=args.vpc_id,
                service_name=f"com.amazonaws.{args.region}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=list(args.subnet_ids),
                security_group_ids=[group.group_id],
                tags={"Name": f"{args.group_name}-{service}"},
                opts=child,
            )
