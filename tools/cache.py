"""The one cache outside the checkout: folders keyed by all that they are made from."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from tools.errors import ToolchainError


def cache() -> Path:
    """`$SLIPWAY_CACHE`, else `$XDG_CACHE_HOME/slipway`, else `~/.cache/slipway`.

    ToolchainError for a user without a home who names none.
    """
    if chosen := os.environ.get("SLIPWAY_CACHE"):
        return Path(chosen).absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base).absolute() if base else Path.home() / ".cache") / "slipway"
    except RuntimeError as error:
        raise ToolchainError("You have no home folder: name a folder in SLIPWAY_CACHE.") from error


def digest(parts: Iterable[str]) -> str:
    """A key for what is made from these, in this order."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def once(target: Path, make: Callable[[Path], None], waits: Callable[[], None]) -> None:
    """Make the folder unless it is there: whole or not at all, and by one process at a time.

    `waits` is called where another process is making it. What a killed process left half made is
    beside the target under a name of its own, and is removed before the next try. ToolchainError
    where nothing can be written.
    """
    if target.exists():
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ToolchainError(
            f"{target.parent} cannot be made ({error.strerror}): name another folder in "
            "SLIPWAY_CACHE."
        ) from error
    with target.with_name(f".{target.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waits()
            fcntl.flock(lock, fcntl.LOCK_EX)
        if target.exists():
            return
        for left in target.parent.glob(f".{target.name}.part-*"):
            shutil.rmtree(left, ignore_errors=True)
        part = Path(tempfile.mkdtemp(prefix=f".{target.name}.part-", dir=target.parent))
        try:
            part.chmod(0o755)
            make(part)
            part.rename(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def used(target: Path, pattern: str, most: int = 2) -> None:
    """Say that a folder is used now, and keep of its kind only those that were used last.

    `pattern` is what the names of the kind match, and `most` how many stay: large things are made
    anew for each version of the code.
    """
    os.utime(target)
    kind = [path for path in target.parent.glob(pattern) if not path.name.startswith(".")]
    for old in sorted(kind, key=lambda path: path.stat().st_mtime, reverse=True)[most:]:
        shutil.rmtree(old, ignore_errors=True)
