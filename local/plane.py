"""The control plane of a checkout: started, looked at, stopped."""

import os
import select
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Final

from local import boot, credentials, lock, probe, roster, sandbox, supervisor
from local.errors import LocalError
from local.place import Place
from local.process import Ready
from local.steps import Step
from local.supervisor import State, Supervisor, SupervisorError

Say = Callable[[str], None]
Plan = Callable[[Place], Sequence[Step]]
"""What is to be done to bring up a plane at that place."""

_RECOVERY: Final = 30.0
"""Seconds for a process that the supervisor is starting again just now."""


@dataclass(frozen=True, slots=True)
class Part:
    """A process of a plane: how the supervisor sees it, and whether it answers as it should."""

    state: State
    answers: bool

    @property
    def name(self) -> str:
        """Of the process."""
        return self.state.name

    @property
    def good(self) -> bool:
        """Whether it is up and answers."""
        return self.state.runs and self.answers


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of a plane, which runs where there are parts.

    `complete` says that its start came to its end.
    """

    parts: tuple[Part, ...]
    complete: bool

    @property
    def bad(self) -> tuple[str, ...]:
        """The processes that are not up or do not answer."""
        return tuple(part.name for part in self.parts if not part.good)

    @property
    def good(self) -> bool:
        """Whether the plane can be used."""
        return bool(self.parts) and self.complete and not self.bad


def start(place: Place, *, say: Say, steps: Plan = boot.steps) -> None:
    """A plane that is healthy when this returns; at once, where it was before.

    Whatever else is there, dead, half dead or of another version, gives way to a new plane, with
    an empty cluster and an empty state of the engine, since one is of no use without the other.
    LocalError where it cannot be had; ToolchainError where a binary cannot.
    """
    sandbox.require()
    planned = steps(place)
    fingerprint = boot.fingerprint(place, planned)
    with _locked(place, say):
        if not _usable(place, fingerprint, say):
            _start(place, planned, fingerprint, say)


def stop(place: Place, *, say: Say) -> bool:
    """Whether there was anything. No process of it and no file are left."""
    with _locked(place, say):
        there = _end(place)
        if place.folder.exists():
            shutil.rmtree(place.folder)
            there = True
    return there


def health(place: Place) -> Health:
    """As it is now; nothing is waited for."""
    try:
        states = Supervisor(place).states()
    except SupervisorError:
        return Health((), complete=False)
    ready = roster.read(place)
    parts = (Part(each, _answers(place, ready.get(each.name))) for each in states)
    return Health(tuple(parts), place.started.exists())


def _answers(place: Place, ready: Ready | None) -> bool:
    return ready is None or probe.answers(place.gate, ready)


def _locked(place: Place, say: Say) -> AbstractContextManager[None]:
    waiting = "Waiting for another run that starts or stops the local control plane."
    return lock.held(place.lock, partial(say, waiting))


def _usable(place: Place, fingerprint: str, say: Say) -> bool:
    """Whether the plane that is there may stay; what is wrong with it is said."""
    if not place.folder.exists():
        return False
    anew = "it starts anew, with an empty cluster and an empty state of the engine."
    found = health(place)
    if not found.parts:
        if place.started.exists():
            say(f"The local control plane had died; {anew}")
        return False
    if not found.complete:
        say(f"An earlier start of the local control plane was cut short; {anew}")
        return False
    if place.started.read_text("utf-8") != fingerprint:
        say(f"The local control plane is of another version of this checkout; {anew}")
        return False
    deadline = time.monotonic() + _RECOVERY
    while not (found := health(place)).good:
        if time.monotonic() > deadline:
            say(f"The local control plane is not healthy ({', '.join(found.bad)}); {anew}")
            return False
        time.sleep(0.2)
    return True


def _start(place: Place, steps: Sequence[Step], fingerprint: str, say: Say) -> None:
    _end(place)
    shutil.rmtree(place.folder, ignore_errors=True)
    place.folder.mkdir(mode=0o700, parents=True)
    place.scratch.mkdir()
    place.state.mkdir()
    processes = boot.processes(steps)
    with sandbox.listener() as listener:
        credentials.write(place, processes, listener.getsockname()[1])
        supervisor.write(place, processes)
        roster.write(place, processes)
        made = sandbox.Sandbox(place, listener)
    try:
        made.wait()
        boot.boot(place, steps, say)
        place.started.write_text(fingerprint, "utf-8")
    except LocalError as error:
        made.end()
        _leave_logs(place)
        raise LocalError(f"{error}\nAll logs are kept in {place.logs}.") from error
    except BaseException:
        made.end()
        shutil.rmtree(place.folder)
        raise
    made.keep()


def _leave_logs(place: Place) -> None:
    for path in place.folder.iterdir():
        if path == place.logs:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _end(place: Place) -> bool:
    """Kill the supervisor, and with it all in its pid namespace. Whether there was one."""
    listening = Supervisor(place)
    while (pid := listening.pid()) is not None:
        try:
            process = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            if listening.pid() == pid:  # Else it ended, and its pid may be another's by now.
                signal.pidfd_send_signal(process, signal.SIGKILL)
                poll = select.poll()
                poll.register(process, select.POLLIN)
                poll.poll()  # PID 1 ends last.
                return True
        finally:
            os.close(process)
    return False
