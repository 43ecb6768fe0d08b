"""What the platform's own pods ask for while nobody calls, read off the parts themselves.

Every `requests` in a release's values or in an object is a container of one pod, unless it is named
here. Sidecars that charts add without a value of ours are left out; together they ask for less than
one core.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from catalog.objects import Object
from catalog.parts import Part
from catalog.quantity import parse_cpu, parse_memory
from infra.parts.common import replicas
from infra.parts.part import Context


@dataclass(frozen=True, slots=True)
class Footprint:
    """Millicores and bytes that pods ask for, and bytes of volumes that they claim."""

    cpu: int = 0
    memory: int = 0
    storage: int = 0

    def __add__(self, other: "Footprint") -> "Footprint":
        return Footprint(
            self.cpu + other.cpu, self.memory + other.memory, self.storage + other.storage
        )

    def times(self, count: int) -> "Footprint":
        """Of so many."""
        return Footprint(self.cpu * count, self.memory * count, self.storage * count)


# By release or object, then by the beginning of the path to the container.
_EACH_REPLICA: Final = (
    "KnativeServing/",
    "EnvoyProxy/",
    "ai-gateway/controller",
    "aws-load-balancer-controller/",
    "cert-manager/webhook",
    "envoy-gateway/config",
    "envoy-gateway/deployment",
    "external-secrets/webhook",
    "istiod/",
    "keda/",
    "kserve-llmisvc-resources/",
    "kube-prometheus-stack/alertmanager",
    "kyverno/admissionController",
    "otel-collector/",
    "payload-log/",
)
_AT_MOST_TWO: Final = ("karpenter/",)
_ALWAYS_TWO: Final = ("mlflow/",)
# Jobs, init containers, DaemonSets (`catalog/instances.py` takes those off every node), and what is
# only a form for pods of tenants.
_NOT_STANDING: Final = (
    "ClusterServingRuntime/",
    "ClusterStorageContainer/",
    "DaemonSet/",
    "LocalModelNodeGroup/",
    "cert-manager/startupapicheck",
    "dcgm-exporter/",
    "envoy-gateway/certgen",
    "fluent-bit/",
    "istio-cni/",
    "kube-prometheus-stack/prometheus-node-exporter",
    "velero/initContainers",
    "velero/upgradeJobResources",
    "ztunnel/",
)


@dataclass(frozen=True, slots=True)
class _Default:
    """Pods whose requests are upstream's; `count` None is the settings' replicas."""

    cpu: str
    memory: str
    count: int | None


_DEFAULTS: Final = (
    # EKS add-ons: CoreDNS, metrics-server, and the EBS CSI driver's six containers.
    _Default("100m", "70Mi", 2),
    _Default("100m", "200Mi", 2),
    _Default("60m", "240Mi", 2),
    # knative/operator v1.21.1 `kodata/knative-serving/1.21.1` and `kodata/ingress/1.21/kourier`:
    # autoscaler, controller, webhook; autoscaler-hpa; net-kourier-controller.
    _Default("300m", "300Mi", None),
    _Default("30m", "40Mi", None),
    _Default("200m", "200Mi", None),
)


def footprint(context: Context, parts: Iterable[Part]) -> Footprint:
    """What the standing pods of these parts, and of the add-ons, ask for."""
    scaled = replicas(context)
    found = [
        Footprint(parse_cpu(each.cpu), parse_memory(each.memory)).times(each.count or scaled)
        for each in _DEFAULTS
    ]
    found += (
        asked.times(_pods(place, scaled)) for part in parts for place, asked in requests_of(part)
    )
    return sum(found, Footprint())


def requests_of(part: Part) -> Iterator[tuple[str, Footprint]]:
    """Everything that a part asks for, by `release/path` or `kind/path`."""
    for release in part.releases:
        yield from _walk(f"{release.name}/", release.values)
    for obj in part.objects:
        yield from _walk(f"{obj['kind']}/", obj)


def _pods(place: str, replicas_: int) -> int:
    if place.startswith(_NOT_STANDING):
        return 0
    if place.startswith(_EACH_REPLICA):
        return replicas_
    if place.startswith(_AT_MOST_TWO):
        return min(replicas_, 2)
    return 2 if place.startswith(_ALWAYS_TWO) else 1


def _walk(place: str, value: object) -> Iterator[tuple[str, Footprint]]:
    if isinstance(value, Mapping):
        mapping = cast("Mapping[str, Any]", value)
        requests = mapping.get("requests")
        if isinstance(requests, Mapping):
            yield place, _asked(cast("Object", requests))
        persistence = mapping.get("persistence")
        if isinstance(persistence, Mapping) and "size" in persistence:
            yield place, Footprint(storage=parse_memory(cast("Object", persistence)["size"]))
        for key, inner in mapping.items():
            yield from _walk(f"{place}{key}.", inner)
    elif isinstance(value, list | tuple):
        for inner in cast("list[object]", value):
            yield from _walk(place, inner)


def _asked(requests: Object) -> Footprint:
    return Footprint(
        parse_cpu(requests.get("cpu", "0")),
        parse_memory(requests.get("memory", "0Mi")),
        parse_memory(requests.get("storage", "0Mi")),
    )
