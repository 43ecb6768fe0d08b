"""The Pulumi programs under the recording engine, beside one without any of our code.

The peer is as bare as a program can be: it reads the very resources from a file, and registers
them in a loop, without components, dependencies or models. What is left is the SDK and the engine.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.figure import Figure, ratio
from tests.bench.fleet import Size, files_of_one_stack
from tests.bench.measure import Run, medians
from tests.bench.stage import Stage

ROUNDS: Final = 2
"""How often programs run that take seconds; the shorter time counts."""
IMPORTS: Final = 3
ONE, HUNDRED, THOUSAND = Size(1, 1, 1), Size(2, 2, 25), Size(20, 2, 25)
"""Models of stacks of tenants alone."""


@dataclass(frozen=True, slots=True)
class _Ran:
    """A program, and the bare one that registers the same."""

    run: Run
    bare: Run
    resources: int
    modules: dict[str, int]

    @property
    def loaded(self) -> int:
        return sum(self.modules.values())


def programs(stage: Stage) -> Iterator[Figure]:
    """The program of the dev stack, and how those of tenants alone grow with their models."""
    whole = _ran(stage, stage.sample, "dev", ROUNDS)
    yield ratio(
        "program_whole",
        f"program of the dev stack, {whole.resources} resources, to a bare program of the same",
        whole.run.seconds, whole.bare.seconds,
    )  # fmt: skip
    one, hundred = (_tenants(stage, size, ROUNDS) for size in (ONE, HUNDRED))
    thousand = _tenants(stage, THOUSAND, 1)
    for size, ran in ((HUNDRED, hundred), (THOUSAND, thousand)):
        yield ratio(
            f"program_{size.entries}",
            f"program of {size.entries:,} models, {ran.resources:,} resources, to a bare one",
            ran.run.seconds, ran.bare.seconds,
        )  # fmt: skip
    yield ratio(
        "program_growth",
        "processor time of a resource more, towards 1,000 models, to towards 100",
        _each(thousand, hundred), _each(hundred, one), 1.5,
    )  # fmt: skip
    yield from _imports(stage, whole, hundred)


def _imports(stage: Stage, whole: _Ran, tenants: _Ran) -> Iterator[Figure]:
    taken = medians(
        {
            "ours": stage.python("-c", "import infra.__main__"),
            "pulumi": stage.python("-c", "import pulumi"),
        },
        IMPORTS,
    )
    yield ratio(
        "program_import", "import of the programs, to python -c 'import pulumi'",
        taken["ours"], taken["pulumi"],
    )  # fmt: skip
    counted = (
        ("program_modules", "modules of provider SDKs that the dev stack runs", whole.loaded, None),
        ("program_modules_tenants", "the same of tenants alone", tenants.loaded, None),
        (
            "program_modules_cloudflare", "of these, modules of pulumi_cloudflare",
            whole.modules["pulumi_cloudflare"] + tenants.modules["pulumi_cloudflare"], 1,
        ),
    )  # fmt: skip
    for name, says, value, target in counted:
        yield Figure(name=name, says=says, value=value, unit="modules", target=target)


def _each(more: _Ran, fewer: _Ran) -> float:
    """Seconds of the processor for each resource that one program has more than another."""
    seconds = more.run.cpu_seconds - fewer.run.cpu_seconds
    return seconds / (more.resources - fewer.resources)


def _tenants(stage: Stage, size: Size, rounds: int) -> _Ran:
    root = stage.output(f"models-{size.entries}")
    for path, text in files_of_one_stack(size):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    ran = _ran(stage, root, "models", rounds, endpoints=size.entries)
    return ran


def _ran(stage: Stage, root: Path, name: str, rounds: int, endpoints: int | None = None) -> _Ran:
    listing, output = stage.output("listing.json"), stage.output("told.json")
    program = stage.python("-m", "tests.bench.recorded", "stack", str(root), name, str(listing))
    bare = stage.python("-m", "tests.bench.recorded", "bare", str(listing))
    runs: list[Run] = []
    bares: list[Run] = []
    for _ in range(rounds):
        runs.append(program.run(output))
        told = json.loads(output.read_bytes())
        bares.append(bare.run(output))
        beside = json.loads(output.read_bytes())
    return _Ran(
        min(runs, key=lambda r: r.seconds),
        min(bares, key=lambda r: r.seconds),
        told["resources"],
        told["modules"],
    )
