"""What a cluster holds at one moment, as far as endpoints are concerned."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Final, NamedTuple

from catalog.objects import Object
from deploy.status.fields import is_leaving, label, moment, name_of, namespace_of, text


class Kind(NamedTuple):
    """A kind that is read: where it is in the API, and which of its objects.

    `label` is `key=value`, or a key that must be there; `type` is that of events.
    """

    name: str
    group: str
    version: str
    plural: str
    label: str = ""
    type: str = ""
    is_global: bool = False


ENDPOINT_LABEL: Final = "slipway.dev/endpoint"
TENANT_LABEL: Final = "slipway.dev/tenant=true"
OURS: Final = "app.kubernetes.io/managed-by=slipway"

KINDS: Final = (
    Kind("Namespace", "", "v1", "namespaces", TENANT_LABEL, is_global=True),
    Kind("InferenceService", "serving.kserve.io", "v1beta1", "inferenceservices"),
    Kind("LLMInferenceService", "serving.kserve.io", "v1alpha2", "llminferenceservices"),
    Kind("InferenceGraph", "serving.kserve.io", "v1alpha1", "inferencegraphs"),
    Kind("KnativeService", "serving.knative.dev", "v1", "services", ENDPOINT_LABEL),
    Kind("Revision", "serving.knative.dev", "v1", "revisions", ENDPOINT_LABEL),
    Kind("Deployment", "apps", "v1", "deployments", ENDPOINT_LABEL),
    Kind("Pod", "", "v1", "pods", ENDPOINT_LABEL),
    Kind("Event", "", "v1", "events", type="Warning"),
    Kind("HTTPRoute", "gateway.networking.k8s.io", "v1", "httproutes", OURS),
    Kind("ListenerSet", "gateway.networking.k8s.io", "v1", "listenersets", OURS),
    Kind("Certificate", "cert-manager.io", "v1", "certificates", OURS),
    Kind("NodeClaim", "karpenter.sh", "v1", "nodeclaims", is_global=True),
)
"""Everything that is read. What controllers make carries the labels of its endpoint, because KServe
copies those of an InferenceService, of a graph, and of an LLMInferenceService's `spec.labels`
(`pkg/controller/v1beta1/inferenceservice/components/predictor.go`,
`v1alpha1/inferencegraph/knative_reconciler.go`, `v1alpha2/llmisvc/workload.go`, 0.20)."""

ENDPOINT_KINDS: Final = {
    "model": "InferenceService",
    "llm": "LLMInferenceService",
    "graph": "InferenceGraph",
}
"""The upstream kind by the kind of an endpoint."""


@dataclass(frozen=True)
class Snapshot:
    """Objects by the names in `KINDS`. `unreadable` says why a kind could not be read."""

    taken: datetime
    objects: Mapping[str, tuple[Object, ...]]
    unreadable: Mapping[str, str] = field(default_factory=dict[str, str])

    @cached_property
    def _by_namespace(self) -> dict[tuple[str, str], list[Object]]:
        found: dict[tuple[str, str], list[Object]] = {}
        for kind, objects in self.objects.items():
            for obj in objects:
                found.setdefault((kind, namespace_of(obj)), []).append(obj)
        return found

    def of(self, kind: str, namespace: str = "") -> tuple[Object, ...]:
        """The objects of a kind in a namespace; of one without namespaces, all."""
        return tuple(self._by_namespace.get((kind, namespace), ()))

    def one(self, kind: str, namespace: str, name: str) -> Object | None:
        """An object by its name."""
        return next((obj for obj in self.of(kind, namespace) if name_of(obj) == name), None)

    def namespace(self, name: str) -> Object | None:
        """A tenant's namespace."""
        return self.one("Namespace", "", name)

    def warnings(self, namespace: str, involved: Iterable[tuple[str, str]]) -> tuple[Object, ...]:
        """Warning events about objects, each as kind and name, the newest first."""
        wanted = set(involved)
        found = [
            event
            for event in self.of("Event", namespace)
            if (text(event, "involvedObject", "kind"), text(event, "involvedObject", "name"))
            in wanted
        ]
        earliest = datetime.min.replace(tzinfo=UTC)
        return tuple(sorted(found, key=lambda each: event_time(each) or earliest, reverse=True))

    def made_for(self, kind: str, namespace: str, endpoint: str) -> tuple[Object, ...]:
        """What controllers made for an endpoint, without what is being deleted."""
        return tuple(
            obj
            for obj in self.of(kind, namespace)
            if label(obj, ENDPOINT_LABEL) == endpoint and not is_leaving(obj)
        )


def event_time(event: Object) -> datetime | None:
    """When an event was seen last; the API has four fields for it."""
    return (
        moment(event, "series", "lastObservedTime")
        or moment(event, "lastTimestamp")
        or moment(event, "eventTime")
        or moment(event, "metadata", "creationTimestamp")
    )
