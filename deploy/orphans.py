"""Programs of a run whose engine was killed: they would go on with what it asked them for.

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


def end(run: str) -> None:
    """Ends them, and returns when they have ended. Nothing is ended while the engine runs.

    On a machine that does not tell what runs (`/proc`) nothing is done.
    """
    while left := dict(_programs(run)):
        if ENGINE in left.values():
            return
        for pid in left:
            _end(pid, run)


def _programs(run: str) -> Iterator[tuple[int, str]]:
    """The pid and the name of each."""
    for path in Path("/proc").glob("[0-9]*"):
        if _is_of(path, run):
            with suppress(OSError):
                yield int(path.name), path.joinpath("comm").read_text("utf-8").strip()


def _is_of(path: Path, run: str) -> bool:
    """What has ended, or is another user's, has no environment to be read."""
    try:
        return f"{NAME}={run}".encode() in path.joinpath("environ").read_bytes().split(b"\0")
    except OSError:
        return False


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
