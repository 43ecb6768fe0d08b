"""The real engine and provider over a real API server, beside a bare program of the same objects.

The API server has every definition and none of the controllers, so that what is measured is what
people wait for before the cluster begins its own work. Each program has a server of its own, so
that nothing has to be taken away in between.
"""

import compileall
import json
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.engine import Engine, local_engine
from deploy.journal import WRITTEN_ONCE
from deploy.workspace import ensure
from infra.parts.local import local_context
from local import boot, controllers, plane
from local.place import Place
from local.steps import Step
from tests.bench.endpoints import BASE, edited, first_project, one_stack, stacks_of_teams
from tests.bench.figure import Figure, ratio
from tests.bench.fleet import Size
from tests.bench.measure import Command, Run
from tests.bench.stage import Stage
from tests.cloud.project import copy_repository

TEN, HUNDRED, THOUSAND = Size(1, 1, 10), Size(5, 2, 10), Size(50, 2, 10)
_DEFINED: Final = (controllers.DEFINED, "custom-resources-served", "namespaces")
_QUIET: Final = ("--suppress-outputs", "--suppress-progress", "--non-interactive")
_BARE: Final = "name: bare\nruntime: {name: python, options: {virtualenv: .venv}}\n"


@dataclass(frozen=True, slots=True)
class _Times:
    """What a program takes in seconds: to be previewed, applied, and previewed again."""

    preview: float
    up: float
    again: float = 0.0


@dataclass(frozen=True, slots=True)
class _Ups:
    """What `slipway up` of stacks of teams takes in seconds: first, and after an edit."""

    first: float
    edit: float


def engine(stage: Stage) -> Iterator[Figure]:
    """All models on one stack, beside a bare program and beside a tenth of them."""
    for size in (TEN, HUNDRED):
        yield from _one_stack(stage, size)
    # The SDK takes the square of a bare program's objects, which would be minutes for each turn.
    tenth, whole = (
        _times(_checkout(stage, f"growth-{size.entries}", one_stack(size)), again=False)
        for size in (HUNDRED, THOUSAND)
    )
    for name, taken, beside in (
        ("preview", whole.preview, tenth.preview),
        ("up", whole.up, tenth.up),
    ):
        told = f"real engine, {name} of 1,000 models on one stack, to ten times that of 100"
        yield ratio(f"engine_{name}_1000", told, taken, 10 * beside)


def _one_stack(stage: Stage, size: Size) -> Iterator[Figure]:
    ours = _checkout(stage, f"engine-{size.entries}", one_stack(size))
    bare, objects = _bare(stage, ours, size)
    mine, peer = _times(ours), _times(bare)
    what = f"{size.entries:,} models on one stack, {objects:,} objects"
    pairs = [
        ("preview", mine.preview, peer.preview),
        ("up", mine.up, peer.up),
        ("same", mine.again, peer.again),
    ]
    says = {"preview": "preview of", "up": "up of", "same": "preview without a change of"}
    for name, taken, beside in pairs:
        told = f"real engine, {says[name]} {what}, to a bare program of the same"
        yield ratio(f"engine_{name}_{size.entries}", told, taken, beside)


def teams(stage: Stage) -> Iterator[Figure]:
    """Stacks of teams, and an edit in one of them."""
    few, many = (_edited(stage, size) for size in (TEN, THOUSAND))
    yield ratio(
        "engine_edit_1000",
        "real engine, slipway up after an edit in 1,000 models on 50 stacks of teams, to one of 10",
        many.edit, few.edit, 2.0,
    )  # fmt: skip
    yield ratio(
        "engine_teams_1000",
        "real engine, first slipway up of 1,000 models on 50 stacks of teams, to that edit",
        many.first, many.edit,
    )  # fmt: skip


def _edited(stage: Stage, size: Size) -> _Ups:
    """The first `slipway up` of all stacks of teams, and that after an edit of one project."""
    root = _checkout(stage, f"teams-{size.entries}", stacks_of_teams(size))
    place = Place.of(root)
    command = Command(
        (sys.executable, "-m", "tests.bench.driven", str(root), BASE),
        root, {"PYTHONPATH": str(root), "SLIPWAY_LOCAL": str(place.folder.parent)},
    )  # fmt: skip
    with ExitStack() as ending:
        _started(ending, place)
        whole = command.run()
        file = root / first_project(size)
        taken: list[Run] = []
        for _ in range(2):
            file.write_text(edited(file.read_text("utf-8")), encoding="utf-8")
            taken.append(command.run())
    return _Ups(whole.seconds, min(run.seconds for run in taken))


def _checkout(stage: Stage, name: str, files: Iterator[tuple[str, str]]) -> Path:
    """This repository with other models and stacks."""
    root = stage.output(name)
    copy_repository(root)
    shutil.rmtree(root / "models")
    for path in root.glob("Pulumi.*.yaml"):
        path.unlink()
    for path, text in files:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    # The bare program has next to nothing to compile, and people do it once.
    compileall.compile_dir(root, rx=re.compile(r"/\.venv"), quiet=2)
    return root


def _bare(stage: Stage, ours: Path, size: Size) -> tuple[Path, int]:
    rendered = stage.output(f"{ours.name}.json")
    stage.slipway("render", "--stack", BASE, "-o", "json", root=ours).run(rendered)
    objects = json.loads(rendered.read_bytes())["items"]
    root = stage.output(f"bare-{size.entries}")
    root.mkdir()
    shutil.copy(Path(__file__).with_name("bare_program.py"), root / "__main__.py")
    (root / "objects.json").write_text(json.dumps(objects), encoding="utf-8")
    (root / "Pulumi.yaml").write_text(_BARE, encoding="utf-8")
    shutil.copy(ours / f"Pulumi.{BASE}.yaml", root)  # The plane's settings.
    (root / ".venv").symlink_to(sys.prefix)
    return root, len(objects)


def _times(root: Path, *, again: bool = True) -> _Times:
    with ExitStack() as ending:
        place = Place.of(root)
        _started(ending, place)
        driven = local_engine(place)
        if (root / "models").exists():
            ensure(driven, [BASE], ())
        else:
            _pulumi(driven, "stack", "init")
        preview = _pulumi(driven, "preview", *_QUIET)
        up = _pulumi(driven, "up", "--yes", "--skip-preview", *_QUIET)
        if not again:
            return _Times(preview, up)
        return _Times(preview, up, _pulumi(driven, "preview", "--expect-no-changes", *_QUIET))


def _pulumi(driven: Engine, *words: str) -> float:
    # The state is written once for both, as `slipway up` does it on the local plane.
    environment = {**driven.environment, **WRITTEN_ONCE, "PYTHONPATH": str(driven.root)}
    arguments = (driven.command.command, *words, "--stack", BASE)
    return Command(arguments, driven.root, environment).run().seconds


def _started(ending: ExitStack, place: Place) -> None:
    def steps(at: Place) -> list[Step]:
        context = local_context(controllers.settings(at))
        also = [
            step for step in controllers.steps(at, context, node=False) if step.name in _DEFINED
        ]
        return [*boot.kubernetes(at), *also]

    said: list[str] = []
    plane.start(place, say=said.append, steps=steps)
    ending.callback(plane.stop, place, say=said.append)
