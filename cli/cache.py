"""What earlier runs found out, kept so that a run costs what changed.

Results are pure functions of their keys, so a cache is never stale, only incomplete; one that
cannot be read or written is never an error.
"""

import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

_ENOUGH = 2_000
"""Entries up to which nothing is thrown away."""

_LAVISH = 4
"""How many times more than a run used may be kept, for other branches and other stacks."""

_END = "\t."
"""The end of a line that was written whole."""


class Cache:
    """Texts by key in one file, to which a run adds. Without a path it lasts for one run."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._old: dict[str, str] = {} if path is None else _read(path)
        self._used: dict[str, str] = {}
        self._new: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        """What was kept under a key."""
        found = self._used.get(key) or self._old.get(key)
        if found is not None:
            self._used[key] = found
        return found

    def put(self, key: str, text: str) -> None:
        """Keeps one line of text, which is not empty."""
        self._used[key] = self._new[key] = text

    def save(self) -> None:
        """Adds what is new; where most of the file is of no use any more, writes it anew."""
        if self._path is None or not self._new:
            return
        wasteful = len(self._old) + len(self._new) > _LAVISH * len(self._used) + _ENOUGH
        try:
            if self._old and not wasteful:
                _append(self._path, self._new)
            else:
                _write(self._path, self._used)
        except OSError:
            return


def open_cache(root: Path, *, enabled: bool = True) -> Cache:
    """The cache of the checkout at `root`, for this version of the code."""
    folder = _folder() if enabled else None
    if folder is None:
        return Cache()
    checkout = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()
    return Cache(folder / "plans" / f"{checkout[:16]}-{_version()[:16]}")


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
    """A digest over the code that decides what an entry means, and how it is judged."""
    whole = hashlib.sha256(repr(sys.version_info).encode())
    for path in _sources(Path(__file__).parent):
        whole.update(path.name.encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()


def _sources(cli: Path) -> Iterator[Path]:
    yield cli / "policy.py"
    for package in ("catalog", "policies"):
        for here, folders, files in os.walk(cli.parent / package):
            folders.sort()
            yield from (Path(here, name) for name in sorted(files) if name.endswith(".py"))


def _read(path: Path) -> dict[str, str]:
    try:
        lines = path.read_bytes().decode("utf-8").split("\n")
    except (OSError, ValueError):
        return {}
    # A line without its end was cut short by a run that was killed.
    whole = (line.split("\t", 1) for line in lines if line.endswith(_END))
    return {pair[0]: pair[1][: -len(_END)] for pair in whole if len(pair) > 1}


def _lines(kept: Mapping[str, str]) -> str:
    return "".join(f"{key}\t{text}{_END}\n" for key, text in kept.items())


def _append(path: Path, kept: Mapping[str, str]) -> None:
    """One write, so that two runs at once do not mix their lines.

    The newline in front keeps it apart from a line that was cut short.
    """
    handle = os.open(path, os.O_WRONLY | os.O_APPEND)
    try:
        os.write(handle, f"\n{_lines(kept)}".encode())
    finally:
        os.close(handle)


def _write(path: Path, kept: Mapping[str, str]) -> None:
    """The whole file in one step; those of other versions of the code go."""
    from tempfile import mkstemp

    path.parent.mkdir(parents=True, exist_ok=True)
    for other in path.parent.glob(f"{path.name.split('-')[0]}-*"):
        other.unlink(missing_ok=True)
    handle, name = mkstemp(dir=path.parent, prefix=f".{path.name}.")
    scratch = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(_lines(kept))
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
