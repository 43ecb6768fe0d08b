"""`go build` of the programs of a project, from the modules that are pinned here alone."""

import json
import platform
import re
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from tools import golang
from tools.cache import digest
from tools.errors import ToolchainError
from tools.installed import printed
from tools.project import Build, ModuleFile, Project

FLAGS: Final = ("-mod=readonly", "-trimpath", "-buildvcs=false", "-v")
TOLD: Final = 25
"""How many of the last lines of a build that failed are shown."""


def key(project: Project) -> str:
    """Of all that its programs are made from, but Go: a newer one is no reason to wait again."""
    parts = [platform.system(), platform.machine(), " ".join(FLAGS)]
    for build in project.builds:
        parts += [repr(build), *_linker(build, project.version)]
        for path in (*sorted(build.folder.glob("*.go")), *_pins(build)):
            parts += [path.name, path.read_text(encoding="utf-8")]
    return digest(parts)


def make(project: Project, folder: Path, note: Callable[[str], None]) -> None:
    """Its programs and what has to lie beside them. `note` is told what is compiled."""
    for build in project.builds:
        _go_build(build, project, folder, note)
        for name, package in build.programs.items():
            (folder / _executable(package)).rename(folder / name)
        for copied in build.copies:
            target = folder / Path(copied.path).name
            shutil.copyfile(_in_module(build, copied), target)
            target.chmod(0o755)
    for name, asks in project.asks.items():
        if (found := printed(folder / name, asks)) != project.version:
            raise ToolchainError(f"{name}: built {found}, pinned {project.version}.")


def _pins(build: Build) -> Sequence[Path]:
    return build.folder / "go.mod", build.folder / "go.sum"


def _go_build(build: Build, project: Project, folder: Path, note: Callable[[str], None]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        command = ["go", "build", *FLAGS, *_linker(build, project.version)]
        command += _overlay(build, Path(scratch))
        command += ["-o", f"{folder}/", *build.programs.values()]
        last: deque[str] = deque(maxlen=TOLD)
        with subprocess.Popen(
            command,
            cwd=build.folder,
            env=golang.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            for line in running.stderr or ():
                last.append(line)
                note(line.strip())
        if running.returncode:
            raise ToolchainError(f"{project.called}: go build failed.\n{''.join(last).rstrip()}")


def _linker(build: Build, version: str) -> list[str]:
    major, minor, *_ = (*version.split("."), "", "")
    values = {
        variable: value.format(version=version, major=major, minor=minor)
        for variable, value in build.stamps.items()
    }
    return [" ".join(["-ldflags=-s -w", *(f"-X {key}={value}" for key, value in values.items())])]


def _overlay(build: Build, scratch: Path) -> Iterator[str]:
    """Lets Go see files of a module beside our main package, for it embeds only what lies there."""
    if build.embeds:
        replaced = {
            str(build.folder / name): str(_in_module(build, embedded))
            for name, embedded in build.embeds.items()
        }
        overlay = scratch / "overlay.json"
        overlay.write_text(json.dumps({"Replace": replaced}), encoding="utf-8")
        yield f"-overlay={overlay}"


def _in_module(build: Build, wanted: ModuleFile) -> Path:
    """The file in the module at the version that the go.mod pins, of the sum in the go.sum."""
    asked = subprocess.run(
        ["go", "mod", "download", "-json", wanted.module],
        cwd=build.folder,
        env=golang.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    row: dict[str, Any] = json.loads(asked.stdout or "{}")
    if asked.returncode or "Dir" not in row:
        said = row.get("Error") or asked.stderr.strip()
        raise ToolchainError(f"{wanted.module} could not be fetched: {said}")
    return Path(row["Dir"]) / wanted.path


def _executable(package: str) -> str:
    """What Go calls the program of a package: the last part that is no major version."""
    *_, before, last = package.split("/")
    return before if re.fullmatch(r"v\d+", last) else last
