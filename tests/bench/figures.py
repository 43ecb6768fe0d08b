"""The figures: what is measured, against what, and how much it may be."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Final

from catalog.placement import Ask, place
from tests.bench.engine import engine, teams
from tests.bench.figure import Figure, ratio
from tests.bench.fleet import WHOLE
from tests.bench.measure import FailedError, Run, medians
from tests.bench.programs import programs
from tests.bench.stage import Stage

STARTS: Final = 15
EDITS: Final = ("600m", "700m", "800m")
EDITED: Final = "models/ads-apac/growth.yaml"
MIB: Final = 1 << 20
GIB: Final = 1 << 30


def plan(stage: Stage) -> Iterator[Figure]:
    """The cold plan of the whole fleet: its time and its memory."""
    ours, helm = stage.long_runs
    says = f"plan over {WHOLE.entries:,} entries, cold, to helm template of the same objects"
    yield ratio("plan_cold", says, ours.seconds, helm.seconds, 1.0)
    if ours.peak_bytes:
        yield Figure(
            name="plan_memory",
            says=f"peak memory of that plan, all processes (helm: {helm.peak_bytes / MIB:.0f} MiB)",
            value=ours.peak_bytes / MIB, unit="MiB", target=500,
        )  # fmt: skip


def edit(stage: Stage) -> Iterator[Figure]:
    """The plan after an edit of one deployment in ten thousand, and after none."""
    cold = stage.long_runs[0]
    command = stage.slipway("plan", root=stage.fleet)
    target = stage.output("plan.txt")
    command.run(target)
    unchanged = [command.run(target) for _ in EDITS]
    _expect(stage, "No changes")
    path = stage.fleet / EDITED
    text = path.read_text("utf-8")
    edited: list[Run] = []
    for amount in EDITS:
        path.write_text(text.replace("cpu: 500m", f"cpu: {amount}", 1), encoding="utf-8")
        edited.append(command.run(target))
        _expect(stage, "0 to add, 1 to change, 0 to remove")
    path.write_text(text, encoding="utf-8")
    says = f"plan after editing one of {WHOLE.entries:,}, to the cold plan"
    yield ratio("plan_edit", says, _middle(edited), cold.seconds, 0.05)
    yield ratio(
        "plan_edit_cpu", "the same in processor time of all cores",
        median(run.cpu_seconds for run in edited), cold.cpu_seconds,
    )  # fmt: skip
    says = "plan when nothing changed, to the cold plan"
    yield ratio("plan_unchanged", says, _middle(unchanged), cold.seconds)


def _middle(runs: Sequence[Run]) -> float:
    return median(run.seconds for run in runs)


def _expect(stage: Stage, words: str) -> None:
    said = stage.output("plan.txt").read_text("utf-8")
    if words not in said:
        raise FailedError(f"the plan does not say {words!r} but:\n{said}")


def render(stage: Stage) -> Iterator[Figure]:
    """All objects as text, cold, each beside a run of Helm."""
    helm = stage.helm
    for form in ("json", "yaml"):
        stage.forget()
        target = stage.output(f"all.{form}")
        run = stage.slipway("render", "-o", form, root=stage.fleet).run(target)
        peer = helm.run()
        if form == "yaml":
            found = len(re.findall(rb"^kind: ", target.read_bytes(), re.MULTILINE))
            if found != stage.count:
                raise FailedError(f"render gives {found} objects, and {stage.count} are expected")
        says = f"render -o {form} of {stage.count:,} objects, cold, to helm template of the same"
        yield ratio(f"render_{form}", says, run.seconds, peer.seconds)


def start(stage: Stage) -> Iterator[Figure]:
    """From the start of the process to its exit, on the sample fleet."""
    taken = medians(
        {
            "plan": stage.slipway("plan", root=stage.sample, cache="warm"),
            "import": stage.python("-c", "import pydantic, yaml"),
            "help": stage.python("-m", "cli", "--help"),
            "nothing": stage.python("-c", "pass"),
        },
        STARTS,
    )
    colds: list[Run] = []
    for _ in range(5):
        stage.forget("cold")
        colds.append(stage.slipway("plan", root=stage.sample, cache="cold").run())
    peer = "to python -c 'import pydantic, yaml'"
    yield ratio(
        "start_plan", f"plan of the sample fleet, {peer}", taken["plan"], taken["import"], 2.0
    )
    yield ratio(
        "start_plan_cold", f"the same with an empty cache, {peer}", _middle(colds),
        taken["import"],
    )  # fmt: skip
    yield ratio("start_help", "slipway --help, to python -c pass", taken["help"], taken["nothing"])


def objects(stage: Stage) -> Iterator[Figure]:
    """How many objects a tenant and a deployment become."""
    tenants: Counter[tuple[int, str]] = Counter()
    endpoints: Counter[tuple[int, str, str]] = Counter()
    for stack, found in enumerate(stage.objects):
        for obj in found:
            labels: dict[str, str] = obj["metadata"]["labels"]
            tenant = f"{labels['slipway.dev/team']}-{labels['slipway.dev/project']}"
            endpoint = labels.get("slipway.dev/endpoint")
            if endpoint is None:
                tenants[stack, tenant] += 1
            else:
                endpoints[stack, tenant, endpoint] += 1
    counted = (
        ("objects_per_tenant", "objects of a tenant", tenants.total() / len(tenants)),
        ("objects_least", "objects of a minimal deployment", min(endpoints.values())),
        ("objects_mean", "objects of a deployment, mean", endpoints.total() / len(endpoints)),
        ("objects_most", "objects of a deployment, most", max(endpoints.values())),
    )
    for name, says, value in counted:
        yield Figure(name=name, says=says, value=value, unit="objects")


def placement(_: Stage) -> Iterator[Figure]:
    """Finding the node pool of a replica, without help of an earlier answer."""
    asks = [
        Ask(cpu_millicores=100 + 7 * n, memory_bytes=GIB + n * MIB, gpus=n % 3 == 0)
        for n in range(1_000)
    ]
    begun = time.perf_counter()
    for ask in asks:
        place(ask)
    each = (time.perf_counter() - begun) / len(asks)
    yield Figure(
        name="placement", says="placing one replica, of 1,000 different ones",
        value=each * 1e6, unit="µs",
    )  # fmt: skip


GROUPS: Final[dict[str, Callable[[Stage], Iterator[Figure]]]] = {
    "plan": plan,
    "edit": edit,
    "render": render,
    "start": start,
    "objects": objects,
    "placement": placement,
    "programs": programs,
    "engine": engine,
    "teams": teams,
}
"""Figures that are measured together, by the name that `--only` takes."""
