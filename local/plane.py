"""The control plane of a checkout: started, looked at, stopped."""

import os
import select
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from local import boot, credentials, lock, node_needs, probe, real_node, roster, sandbox, supervisor
from local.errors import LocalError
from local.place import Place
from local.process import Process, Ready
from local.steps import Step
from local.supervisor import State, Supervisor, SupervisorError

Say = Callable[[str], None]
Plan = Callable[[Place], Sequence[Step]]
"""What is to be done to bring up a plane at that place."""

_TRIES: Final = 5
_RECOVERY: Final = 120.0
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
        return self.state.lives and self.answers


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
            _remove(place.folder)
            there = True
    return there


def _remove(folder: Path) -> None:
    """Whoever still writes into it does so once, and then finds that it is gone."""
    for _ in range(_TRIES):
        with suppress(OSError):
            shutil.rmtree(folder)
            return
    shutil.rmtree(folder)


def health(place: Place) -> Health:
    """As it is now; nothing is waited for."""
    try:
        states = Supervisor(place).states()
    except SupervisorError:
        return Health((), complete=False)
    ready = roster.read(place)
    parts = (Part(each, _answers(place, each, ready.get(each.name))) for each in states)
    return Health(tuple(parts), place.started.exists())


def _answers(place: Place, state: State, ready: Ready | None) -> bool:
    return probe.answers(place.gate, ready) if ready else state.runs


def _locked(place: Place, say: Say) -> AbstractContextManager[None]:
    waiting = "Waiting for another run that starts or stops the local control plane."
    return lock.held(place.lock, partial(say, waiting))


def _usable(place: Place, fingerprint: str, say: Say) -> bool:
    """Whether the plane that is there may stay; why it may not is said."""
    found = health(place)
    wrong = ""
    if found.parts and not found.complete:
        wrong = "was started by a run that was cut short"
    elif not found.complete and place.started.exists():
        wrong = "had died"
    elif found.parts and place.started.read_text("utf-8") != fingerprint:
        wrong = "is of another version of this checkout"
    elif found.parts and (bad := _settled(place, found, say)):
        wrong = f"is not healthy ({', '.join(bad)})"
    if wrong:
        say(
            f"The local control plane {wrong}; it starts anew, with an empty cluster and an empty "
            f"state of the engine. What it wrote is kept in {place.logs_before}."
        )
    return bool(found.parts) and not wrong


def _settled(place: Place, found: Health, say: Say) -> tuple[str, ...]:
    """What is still bad once the supervisor has had time to start it again."""
    if found.bad:
        say(f"Waiting for {', '.join(found.bad)}, which {_be(found.bad)} not ready just now.")
    deadline = time.monotonic() + _RECOVERY
    while found.bad and time.monotonic() < deadline:
        time.sleep(0.2)
        found = health(place)
    return found.bad


def _be(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _start(place: Place, steps: Sequence[Step], fingerprint: str, say: Say) -> None:
    try:
        made = _prepared(place, boot.processes(steps))
    except OSError as error:
        raise LocalError(
            f"{error.filename or place.folder} cannot be written: {error.strerror}."
        ) from error
    if not place.node.exists() and (why := node_needs.left_out()):
        say(why)
    try:
        made.wait()
        boot.boot(place, steps, say)
        place.started.write_text(fingerprint, "utf-8")
    except LocalError as error:
        made.end()
        _clear(place, place.logs)
        raise LocalError(f"{error}\nAll logs are kept in {place.logs}.") from error
    except BaseException:
        made.end()
        shutil.rmtree(place.folder)
        raise
    made.keep()


def _prepared(place: Place, processes: Sequence[Process]) -> sandbox.Sandbox:
    """A sandbox in which nothing runs yet but its supervisor, and all the files that it needs."""
    _end(place)
    place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.folder.chmod(0o700)
    shutil.rmtree(place.logs_before, ignore_errors=True)
    if place.logs.exists():
        place.logs.rename(place.logs_before)
    _clear(place, place.logs_before)
    place.logs.mkdir()
    place.scratch.mkdir()
    if any(process.name == real_node.KUBELET for process in processes):
        real_node.prepare(place)
    supervisor.write(place, processes)
    roster.write(place, processes)
    with ExitStack() as ending:
        opened = sandbox.listeners(door=place.node.exists())
        listeners = [ending.enter_context(each) for each in opened]
        api_server, *door = (each.getsockname()[1] for each in listeners)
        credentials.write(place, processes, api_server)
        if door:
            place.door.write_text(str(door[0]), "ascii")
        return sandbox.Sandbox(place, listeners)


def _clear(place: Place, kept: Path) -> None:
    """Removes all that the folder holds but one."""
    for path in place.folder.glob("*"):
        if path == kept:
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
