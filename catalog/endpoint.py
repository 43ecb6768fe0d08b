"""What an entry means on one stack: every default applied, every choice made.

These types stand between the schema and the renderers. Quantities are plain numbers: millicores,
bytes, milliseconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from catalog.amounts import Amounts
from catalog.errors import Place
from catalog.options import (
    Container,
    Example,
    Explainer,
    Graph,
    Lineage,
    Llm,
    Logging,
    Schedule,
    Transformer,
)
from catalog.placement import Placement
from catalog.words import Protocol, Serving, Tier

Kind = Literal["model", "llm", "graph"]
"""Which upstream object serves it: InferenceService, LLMInferenceService or InferenceGraph."""

Capacity = Literal["spot", "on-demand"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Where the weights are read from.

    `uri` is what the storage initializer gets; `source` what the entry says. `digest` and `size`
    are known for paths of this repository only.
    """

    source: str
    uri: str
    digest: str | None = None
    size: int | None = None

    @property
    def is_artifact(self) -> bool:
        """Whether the stack uploads it from this repository."""
        return self.digest is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What one replica of the model container asks."""

    cpu: int
    memory: int
    gpus: int = 0
    accelerator: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """Replicas; `window` in milliseconds, None where a HorizontalPodAutoscaler keeps its own."""

    min: int
    max: int
    metric: str
    target: int
    window: int | None
    schedule: tuple[Schedule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Batching:
    """Adaptive batching; the delay in milliseconds."""

    max_size: int
    max_delay: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """The promise over 30 days: percents, and the latency bound in milliseconds."""

    availability: float | None
    latency: int | None
    latency_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One deployment on one stack.

    `runtime` is the name of the ClusterServingRuntime, None for a custom container, a graph or an
    LLMInferenceService. `cold_start` is the longest time in milliseconds from no node to ready.
    """

    team: str
    project: str
    namespace: str
    name: str
    tier: Tier
    host: str
    place: Place
    kind: Kind
    framework: str
    runtime: str | None
    serving: Serving
    protocol: Protocol
    model: Model | None
    resources: Resources
    placement: Placement | None
    capacity: Capacity
    scaling: Scaling
    batching: Batching | None
    teams: tuple[str, ...]
    clients: tuple[str, ...]
    requests_per_minute: int
    slo: Slo | None
    timeout: int
    cold_start: int
    env: Mapping[str, str]
    secrets: Mapping[str, str]
    transformer: Transformer | None
    explainer: Explainer | None
    container: Container | None
    graph: Graph | None
    llm: Llm | None
    logging: Logging | None
    weights_cache: int | None
    examples: tuple[Example, ...]
    lineage: Lineage | None
    labels: Mapping[str, str]
    description: str
    owner: str

    @property
    def url(self) -> str:
        """The address that callers use."""
        return f"https://{self.host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """A project on one stack: its namespace with everything in it.

    `needs` is the footprint of all endpoints at their most replicas, `quota` what the namespace is
    held to.
    """

    team: str
    project: str
    namespace: str
    file: str
    owners: tuple[str, ...]
    cost_center: str
    issuer: str | None
    description: str
    labels: Mapping[str, str]
    endpoints: tuple[Endpoint, ...]
    needs: Amounts = field(default_factory=Amounts)
    quota: Amounts = field(default_factory=Amounts)

    def with_amounts(self, needs: Amounts, quota: Amounts) -> "Tenant":
        """The same tenant once its footprint has been counted."""
        return replace(self, needs=needs, quota=quota)
