"""The pinned programs that Slipway runs, and the schemas that its checkers read.

    python tools/toolchain.py bin NAME…   programs by name
    python tools/toolchain.py local       all that the local control plane runs
    python tools/toolchain.py checkers    all that the checks run
    python tools/toolchain.py node        all that a node runs and that its images are made from
    python tools/toolchain.py schemas     the JSON schemas
    python tools/toolchain.py all         all of these
    python tools/toolchain.py list        what there is, where it comes from, how long it takes
    python tools/toolchain.py sums        after changing a version in sources.json

What the user has installed is taken where its version fits (`tools.projects`); the rest is built
once by Go into the cache (`tools.cache`). What is in it is keyed by all that it is made from, so it
is never stale and may be deleted at any time. A run that was killed is taken up by the next one,
since Go keeps what it had compiled.

Paths go to standard output, one a line, and what is done to standard error.
"""

import argparse
import functools
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from tools import building, golang, installed, jsonschemas, manifests, progress
from tools.cache import cache, digest, once
from tools.errors import ToolchainError
from tools.golang import HERE, SOURCES
from tools.node_projects import NODE as NODE_PROJECTS
from tools.project import Fit, Project
from tools.projects import BY_PROGRAM, PROJECTS

ETCD: Final = "etcd"
NAMES: Final = (*BY_PROGRAM, ETCD)
"""Every program that can be asked for."""
CHECKERS: Final = ("kubeconform", "podsecurity", "helm", "promtool", "kyverno")
"""What the checks run."""
NODE: Final = tuple(name for project in NODE_PROJECTS for name in project.programs)
"""What a node runs and what its images are made from."""
LOCAL: Final = tuple(name for name in NAMES if name not in {*CHECKERS, *NODE})
"""What the local control plane and the engine that deploys to it need."""


def binary(name: str) -> Path:
    """The program: an installed one of a version that fits, else ours.

    The first build takes minutes. ToolchainError when it cannot be had.
    """
    return all_of([name])[name]


def all_of(names: Iterable[str]) -> dict[str, Path]:
    """Each of these programs, by name: what is missing is built, with a display of the progress.

    ToolchainError names all that cannot be had, and the ways out.
    """
    wanted = list(dict.fromkeys(names))
    found = {ETCD: installed.etcd()} if ETCD in wanted else {}
    projects = [project for project in PROJECTS if not {*project.programs}.isdisjoint(wanted)]
    missing = [project for project in projects if not _ready(project)]
    _demand_go(missing)
    progress.run([_step(project) for project in missing])
    for project in projects:
        found |= _ready(project)
    return {name: found[name] for name in wanted}


@functools.cache
def schemas() -> Path:
    """The folder of JSON schemas, laid out as `jsonschemas.TEMPLATE` says.

    Making it needs Go and PyYAML; reading it needs neither.
    """
    files = [SOURCES, HERE / "jsonschemas.py", HERE / "manifests.py"]
    target = cache() / "schemas" / digest(_contents(files))

    def run(note: Callable[[str], None]) -> None:
        once(target, manifests.write_schemas, _waiter(note))

    if not target.exists():
        what = "JSON schemas of Kubernetes and its extensions"
        progress.run([progress.Step(what, what, 1, run)])
    return target


def schema_location() -> str:
    """What kubeconform takes as `-schema-location`."""
    return f"{schemas()}/{jsonschemas.TEMPLATE}"


def _target(project: Project) -> Path:
    return cache() / "bin" / f"{project.name}-{building.key(project)}"


_READY: Final[dict[str, Mapping[str, Path]]] = {}


def _ready(project: Project) -> Mapping[str, Path]:
    """Its programs by name, when nothing has to be built for it; else nothing."""
    if project.name not in _READY:
        if found := installed.find(project):
            where = ", ".join(map(str, found.values()))
            progress.say(f"{project.called} is installed: {where}")
        elif (target := _target(project)).exists():
            found = {name: target / name for name in project.programs}
        if not found:
            return {}
        _READY[project.name] = found
    return _READY[project.name]


def _demand_go(missing: Sequence[Project]) -> None:
    """ToolchainError where something has to be built and Go is not here or too old."""
    if not missing:
        return
    folders = [build.folder for project in missing for build in project.builds]
    newest = golang.newest(folders)
    if not (said := golang.lacking(newest)):
        return
    lines = [f"Not here yet: {'; '.join(project.called for project in missing)}."]
    takes = progress.usual(sum(project.minutes for project in missing))
    lines += [f"Go builds them once, in about {takes} on two cores, but {said}: install Go "]
    lines[-1] += f"{golang.required(newest)} or newer."
    if others := [_instead(project) for project in missing if project.fits is not None]:
        lines += [f"Or put what you have on PATH: {'; '.join(others)}."]
    if never := [project.title for project in missing if project.fits is None]:
        lines += [f"For {', '.join(never)} there is no way but Go."]
    raise ToolchainError("\n".join(lines))


def _instead(project: Project) -> str:
    """What the user may install in place of building it."""
    if project.name == "pulumi-kubernetes":
        return f"`pulumi plugin install resource kubernetes` ({project.version} or newer)"
    versions = {
        Fit.EXACT: project.version,
        Fit.MINOR: f"of any {'.'.join(project.version.split('.')[:2])}",
        Fit.NEWER: f"{project.version} or newer",
    }
    return f"{', '.join(project.programs)} {versions[project.fits or Fit.EXACT]}"


def _step(project: Project) -> progress.Step:
    target = _target(project)

    def run(note: Callable[[str], None]) -> None:
        once(target, lambda part: building.make(project, part, note), _waiter(note))

    return progress.Step(project.named, project.called, project.minutes, run)


def _waiter(note: Callable[[str], None]) -> Callable[[], None]:
    return functools.partial(note, "waiting for another process that is making the same")


def _contents(paths: Sequence[Path]) -> list[str]:
    return [f"{path.name}\n{path.read_text(encoding='utf-8')}" for path in paths]


def _list() -> None:
    """A row for each project: what it is, where it comes from, how long its first build takes."""
    rows = [("NAME", "VERSION", "STATE", "FIRST BUILD"), (ETCD, "", _etcd(), "")]
    for project in PROJECTS:
        found = installed.find(project)
        state = "built" if _target(project).exists() else "missing"
        takes = progress.usual(project.minutes)
        for name in project.programs:
            where = f"installed: {found[name]}" if found else state
            rows.append((name, project.version, where, takes))
            takes = ""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def _etcd() -> str:
    try:
        return f"installed: {installed.etcd()}"
    except ToolchainError:
        return "missing"


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0, or 1 with the reason and the ways out on standard error."""
    parser = argparse.ArgumentParser(description="Build and find the pinned programs.")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("bin", help="print the paths of programs")
    one.add_argument("names", choices=NAMES, nargs="+", metavar="NAME")
    commands.add_parser("local", help="all that the local control plane runs")
    commands.add_parser("checkers", help="all that the checks run")
    commands.add_parser("node", help="all that a node and its images need")
    commands.add_parser("schemas", help="print the schemas' folder")
    commands.add_parser("all", help="all of these")
    commands.add_parser("list", help="what there is and where it comes from")
    commands.add_parser("sums", help="rewrite the sums in sources.json")
    asked = parser.parse_args(arguments)
    groups = {
        "bin": lambda: asked.names,
        "local": lambda: LOCAL,
        "checkers": lambda: CHECKERS,
        "node": lambda: NODE,
        "all": lambda: NAMES,
    }
    try:
        if asked.command in groups:
            print(*all_of(groups[asked.command]()).values(), sep="\n")
        if asked.command in ("schemas", "all"):
            print(schemas())
        if asked.command == "list":
            _list()
        if asked.command == "sums":
            golang.write_sums()
    except ToolchainError as error:
        progress.say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
