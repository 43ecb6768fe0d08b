"""The processes of a plane, as the machine sees them."""

import time
from collections.abc import Callable
from pathlib import Path

from local.place import Place
from local.supervisor import Supervisor


def supervisor_of(place: Place) -> int:
    """The pid of the process with which all of them end."""
    pid = Supervisor(place).pid()
    assert pid is not None, "the plane does not run"
    return pid


def processes_of(place: Place) -> set[int]:
    """The supervisor and all that descend from it."""
    parents = {int(path.name): _parent(path) for path in Path("/proc").glob("[0-9]*")}
    found, more = set[int](), {supervisor_of(place)}
    while more:
        found |= more
        more = {pid for pid, parent in parents.items() if parent in found} - found
    return found


def alive(pids: set[int]) -> set[int]:
    """Those that still run; one that has ended and is not yet collected does not."""
    return {pid for pid in pids if _state(pid) not in ("", "Z", "X")}


def eventually(what: Callable[[], object], seconds: float = 60.0) -> None:
    """Fails where it has not become true after so long, which is far more than it takes."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def _parent(path: Path) -> int:
    try:
        return int(path.joinpath("stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def network_devices(pid: int) -> list[str]:
    """The names of those that the process could use."""
    rows = Path(f"/proc/{pid}/net/dev").read_text().splitlines()[2:]
    return [row.partition(":")[0].strip() for row in rows]


def owner(pid: int) -> int:
    """The user that it runs as."""
    return Path(f"/proc/{pid}").stat().st_uid
