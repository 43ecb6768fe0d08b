"""Whole processes, from start to exit: how long they take, and how much memory they hold."""

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import IO, Final

POLL_SECONDS: Final = 0.1


class FailedError(Exception):
    """A command that was to be measured failed; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Run:
    """A finished process and all that it started."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    """The most memory held at once, pages that processes share counted once.

    0 where nobody watched, or the system has no /proc to read it from.
    """


@dataclass(frozen=True, slots=True)
class Command:
    """A command with where it runs and what is in its environment besides."""

    arguments: Sequence[str | Path]
    folder: Path
    environment: Mapping[str, str]

    def run(self, output: Path | None = None, *, watched: bool = False) -> Run:
        """Runs it to its end. Watching its memory costs a little time."""
        target = Path(os.devnull) if output is None else output
        with target.open("wb") as out, subprocess.Popen(
            self.arguments, cwd=self.folder, env=_environment(self.environment),
            stdout=out, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            begun = time.perf_counter()
            said = _Collected(process.stderr)
            watch = _Watch(process.pid) if watched else None
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - begun
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise FailedError(f"{self.arguments}: exit {process.returncode}\n{said.text()}")
        return Run(seconds, usage.ru_utime + usage.ru_stime, watch.stop() if watch else 0)


def medians(commands: Mapping[str, Command], times: int) -> dict[str, float]:
    """The median time of each, run in turns so that a busy machine is busy for all of them."""
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(times + 1):
        for name, command in commands.items():
            run = command.run()
            # The first time is for the disk cache and Python's bytecode.
            if number:
                taken[name].append(run.seconds)
    return {name: median(seconds) for name, seconds in taken.items()}


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "HELM", "SLIPWAY"))}
    return {**kept, **more}


class _Collected:
    """What a process says on standard error, read so that it never waits."""

    def __init__(self, pipe: IO[bytes] | None) -> None:
        self._pipe = pipe
        self._parts: list[bytes] = []
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        if self._pipe is not None:
            self._parts.append(self._pipe.read())

    def text(self) -> str:
        self._thread.join()
        return b"".join(self._parts).decode("utf-8", "replace")[-2_000:]


class _Watch:
    """The memory of a process and all that it started, looked at again and again.

    `ru_maxrss` will not do: it is of one process only, and of a child it is at least what its
    parent held when it forked.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peak = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def stop(self) -> int:
        self._ended.set()
        self._thread.join()
        return self._peak

    def _look(self) -> None:
        while not self._ended.wait(POLL_SECONDS):
            self._peak = max(self._peak, sum(map(_proportional, _tree(self._pid))))


def _tree(pid: int) -> list[int]:
    """A process and its descendants, as far as /proc tells of them."""
    found = [pid]
    for parent in found:
        with suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def _proportional(pid: int) -> int:
    """Bytes of a process, a page that n processes share counted as an nth of a page."""
    with suppress(OSError, StopIteration, ValueError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("Pss:"))) * 1024
    return 0
