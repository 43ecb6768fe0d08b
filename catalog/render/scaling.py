"""What scales and protects an endpoint's replicas beside its serving mode: KEDA, VPA, a budget."""

from catalog.endpoint import Endpoint, Tenant
from catalog.objects import Object
from catalog.render.common import (
    MONITORING_NAMESPACE,
    endpoint_labels,
    metadata,
    pod_selector,
)
from catalog.render.inference import own_scaler

PROMETHEUS = f"http://kube-prometheus-stack-prometheus.{MONITORING_NAMESPACE}.svc:9090"


def scaling_objects(endpoint: Endpoint, tenant: Tenant) -> list[Object]:
    """PodDisruptionBudget, VerticalPodAutoscaler and ScaledObject, where each makes sense."""
    labels = endpoint_labels(endpoint, tenant)
    objects: list[Object] = []
    if endpoint.scaling.min > 1:
        objects.append(_disruption_budget(endpoint, labels))
    if endpoint.serving == "standard":
        objects.append(_recommendation(endpoint, labels))
    if own_scaler(endpoint):
        objects.append(_scaled_object(endpoint, labels))
    return objects


def deployment_of(endpoint: Endpoint) -> str:
    """The Deployment that upstream makes in standard mode."""
    return f"{endpoint.name}-kserve" if endpoint.kind == "llm" else f"{endpoint.name}-predictor"


def _disruption_budget(endpoint: Endpoint, labels: dict[str, str]) -> Object:
    """One replica at a time, and a broken one is never protected."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(endpoint.name, endpoint.namespace, labels),
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": pod_selector(endpoint)},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }


def _recommendation(endpoint: Endpoint, labels: dict[str, str]) -> Object:
    """VPA recommends and never acts: a restart to apply new requests would drop a warm model."""
    container = "main" if endpoint.kind == "llm" else "kserve-container"
    name = deployment_of(endpoint)
    return {
        "apiVersion": "autoscaling.k8s.io/v1",
        "kind": "VerticalPodAutoscaler",
        "metadata": metadata(name, endpoint.namespace, labels),
        "spec": {
            "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "updatePolicy": {"updateMode": "Off"},
            "resourcePolicy": {
                "containerPolicies": [
                    {
                        "containerName": container,
                        "controlledValues": "RequestsOnly",
                        "mode": "Auto",
                    }
                ]
            },
        },
    }


def _scaled_object(endpoint: Endpoint, labels: dict[str, str]) -> Object:
    name = deployment_of(endpoint)
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": metadata(
            name, endpoint.namespace, {**labels, "scaledobject.keda.sh/name": name}
        ),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicaCount": endpoint.scaling.min,
            "maxReplicaCount": endpoint.scaling.max,
            "pollingInterval": 30,
            "cooldownPeriod": 300,
            "advanced": {"horizontalPodAutoscalerConfig": {"name": name, **_behavior(endpoint)}},
            "triggers": [_load(endpoint), *_times(endpoint)],
        },
    }


def _behavior(endpoint: Endpoint) -> Object:
    """Without a window of its own the HorizontalPodAutoscaler waits five minutes to scale down."""
    if endpoint.scaling.window is None:
        return {}
    wait = {"stabilizationWindowSeconds": endpoint.scaling.window // 1_000}
    return {"behavior": {"scaleDown": wait}}


def _load(endpoint: Endpoint) -> Object:
    metric, target = endpoint.scaling.metric, endpoint.scaling.target
    if metric in {"cpu", "memory"}:
        return {
            "type": metric,
            "metricType": "Utilization",
            "metadata": {"value": str(target)},
        }
    return {
        "type": "prometheus",
        "metricType": "AverageValue",
        "metadata": {
            "serverAddress": PROMETHEUS,
            "query": _query(endpoint),
            "threshold": str(target),
        },
    }


def _query(endpoint: Endpoint) -> str:
    """Requests a second at the front door, or an LLM's requests that run or wait."""
    if endpoint.kind == "llm":
        where = f'{{namespace="{endpoint.namespace}",pod=~"{deployment_of(endpoint)}-.*"}}'
        return f"sum(vllm:num_requests_running{where}) + sum(vllm:num_requests_waiting{where})"
    cluster = f"httproute/{endpoint.namespace}/{endpoint.name}/rule/.*"
    return f'sum(rate(envoy_cluster_upstream_rq_total{{envoy_cluster_name=~"{cluster}"}}[2m]))'


def _times(endpoint: Endpoint) -> list[Object]:
    return [
        {
            "type": "cron",
            "metadata": {
                "timezone": entry.timezone,
                "start": entry.start,
                "end": entry.end,
                "desiredReplicas": str(entry.replicas),
            },
        }
        for entry in endpoint.scaling.schedule
    ]
