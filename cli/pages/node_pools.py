"""docs/reference/node-pools.md: what a replica can be placed on, and what that costs."""

from collections.abc import Iterator

from catalog.instances import (
    ACCELERATORS,
    GIB,
    MIB,
    PRICE_SOURCES,
    REFERENCE_REGION,
    REGIONS,
    InstanceType,
    hourly_price,
)
from catalog.node_pools import POOLS, NodePool
from catalog.price import HOURS_A_MONTH
from catalog.quantity import format_cpu
from cli.pages.markdown import joined, page, table, tick

INTRO = f"""\
Each deployment is matched to the pools that can hold one replica with all its containers, and goes
to the cheapest; one that fits nowhere is refused in the pull request, with what it asks beside what
there is. Karpenter launches the nodes, and tries what a pool buys in the order given here.

Prices are Linux, on demand, in US dollars an hour. The plan's dollars are those of a replica's
share of its node over {HOURS_A_MONTH} hours; spot nodes cost less, and are not priced. Where the
price of a region is not known, that of {REFERENCE_REGION} stands in and a star marks it."""

ALLOCATABLE = """\
What deployments get of a node is less than it has: the kubelet, the hypervisor and the platform's
DaemonSets take their part first. The columns *for pods* are what is left."""


def node_pools() -> str:
    """The page."""
    return page(
        "Node pools",
        "`catalog/node_pools.py` and `catalog/instances.py`",
        INTRO,
        _pools(),
        "## Instance types",
        ALLOCATABLE,
        *(block for pool in POOLS for block in _types(pool)),
        "## Where the prices come from",
        _sources(),
    )


def _pools() -> str:
    head = ("pool", "GPU", "GPU memory", "buys", "boots in", "local disk", "from, an hour")
    return table(head, (_pool(pool) for pool in POOLS), right=(2, 4, 6))


def _pool(pool: NodePool) -> tuple[str, ...]:
    accelerator = ACCELERATORS[pool.accelerator] if pool.accelerator else None
    return (
        f"[{pool.name}](#{pool.name})",
        tick(accelerator.name) if accelerator else "none",
        f"{accelerator.memory_bytes / GIB:.0f} GiB" if accelerator else "",
        joined(pool.capacity_types, "then"),
        f"{pool.boot_seconds} s",
        "yes" if pool.nvme else "no",
        min((_price(i, REFERENCE_REGION) for i in pool.instances), key=_dollars),
    )


def _dollars(price: str) -> float:
    return float(price.strip("$*"))


def _types(pool: NodePool) -> Iterator[str]:
    yield f"### {pool.name}"
    gpus = ("GPUs",) if pool.accelerator else ()
    head = ("type", *gpus, "vCPU", "memory", "CPU for pods", "memory for pods", "NVMe", *REGIONS)
    yield table(head, (_type(i) for i in pool.instances), right=range(1, len(head)))


def _type(each: InstanceType) -> tuple[str, ...]:
    return (
        each.name,
        *((str(each.gpus),) if each.gpus else ()),
        str(each.vcpu),
        f"{each.memory_mib * MIB / GIB:.0f} GiB",
        format_cpu(each.allocatable.cpu_millicores),
        f"{each.allocatable.memory_bytes / GIB:.1f} GiB",
        f"{each.nvme_gb} GB" if each.nvme_gb else "",
        *(_price(each, region) for region in REGIONS),
    )


def _price(each: InstanceType, region: str) -> str:
    price = hourly_price(each.name, region)
    star = "" if price.region == region else "*"
    return f"${price.micro_usd / 1_000_000:.4f}{star}"


def _sources() -> str:
    rows = ((region, found.date, found.source) for region, found in PRICE_SOURCES.items())
    return table(("region", "as of", "source"), rows)
