"""How many replicas, and how large."""

from collections.abc import Iterator

from catalog.checks.base import Surroundings, problem
from catalog.duration import format_duration
from catalog.endpoint import Endpoint, Resources
from catalog.errors import Problem
from catalog.options import Explainer, Transformer
from catalog.quantity import format_cpu, format_memory
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
            f"{format_duration(s.window)} is not a number of whole seconds from 6s to 1h",
            "write a window such as 30s or 2m; 60s suits most",
        )
    if s.metric in {"cpu", "memory"} and s.target > 100:
        yield problem(
            draft,
            "SLW505",
            ("scaling", "target"),
            f"target {s.target} is percent of the {s.metric} that a replica gets, at most 100",
            "write a target from 1 to 100",
        )
    for number, entry in enumerate(s.schedule):
        path = ("scaling", "schedule", number, "replicas")
        if entry.replicas > s.max:
            yield problem(
                draft,
                "SLW515",
                path,
                f"the schedule asks for {entry.replicas} replicas, and max is {s.max}",
                f"raise max to {entry.replicas}, or lower replicas to {s.max}",
            )
        elif entry.replicas <= s.min:
            yield problem(
                draft,
                "SLW515",
                path,
                f"the schedule asks for {entry.replicas}, and min {s.min} run at all times",
                f"raise replicas above {s.min}, or lower min",
            )
        if entry.start == entry.end:
            yield problem(
                draft,
                "SLW515",
                ("scaling", "schedule", number, "end"),
                "the schedule ends when it begins, which KEDA refuses",
                "write a later end, such as 0 18 * * 1-5",
            )


def resources_hold(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """Resources are in range; an accelerator comes with a GPU."""
    e, r = draft.endpoint, draft.endpoint.resources
    for option, part in parts_of(e).items():
        if not SMALLEST_CPU <= part.cpu <= LARGEST_CPU:
            yield problem(
                draft,
                "SLW530",
                (option, "cpu"),
                f"{format_cpu(part.cpu)} CPU is outside 50m to 192",
                "write cores or millicores, such as 500m or 2",
            )
        if not SMALLEST_MEMORY <= part.memory <= LARGEST_MEMORY:
            yield problem(
                draft,
                "SLW530",
                (option, "memory"),
                f"{format_memory(part.memory)} of memory is outside 64Mi to 2Ti",
                "write a size such as 2Gi",
            )
    named: str | None = draft.layers.get("resources", "accelerator")
    if named is not None and not r.gpus:
        yield problem(
            draft,
            "SLW530",
            ("resources", "accelerator"),
            f"accelerator {named} is named, but gpu is 0",
            "add gpu: 1, or remove accelerator:",
        )


def parts_of(e: Endpoint) -> dict[str, Resources | Transformer | Explainer]:
    """What has CPU and memory, by its option."""
    parts = {"resources": e.resources, "transformer": e.transformer, "explainer": e.explainer}
    return {option: part for option, part in parts.items() if part is not None}
