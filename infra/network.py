"""The foundation's network, from the settings."""

import pulumi

from catalog.settings import Foundation
from components.addresses import zones_of
from components.cloudflare_addresses import CLOUDFLARE_IPV4
from components.endpoints import INTERFACES, Endpoints, EndpointsArgs
from components.flow_logs import FlowLogs, FlowLogsArgs
from components.key import Key
from components.load_balancer import LoadBalancer, LoadBalancerArgs
from components.network import Network, NetworkArgs
from infra.iam.flow_logs import PURPOSE as FLOW_LOGS
from infra.iam.flow_logs import flow_logs_policy, flow_logs_trust
from infra.parts.part import Context


def foundation_settings(context: Context) -> Foundation:
    """The settings of the layer `foundation`; ValueError for a stack that has none."""
    settings = context.settings.foundation
    if settings is None:
        stack = context.settings.environment.stack
        raise ValueError(f"stack {stack} holds no layer `foundation`, so it has no network")
    return settings


def create_network(
    context: Context, telemetry: Key, opts: pulumi.ResourceOptions | None = None
) -> Network:
    """The VPC with its endpoints and its flow logs."""
    settings, names = foundation_settings(context), context.names
    network = Network(
        "network",
        NetworkArgs(
            cluster=names.cluster,
            cidr=settings.vpc_cidr,
            zones=zones_of(names.region),
            nat=settings.nat,
        ),
        opts,
    )
    _create_endpoints(context, network, opts)
    _create_flow_logs(context, network, telemetry, opts)
    return network


def create_load_balancer(
    context: Context, network: Network, opts: pulumi.ResourceOptions | None = None
) -> LoadBalancer:
    """The front door's; behind Cloudflare's proxy nothing else may knock.

    After the whole network: AWS refuses a public balancer in a VPC whose internet gateway is not
    there yet, and keeps the gateway as long as the balancer has public addresses.
    """
    settings = foundation_settings(context)
    after = pulumi.ResourceOptions(depends_on=[network])
    return LoadBalancer(
        "load-balancer",
        LoadBalancerArgs(
            balancer=context.names.cluster,
            vpc_id=network.vpc_id,
            vpc_cidr=settings.vpc_cidr,
            subnet_ids=network.public_subnet_ids,
            sources=CLOUDFLARE_IPV4 if context.settings.environment.edge.proxied else (),
            protect=settings.protect,
        ),
        pulumi.ResourceOptions.merge(opts, after),
    )


def _create_endpoints(
    context: Context, network: Network, opts: pulumi.ResourceOptions | None
) -> None:
    """With NAT in every zone a stack is to outlive the loss of one: it has the interfaces too."""
    settings, names = foundation_settings(context), context.names
    Endpoints(
        "endpoints",
        EndpointsArgs(
            group_name=names.of_stack("endpoints"),
            region=names.region,
            vpc_id=network.vpc_id,
            vpc_cidr=settings.vpc_cidr,
            subnet_ids=network.private_subnet_ids,
            route_table_ids=network.private_route_table_ids,
            interfaces=INTERFACES if settings.nat == "zonal" else (),
        ),
        opts,
    )


def _create_flow_logs(
    context: Context, network: Network, telemetry: Key, opts: pulumi.ResourceOptions | None
) -> None:
    settings, names = foundation_settings(context), context.names
    FlowLogs(
        "flow-logs",
        FlowLogsArgs(
            group=names.of_stack(FLOW_LOGS),
            role=names.role(FLOW_LOGS),
            trust=flow_logs_trust(names),
            policy=flow_logs_policy(names),
            vpc_id=network.vpc_id,
            key_arn=telemetry.arn,
            days=settings.log_days,
        ),
        opts,
    )
