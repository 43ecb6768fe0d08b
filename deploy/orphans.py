"""The programs of a run. Where its engine was killed the others would go on with what it wanted.

Every program that the engine starts has its environment, and in it the name of the run.
"""

import os
import select
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

NAME: Final = "SLIPWAY_RUN"
"""The variable that names the run."""
ENGINE: Final = "pulumi"


def interrupt() -> None:
    """Tells the engines that this process runs to end what they have begun, and no more."""
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            name, _, rest = path.joinpath("stat").read_text("utf-8").rpartition(")")
            if name.endswith(f"({ENGINE}") and int(rest.split()[1]) == os.getpid():
                os.kill(int(path.name), signal.SIGINT)


def end(run: str) -> None:
    """Ends them, and returns when they have ended. Nothing is ended while the engine runs.

    On a machine that does not tell what runs (`/proc`) nothing is done.
    """
    while left := dict(_programs(run)):
        if ENGINE in left.values():
            return
        for pid in left:
            _end(pid, run)


def end_below(folder: Path) -> None:
    """Ends all runs whose names are paths in a folder, engines as well."""
    while left := dict(_programs(f"{folder}/")):
        for pid in left:
            _end(pid, f"{folder}/")


def _programs(run: str) -> Iterator[tuple[int, str]]:
    """The pid and the name of each."""
    for path in Path("/proc").glob("[0-9]*"):
        if _is_of(path, run):
            with suppress(OSError):
                yield int(path.name), path.joinpath("comm").read_text("utf-8").strip()


def _is_of(path: Path, run: str) -> bool:
    """A run is named whole, or by the folder in which it is, with its slash at the end.

    What has ended, or is another user's, has no environment to be read.
    """
    try:
        rows = path.joinpath("environ").read_bytes().split(b"\0")
    except OSError:
        return False
    wanted = f"{NAME}={run}".encode()
    return any(row == wanted or (run.endswith("/") and row.startswith(wanted)) for row in rows)


def _end(pid: int, run: str) -> None:
    with suppress(ProcessLookupError):
        program = os.pidfd_open(pid)
        try:
            # Else it ended, and its pid may be another's by now.
            if _is_of(Path("/proc") / str(pid), run):
                signal.pidfd_send_signal(program, signal.SIGKILL)
                poll = select.poll()
                poll.register(program, select.POLLIN)
                poll.poll()
        finally:
            os.close(program)
