"""The layer `foundation`: everything that AWS holds, in the order in which it is needed."""

import pulumi

from catalog.parts import Fact
from components.database import Database
from components.load_balancer import LoadBalancer
from components.network import Network
from components.rate_limit_store import RateLimitStore
from infra.cluster import (
    create_cluster,
    create_node_role,
    create_nodes,
    create_queue,
    create_tenant_role,
)
from infra.iam.karpenter import QUEUE
from infra.iam.tenant import PURPOSE as TENANT
from infra.network import create_load_balancer, create_network
from infra.outputs import FoundationOutputs
from infra.parts.part import Context
from infra.stores import (
    create_buckets,
    create_database,
    create_image_cache,
    create_keys,
    create_rate_limit_store,
)
from infra.watch import create_alarms, create_budget


def create_foundation(
    context: Context, opts: pulumi.ResourceOptions | None = None
) -> FoundationOutputs:
    """Registers the foundation. `opts` brings the AWS provider."""
    keys = create_keys(context, opts)
    network = create_network(context, keys.telemetry, opts)
    balancer = create_load_balancer(context, network, opts)
    buckets = create_buckets(context, keys, opts)
    cache = create_image_cache(context, opts)
    node_role = create_node_role(context, opts)
    cluster = create_cluster(context, network, balancer, keys, node_role, opts)
    nodes = create_nodes(context, network, cluster, opts)
    clients = cluster.security_group_id
    database = create_database(context, network, keys, clients, opts)
    store = create_rate_limit_store(context, network, keys, clients, opts)
    queue = create_queue(context, opts)
    create_budget(context, opts)
    create_alarms(context, keys, network, balancer, store, context.names.of_stack(QUEUE), opts)
    return FoundationOutputs(
        account=context.names.account,
        front_door=balancer.dns_name,
        image_cache=cache.repositories,
        cluster_name=context.names.cluster,
        cluster_endpoint=cluster.endpoint,
        cluster_ca=cluster.ca,
        tenant_role_arn=context.names.role_arn(TENANT),
        artifact_key_arn=keys.data.arn,
        facts=_facts(network, balancer, database, store),
        ready=(
            *cluster.access,
            *nodes,
            *buckets.values(),
            cache,
            create_tenant_role(context, opts),
            network,
            node_role,
            queue,
        ),
    )


def _facts(
    network: Network, balancer: LoadBalancer, database: Database, store: RateLimitStore
) -> dict[Fact, pulumi.Input[str]]:
    return {
        Fact.VPC_ID: network.vpc_id,
        Fact.RATE_LIMIT_HOST: store.host,
        Fact.DATABASE_HOST: database.host,
        Fact.DATABASE_SECRET: database.secret_arn,
        Fact.TARGET_GROUP_HTTP: balancer.target_group_arns["http"],
        Fact.TARGET_GROUP_HTTPS: balancer.target_group_arns["https"],
    }
