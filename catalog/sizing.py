"""How large a replica is, how large its model, and which node pool holds it."""

import math

from catalog import endpoint as resolved
from catalog.artifact import Artifact
from catalog.environment import Environment
from catalog.layers import Layers
from catalog.llm_estimate import has_dtype, sizes
from catalog.llm_memory import LlmMemory
from catalog.model_server import Runtime
from catalog.node_pools import POOLS, NodePool
from catalog.options import Llm
from catalog.placement import Ask, Misfit, Placement, place
from catalog.runtimes import runtime_for

NO_FRAMEWORK = "graph"
"""What a graph shows as its framework, having none."""

ROUTER_CPU = 100
ROUTER_MEMORY = 128 * 2**20
QUEUE_PROXY_CPU = 25
QUEUE_PROXY_MEMORY = 64 * 2**20
DOWNLOADER_CPU = 100
DOWNLOADER_MEMORY = 512 * 2**20
"""Of the storage initializer, which runs before the rest and alone."""
LOGGER_CPU = 100
LOGGER_MEMORY = 100 * 2**20
"""Of KServe's agent (`config/configmap/inferenceservice.yaml`, `logger`)."""


def model_bytes_of(
    layers: Layers, artifact: Artifact | None, estimate: LlmMemory | None
) -> int | None:
    """Bytes of the weights: counted, estimated, as the entry says, or unknown."""
    if artifact is not None:
        return artifact.size
    if estimate is not None:
        return estimate.weights_bytes
    return layers.get("cache", "weights", "size")


def placed(
    layers: Layers,
    kind: resolved.Kind,
    framework: str,
    estimate: LlmMemory | None,
    env: Environment,
) -> tuple[Runtime | None, resolved.Resources, Placement | Misfit]:
    """The server, what a replica asks, and where it goes: the cheapest GPUs that hold it."""
    llm: Llm | None = layers.get("llm")
    written: int | None = layers.get("resources", "gpu")
    if written is None and llm is not None:
        written = llm.tensor_parallel
    if written is not None or estimate is None or framework != "vllm":
        counts: tuple[int, ...] = (written or 0,)
    else:
        counts = sizes(estimate)
    tried = [_place(layers, kind, framework, gpus, estimate, env) for gpus in counts]
    return min(tried, key=lambda each: _cost_of_a_replica(each[2]))


def _cost_of_a_replica(fit: Placement | Misfit) -> float:
    """A replica's share of its node, for comparing; what fits nowhere comes last."""
    if isinstance(fit, Misfit):
        return math.inf
    return fit.price.micro_usd / fit.per_node


def _place(
    layers: Layers,
    kind: resolved.Kind,
    framework: str,
    gpus: int,
    estimate: LlmMemory | None,
    env: Environment,
) -> tuple[Runtime | None, resolved.Resources, Placement | Misfit]:
    runtime = _server(kind, framework, gpus)
    ask = _ask(layers, runtime, gpus, estimate)
    fit = place(ask, _pools(ask, layers), env.region)
    return runtime, _resources(layers, runtime, gpus, fit), fit


def _pools(ask: Ask, layers: Layers) -> tuple[NodePool, ...]:
    """Where no accelerator is named, none is chosen that lacks the model's number format."""
    llm: Llm | None = layers.get("llm")
    if llm is None or ask.accelerator is not None:
        return POOLS
    return tuple(p for p in POOLS if p.accelerator is None or has_dtype(llm, p.accelerator))


def _server(kind: resolved.Kind, framework: str, gpus: int) -> Runtime | None:
    """None for a graph, and for a deployment whose framework is missing."""
    if kind == "graph" or framework == NO_FRAMEWORK:
        return None
    return runtime_for(framework, gpu=gpus > 0)


def _asked(layers: Layers, runtime: Runtime | None) -> tuple[int, int]:
    """CPU and memory of the model container: the tier's, unless the server needs more.

    A graph has no server of its own; its router asks little and always the same.
    """
    if runtime is None:
        return ROUTER_CPU, ROUTER_MEMORY
    cpu: int = layers.get("resources", "cpu")
    memory: int = layers.get("resources", "memory")
    if not layers.written("resources", "cpu"):
        cpu = max(cpu, runtime.cpu)
    if not layers.written("resources", "memory"):
        memory = max(memory, runtime.memory)
    return cpu, memory


def _ask(layers: Layers, runtime: Runtime | None, gpus: int, estimate: LlmMemory | None) -> Ask:
    cpu, memory = _asked(layers, runtime)
    beside_cpu, beside_memory = _beside(layers)
    return Ask(
        cpu_millicores=max(cpu + beside_cpu, DOWNLOADER_CPU),
        memory_bytes=max(memory + beside_memory, DOWNLOADER_MEMORY),
        gpus=gpus,
        accelerator=layers.get("resources", "accelerator") if gpus else None,
        gpu_memory_bytes=estimate.per_gpu_bytes(gpus) if estimate and gpus else None,
    )


def _resources(
    layers: Layers, runtime: Runtime | None, gpus: int, fit: Placement | Misfit
) -> resolved.Resources:
    cpu, memory = _asked(layers, runtime)
    accelerator: str | None = layers.get("resources", "accelerator")
    if isinstance(fit, Placement):
        accelerator = fit.pool.accelerator
    return resolved.Resources(
        cpu=cpu, memory=memory, gpus=gpus, accelerator=accelerator if gpus else None
    )


def _beside(layers: Layers) -> tuple[int, int]:
    """What runs in the pod beside the model: queue-proxy, the payload logger, the transformer."""
    transformer = layers.get("transformer")
    cpu, memory = QUEUE_PROXY_CPU, QUEUE_PROXY_MEMORY
    if layers.get("logging") is not None:
        cpu, memory = cpu + LOGGER_CPU, memory + LOGGER_MEMORY
    if transformer is not None:
        return cpu + transformer.cpu, memory + transformer.memory
    return cpu, memory
