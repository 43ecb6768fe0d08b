"""How many replicas, how large, and where they go."""

from collections.abc import Iterator

from catalog.checks.base import Surroundings, problem
from catalog.duration import format_duration
from catalog.errors import Problem, one_of
from catalog.llm_estimate import has_dtype, sizes
from catalog.llm_memory import ARCHITECTURES, TENSOR_PARALLEL
from catalog.placement import Ask, Misfit, place
from catalog.resolve import Draft

SMALLEST_CPU = 50
SMALLEST_MEMORY = 64 * 2**20
LARGEST_CPU = 192_000
LARGEST_MEMORY = 2 * 2**40


def scaling_holds(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """Replica numbers, window and schedule are possible."""
    s = draft.endpoint.scaling
    if s.min > s.max:
        which = "min" if draft.layers.written("scaling", "min") else "max"
        yield problem(
            draft,
            "SLW505",
            ("scaling", which),
            f"min {s.min} is more than max {s.max}",
            f"raise max to {s.min}, or lower min to {s.max}",
        )
    if s.window is not None and (not 6_000 <= s.window <= 3_600_000 or s.window % 1_000):
        yield problem(
            draft,
            "SLW514",
            ("scaling", "window"),
            f"{format_duration(s.window)} is not whole seconds from 6s to 1h, what Knative accepts",
            "write a window between 6s and 1h; 60s suits most",
        )
    if s.metric in {"cpu", "memory"} and s.target > 100:
        yield problem(
            draft,
            "SLW505",
            ("scaling", "target"),
            f"target {s.target} is a percentage of the {s.metric} request, at most 100",
            "write a target from 1 to 100",
        )
    for entry in s.schedule:
        if entry.replicas > s.max:
            yield problem(
                draft,
                "SLW515",
                ("scaling", "schedule"),
                f"the schedule asks {entry.replicas} replicas, more than max {s.max}",
                f"raise max to {entry.replicas}, or lower replicas",
            )
        elif entry.replicas <= s.min:
            yield problem(
                draft,
                "SLW515",
                ("scaling", "schedule"),
                f"the schedule asks {entry.replicas} replicas, and min {s.min} always run",
                f"raise replicas above {s.min}, or lower min",
            )


def resources_hold(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """Resources are in range; an accelerator comes with a GPU."""
    e, r = draft.endpoint, draft.endpoint.resources
    parts = {"resources": r, "transformer": e.transformer, "explainer": e.explainer}
    for option, part in parts.items():
        if part is None:
            continue
        if not SMALLEST_CPU <= part.cpu <= LARGEST_CPU:
            yield problem(
                draft,
                "SLW530",
                (option, "cpu"),
                f"{part.cpu}m of CPU is outside 50m to 192",
                "write cores or millicores, such as 500m or 2",
            )
        if not SMALLEST_MEMORY <= part.memory <= LARGEST_MEMORY:
            yield problem(
                draft,
                "SLW530",
                (option, "memory"),
                f"{part.memory} bytes of memory is outside 64Mi to 2Ti",
                "write a size such as 2Gi",
            )
    named: str | None = draft.layers.get("resources", "accelerator")
    if named is not None and not r.gpus:
        yield problem(
            draft,
            "SLW530",
            ("resources", "accelerator"),
            f"accelerator {named} is named, but no gpu is asked",
            "add gpu: 1, or remove accelerator:",
        )


def placed(draft: Draft, around: Surroundings) -> Iterator[Problem]:
    """Some node pool holds one replica; otherwise both tables are shown, and an LLM's sum."""
    e = draft.endpoint
    estimate = draft.estimate
    if isinstance(draft.fit, Misfit):
        tables = draft.fit.describe().removesuffix(draft.fit.remedy).rstrip().splitlines()
        sums = estimate.lines(e.resources.accelerator) if estimate else ()
        yield problem(
            draft,
            "SLW701",
            ("resources",),
            f"no node pool holds one replica on stack {around.env.stack}",
            draft.fit.remedy,
            (*sums, *([""] if sums else []), *tables),
        )
        return
    if e.explainer is not None:
        ask = Ask(e.explainer.cpu, e.explainer.memory)
        fit = place(ask, region=around.env.region)
        if isinstance(fit, Misfit):
            tables = fit.describe().removesuffix(fit.remedy).rstrip().splitlines()
            yield problem(
                draft,
                "SLW701",
                ("explainer",),
                f"no node pool holds the explainer on stack {around.env.stack}",
                fit.remedy,
                tuple(tables),
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
            f"{accelerator} has no bfloat16, so vLLM refuses it",
            "write dtype: float16, or name a newer accelerator",
        )
    parallel = e.llm.tensor_parallel
    if parallel is not None and parallel != max(gpus, 1):
        yield problem(
            draft,
            "SLW702",
            ("llm", "tensor_parallel"),
            f"tensor_parallel {parallel} needs as many GPUs, and a replica has {gpus}",
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
            f"{gpus} GPUs cannot share {why} evenly, so vLLM refuses to start",
            f"write gpu: {one_of([str(n) for n in sizes(estimate)])}",
        )
    shape = {"layers": e.llm.layers, "kv_heads": e.llm.kv_heads, "head_dim": e.llm.head_dim}
    missing = [name for name, number in shape.items() if number is None]
    if missing and len(missing) < len(shape):
        yield problem(
            draft,
            "SLW702",
            ("llm", next(name for name in shape if name not in missing)),
            f"layers, kv_heads and head_dim are counted together, and {missing[0]} is missing",
            f"add {one_of(missing)} from the model's config.json, or remove the rest",
        )
