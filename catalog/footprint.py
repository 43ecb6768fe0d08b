"""What an endpoint asks of the cluster, counted over every container of the pods it becomes."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.endpoint import Amounts, Endpoint, total
from catalog.environment import Environment
from catalog.node_pools import GPU_RESOURCE
from catalog.objects import Object
from catalog.pod import footprint, pods
from catalog.render.runtimes import runtimes_by_name

WORKLOADS = frozenset({"InferenceService", "LLMInferenceService", "InferenceGraph"})
EXPLAINER_SURGE = 1


@dataclass(frozen=True, slots=True)
class Footprint:
    """A replica of the model with all its containers, and all replicas of its explainer."""

    replica: Amounts
    beside: Amounts


def footprint_of(endpoint: Endpoint, objects: Sequence[Object], env: Environment) -> Footprint:
    """The footprint of an endpoint from its rendered objects."""
    runtimes = runtimes_by_name(env.images.mirror)
    replica, beside = Amounts(), Amounts()
    for workload in (obj for obj in objects if obj["kind"] in WORKLOADS):
        for pod in pods(workload, runtimes):
            counted = footprint(pod)
            gpus = counted.accelerators.get(GPU_RESOURCE, 0)
            kinds = {endpoint.resources.accelerator or "any": gpus} if gpus else {}
            amounts = Amounts(counted.cpu_millicores, counted.memory_bytes, kinds)
            if endpoint.explainer and pod["metadata"]["labels"].get("component") == "explainer":
                beside += amounts * (endpoint.explainer.max + EXPLAINER_SURGE)
            else:
                replica = total((replica, amounts))
    return Footprint(replica, beside)
