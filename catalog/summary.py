"""What a plan shows of an endpoint and a project, as plain data that can be kept between runs.

A summary stands for a project file that nobody touched: the plan of ten thousand entries reads
summaries and resolves only what changed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from catalog.endpoint import Amounts, Endpoint, Tenant
from catalog.errors import Place
from catalog.footprint import Footprint
from catalog.objects import Object
from catalog.price import MonthlyCost
from catalog.quota import ProjectUse, Use


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
class ProjectSummary:
    """A project on one stack: its endpoints, its quota, and how many objects of each kind."""

    stack: str
    team: str
    project: str
    namespace: str
    file: str
    line: int
    endpoints: tuple[EndpointSummary, ...]
    quota: Amounts | None
    quota_kinds: tuple[str, ...]
    objects: Mapping[str, int]

    def use(self) -> ProjectUse:
        """What the quota tree counts."""
        uses = (
            Use(e.name, Place(self.file, e.line, e.column), e.replica, e.most, e.surge, e.beside)
            for e in self.endpoints
        )
        return ProjectUse(
            team=self.team,
            project=self.project,
            place=Place(self.file, self.line, 1 if self.line else 0),
            uses=tuple(uses),
            quota=self.quota,
            quota_kinds=frozenset(self.quota_kinds),
        )


def summarize_endpoint(
    endpoint: Endpoint, footprint: Footprint, surge: int, cost: MonthlyCost
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
    tenant: Tenant,
    line: int,
    endpoints: Sequence[EndpointSummary],
    quota: tuple[Amounts, tuple[str, ...]] | None,
    objects: Sequence[Object],
) -> ProjectSummary:
    """The summary of one tenant; `quota` is what the project file itself sets."""
    return ProjectSummary(
        stack=stack,
        team=tenant.team,
        project=tenant.project,
        namespace=tenant.namespace,
        file=tenant.file,
        line=line,
        endpoints=tuple(endpoints),
        quota=quota[0] if quota else None,
        quota_kinds=quota[1] if quota else (),
        objects=dict(sorted(Counter(obj["kind"] for obj in objects).items())),
    )


def to_plain(summary: ProjectSummary) -> dict[str, Any]:
    """JSON-able data that `from_plain` reads back."""
    return asdict(summary)


def from_plain(data: dict[str, Any]) -> ProjectSummary:
    """The inverse of `to_plain`."""
    endpoints = tuple(
        EndpointSummary(
            **{**row, "replica": Amounts(**row["replica"]), "beside": Amounts(**row["beside"])}
        )
        for row in data["endpoints"]
    )
    quota = Amounts(**data["quota"]) if data["quota"] else None
    return ProjectSummary(
        **{
            **data,
            "endpoints": endpoints,
            "quota": quota,
            "quota_kinds": tuple(data["quota_kinds"]),
        }
    )
