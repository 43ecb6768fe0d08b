"""What every object of a tenant has in common: labels, metadata, references."""

from collections.abc import Mapping

from catalog.endpoint import Endpoint, Tenant
from catalog.objects import Object

PREFIX = "slipway.dev"
OWN_LABEL_PREFIX = "label.slipway.dev"
SERVICE_ACCOUNT = "models"
GATEWAY_API = "gateway.networking.k8s.io"
ENVOY_GATEWAY_API = "gateway.envoyproxy.io/v1alpha1"
KNATIVE_NAMESPACE = "knative-serving"
"""Where the Knative operator puts Knative and, by injecting its own namespace, Kourier
(knative.dev/operator `pkg/reconciler/common/transformers.go`)."""
MONITORING_NAMESPACE = "monitoring"
POOL_CPU = "cpu"
LISTENER_SET = "models"
LISTENER = "https"

QUEUE_PROXY = {
    f"queue.sidecar.serving.knative.dev/{amount}": text
    for amount, text in {
        "cpu-resource-limit": "1",
        "cpu-resource-request": "25m",
        "memory-resource-limit": "512Mi",
        "memory-resource-request": "64Mi",
    }.items()
}
"""Annotations for Knative's queue-proxy, in what runs by revisions: without them it has no request
for memory (Knative `pkg/reconciler/revision/resources/queue.go`), and the quota counts none."""


def tenant_labels(tenant: Tenant) -> dict[str, str]:
    """Labels of every object: who it belongs to and who pays."""
    return {
        "app.kubernetes.io/managed-by": "slipway",
        f"{PREFIX}/team": tenant.team,
        f"{PREFIX}/project": tenant.project,
        f"{PREFIX}/cost-center": tenant.cost_center,
    }


def endpoint_labels(endpoint: Endpoint, tenant: Tenant) -> dict[str, str]:
    """Labels of an endpoint's objects and pods: the tenant's, its own, and the team's choice."""
    own = {f"{OWN_LABEL_PREFIX}/{key}": value for key, value in endpoint.labels.items()}
    return {
        **tenant_labels(tenant),
        f"{PREFIX}/endpoint": endpoint.name,
        f"{PREFIX}/tier": endpoint.tier,
        **own,
    }


def lasting_labels(endpoint: Endpoint, tenant: Tenant) -> dict[str, str]:
    """Labels that never change while the endpoint exists.

    KServe 0.20 puts an LLMInferenceService's `spec.labels` into its Deployment's selector too
    (`llmisvc/workload_single_node.go`), and a selector is immutable.
    """
    passing = {f"{PREFIX}/cost-center"}
    lasting = {k: v for k, v in tenant_labels(tenant).items() if k not in passing}
    return {**lasting, f"{PREFIX}/endpoint": endpoint.name}


def metadata(
    name: str,
    namespace: str,
    labels: dict[str, str],
    annotations: dict[str, str] | None = None,
) -> Object:
    """Object metadata; no empty annotations."""
    result: Object = {"name": name, "namespace": namespace, "labels": labels}
    if annotations:
        result["annotations"] = annotations
    return result


def pod_selector(endpoint: Endpoint) -> dict[str, str]:
    """Labels that upstream puts on the pods of an endpoint's model and on no others.

    KServe `pkg/controller/v1beta1/inferenceservice/components/predictor.go`, and
    `pkg/controller/v1alpha2/llmisvc/workload.go`.
    """
    if endpoint.kind == "llm":
        return {
            "app.kubernetes.io/name": endpoint.name,
            "app.kubernetes.io/part-of": "llminferenceservice",
            "kserve.io/component": "workload",
        }
    if endpoint.kind == "graph":
        return {"serving.kserve.io/inferencegraph": endpoint.name}
    return {"serving.kserve.io/inferenceservice": endpoint.name, "component": "predictor"}


def window_of(endpoint: Endpoint) -> dict[str, str]:
    """The annotation of Knative's autoscaler for a window, where there is one."""
    window = endpoint.scaling.window
    return {} if window is None else {"autoscaling.knative.dev/window": f"{window // 1_000}s"}


def plain_env(env: Mapping[str, str]) -> list[Object]:
    """Environment variables in order. An empty value is left out, as Go would on the way back."""
    return [
        {"name": name, "value": value} if value else {"name": name}
        for name, value in sorted(env.items())
    ]


def milli(cpu: int) -> str:
    """CPU as Kubernetes prints it back: whole cores bare, else millicores."""
    return str(cpu // 1_000) if cpu % 1_000 == 0 else f"{cpu}m"
