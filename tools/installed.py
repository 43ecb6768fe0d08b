"""What the user has installed, where its version fits: on PATH, of envtest, in Pulumi's home."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tools.cache import cache
from tools.errors import ToolchainError
from tools.golang import numbers
from tools.project import Project

OLDEST_ETCD = (3, 5)
"""The oldest that the pinned API server is tested with upstream."""
_KUBERNETES_PROVIDER = "pulumi-resource-kubernetes"


def find(project: Project) -> Mapping[str, Path]:
    """Its programs, by name, when all are installed in a version that fits; else nothing."""
    if project.fits is None:
        return {}
    if _KUBERNETES_PROVIDER in project.programs:
        plugin = _plugin(project)
        return {_KUBERNETES_PROVIDER: plugin} if plugin else {}
    found: dict[str, Path] = {}
    for name in project.programs:
        path = _which(name, next(iter(found.values()), None))
        if path is None or _ours(path) or not _fits(path, project, name):
            return {}
        found[name] = path
    return found


def _fits(path: Path, project: Project, name: str) -> bool:
    """A program that cannot be asked is as new as those beside it."""
    asks = project.asks.get(name)
    if asks is None:
        return True
    version = printed(path, asks)
    return version is not None and project.accepts(version)


def _which(name: str, beside: Path | None = None) -> Path | None:
    """Beside a program that was found before, among envtest's programs, on PATH."""
    folders = [str(beside.resolve().parent)] if beside else []
    folders += [os.environ.get("KUBEBUILDER_ASSETS", ""), os.environ.get("PATH", "")]
    found = shutil.which(name, path=os.pathsep.join(filter(None, folders)))
    return Path(found) if found else None


def _plugin(project: Project) -> Path | None:
    """The newest that fits of the providers that Pulumi has fetched into its home.

    A shell that is set to a local control plane has another home than the user's.
    """
    chosen = os.environ.get("PULUMI_HOME")
    homes = [Path(chosen)] if chosen else []
    with suppress(RuntimeError):
        homes.append(Path.home() / ".pulumi")
    versions = {
        folder.name.rpartition("-v")[2]: folder / _KUBERNETES_PROVIDER
        for home in homes
        for folder in home.glob("plugins/resource-kubernetes-v*")
    }
    fitting = [version for version in versions if project.accepts(version)]
    there = [version for version in fitting if os.access(versions[version], os.X_OK)]
    theirs = [version for version in there if not _ours(versions[version])]
    return versions[max(theirs, key=numbers)] if theirs else None


def _ours(path: Path) -> bool:
    """From the cache: a shell that was set up for the local stack has it on PATH."""
    return path.resolve().is_relative_to(cache().resolve())


def etcd() -> Path:
    """The one of the virtual environment, else an installed one. ToolchainError without either."""
    for folder in (Path(sys.prefix) / "bin", Path(sys.executable).parent):
        if os.access(folder / "etcd", os.X_OK):
            return folder / "etcd"
    path = _which("etcd")
    found = path and printed(path, ("--version",))
    if path and found and numbers(found) >= OLDEST_ETCD:
        return path
    least = ".".join(map(str, OLDEST_ETCD))
    said = f"the one at {path} is {found or 'of no version that it tells'}" if path else "none here"
    raise ToolchainError(
        f"etcd {least} or newer is needed, and {said}: install what requirements.lock names "
        "(`make plan` does; it has etcd for x86-64 alone), or put etcd on PATH or into "
        "KUBEBUILDER_ASSETS."
    )


def printed(path: Path, asks: Sequence[str]) -> str | None:
    """The first version in what a program prints when asked for it."""
    with suppress(OSError, subprocess.TimeoutExpired):
        said = subprocess.run(
            [path, *asks],
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        if found := re.search(r"\d+\.\d+\.\d+[0-9A-Za-z.-]*", said.stdout + said.stderr):
            return found[0]
    return None
