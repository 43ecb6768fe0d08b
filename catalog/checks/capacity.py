"""How many replicas, how large, and where they go."""

from collections.abc import Iterator

from catalog.checks.base import Surroundings, problem
from catalog.duration import format_duration
from catalog.errors import Problem
from catalog.placement import Misfit
from catalog.resolve import Draft

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
    if not 6_000 <= s.window <= 3_600_000:
        yield problem(
            draft,
            "SLW514",
            ("scaling", "window"),
            f"{format_duration(s.window)} is outside 6s to 1h, what Knative accepts",
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


def resources_hold(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """Resources are in range; an accelerator comes with a GPU."""
    r = draft.endpoint.resources
    if not 50 <= r.cpu <= LARGEST_CPU:
        yield problem(
            draft,
            "SLW530",
            ("resources", "cpu"),
            f"{r.cpu}m of CPU is outside 50m to 192",
            "write cores or millicores, such as 500m or 2",
        )
    if not 64 * 2**20 <= r.memory <= LARGEST_MEMORY:
        yield problem(
            draft,
            "SLW530",
            ("resources", "memory"),
            f"{r.memory} bytes of memory is outside 64Mi to 2Ti",
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
    accelerator = e.resources.accelerator
    if estimate is not None and accelerator and not estimate.runs_on(accelerator):
        yield problem(
            draft,
            "SLW702",
            ("llm", "dtype"),
            f"{accelerator} has no bfloat16, so vLLM refuses it",
            "write dtype: float16, or name a newer accelerator",
        )
    parallel = e.llm.tensor_parallel if e.llm else None
    if parallel is not None and parallel > max(e.resources.gpus, 1):
        yield problem(
            draft,
            "SLW702",
            ("llm", "tensor_parallel"),
            f"tensor_parallel {parallel} needs as many GPUs, and a replica has {e.resources.gpus}",
            f"write resources: {{gpu: {parallel}}}, or remove tensor_parallel:",
        )
