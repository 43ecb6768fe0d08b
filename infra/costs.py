"""What a stack costs while nobody calls: what is always on, by its settings, for a month.

Counted is what AWS bills by the hour, the gigabyte kept, or the piece. Left out is what use brings:
traffic, requests, logs, objects in S3, images in ECR, nodes of models. Nothing here is a
measurement; the tests hold the counts against what the programs register.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from catalog.instances import (
    DATA_VOLUME_BYTES,
    GIB,
    INSTANCES,
    REFERENCE_REGION,
    SYSTEM_VOLUME_BYTES,
    hourly_price,
)
from catalog.service_prices import (
    ADDRESS,
    ALARM,
    BALANCER,
    CONTROL_PLANE,
    DATABASE_STORAGE,
    ENDPOINT,
    KEY,
    MULTI_AZ,
    NAT,
    SECRET,
    VOLUME,
    ServicePrice,
    service_price,
)
from catalog.settings import Foundation, Settings
from components.addresses import zones_of
from components.alarm import (
    balancer_alarms,
    database_alarms,
    nat_alarms,
    queue_alarms,
    store_alarms,
)
from components.endpoints import INTERFACES
from components.load_balancer import PORTS
from infra.footprint import Footprint, footprint
from infra.names import Names
from infra.parts.node_pools import SYSTEM_POOL
from infra.parts.part import Context
from infra.parts.table import parts

KEYS: Final = ("data", "secrets", "telemetry")
"""The KMS keys of a stack, by their aliases (`infra/stores.py`, `infra/cluster.py`)."""


@dataclass(frozen=True, slots=True)
class Line:
    """So many of something, each at a price; None where no source has one."""

    what: str
    count: int
    price: ServicePrice | None

    @property
    def a_month(self) -> int:
        """Micro-dollars; nothing where the price is not known."""
        return self.price.a_month(self.count) if self.price is not None else 0


def idle_cost(settings: Settings) -> tuple[Line, ...]:
    """The lines of a stack, in the order of the layers; none where it holds no foundation."""
    foundation = settings.foundation
    if foundation is None or not settings.has("foundation"):
        return ()
    found = [
        *_network(foundation, settings.environment.region),
        *_cluster(foundation, settings.environment.region),
        *_stores(foundation, settings.environment.region),
    ]
    if settings.has("platform") and settings.platform is not None:
        found += _platform(settings, foundation)
    found.append(_secrets(settings))
    return tuple(line for line in found if line.count)


def _line(region: str, name: str, count: int, what: str | None = None) -> Line:
    return Line(what or name, count, service_price(name, region))


def _network(foundation: Foundation, region: str) -> Iterator[Line]:
    zones = len(zones_of(region))
    gateways = 1 if foundation.nat == "single" else zones
    endpoints = len(INTERFACES) * zones if foundation.nat == "zonal" else 0
    yield _line(region, NAT, gateways)
    yield _line(region, BALANCER, 1)
    # Each NAT gateway has one, and the balancer one in each zone.
    yield _line(region, ADDRESS, gateways + zones)
    yield _line(region, ENDPOINT, endpoints)


def _cluster(foundation: Foundation, region: str) -> Iterator[Line]:
    nodes = foundation.system_nodes
    yield _line(region, CONTROL_PLANE, 1)
    yield _nodes(nodes.instance_types[0], nodes.count, region, "system nodes")
    yield _line(region, VOLUME, nodes.count * _node_gib(), "volumes of the system nodes, GiB")
    yield _line(region, KEY, len(KEYS))
    yield _line(region, ALARM, _alarms(foundation, region))


def _stores(foundation: Foundation, region: str) -> Iterator[Line]:
    database, cache = foundation.database, foundation.rate_limits
    zones = MULTI_AZ if database.multi_az else 1
    yield _line(region, database.instance_class, zones, f"Postgres, {database.instance_class}")
    yield _line(region, DATABASE_STORAGE, zones * database.storage_gb, "storage of Postgres, GiB")
    yield _line(region, cache.node_type, 1 + cache.replicas, f"Valkey, {cache.node_type}")


def _platform(settings: Settings, foundation: Foundation) -> Iterator[Line]:
    env = settings.environment
    context = Context(settings, Names.of(env, foundation.account))
    asked = footprint(context, parts(context))
    name, count = more_nodes(asked, foundation)
    yield _nodes(name, count, env.region, "nodes that Karpenter adds for the platform")
    yield _line(env.region, VOLUME, count * _node_gib(), "volumes of those nodes, GiB")
    yield _line(env.region, VOLUME, -(-asked.storage // GIB), "volumes of the platform's pods, GiB")


def _secrets(settings: Settings) -> Line:
    """The database's password, and those that the settings name."""
    alerts = settings.platform.alerts if settings.platform is not None else None
    named = (alerts.slack_secret, alerts.pagerduty_secret) if alerts is not None else ()
    known = {secret for secret in named if secret is not None}
    return _line(settings.environment.region, SECRET, 1 + len(known))


def more_nodes(asked: Footprint, foundation: Foundation) -> tuple[str, int]:
    """The nodes that Karpenter's system pool adds to the managed ones: type and number.

    The fewest dollars whose sum of CPU and of memory is enough. Packing is never perfect, and
    spreading over zones may take one more.
    """
    nodes = foundation.system_nodes
    have = INSTANCES[nodes.instance_types[0]].allocatable
    cpu = max(0, asked.cpu - nodes.count * have.cpu_millicores)
    memory = max(0, asked.memory - nodes.count * have.memory_bytes)
    counts = {
        each.name: max(
            -(-cpu // each.allocatable.cpu_millicores),
            -(-memory // each.allocatable.memory_bytes),
        )
        for each in SYSTEM_POOL.instances
    }
    return min(counts.items(), key=lambda each: (_dollars(*each), each[1], each[0]))


def _dollars(name: str, count: int) -> int:
    return hourly_price(name, REFERENCE_REGION).micro_usd * count


def _nodes(name: str, count: int, region: str, what: str) -> Line:
    price = hourly_price(name, region)
    return Line(f"{what}, {name}", count, ServicePrice(price.micro_usd, "hour", price.region))


def _node_gib() -> int:
    return (SYSTEM_VOLUME_BYTES + DATA_VOLUME_BYTES) // GIB


def _alarms(foundation: Foundation, region: str) -> int:
    gateways = 1 if foundation.nat == "single" else len(zones_of(region))
    numbers = [str(number) for number in range(1 + foundation.rate_limits.replicas)]
    return sum(
        map(
            len,
            (
                database_alarms("", foundation.database.storage_gb),
                store_alarms(numbers),
                nat_alarms([""] * gateways),
                balancer_alarms("", dict.fromkeys(PORTS, "")),
                queue_alarms(""),
            ),
        )
    )


def total(lines: Sequence[Line]) -> int:
    """Micro-dollars a month of all lines."""
    return sum(line.a_month for line in lines)
