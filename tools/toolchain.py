"""The pinned checkers, built once into a cache outside the checkout, and the schemas they read.

    python tools/toolchain.py bin kubeconform|helm|kyverno|promtool|podsecurity
    python tools/toolchain.py schemas
    python tools/toolchain.py all
    python tools/toolchain.py sums      after changing a version in sources.json

Each prints a path on standard output and what it does on standard error. The cache is
`$SLIPWAY_CACHE`, else `$XDG_CACHE_HOME/slipway`, else `~/.cache/slipway`; what is in it is keyed
by all that it is made from, so it is never stale and may be deleted at any time. A run that was
killed is taken up by the next one, since Go keeps what it had compiled.
"""

import argparse
import fcntl
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import golang, jsonschemas, manifests
from tools.golang import HERE, SOURCES, ToolchainError


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A binary: its package, in the module that `tools/<name>/go.mod` pins, or in this checkout.

    `stamp` is the variable that holds its version, `asks` the arguments that print it.
    """

    name: str
    package: str
    takes: str
    module: str = ""
    stamp: str = ""
    asks: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Of its go.mod and go.sum."""
        return HERE / self.name

    @property
    def version(self) -> str:
        """As the tool prints it: Prometheus's module v0.315.0 is its release 3.15.0."""
        if not self.module:
            return ""
        version = golang.pinned(self.folder, self.module).removeprefix("v")
        major, minor, patch = version.split(".")
        if self.name == "promtool" and major == "0":
            major, minor = map(str, divmod(int(minor), 100))
        return f"{major}.{minor}.{patch}"


TOOLS: Final = {
    tool.name: tool
    for tool in (
        Tool(
            name="kubeconform",
            module="github.com/yannh/kubeconform",
            package="github.com/yannh/kubeconform/cmd/kubeconform",
            stamp="main.version",
            asks=("-v",),
            takes="half a minute",
        ),
        Tool(
            name="podsecurity",
            package=".",
            takes="a minute",
        ),
        Tool(
            name="helm",
            module="helm.sh/helm/v4",
            package="helm.sh/helm/v4/cmd/helm",
            stamp="helm.sh/helm/v4/internal/version.version",
            asks=("version", "--short"),
            takes="3 minutes",
        ),
        Tool(
            name="kyverno",
            module="github.com/kyverno/kyverno",
            package="github.com/kyverno/kyverno/cmd/cli/kubectl-kyverno",
            stamp="github.com/kyverno/kyverno/pkg/version.BuildVersion",
            asks=("version",),
            takes="10 minutes",
        ),
        Tool(
            name="promtool",
            module="github.com/prometheus/prometheus",
            package="github.com/prometheus/prometheus/cmd/promtool",
            stamp="github.com/prometheus/common/version.Version",
            asks=("--version",),
            takes="5 minutes",
        ),
    )
}


def cache() -> Path:
    """Where everything that is built lives; never inside the checkout."""
    if chosen := os.environ.get("SLIPWAY_CACHE"):
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "slipway"


@functools.cache
def binary(name: str) -> Path:
    """The tool at its pinned version: the installed one if it is that very version, else ours.

    The first build takes minutes. ToolchainError when it cannot be had.
    """
    tool = TOOLS[name]
    titled = f"{name} {tool.version}".strip()
    installed = shutil.which(name) if tool.asks else None
    if installed and _printed(Path(installed), tool) == tool.version:
        _say(f"{titled} is installed: {installed}")
        return Path(installed)
    otherwise = f"put {titled} itself on PATH" if tool.asks else None
    go = golang.toolchain(tool.folder, titled, otherwise)
    made_from = [go, *_contents(sorted(tool.folder.glob("*.go")))]
    made_from += _contents([tool.folder / "go.mod", tool.folder / "go.sum"])
    target = cache() / "bin" / f"{name}-{_digest(made_from)}"
    _once(target, f"{titled} with {go}", tool.takes, functools.partial(_build, tool))
    return target / name


@functools.cache
def schemas() -> Path:
    """The folder of JSON schemas, laid out as `jsonschemas.TEMPLATE` says.

    Making it needs Go and PyYAML; reading it needs neither.
    """
    made_from = _contents([SOURCES, HERE / "jsonschemas.py", HERE / "manifests.py"])
    target = cache() / "schemas" / _digest(made_from)
    what = "JSON schemas of Kubernetes and its extensions"
    _once(target, what, "a minute", manifests.write_schemas)
    return target


def schema_location() -> str:
    """What kubeconform takes as `-schema-location`."""
    return f"{schemas()}/{jsonschemas.TEMPLATE}"


def _build(tool: Tool, folder: Path) -> None:
    linker = "-s -w" + (f" -X {tool.stamp}={_stamped(tool)}" if tool.stamp else "")
    target = folder / tool.name
    flags = ["-mod=readonly", "-trimpath", "-buildvcs=false", f"-ldflags={linker}"]
    built = subprocess.run(
        ["go", "build", *flags, "-o", str(target), tool.package],
        cwd=tool.folder,
        env=golang.environment(),
        check=False,
    )
    if built.returncode:
        raise ToolchainError(f"{tool.name}: go build failed; what it said is above.")
    if tool.asks and (printed := _printed(target, tool)) != tool.version:
        raise ToolchainError(f"{tool.name}: built {printed}, pinned {tool.version}.")


def _stamped(tool: Tool) -> str:
    return tool.version if tool.name == "promtool" else f"v{tool.version}"


def _printed(path: Path, tool: Tool) -> str | None:
    """The first version in what the binary prints when asked for it."""
    with suppress(OSError):
        said = subprocess.run([path, *tool.asks], capture_output=True, text=True, check=False)
        if found := re.search(r"\d+\.\d+\.\d+[0-9A-Za-z.-]*", said.stdout + said.stderr):
            return found[0]
    return None


def _once(target: Path, what: str, takes: str, make: Callable[[Path], None]) -> None:
    """Make the folder unless it is there: whole or not at all, and by one process at a time."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_name(f".{target.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say(f"waiting for another process that is making {what}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if target.exists():
            return
        _say(f"making {what}: about {takes} the first time, on two cores")
        begun = time.monotonic()
        part = target.with_name(f"{target.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        try:
            make(part)
            part.rename(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        _say(f"made {target} in {time.monotonic() - begun:.0f} s")


def _contents(paths: Sequence[Path]) -> list[str]:
    return [f"{path.name}\n{path.read_text(encoding='utf-8')}" for path in paths]


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _say(line: str) -> None:
    print(f"tools: {line}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0, or 1 with the reason and the ways out on standard error."""
    parser = argparse.ArgumentParser(description="Build and find the pinned checkers.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("bin", help="print a binary's path").add_argument("name", choices=TOOLS)
    commands.add_parser("schemas", help="print the schemas' folder")
    commands.add_parser("all", help="all of these")
    commands.add_parser("sums", help="rewrite the sums in sources.json")
    asked = parser.parse_args(arguments)
    try:
        if asked.command == "sums":
            golang.write_sums()
        if asked.command == "bin":
            print(binary(asked.name))
        if asked.command == "all":
            print(*map(binary, TOOLS), sep="\n")
        if asked.command in ("schemas", "all"):
            print(schemas())
    except ToolchainError as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
