"""Go, as the tools need it: is it here, which is it, and the pinned modules it can fetch."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
SOURCES: Final = HERE / "sources.json"


class ToolchainError(Exception):
    """What is missing or wrong, and the ways out, for the person at the terminal."""


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


def toolchain(module: Path, wanted: str, otherwise: str | None) -> str:
    """Go's own version and platform for the module in this folder.

    ToolchainError when there is no Go that is new enough: `wanted` is what it was needed for, and
    `otherwise` the way out for someone who wants no Go.
    """
    least = required(module)
    out = f"Install Go {least} or newer"
    out += f", or {otherwise}." if otherwise else "."
    if shutil.which("go") is None:
        raise ToolchainError(f"{wanted}: needs Go, and no `go` is on PATH. {out}")
    asked = subprocess.run(
        ["go", "env", "GOVERSION", "GOOS", "GOARCH"],
        cwd=module,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    found = asked.stdout.split()
    if asked.returncode or not found or _numbers(found[0]) < _numbers(least):
        said = asked.stderr.strip() or f"this is {' '.join(found[:1])}"
        raise ToolchainError(f"{wanted}: needs Go {least} or newer ({said}). {out}")
    return " ".join(found)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))[:3]


def environment(**more: str) -> dict[str, str]:
    """The caller's environment, less what would let Go change a go.mod or leave its folder."""
    return {**os.environ, "GOFLAGS": "", "GOWORK": "off", "CGO_ENABLED": "0", **more}


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


def folders() -> dict[str, Path]:
    """Where each source lies on disk, by module; an archive with another sum is refused."""
    rows = download([(source.module, source.version) for source in sources()])
    for source in sources():
        if (found := rows[source.module]["Sum"]) != source.sum:
            raise ToolchainError(
                f"{source.module} {source.version}: the archive has the sum {found}, "
                f"sources.json has {source.sum}. It is not the archive that was pinned, and "
                "nothing was made from it."
            )
    return {module: Path(row["Dir"]) for module, row in rows.items()}


def write_sums() -> None:
    """Rewrite sources.json with the sums that Go reports, after someone changed a version."""
    rows: list[dict[str, Any]] = json.loads(SOURCES.read_text(encoding="utf-8"))
    found = download([(row["module"], row["version"]) for row in rows])
    for row in rows:
        row["sum"] = found[row["module"]]["Sum"]
    SOURCES.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
