"""Which node pool holds a replica, on which instance type, and what to change when none does.

Answers before anything is applied what the cluster would answer with a pod that is pending
forever: a Misfit shows what was asked beside what every pool has, and the nearest ask that fits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import gt
from typing import Final, NamedTuple

from catalog.instances import (
    GIB,
    REFERENCE_REGION,
    HourlyPrice,
    InstanceType,
    hourly_price,
)
from catalog.node_pools import POOLS, NodePool


class Amounts(NamedTuple):
    """The countable resources, in the order in which every table shows them."""

    gpus: int
    gpu_memory_bytes: int
    cpu_millicores: int
    memory_bytes: int
    ephemeral_bytes: int


@dataclass(frozen=True, slots=True)
class Ask:
    """What one replica needs of its node: the whole pod, sidecars included.

    `gpu_memory_bytes` is of each GPU. Without an `accelerator` any kind of GPU will do.
    """

    cpu_millicores: int
    memory_bytes: int
    gpus: int = 0
    accelerator: str | None = None
    gpu_memory_bytes: int | None = None
    ephemeral_bytes: int = 0

    def __post_init__(self) -> None:
        if min(self.amounts) < 0:
            raise ValueError(f"an ask has no negative amounts: {self}")
        if not self.gpus and (self.accelerator or self.gpu_memory_bytes):
            raise ValueError(f"an ask without GPUs names no accelerator or GPU memory: {self}")

    @property
    def amounts(self) -> Amounts:
        """What is asked of each resource, 0 where nothing is."""
        return Amounts(
            self.gpus,
            self.gpu_memory_bytes or 0,
            self.cpu_millicores,
            self.memory_bytes,
            self.ephemeral_bytes,
        )


@dataclass(frozen=True, slots=True)
class Fit:
    """An instance type that holds the ask, and how many replicas of it one node holds."""

    pool: NodePool
    instance: InstanceType
    price: HourlyPrice
    per_node: int


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a replica goes: the cheapest node that holds one.

    `fits` has every pool and type that would do, the chosen one first and then by price.
    """

    ask: Ask
    region: str
    fits: tuple[Fit, ...]

    @property
    def pool(self) -> NodePool:
        """The pool whose label the pod selects."""
        return self.fits[0].pool

    @property
    def instance(self) -> InstanceType:
        """The cheapest type that holds one replica."""
        return self.fits[0].instance

    @property
    def price(self) -> HourlyPrice:
        """What that node costs an hour, on demand."""
        return self.fits[0].price

    @property
    def per_node(self) -> int:
        """How many replicas that node holds."""
        return self.fits[0].per_node


@dataclass(frozen=True, slots=True)
class Available:
    """The most that one node of a pool has of each resource, and why the ask is not held."""

    pool: NodePool
    most: Amounts
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Misfit:
    """No pool holds the ask. `nearest` is the ask closest to it that one does, if there is any."""

    ask: Ask
    available: tuple[Available, ...]
    nearest: Ask | None
    remedy: str

    def describe(self) -> str:
        """The two tables and the remedy."""
        return "\n".join([*self.tables(), "", self.remedy])

    def tables(self) -> tuple[str, ...]:
        """What was asked and what there is."""
        asked = [(self.ask.accelerator or "any", *_or_dash(self.ask.amounts, up=True))]
        there = [
            (
                a.pool.name,
                a.pool.accelerator or "-",
                *_or_dash(a.most, up=False),
                ", ".join(a.reasons),
            )
            for a in self.available
        ]
        resources = [name for name, _ in _RESOURCES]
        return (
            "asked of one node",
            *_table(["accelerator", *resources], asked),
            "",
            "what one node has for deployments",
            *_table(["pool", "accelerator", *resources, "why not"], there),
        )


def place(
    ask: Ask, pools: tuple[NodePool, ...] = POOLS, region: str = REFERENCE_REGION
) -> Placement | Misfit:
    """The cheapest node that holds one replica of the ask, or why there is none.

    Without a named accelerator the cheapest one whose memory suffices is chosen, one whose price
    in the region is known before one whose price is not, since the latter may not be sold there.
    """
    return _place(ask, pools, region)


# Most deployments of a fleet ask for the same few sizes.
@lru_cache(maxsize=4096)
def _place(ask: Ask, pools: tuple[NodePool, ...], region: str) -> Placement | Misfit:
    candidates = _candidates(pools, region)
    asked = ask.amounts
    fits = tuple(
        Fit(c.pool, c.instance, c.price, count)
        for c in candidates
        if _admits(c.pool, ask) and (count := _per_node(c, asked))
    )
    if fits:
        return Placement(ask, region, fits)
    nearest = _nearest(ask, candidates)
    return Misfit(
        ask,
        tuple(_available(pool, ask) for pool in pools),
        nearest.ask if nearest else None,
        _remedy(ask, nearest, pools),
    )


@dataclass(frozen=True, slots=True)
class _Candidate:
    pool: NodePool
    instance: InstanceType
    price: HourlyPrice
    offered: Amounts


@lru_cache(maxsize=16)
def _candidates(pools: tuple[NodePool, ...], region: str) -> tuple[_Candidate, ...]:
    """Every type of every pool, cheapest first; a type not known to be sold in the region last."""
    every = [
        _Candidate(pool, instance, hourly_price(instance.name, region), _offered(instance))
        for pool in pools
        for instance in pool.instances
    ]

    def rank(c: _Candidate) -> tuple[bool, int, str, str]:
        return c.price.region != region, c.price.micro_usd, c.pool.name, c.instance.name

    return tuple(sorted(every, key=rank))


def _offered(instance: InstanceType) -> Amounts:
    has = instance.allocatable
    return Amounts(
        instance.gpus,
        instance.gpu_memory_bytes,
        has.cpu_millicores,
        has.memory_bytes,
        has.ephemeral_bytes,
    )


def _admits(pool: NodePool, ask: Ask) -> bool:
    """Whether the pool's taint and label let the pod in at all."""
    if not ask.gpus:
        return pool.accelerator is None
    return pool.accelerator is not None and ask.accelerator in (None, pool.accelerator)


def _per_node(candidate: _Candidate, asked: Amounts) -> int:
    """How many replicas one empty node of the type holds; 0 where it holds none.

    The memory of a GPU is not shared out: it is enough for one replica or it is not.
    """
    there = candidate.offered
    if any(map(gt, asked, there)):
        return 0
    shared = zip(asked._replace(gpu_memory_bytes=0), there, strict=True)
    return min([candidate.instance.allocatable.pods, *(t // a for a, t in shared if a)])


@dataclass(frozen=True, slots=True)
class _Nearest:
    ask: Ask
    candidate: _Candidate


def _nearest(ask: Ask, candidates: Sequence[_Candidate]) -> _Nearest | None:
    """The fitting ask that lowers the fewest amounts, then keeps the accelerator, then most."""

    def distance(near: _Nearest) -> tuple[int, bool, float]:
        kept = [n / a for a, n in zip(ask.amounts, near.ask.amounts, strict=True) if a]
        return (
            sum(k < 1 for k in kept),
            near.ask.accelerator != ask.accelerator,
            -sum(kept),
        )

    near = [
        _Nearest(_lowered(ask, c.instance), c)
        for c in candidates
        if bool(c.instance.gpus) == bool(ask.gpus)
    ]
    return min(near, key=distance, default=None)


def _lowered(ask: Ask, instance: InstanceType) -> Ask:
    """The ask cut down to what the type has, in round numbers that one can write in an entry."""
    has = _offered(instance)
    return Ask(
        min(ask.cpu_millicores, has.cpu_millicores // 100 * 100),
        min(ask.memory_bytes, has.memory_bytes // GIB * GIB),
        min(ask.gpus, has.gpus),
        instance.accelerator if ask.accelerator else None,
        ask.gpu_memory_bytes and min(ask.gpu_memory_bytes, has.gpu_memory_bytes),
        min(ask.ephemeral_bytes, has.ephemeral_bytes // GIB * GIB),
    )


def _available(pool: NodePool, ask: Ask) -> Available:
    columns = zip(*map(_offered, pool.instances), strict=True)
    most = Amounts(*map(max, columns))
    return Available(pool, most, tuple(_reasons(ask, pool, most)))


def _reasons(ask: Ask, pool: NodePool, most: Amounts) -> Iterator[str]:
    """Why the pool does not hold an ask that it does not hold; never nothing."""
    if not ask.gpus and pool.accelerator:
        yield "for GPU deployments only"
        return
    if ask.gpus and not pool.accelerator:
        yield "no GPUs"
        return
    if ask.accelerator not in (None, pool.accelerator):
        yield f"not {ask.accelerator}"
    short = [f"{name} {asked} > {there}" for name, asked, there in _beyond(ask, most)]
    yield from short
    if not short and ask.accelerator in (None, pool.accelerator):
        yield "no one type has all of it together"


def _beyond(ask: Ask, limit: Amounts) -> Iterator[tuple[str, str, str]]:
    """The name, the amount asked and the limit of each resource that goes beyond it."""
    shown = zip(_show(ask.amounts, up=True), _show(limit, up=False), strict=True)
    rows = zip(_RESOURCES, ask.amounts, limit, shown, strict=True)
    for (name, _), asked, most, texts in rows:
        if asked > most:
            yield name, *texts


def _remedy(ask: Ask, nearest: _Nearest | None, pools: Sequence[NodePool]) -> str:
    kinds = sorted({p.accelerator for p in pools if p.accelerator})
    if ask.accelerator and ask.accelerator not in kinds:
        return f"unknown accelerator {ask.accelerator}: use one of {', '.join(kinds)}"
    if nearest is None:
        return f"add a node pool with{'' if ask.gpus else 'out'} GPUs: there is none"
    steps = [
        f"lower {name} from {asked} to {there}"
        for name, asked, there in _beyond(ask, nearest.ask.amounts)
    ]
    if nearest.ask.accelerator != ask.accelerator:
        steps.insert(0, f"use accelerator {nearest.ask.accelerator}")
    where = f"{nearest.candidate.pool.name}, {nearest.candidate.instance.name}"
    return f"{' and '.join(steps)}: it then fits {where}"


class _Unit(NamedTuple):
    """How an amount is shown: in units of `one`, each cut into `grains`."""

    suffix: str
    one: int
    grains: int


_COUNT: Final = _Unit("", 1, 1)
_CORES: Final = _Unit("", 1000, 1000)
_GIBIBYTES: Final = _Unit(" GiB", GIB, 10)
_RESOURCES: Final = (
    ("gpus", _COUNT),
    ("gpu memory", _GIBIBYTES),
    ("cpu", _CORES),
    ("memory", _GIBIBYTES),
    ("disk", _GIBIBYTES),
)


def _show(amounts: Amounts, *, up: bool) -> list[str]:
    """What is asked is rounded up and what there is down, or too much would look like enough."""

    def text(unit: _Unit, amount: int) -> str:
        grains = amount * unit.grains
        rounded = -(-grains // unit.one) if up else grains // unit.one
        return f"{rounded / unit.grains:.15g}{unit.suffix}"

    return [text(unit, a) for (_, unit), a in zip(_RESOURCES, amounts, strict=True)]


def _or_dash(amounts: Amounts, *, up: bool) -> list[str]:
    shown = zip(_show(amounts, up=up), amounts, strict=True)
    return [text if amount else "-" for text, amount in shown]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with aligned columns, indented by two."""
    cells = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  " + "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
