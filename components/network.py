"""The VPC: three zones, three kinds of subnet in each, and the ways out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pulumi
import pulumi_aws as aws

from components.addresses import Subnets, subnets_of

TYPE: Final = "slipway:aws:Network"

ANYWHERE: Final = "0.0.0.0/0"

# AWS Load Balancer Controller, "Subnet auto-discovery".
_PUBLIC_TAGS: Final = {"kubernetes.io/role/elb": "1"}
_PRIVATE_TAGS: Final = {"kubernetes.io/role/internal-elb": "1"}
DISCOVERY_TAG: Final = "karpenter.sh/discovery"
"""By which EC2NodeClasses find their subnets; its value is the cluster's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkArgs:
    """`cluster` is the cluster's name, and what everything is named by.

    `nat` is one gateway in the first zone, or one in each zone: those outlive one another's loss
    and keep traffic inside its zone.
    """

    cluster: str
    cidr: str
    zones: tuple[str, str, str]
    nat: Literal["single", "zonal"]


class Network(pulumi.ComponentResource):
    """A VPC whose nodes and stores have no public address.

    Public subnets hold the load balancer and NAT gateways, and give no public address by
    themselves. Private subnets hold nodes and pods and reach the internet through NAT. Database
    subnets reach nothing outside the VPC. The default security group admits nothing. Every list is
    in the order of the zones.
    """

    vpc_id: pulumi.Output[str]
    public_subnet_ids: list[pulumi.Output[str]]
    private_subnet_ids: list[pulumi.Output[str]]
    database_subnet_ids: list[pulumi.Output[str]]
    private_route_table_ids: list[pulumi.Output[str]]
    nat_gateway_ids: list[pulumi.Output[str]]

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        self._name, self._args = name, args
        plan = subnets_of(args.cidr, args.zones)
        self.vpc_id = self._create_vpc()
        gateway = self._create_internet_gateway()
        tags = {**_PRIVATE_TAGS, DISCOVERY_TAG: args.cluster}
        networks = {
            "public": self._create_subnets("public", plan, _PUBLIC_TAGS),
            "private": self._create_subnets("private", plan, tags),
            "database": self._create_subnets("database", plan, {}),
        }
        self.public_subnet_ids, self.private_subnet_ids, self.database_subnet_ids = (
            [subnet.id for subnet in subnets] for subnets in networks.values()
        )
        self._create_public_routes(gateway)
        self.nat_gateway_ids = self._create_nat_gateways(gateway)
        self.private_route_table_ids = self._create_private_routes()
        self._create_routes("database", self.database_subnet_ids)
        self.register_outputs({"vpc_id": self.vpc_id})

    def _child(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(after))

    def _tags(self, what: str) -> dict[str, str]:
        return {"Name": f"{self._args.cluster}-{what}"}

    def _create_vpc(self) -> pulumi.Output[str]:
        vpc = aws.ec2.Vpc(
            f"{self._name}-vpc",
            cidr_block=self._args.cidr,
            # Both, or private names of endpoints and of the cluster do not resolve.
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags={"Name": self._args.cluster},
            opts=self._child(),
        )
        # It cannot be deleted, only emptied: whatever names no group of its own gets nowhere.
        aws.ec2.DefaultSecurityGroup(
            f"{self._name}-default",
            vpc_id=vpc.id,
            ingress=[],
            egress=[],
            tags=self._tags("default"),
            opts=self._child(),
        )
        return vpc.id

    def _create_internet_gateway(self) -> aws.ec2.InternetGateway:
        return aws.ec2.InternetGateway(
            f"{self._name}-internet",
            vpc_id=self.vpc_id,
            tags=self._tags("internet"),
            opts=self._child(),
        )

    def _create_subnets(
        self,
        kind: Literal["public", "private", "database"],
        plan: Sequence[Subnets],
        tags: Mapping[str, str],
    ) -> list[aws.ec2.Subnet]:
        cidrs = {
            "public": [zone.public for zone in plan],
            "private": [zone.private for zone in plan],
            "database": [zone.database for zone in plan],
        }
        return [
            aws.ec2.Subnet(
                f"{self._name}-{kind}-{zone}",
                vpc_id=self.vpc_id,
                availability_zone=zone,
                cidr_block=cidr,
                map_public_ip_on_launch=False,
                tags={**self._tags(f"{kind}-{zone}"), **tags},
                opts=self._child(),
            )
            for zone, cidr in zip(self._args.zones, cidrs[kind], strict=True)
        ]

    def _create_public_routes(self, gateway: aws.ec2.InternetGateway) -> None:
        table = self._create_routes("public", self.public_subnet_ids)
        aws.ec2.Route(
            f"{self._name}-public-internet",
            route_table_id=table,
            destination_cidr_block=ANYWHERE,
            gateway_id=gateway.id,
            opts=self._child(),
        )

    def _create_nat_gateways(self, gateway: aws.ec2.InternetGateway) -> list[pulumi.Output[str]]:
        count = 1 if self._args.nat == "single" else len(self._args.zones)
        return [
            self._create_nat_gateway(zone, subnet, gateway)
            for zone, subnet in zip(
                self._args.zones[:count], self.public_subnet_ids[:count], strict=True
            )
        ]

    def _create_nat_gateway(
        self, zone: str, subnet: pulumi.Output[str], gateway: aws.ec2.InternetGateway
    ) -> pulumi.Output[str]:
        # The VPC takes no address of the internet's before its gateway is there, nor its NAT.
        address = aws.ec2.Eip(
            f"{self._name}-nat-{zone}-address",
            domain="vpc",
            tags=self._tags(f"nat-{zone}"),
            opts=self._child(gateway),
        )
        nat = aws.ec2.NatGateway(
            f"{self._name}-nat-{zone}",
            subnet_id=subnet,
            allocation_id=address.id,
            tags=self._tags(f"nat-{zone}"),
            opts=self._child(),
        )
        return nat.id

    def _create_private_routes(self) -> list[pulumi.Output[str]]:
        tables: list[pulumi.Output[str]] = []
        for index, zone in enumerate(self._args.zones):
            table = self._create_routes(f"private-{zone}", [self.private_subnet_ids[index]])
            aws.ec2.Route(
                f"{self._name}-private-{zone}-nat",
                route_table_id=table,
                destination_cidr_block=ANYWHERE,
                nat_gateway_id=self.nat_gateway_ids[index % len(self.nat_gateway_ids)],
                opts=self._child(),
            )
            tables.append(table)
        return tables

    def _create_routes(
        self, what: str, subnets: Sequence[pulumi.Output[str]]
    ) -> pulumi.Output[str]:
        table = aws.ec2.RouteTable(
            f"{self._name}-{what}-routes",
            vpc_id=self.vpc_id,
            tags=self._tags(what),
            opts=self._child(),
        )
        # One subnet takes its zone from the table's name; several are told apart by their zones.
        names = [what] if len(subnets) == 1 else [f"{what}-{zone}" for zone in self._args.zones]
        for subnet_name, subnet in zip(names, subnets, strict=True):
            aws.ec2.RouteTableAssociation(
                f"{self._name}-{subnet_name}-association",
                route_table_id=table.id,
                subnet_id=subnet,
                opts=self._child(),
            )
        return table.id
