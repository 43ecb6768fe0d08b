"""Scrapes the platform itself. Objects of ours, so that no other part needs Prometheus's CRDs.

Labels and port names are those of each chart's rendered pods at its pin; of Knative, those of
`config/core/deployments` in Serving 0.48 and `config/300-gateway.yaml` in net-kourier 0.48.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from catalog.objects import Object
from catalog.render.common import KNATIVE_NAMESPACE
from catalog.render.slo import GRPC_STATUS
from infra.parts.common import metadata
from infra.parts.mesh import DOOR_LABELS
from infra.parts.observability import MONITORING, SCRAPE_INTERVAL, pod_monitor
from infra.parts.part import Context

NAME: Final = "app.kubernetes.io/name"


@dataclass(frozen=True, slots=True)
class Target:
    """Pods to scrape: their namespace and labels, and the name of the port."""

    name: str
    namespace: str
    labels: Mapping[str, str]
    port: str
    path: str = "/metrics"


TARGETS: Final = (
    Target("aws-load-balancer-controller", "kube-system",
           {NAME: "aws-load-balancer-controller"}, "metrics-server"),
    Target("cert-manager", "cert-manager", {NAME: "cert-manager"}, "http-metrics"),
    Target("external-secrets", "external-secrets", {NAME: "external-secrets"}, "metrics"),
    Target("istio-cni", "istio-system", {"k8s-app": "istio-cni-node"}, "metrics"),
    Target("istiod", "istio-system", {"app": "istiod"}, "http-monitoring"),
    Target("karpenter", "kube-system", {NAME: "karpenter"}, "http-metrics"),
    Target("keda", "keda", {"app": "keda-operator"}, "metrics"),
    Target("kourier", KNATIVE_NAMESPACE, {"app": "3scale-kourier-gateway"}, "metrics",
           "/stats/prometheus"),
    Target("kyverno", "kyverno", {"app.kubernetes.io/component": "admission-controller"},
           "metrics-port"),
    Target("velero", "velero", {NAME: "velero"}, "http-monitoring"),
    Target("vpa", "vertical-pod-autoscaler", {"app.kubernetes.io/component": "recommender"},
           "prometheus"),
    Target("ztunnel", "istio-system", {"app": "ztunnel"}, "ztunnel-stats"),
)  # fmt: skip

GRPC_COUNTER: Final = "envoy_cluster_grpc_(?:(.+)_)?([0-9]+)"

KNATIVE_APPS: Final = ("activator", "autoscaler", "controller", "net-kourier-controller", "webhook")


def platform_monitors(context: Context) -> Iterator[Object]:
    """A PodMonitor for each, in the namespace `monitoring`."""
    door = context.settings.environment.gateway.namespace
    targets = (
        *TARGETS,
        Target("envoy-gateway", door, {"control-plane": "envoy-gateway"}, "metrics"),
    )
    for one in sorted(targets, key=lambda one: one.name):
        yield pod_monitor(one.name, MONITORING, one.labels, one.port, one.path, of=one.namespace)
    yield _proxies(door)
    yield _knative()
    yield _kserve()


def _proxies(door: str) -> Object:
    """The door, with gRPC's counters of one name.

    Envoy names them by method and status, and its tags expect a service without dots, of which
    `inference.GRPCInferenceService` has one (`source/common/config/well_known_names.cc`,
    `grpc_stats/v3/config.proto`): `envoy_cluster_grpc_ModelInfer_13`.
    """
    found = pod_monitor(
        "envoy-proxy", MONITORING, DOOR_LABELS, "metrics", "/stats/prometheus", of=door
    )
    parts = {"grpc_method": "$1", "grpc_status": "$2", "__name__": GRPC_STATUS}
    [endpoint] = found["spec"]["podMetricsEndpoints"]
    endpoint["metricRelabelings"] = [
        {
            "action": "replace",
            "sourceLabels": ["__name__"],
            "regex": GRPC_COUNTER,
            "targetLabel": label,
            "replacement": text,
        }
        for label, text in parts.items()
    ]
    return found


def _knative() -> Object:
    """Knative's controllers differ by their label `app` alone."""
    found = pod_monitor("knative", MONITORING, {}, "metrics", of=KNATIVE_NAMESPACE)
    chosen = {"key": "app", "operator": "In", "values": list(KNATIVE_APPS)}
    found["spec"]["selector"] = {"matchExpressions": [chosen]}
    return found


def _kserve() -> Object:
    """KServe's controller answers behind a proxy that asks the API server who calls.

    Its certificate is self-signed, and the answer tells nothing but metrics.
    """
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": metadata("kserve", MONITORING),
        "spec": {
            "namespaceSelector": {"matchNames": ["kserve"]},
            "selector": {"matchLabels": {"control-plane": "kserve-controller-manager"}},
            "endpoints": [
                {
                    "port": "https",
                    "scheme": "https",
                    "interval": SCRAPE_INTERVAL,
                    "bearerTokenFile": "/var/run/secrets/kubernetes.io/serviceaccount/token",
                    "tlsConfig": {"insecureSkipVerify": True},
                }
            ],
        },
    }
