"""What an endpoint asks of the cluster, counted over every container of the pods it becomes."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

from catalog.amounts import Amounts, total
from catalog.endpoint import Endpoint
from catalog.node_pools import GPU_RESOURCE
from catalog.objects import Identity, Object, identity
from catalog.options import Explainer
from catalog.pod import Platform, footprint, pods
from catalog.render.platform import SECURE_POD_DEFAULTS, known_objects

WORKLOADS = frozenset({"InferenceService", "LLMInferenceService", "InferenceGraph"})

PLATFORM = Platform(secure_pod_defaults=SECURE_POD_DEFAULTS)
"""The cluster as the platform configures it."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """A replica of the model with all its containers, and all replicas of its explainer."""

    replica: Amounts
    beside: Amounts


def explainer_replicas(explainer: Explainer) -> int:
    """Its most replicas with the surge of a rollout: a quarter, rounded up, Kubernetes' default."""
    return explainer.max + ceil(explainer.max / 4)


def pods_of(objects: Iterable[Object]) -> dict[Identity, list[Object]]:
    """The pods that objects become, of each that becomes any."""
    workloads = (obj for obj in objects if obj["kind"] in WORKLOADS)
    return {identity(obj): pods(obj, known_objects(), PLATFORM) for obj in workloads}


def footprint_of(endpoint: Endpoint, its_pods: Iterable[Object]) -> Footprint:
    """The footprint of an endpoint from all pods that it becomes."""
    replica, beside = Amounts(), Amounts()
    for pod in its_pods:
        counted = footprint(pod)
        gpus = counted.accelerators.get(GPU_RESOURCE, 0)
        kinds = {endpoint.resources.accelerator or "any": gpus} if gpus else {}
        amounts = Amounts(counted.cpu_millicores, counted.memory_bytes, kinds)
        if endpoint.explainer and pod["metadata"]["labels"].get("component") == "explainer":
            beside += amounts * explainer_replicas(endpoint.explainer)
        else:
            replica = total((replica, amounts))
    return Footprint(replica, beside)
