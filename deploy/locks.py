"""Who holds a stack, by what the engine says of it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LOCK: Final = re.compile(
    r"(?P<file>[^/\s?]+\.json)(?:\?\S*)?: "
    r"created by (?P<user>\S+?)@(?P<host>\S+) \(pid (?P<pid>\d+)\) "
    r"at (?P<time>\S+)"
)
"""Of a lock in a backend of files (pulumi `backend/diy/lock.go`)."""


@dataclass(frozen=True, slots=True)
class Lock:
    """Who holds a stack, and since when; `file` is the name of the lock's."""

    file: str
    user: str
    host: str
    pid: int
    time: str

    def __str__(self) -> str:
        return f"{self.user}@{self.host}, process {self.pid}, since {self.time}"


def locks(told: str) -> tuple[Lock, ...]:
    """The locks that keep the engine from a stack."""
    return tuple(
        Lock(found["file"], found["user"], found["host"], int(found["pid"]), found["time"])
        for found in _LOCK.finditer(told)
    )


def is_dead(lock: Lock) -> bool:
    """Whether the engine that took a lock on this machine runs no more."""
    try:
        name = Path(f"/proc/{lock.pid}/comm").read_text("utf-8")
    except OSError:
        return True
    return "pulumi" not in name
