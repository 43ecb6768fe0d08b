"""The Pulumi programs under the recording engine, each beside one without any of our code.

The peer is as bare as a program can be: it reads the very resources from a file and registers them
in a loop, below one component, without dependencies, models or provider SDKs. What it takes is the
SDK's and the engine's. The file is written by the program that is measured, within its time.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.bench.figure import Figure, ratio
from tests.bench.fleet import Size, files_of_one_stack
from tests.bench.measure import Command, FailedError, Run, medians
from tests.bench.stage import Stage

ROUNDS: Final = 2
"""How often programs of a few seconds run, in turns; the shorter time counts."""
IMPORTS: Final = 3
ONE, HUNDRED, THOUSAND = Size(1, 1, 1), Size(2, 2, 25), Size(20, 2, 25)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A program and the bare one of the same resources."""

    ours: Run
    bare: Run
    resources: int
    modules: dict[str, int]
    """How many modules of each provider's SDK ours ran."""


def programs(stage: Stage) -> Iterator[Figure]:
    """The program of the dev stack, and how those of tenants alone grow with their models."""
    whole = _pair(stage, stage.sample, "dev", ROUNDS)
    yield ratio(
        "program_whole",
        f"program of the dev stack, {whole.resources:,} resources, to a bare one of the same",
        whole.ours.seconds, whole.bare.seconds,
    )  # fmt: skip
    one, hundred = (_tenants(stage, size, ROUNDS) for size in (ONE, HUNDRED))
    thousand = _tenants(stage, THOUSAND, 1)
    for size, pair in ((HUNDRED, hundred), (THOUSAND, thousand)):
        yield ratio(
            f"program_{size.entries}",
            f"program of {size.entries:,} models, {pair.resources:,} resources, to a bare one",
            pair.ours.seconds, pair.bare.seconds,
        )  # fmt: skip
    yield from _growth(one, hundred, thousand)
    yield from _imports(stage, whole, hundred)


def _growth(one: _Pair, hundred: _Pair, thousand: _Pair) -> Iterator[Figure]:
    """What a resource more takes, start-up apart, in processor time: others share the cores."""
    resources = thousand.resources - hundred.resources
    late = _slope(hundred.ours, thousand.ours, resources)
    yield ratio(
        "program_slope", "each 1,000 resources more, up to 1,000 models, to a bare program's",
        late, _slope(hundred.bare, thousand.bare, resources),
    )  # fmt: skip
    early = _slope(one.ours, hundred.ours, hundred.resources - one.resources)
    # Ten times the models in ten times the time is 1; in a hundred times the time, about 11.
    says = "each 1,000 resources more, up to 1,000 models, to those up to 100 models"
    yield ratio("program_growth", says, late, early, 2.0)


def _slope(fewer: Run, more: Run, resources: int) -> float:
    """Seconds of the processor for each thousand resources that one program has more."""
    return 1_000 * (more.cpu_seconds - fewer.cpu_seconds) / resources


def _imports(stage: Stage, whole: _Pair, tenants: _Pair) -> Iterator[Figure]:
    taken = medians(
        {
            "ours": stage.python("-c", "import infra.__main__"),
            "pulumi": stage.python("-c", "import pulumi"),
        },
        IMPORTS,
    )
    says = "import of the programs, to python -c 'import pulumi'"
    yield ratio("program_import", says, taken["ours"], taken["pulumi"])
    edge = "pulumi_cloudflare"
    counted = (
        ("program_modules", "modules of provider SDKs, the dev stack", whole.modules, None),
        ("program_modules_tenants", "the same, tenants alone", tenants.modules, None),
        ("program_modules_edge", f"of those, modules of {edge}", {edge: whole.modules[edge]}, 1),
    )
    for name, says, modules, target in counted:
        value = sum(modules.values())
        yield Figure(name=name, says=says, value=value, unit="modules", target=target)


def _tenants(stage: Stage, size: Size, rounds: int) -> _Pair:
    root = stage.output(f"models-{size.entries}")
    for path, text in files_of_one_stack(size):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return _pair(stage, root, "models", rounds, endpoints=size.entries)


def _pair(stage: Stage, root: Path, stack: str, rounds: int, endpoints: int | None = None) -> _Pair:
    listing, module = stage.output(f"{root.name}.json"), ("-m", "tests.bench.recorded")
    program = stage.python(*module, "stack", str(root), stack, str(listing))
    bare = stage.python(*module, "bare", str(listing))
    rows = [(*_told(stage, program), *_told(stage, bare)) for _ in range(rounds)]
    _, told, _, beside = rows[-1]
    if told["resources"] != beside["resources"] or endpoints not in {None, told["endpoints"]}:
        raise FailedError(f"{told} and {beside} are not {endpoints} endpoints and the same")
    ours, bares = _shorter([row[0] for row in rows]), _shorter([row[2] for row in rows])
    return _Pair(ours, bares, told["resources"], told["modules"])


def _told(stage: Stage, command: Command) -> tuple[Run, dict[str, Any]]:
    output = stage.output("told.json")
    run = command.run(output)
    return run, json.loads(output.read_bytes())


def _shorter(runs: list[Run]) -> Run:
    return min(runs, key=lambda run: run.seconds)
