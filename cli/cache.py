"""What earlier runs found out, kept so that a run costs what changed.

Results are pure functions of their keys, so a cache is never stale, only incomplete; one that
cannot be read or written is never an error.
"""

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

_ENOUGH = 2_000
"""Entries up to which nothing is thrown away."""

_LAVISH = 4
"""How many times more than a run used may be kept, for other branches and other stacks."""


class Cache:
    """Texts by key for one checkout, in one file, valid for one version of the catalog's code."""

    def __init__(self, path: Path | None, version: str) -> None:
        self._path = path
        self._version = version
        self._old: dict[str, str] = {} if path is None else _read(path, version)
        self._used: dict[str, str] = {}
        self._changed = False

    def get(self, key: str) -> str | None:
        """What was kept under a key."""
        found = self._used.get(key) or self._old.get(key)
        if found is not None:
            self._used[key] = found
        return found

    def put(self, key: str, text: str) -> None:
        """Keeps one line of text, which is not empty."""
        self._used[key] = text
        self._changed = True

    def save(self) -> None:
        """Writes what is new, in one step."""
        if self._path is None or not self._changed:
            return
        kept = {**self._old, **self._used}
        if len(kept) > _LAVISH * len(self._used) + _ENOUGH:
            kept = self._used
        try:
            _write(self._path, self._version, kept)
        except OSError:
            return


def open_cache(root: Path, *, enabled: bool = True) -> Cache:
    """The cache of the checkout at `root`."""
    folder = _folder() if enabled else None
    if folder is None:
        return Cache(None, "")
    name = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return Cache(folder / "plans" / name, _version())


def _folder() -> Path | None:
    named = os.environ.get("SLIPWAY_CACHE")
    if named:
        return Path(named)
    shared = os.environ.get("XDG_CACHE_HOME")
    if shared:
        return Path(shared) / "slipway"
    try:
        return Path.home() / ".cache" / "slipway"
    except RuntimeError:
        return None


def _version() -> str:
    """A digest over the code that decides what an entry means."""
    whole = hashlib.sha256(repr(sys.version_info).encode())
    folder = Path(__file__).parent.parent / "catalog"
    for path in sorted(folder.rglob("*.py")):
        whole.update(path.name.encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()


def _read(path: Path, version: str) -> dict[str, str]:
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, ValueError):
        return {}
    # The last line is empty unless the file was cut short.
    if lines[0] != version or lines[-1]:
        return {}
    return dict(line.split("\t", 1) for line in lines[1:-1] if "\t" in line)


def _write(path: Path, version: str, kept: Mapping[str, str]) -> None:
    import tempfile

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    scratch = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{version}\n")
            file.writelines(f"{key}\t{text}\n" for key, text in kept.items())
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
