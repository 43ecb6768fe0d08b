"""Where a replica goes, and what to write when no node pool holds it."""

from collections.abc import Iterator
from dataclasses import replace

from catalog.checks.base import Surroundings, problem
from catalog.checks.capacity import (
    LARGEST_CPU,
    LARGEST_MEMORY,
    SMALLEST_CPU,
    SMALLEST_MEMORY,
    parts_of,
)
from catalog.errors import Problem, all_of, one_of
from catalog.instances import GIB
from catalog.llm_estimate import has_dtype, sizes
from catalog.llm_memory import ARCHITECTURES, TENSOR_PARALLEL
from catalog.node_pools import POOLS
from catalog.placement import Ask, Misfit, Placement, place
from catalog.resolve import Draft


def placed(draft: Draft, around: Surroundings) -> Iterator[Problem]:
    """Some node pool holds one replica; otherwise both tables are shown, and an LLM's sum."""
    e, fit, estimate = draft.endpoint, draft.fit, draft.estimate
    parts = parts_of(e).values()
    if any(part.cpu > LARGEST_CPU or part.memory > LARGEST_MEMORY for part in parts):
        return
    if isinstance(fit, Misfit):
        sums = (*estimate.lines(e.resources.accelerator), "") if estimate else ()
        yield problem(
            draft,
            "SLW701",
            ("resources",),
            "no node pool holds one replica",
            _enough(draft, fit, around),
            (*sums, *fit.tables()),
            stack=around.env.stack,
        )
    if e.explainer is not None:
        apart = place(Ask(e.explainer.cpu, e.explainer.memory), region=around.env.region)
        if isinstance(apart, Misfit):
            yield problem(
                draft,
                "SLW701",
                ("explainer",),
                "no node pool holds the explainer",
                apart.remedy,
                apart.tables(),
                stack=around.env.stack,
            )


def _less(draft: Draft, fit: Misfit, around: Surroundings) -> str:
    """The nearest resources that fit, less what runs in the pod beside the model."""
    has, ask, near = draft.endpoint.resources, fit.ask, fit.nearest
    if near is None:
        return fit.remedy
    cpu, memory = ask.cpu_millicores, ask.memory_bytes
    words: list[str] = []
    if near.cpu_millicores < cpu:
        own = (near.cpu_millicores - cpu + has.cpu) // 100 * 100
        cpu += own - has.cpu
        words.append(f"cpu: {own / 1_000:g}")
    if near.memory_bytes < memory:
        own = (near.memory_bytes - memory + has.memory) // GIB * GIB
        memory += own - has.memory
        words.append(f"memory: {own // GIB}Gi")
    if near.gpus < ask.gpus:
        words.append(f"gpu: {near.gpus}")
    if near.accelerator and (near.accelerator != ask.accelerator or near.gpus < ask.gpus):
        words.append(f"accelerator: {near.accelerator}")
    found = place(
        replace(near, cpu_millicores=max(cpu, 0), memory_bytes=max(memory, 0)),
        region=around.env.region,
    )
    possible = cpu >= SMALLEST_CPU + ask.cpu_millicores - has.cpu
    possible &= memory >= SMALLEST_MEMORY + ask.memory_bytes - has.memory
    if not words or not possible or isinstance(found, Misfit):
        return fit.remedy
    return f"write resources: {{{', '.join(words)}}}, which fits pool {found.pool.name}"


def _enough(draft: Draft, fit: Misfit, around: Surroundings) -> str:
    """For an LLM the cheapest GPUs that hold it as it is, else what to change about the model.

    The kind that the entry names is kept where one node of it has enough.
    """
    llm, estimate = draft.endpoint.llm, draft.estimate
    if llm is None or estimate is None or not fit.ask.gpus:
        return _less(draft, fit, around)
    usable = tuple(p for p in POOLS if p.accelerator and has_dtype(llm, p.accelerator))
    named = tuple(pool for pool in usable if pool.accelerator == fit.ask.accelerator)
    asks = [
        replace(fit.ask, gpus=n, accelerator=None, gpu_memory_bytes=estimate.per_gpu_bytes(n))
        for n in sizes(estimate)
    ]
    for pools in (named, usable):
        found = [place(ask, pools, around.env.region) for ask in asks]
        fits = [each for each in found if isinstance(each, Placement)]
        if fits:
            best = min(fits, key=lambda each: each.price.micro_usd / each.per_node)
            settings = f"gpu: {best.ask.gpus}, accelerator: {best.pool.accelerator}"
            written = llm.tensor_parallel not in {None, best.ask.gpus}
            shared = f" and llm: {{tensor_parallel: {best.ask.gpus}}}" if written else ""
            return f"write resources: {{{settings}}}{shared}, which holds the model"
    alone = [place(replace(ask, cpu_millicores=0, memory_bytes=0), usable) for ask in asks]
    if any(isinstance(found, Placement) for found in alone):
        return _less(draft, fit, around)
    return (
        "no node has that much GPU memory: lower llm.context or llm.concurrency, or take quantized "
        "weights and write llm.quantization:"
    )


def llm_runs(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """The GPUs know the number format, and share the model as vLLM can share it."""
    e, estimate = draft.endpoint, draft.estimate
    if estimate is None or e.llm is None:
        return
    gpus, accelerator = e.resources.gpus, e.resources.accelerator
    if accelerator and not has_dtype(e.llm, accelerator):
        yield problem(
            draft,
            "SLW702",
            ("llm", "dtype"),
            f"{accelerator} does not compute in bfloat16, so vLLM refuses it",
            "write dtype: float16, or name a newer accelerator",
        )
    parallel = e.llm.tensor_parallel
    if parallel is not None and parallel != max(gpus, 1):
        yield problem(
            draft,
            "SLW702",
            ("llm", "tensor_parallel"),
            f"tensor_parallel {parallel} takes {_gpus(parallel)}, and a replica has {gpus}",
            f"write resources: {{gpu: {parallel}}}, or remove tensor_parallel:",
        )
    known = not estimate.assumed and estimate.architecture in ARCHITECTURES
    if gpus and (gpus not in TENSOR_PARALLEL or (known and not estimate.splits(gpus))):
        heads = estimate.architecture.attention_heads
        why = f"{heads} attention heads" if known else "a model"
        yield problem(
            draft,
            "SLW702",
            ("resources", "gpu"),
            f"{_gpus(gpus)} cannot share {why} evenly, so vLLM refuses to start",
            f"write gpu: {one_of([str(n) for n in sizes(estimate)])}",
        )
    shape = {"layers": e.llm.layers, "kv_heads": e.llm.kv_heads, "head_dim": e.llm.head_dim}
    missing = [name for name, number in shape.items() if number is None]
    if missing and len(missing) < len(shape):
        yield problem(
            draft,
            "SLW702",
            ("llm", next(name for name in shape if name not in missing)),
            f"layers, kv_heads and head_dim count only together, and {all_of(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} missing",
            f"add {all_of(missing)} from the model's config.json, or remove the rest",
        )


def _gpus(count: int) -> str:
    return f"{count} GPU{'' if count == 1 else 's'}"
