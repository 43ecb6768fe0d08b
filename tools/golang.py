"""Go, as the tools need it: is it here, which is it, and the pinned modules it can fetch."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tools.cache import cache, digest
from tools.errors import ToolchainError

HERE: Final = Path(__file__).resolve().parent
SOURCES: Final = HERE / "sources.json"


COMPILER: Final = {"GOGC": "400", "GOMEMLIMIT": "2GiB"}
"""How the compiler collects its garbage: seldom while it is small. A fifth less processor time for
a large package of Kubernetes, and what is compiled is the same."""


@dataclass(frozen=True, slots=True)
class Source:
    """A module that is only read: its manifests (globs) are what the schemas are made from."""

    module: str
    version: str
    sum: str
    manifests: tuple[str, ...]


def sources() -> tuple[Source, ...]:
    """The rows of sources.json, sorted by module."""
    rows = json.loads(SOURCES.read_text(encoding="utf-8"))
    found = (
        Source(row["module"], row["version"], row["sum"], tuple(row["manifests"])) for row in rows
    )
    return tuple(sorted(found, key=lambda source: source.module))


def required(module: Path) -> str:
    """The Go version that the go.mod in this folder names."""
    return _line(module, r"go (\S+)")


def pinned(module: Path, path: str) -> str:
    """The version that the go.mod in this folder pins for the module `path`."""
    return _line(module, rf"\s*(?:require )?{re.escape(path)} (v\S+).*")


def _line(module: Path, pattern: str) -> str:
    text = (module / "go.mod").read_text(encoding="utf-8")
    match = re.search(rf"(?m)^{pattern}$", text)
    if match is None:
        raise ToolchainError(f"{module / 'go.mod'}: no line {pattern!r}")
    return match[1]


def lacking(module: Path) -> str:
    """What keeps Go from building the module in this folder; empty when nothing does."""
    if shutil.which("go") is None:
        return "no `go` is on PATH"
    asked = subprocess.run(
        ["go", "env", "GOVERSION"],
        cwd=module,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode:
        return asked.stderr.strip()
    found = asked.stdout.strip()
    return "" if numbers(found) >= numbers(required(module)) else f"the one on PATH is {found}"


def newest(modules: Iterable[Path]) -> Path:
    """Of these folders the one whose go.mod needs the newest Go."""
    return max(modules, key=lambda module: numbers(required(module)))


def numbers(version: str) -> tuple[int, ...]:
    """For comparing: the first three numbers of a version."""
    return tuple(map(int, re.findall(r"\d+", version)))[:3]


def environment(**more: str) -> dict[str, str]:
    """The caller's, less what lets Go change a go.mod, leave its folder or build for others."""
    kept = {key: value for key, value in os.environ.items() if key not in ("GOOS", "GOARCH")}
    return {**COMPILER, **kept, "GOFLAGS": "", "GOWORK": "off", "CGO_ENABLED": "0", **more}


def download(wanted: Sequence[tuple[str, str]]) -> dict[str, dict[str, Any]]:
    """What Go says of each (module, version) once its archive is here, by module.

    The database of checksums is not asked, because some of the modules are not in it: the caller
    compares `Sum` with the one that is committed.
    """
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "go.mod").write_text("module scratch\n", encoding="utf-8")
        done = subprocess.run(
            ["go", "mod", "download", "-json", *(f"{path}@{version}" for path, version in wanted)],
            cwd=scratch,
            env=environment(GOFLAGS="-mod=mod", GONOSUMDB="*"),
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
    rows = {row["Path"]: row for row in _documents(done.stdout)}
    for path, version in wanted:
        row = rows.get(path, {})
        if "Dir" not in row or "Error" in row:
            said = row.get("Error", f"go mod download exited with {done.returncode}")
            raise ToolchainError(f"{path} {version} could not be fetched: {said}")
    return rows


def _documents(stream: str) -> Iterator[dict[str, Any]]:
    decoder, rest = json.JSONDecoder(), stream.strip()
    while rest:
        document, end = decoder.raw_decode(rest)
        yield document
        rest = rest[end:].lstrip()


def folders(*modules: str) -> dict[str, Path]:
    """Where each of these sources lies on disk, by module; all of them without a name.

    An archive with another sum is refused. Where one lies is kept in the cache, so that Go is
    asked once.
    """
    known = {source.module: source for source in sources()}
    wanted = [known[module] for module in modules or known]
    found = {source.module: _noted(source) for source in wanted}
    lacks = [source for source in wanted if found[source.module] is None]
    if lacks:
        if said := lacking(HERE / "kubeconform"):
            least = required(HERE / "kubeconform")
            names = ", ".join(f"{source.module} {source.version}" for source in lacks)
            raise ToolchainError(
                f"{names}: fetched by Go, and {said}. Install Go {least} or newer."
            )
        found |= _fetched(lacks)
    return {module: folder for module, folder in found.items() if folder is not None}


def _fetched(wanted: Sequence[Source]) -> dict[str, Path]:
    rows = download([(source.module, source.version) for source in wanted])
    for source in wanted:
        row = rows[source.module]
        if row["Sum"] != source.sum:
            raise ToolchainError(
                f"{source.module} {source.version}: the archive has the sum {row['Sum']}, "
                f"sources.json has {source.sum}. It is not the archive that was pinned, and "
                "nothing was made from it."
            )
        note = _note(source)
        note.parent.mkdir(parents=True, exist_ok=True)
        part = note.with_name(f".{note.name}.{os.getpid()}")
        part.write_text(row["Dir"], encoding="utf-8")
        part.replace(note)
    return {source.module: Path(rows[source.module]["Dir"]) for source in wanted}


def _noted(source: Source) -> Path | None:
    with suppress(OSError):
        folder = Path(_note(source).read_text(encoding="utf-8"))
        return folder if folder.is_dir() else None
    return None


def _note(source: Source) -> Path:
    return cache() / "modules" / digest([source.module, source.version, source.sum])


def write_sums() -> None:
    """Rewrite sources.json with the sums that Go reports, after someone changed a version."""
    rows: list[dict[str, Any]] = json.loads(SOURCES.read_text(encoding="utf-8"))
    found = download([(row["module"], row["version"]) for row in rows])
    for row in rows:
        row["sum"] = found[row["module"]]["Sum"]
    SOURCES.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
