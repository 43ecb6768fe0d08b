"""An InferenceGraph: several deployments of a project behind one endpoint.

The router calls each member through the front door with the caller's own token, so a graph opens
nothing that its caller could not open alone. Source: KServe 0.20 `inference_graph_validation.go`.
"""

from catalog.endpoint import Endpoint, Tenant
from catalog.node_pools import POOL_LABEL
from catalog.objects import Object
from catalog.options import GraphStep
from catalog.quantity import format_memory
from catalog.render.common import (
    POOL_CPU,
    QUEUE_PROXY,
    SERVICE_ACCOUNT,
    endpoint_labels,
    metadata,
    milli,
    window_of,
)
from catalog.render.inference import capacity_of
from catalog.sizing import ROUTER_CPU, ROUTER_MEMORY

ROUTERS = {
    "sequence": "Sequence",
    "splitter": "Splitter",
    "ensemble": "Ensemble",
    "switch": "Switch",
}
DATA = {"request": "$request", "response": "$response"}


def inference_graph(endpoint: Endpoint, tenant: Tenant) -> Object:
    """The InferenceGraph of a graph endpoint."""
    graph = endpoint.graph
    if graph is None:
        raise ValueError(f"{endpoint.name}: a graph endpoint has a graph")
    labels = {
        **endpoint_labels(endpoint, tenant),
        "networking.knative.dev/visibility": "cluster-local",
    }
    annotations = {
        **window_of(endpoint),
        **QUEUE_PROXY,
        "serving.kserve.io/deploymentMode": "Knative",
    }
    root = {
        "routerType": ROUTERS[graph.type],
        "steps": [_step(number, step, endpoint) for number, step in enumerate(graph.steps)],
    }
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "InferenceGraph",
        "metadata": metadata(endpoint.name, endpoint.namespace, labels, annotations),
        "spec": {
            "nodes": {"root": root},
            "minReplicas": endpoint.scaling.min,
            "maxReplicas": endpoint.scaling.max,
            "scaleMetric": endpoint.scaling.metric,
            "scaleTarget": endpoint.scaling.target,
            "timeout": endpoint.timeout // 1_000,
            "serviceAccountName": SERVICE_ACCOUNT,
            "nodeSelector": {POOL_LABEL: POOL_CPU},
            **capacity_of(endpoint),
            "resources": {
                "requests": {"cpu": milli(ROUTER_CPU), "memory": format_memory(ROUTER_MEMORY)},
                "limits": {"cpu": "1", "memory": "512Mi"},
            },
        },
    }


def _step(number: int, step: GraphStep, endpoint: Endpoint) -> Object:
    domain = endpoint.host.split(".", 1)[1]
    url = f"https://{step.deployment}.{domain}/v2/models/{step.deployment}/infer"
    result: Object = {"name": f"{number}-{step.deployment}", "serviceUrl": url}
    if step.weight is not None:
        result["weight"] = step.weight
    if step.condition is not None:
        result["condition"] = step.condition
    if step.data is not None:
        result["data"] = DATA[step.data]
    return result
