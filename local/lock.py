"""One start or stop of a plane at a time."""

import fcntl
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from local.errors import LocalError


@contextmanager
def held(path: Path, waiting: Callable[[], None]) -> Generator[None, None, None]:
    """The lock at this path, whose file goes with it. `waiting` is called where others hold it.

    LocalError where no file can be made there.
    """
    while True:
        handle = _opened(path)
        try:
            _take(handle, waiting)
            # Whoever had the lock before has removed the file: another one counts by now.
            if not _is(handle, path):
                continue
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return
        finally:
            os.close(handle)


def _opened(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise LocalError(
            f"The local control plane cannot keep anything in {path.parent} ({error.strerror}): "
            "name another folder in SLIPWAY_LOCAL."
        ) from error


def _take(handle: int, waiting: Callable[[], None]) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        waiting()
        fcntl.flock(handle, fcntl.LOCK_EX)


def _is(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
