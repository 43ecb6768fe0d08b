"""What a plan shows of an endpoint and a project, as plain data that can be kept between runs.

A summary stands for a project file that nobody touched: the plan of ten thousand entries adds up
summaries and resolves only what changed. Importing this module must stay cheap, so the types that
need the schema are named for the type checker only.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from catalog.amounts import Amounts, total
from catalog.errors import Place
from catalog.verdict import Advice, decode_advice

if TYPE_CHECKING:
    from catalog.endpoint import Endpoint, Tenant
    from catalog.footprint import Footprint
    from catalog.objects import Object
    from catalog.price import MonthlyCost


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSummary:
    """An endpoint as tables show it. Costs are whole US cents a month, on demand."""

    name: str
    tier: str
    kind: str
    framework: str
    serving: str
    protocol: str
    url: str
    owner: str
    description: str
    pool: str
    accelerator: str
    gpus: int
    least: int
    most: int
    surge: int
    line: int
    column: int
    replica: Amounts
    beside: Amounts
    cents_at_least: int
    cents_at_most: int

    @property
    def needs(self) -> Amounts:
        """What counts against quotas: most replicas, the surge, and the explainer."""
        return self.replica * (self.most + self.surge) + self.beside

    @property
    def gpus_at_least(self) -> int:
        """GPUs that are held when nobody calls."""
        return self.gpus * self.least

    @property
    def gpus_at_most(self) -> int:
        """GPUs at the most replicas."""
        return self.gpus * self.most


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """Endpoints, GPUs and US cents a month, at the fewest and at the most replicas."""

    endpoints: int = 0
    gpus_at_least: int = 0
    gpus_at_most: int = 0
    cents_at_least: int = 0
    cents_at_most: int = 0

    def __add__(self, other: "Bill") -> "Bill":
        return Bill(
            endpoints=self.endpoints + other.endpoints,
            gpus_at_least=self.gpus_at_least + other.gpus_at_least,
            gpus_at_most=self.gpus_at_most + other.gpus_at_most,
            cents_at_least=self.cents_at_least + other.cents_at_least,
            cents_at_most=self.cents_at_most + other.cents_at_most,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSummary:
    """A project on one stack: what it needs, its quota, and how many objects of each kind.

    `rows` holds the endpoints as JSON, which nobody decodes until a table shows them, and `advice`
    what a judge advises, where one was asked.
    """

    stack: str
    team: str
    project: str
    namespace: str
    file: str
    line: int
    quota: Amounts | None
    quota_kinds: tuple[str, ...]
    objects: Mapping[str, int]
    needs: Amounts
    bill: Bill
    rows: str
    advice: str = ""

    @property
    def advised(self) -> tuple[Advice, ...]:
        """What a judge advises, sorted."""
        return tuple(decode_advice(self.advice, self.file))

    @property
    def endpoints(self) -> tuple[EndpointSummary, ...]:
        """The endpoints, sorted by name."""
        return decode_rows(self.rows)

    @property
    def own_quota(self) -> dict[str, object]:
        """What the project's own quota names."""
        return {kind: getattr(self.quota, kind) for kind in self.quota_kinds}

    @property
    def place(self) -> Place:
        """The line of the project's own quota, else the file."""
        return Place(self.file, self.line, 1 if self.line else 0)

    @property
    def reserved(self) -> Amounts:
        """What it takes from its team: its quota where it sets one, else its needs."""
        if self.quota is None:
            return self.needs
        return Amounts(
            self.quota.cpu if "cpu" in self.quota_kinds else self.needs.cpu,
            self.quota.memory if "memory" in self.quota_kinds else self.needs.memory,
            self.quota.accelerators
            if "accelerators" in self.quota_kinds
            else self.needs.accelerators,
        )


def summarize_endpoint(
    endpoint: "Endpoint", footprint: "Footprint", surge: int, cost: "MonthlyCost"
) -> EndpointSummary:
    """The summary of one endpoint."""
    return EndpointSummary(
        name=endpoint.name,
        tier=endpoint.tier,
        kind=endpoint.kind,
        framework=endpoint.framework,
        serving=endpoint.serving,
        protocol=endpoint.protocol,
        url=endpoint.url,
        owner=endpoint.owner,
        description=endpoint.description,
        pool=endpoint.placement.pool.name if endpoint.placement else "",
        accelerator=endpoint.resources.accelerator or "",
        gpus=endpoint.resources.gpus,
        least=endpoint.scaling.min,
        most=endpoint.scaling.max,
        surge=surge,
        line=endpoint.place.line,
        column=endpoint.place.column,
        replica=footprint.replica,
        beside=footprint.beside,
        cents_at_least=cost.at_min,
        cents_at_most=cost.at_max,
    )


def summarize_project(
    stack: str,
    tenant: "Tenant",
    line: int,
    endpoints: Sequence[EndpointSummary],
    quota: tuple[Amounts, tuple[str, ...]] | None,
    objects: "Sequence[Object]",
) -> ProjectSummary:
    """The summary of one tenant; `quota` is what the project file itself sets."""
    return ProjectSummary(
        stack=stack,
        team=tenant.team,
        project=tenant.project,
        namespace=tenant.namespace,
        file=tenant.file,
        line=line,
        quota=quota[0] if quota else None,
        quota_kinds=quota[1] if quota else (),
        objects=dict(sorted(Counter(obj["kind"] for obj in objects).items())),
        needs=total(e.needs for e in endpoints),
        bill=bill_of(endpoints),
        rows=encode_rows(endpoints),
    )


def bill_of(endpoints: Sequence[EndpointSummary]) -> Bill:
    """The sum over endpoints."""
    return Bill(
        endpoints=len(endpoints),
        gpus_at_least=sum(e.gpus_at_least for e in endpoints),
        gpus_at_most=sum(e.gpus_at_most for e in endpoints),
        cents_at_least=sum(e.cents_at_least for e in endpoints),
        cents_at_most=sum(e.cents_at_most for e in endpoints),
    )


def encode_rows(endpoints: Sequence[EndpointSummary]) -> str:
    """Endpoints as JSON that `decode_rows` reads back."""
    return _dump([_plain(e) for e in endpoints])


def _plain(endpoint: EndpointSummary) -> dict[str, Any]:
    """What `dataclasses.asdict` gives, without its deep copies."""
    plain = {name: getattr(endpoint, name) for name in _ROW}
    return plain | {name: asdict(plain[name]) for name in _AMOUNTS}


def decode_rows(rows: str) -> tuple[EndpointSummary, ...]:
    """The inverse of `encode_rows`."""
    return tuple(decode_row(row) for row in json.loads(rows))


def decode_row(row: Mapping[str, Any]) -> EndpointSummary:
    """An endpoint from the plain data that `dataclasses.asdict` makes of it."""
    fields_: dict[str, Any] = {**row}
    for name in _AMOUNTS:
        fields_[name] = Amounts(**row[name])
    return EndpointSummary(**fields_)


_ROW = tuple(f.name for f in fields(EndpointSummary))
_AMOUNTS = ("replica", "beside")
_HEAD = tuple(f.name for f in fields(ProjectSummary) if f.name not in {"rows", "advice"})


def to_line(summary: ProjectSummary) -> str:
    """One line of text that `from_line` reads back.

    Parted by tabs: what is always read, the endpoints, the advice.
    """
    head = {name: getattr(summary, name) for name in _HEAD}
    head |= {name: asdict(head[name]) for name in ("needs", "bill")}
    if summary.quota is not None:
        head["quota"] = asdict(summary.quota)
    return f"{_dump(head)}\t{summary.rows}\t{summary.advice}"


def from_line(line: str) -> ProjectSummary:
    """The inverse of `to_line`. Does not look into the endpoints nor the advice."""
    text, rows, advice = line.split("\t")
    head: dict[str, Any] = json.loads(text)
    head["needs"] = Amounts(**head["needs"])
    head["bill"] = Bill(**head["bill"])
    head["quota"] = Amounts(**head["quota"]) if head["quota"] else None
    head["quota_kinds"] = tuple(head["quota_kinds"])
    return ProjectSummary(**head, rows=rows, advice=advice)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
