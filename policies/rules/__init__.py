"""The rules, one topic a file, as pure functions."""

from typing import Final

from policies.rules import (
    access,
    account,
    buckets,
    cluster,
    containers,
    disks,
    documents,
    doors,
    edge,
    network,
    nodes,
    pods,
    production,
    releases,
    services,
    serving,
    tenants,
    vpc,
    workloads,
)
from policies.rules.rule import Rule, StackRule

ALL: Final[tuple[Rule | StackRule, ...]] = (
    *access.RULES,
    *account.RULES,
    *buckets.RULES,
    *cluster.RULES,
    *containers.RULES,
    *disks.RULES,
    *documents.RULES,
    *doors.RULES,
    *edge.RULES,
    *network.RULES,
    *nodes.RULES,
    *pods.RULES,
    *production.RULES,
    *releases.RULES,
    *services.RULES,
    *serving.RULES,
    *tenants.RULES,
    *vpc.RULES,
    *workloads.RULES,
)
