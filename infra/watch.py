"""The account's budget and the foundation's alarms, from the settings."""

import pulumi

from components.alarm import (
    balancer_alarms,
    database_alarms,
    nat_alarms,
    queue_alarms,
    store_alarms,
)
from components.alarms import Alarms, AlarmsArgs
from components.budget import Budget, BudgetArgs
from components.load_balancer import LoadBalancer
from components.network import Network
from components.rate_limit_store import RateLimitStore
from infra.iam.alarms import PURPOSE, topic_policy
from infra.iam.database import PURPOSE as DATABASE
from infra.network import foundation_settings
from infra.parts.part import Context
from infra.stores import Keys


def create_budget(context: Context, opts: pulumi.ResourceOptions | None = None) -> Budget:
    """What the account may cost."""
    budget = foundation_settings(context).budget
    args = BudgetArgs(
        budget=context.names.of_stack("budget"),
        monthly_usd=budget.monthly_usd,
        emails=budget.notify,
    )
    return Budget("budget", args, opts)


def create_alarms(
    context: Context,
    keys: Keys,
    network: Network,
    balancer: LoadBalancer,
    store: RateLimitStore,
    queue: str,
    opts: pulumi.ResourceOptions | None = None,
) -> Alarms:
    """Alarms of everything in the foundation; `queue` is the interruption queue's name."""
    settings, names = foundation_settings(context), context.names
    alarms = (
        *database_alarms(names.of_stack(DATABASE), settings.database.storage_gb),
        *store_alarms(store.node_ids),
        *nat_alarms(network.nat_gateway_ids),
        *balancer_alarms(balancer.arn_suffix, balancer.target_group_suffixes),
        *queue_alarms(queue),
    )
    args = AlarmsArgs(
        prefix=names.cluster,
        topic=names.of_stack(PURPOSE),
        policy=topic_policy(names),
        key_arn=keys.telemetry.arn,
        emails=settings.budget.notify,
        alarms=alarms,
    )
    return Alarms("alarms", args, opts)
