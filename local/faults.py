"""What can go wrong with a plane, done on purpose. The plane must be healthy before."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from signal import Signals

from local import boot, plane, roster
from local.errors import LocalError
from local.place import Place
from local.supervisor import Supervisor


def kill(place: Place, name: str) -> None:
    """A process dies at once; the supervisor starts it again, which is not waited for."""
    Supervisor(place).signal(name, Signals.SIGKILL)


def restart(place: Place, name: str) -> None:
    """A process is told to end, and started again; returns when it is ready."""
    with stopped(place, name):
        pass


@contextmanager
def stopped(place: Place, name: str) -> Generator[None, None, None]:
    """While a process does not run: connections to it are refused. Ready again afterwards."""
    supervisor = Supervisor(place)
    supervisor.stop(name)
    try:
        yield
    finally:
        boot.launch(place, supervisor, name, roster.read(place)[name])


@contextmanager
def frozen(place: Place, name: str) -> Generator[None, None, None]:
    """While a process does nothing: connections to it are accepted and never answered."""
    supervisor = Supervisor(place)
    supervisor.signal(name, Signals.SIGSTOP)
    try:
        yield
    finally:
        supervisor.signal(name, Signals.SIGCONT)


def wait(place: Place, seconds: float = 60.0) -> None:
    """Until the plane is healthy again. LocalError where it is not, after so many seconds."""
    deadline = time.monotonic() + seconds
    while not plane.health(place).good:
        if time.monotonic() > deadline:
            raise LocalError(f"The local control plane is not healthy after {seconds:.0f} s.")
        time.sleep(0.1)
