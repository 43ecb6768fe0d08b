"""What CloudWatch watches, as data: what is measured, where it turns bad, and what to do then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pulumi

from components.database import CONNECTIONS

_GIB: Final = 1024**3
_MINUTE: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One metric past a threshold for `minutes`, looked at every five.

    `name` is the last part of the alarm's name; `remedy` what the mail says to do.
    """

    name: str
    remedy: str
    namespace: str
    metric: str
    dimensions: Mapping[str, pulumi.Input[str]]
    threshold: float
    bad: Literal["above", "below"] = "above"
    statistic: Literal["Average", "Maximum", "Sum"] = "Average"
    minutes: int = 15


def database_alarms(identifier: str, storage_gb: int) -> list[Alarm]:
    """Of an RDS instance. Storage grows by itself at a tenth; below that it cannot any more."""
    instance = {"DBInstanceIdentifier": identifier}
    return [
        Alarm(
            name="database-storage",
            remedy="Less than a tenth of the storage is free and it no longer grows: raise "
            "database.storage_gb.",
            namespace="AWS/RDS",
            metric="FreeStorageSpace",
            dimensions=instance,
            threshold=storage_gb * _GIB / 10,
            bad="below",
            minutes=30,
        ),
        Alarm(
            name="database-cpu",
            remedy="Look at Database Insights for the query, or take a larger instance_class.",
            namespace="AWS/RDS",
            metric="CPUUtilization",
            dimensions=instance,
            threshold=85,
        ),
        Alarm(
            name="database-connections",
            remedy=f"Four fifths of {CONNECTIONS} connections are taken: fewer workers of MLflow.",
            namespace="AWS/RDS",
            metric="DatabaseConnections",
            dimensions=instance,
            threshold=CONNECTIONS * 4 / 5,
        ),
    ]


def store_alarms(node_ids: Sequence[str]) -> list[Alarm]:
    """Of each node of the rate limits' store. Evicted counters are limits that do not hold."""
    return [
        alarm
        for number, node in enumerate(node_ids, 1)
        for alarm in (
            Alarm(
                name=f"rate-limits-{number}-memory",
                remedy="Take a larger rate_limits.node_type.",
                namespace="AWS/ElastiCache",
                metric="DatabaseMemoryUsagePercentage",
                dimensions={"CacheClusterId": node},
                threshold=80,
            ),
            Alarm(
                name=f"rate-limits-{number}-evictions",
                remedy="Rate limits no longer hold: take a larger rate_limits.node_type.",
                namespace="AWS/ElastiCache",
                metric="Evictions",
                dimensions={"CacheClusterId": node},
                threshold=0,
                statistic="Sum",
                minutes=5,
            ),
        )
    ]


def nat_alarms(gateway_ids: Sequence[pulumi.Input[str]]) -> list[Alarm]:
    """Of each NAT gateway: connections that it had no port for."""
    return [
        Alarm(
            name=f"nat-{number}-ports",
            remedy="Too many connections to one address; nat: zonal has three times the ports.",
            namespace="AWS/NATGateway",
            metric="ErrorPortAllocation",
            dimensions={"NatGatewayId": gateway},
            threshold=0,
            statistic="Sum",
            minutes=5,
        )
        for number, gateway in enumerate(gateway_ids, 1)
    ]


def balancer_alarms(
    balancer: pulumi.Input[str], target_groups: Mapping[str, pulumi.Input[str]]
) -> list[Alarm]:
    """Of the load balancer, by ARN suffixes. Port 443 opens with the first listener of a host."""
    return [
        Alarm(
            name=f"load-balancer-{kind}",
            remedy="Envoy's pods do not accept connections: see namespace envoy-gateway-system.",
            namespace="AWS/NetworkELB",
            metric="UnHealthyHostCount",
            dimensions={"LoadBalancer": balancer, "TargetGroup": group},
            threshold=0,
            statistic="Maximum",
            minutes=10,
        )
        for kind, group in sorted(target_groups.items())
    ]


def queue_alarms(queue: str) -> list[Alarm]:
    """Of the interruption queue: a spot node goes two minutes after its notice."""
    return [
        Alarm(
            name="interruptions",
            remedy="Karpenter does not read its queue, so interrupted nodes are not drained.",
            namespace="AWS/SQS",
            metric="ApproximateAgeOfOldestMessage",
            dimensions={"QueueName": queue},
            threshold=2 * _MINUTE,
            statistic="Maximum",
            minutes=5,
        )
    ]
