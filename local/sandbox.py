"""The sandbox from outside: whether this machine can make one, and making it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from local import logs
from local.errors import LocalError
from local.network import LOOPBACK, OWN
from local.place import Place
from local.supervisor import LISTENERS, Supervisor

_INSIDE: Final = Path(__file__).with_name("inside.py")
_PATIENCE: Final = 30.0


DOOR: Final = 8443
"""The port of the machine at which the front door is, where nobody else has it."""


def listeners(*, door: bool) -> list[socket.socket]:
    """Sockets on the machine's own loopback, for the gate: the API server's and the `door`'s."""
    return [socket.create_server((LOOPBACK, 0), backlog=128), *([_door()] if door else [])]


def _door() -> socket.socket:
    try:
        return socket.create_server((LOOPBACK, DOOR), backlog=1024)
    except OSError:
        return socket.create_server((LOOPBACK, 0), backlog=1024)


def require() -> None:
    """LocalError, in one sentence, where the machine cannot make a sandbox."""
    if sys.platform != "linux":
        raise LocalError(
            f"The local control plane needs Linux, and this is {sys.platform}: run it in a Linux "
            "virtual machine or container."
        )
    tried = subprocess.run(_command(), capture_output=True, text=True, check=False)
    if tried.returncode:
        raise LocalError(
            "The local control plane needs a network and a pid namespace of its own, and the "
            f"kernel refuses them ({tried.stderr.strip()}): run as root, or allow user namespaces "
            "(sysctl kernel.apparmor_restrict_unprivileged_userns=0 where there is such a key, "
            "or user.max_user_namespaces above 0); a container needs --privileged."
        )


class Sandbox:
    """A sandbox that is being started. It ends with this process until `keep` is called."""

    def __init__(self, place: Place, listeners: Sequence[socket.socket]) -> None:
        guard, self._guard = os.pipe()
        handles = [each.fileno() for each in listeners]
        kept = ",".join(f"{one}={other}" for one, other in zip(handles, LISTENERS, strict=False))
        node = [str(place.node)] if place.node.exists() else []
        command = [*_command(), place.configuration.name, kept, str(guard), *node]
        with place.log_of("supervisor").open("wb") as log:
            self._maker = subprocess.Popen(
                command,
                cwd=place.folder,
                env={"PATH": os.defpath, "HOME": str(place.folder), "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(*handles, guard),
                start_new_session=True,  # Ctrl-C in the terminal is for this process alone.
            )
        os.close(guard)
        self._place = place

    def wait(self) -> None:
        """Until its supervisor answers. LocalError where it does not."""
        deadline = time.monotonic() + _PATIENCE
        while Supervisor(self._place).pid() is None:
            if self._maker.poll() is not None or time.monotonic() > deadline:
                said = logs.end(self._place, "supervisor")
                raise LocalError(f"The supervisor of the local control plane does not start{said}")
            time.sleep(0.02)

    def keep(self) -> None:
        """From now on it lives until it is stopped."""
        os.write(self._guard, b"\n")
        self._leave()

    def end(self) -> None:
        """Everything in it ends."""
        self._leave()

    def _leave(self) -> None:
        os.close(self._guard)
        self._maker.wait()


def _command() -> list[str]:
    return [sys.executable, "-I", str(_INSIDE), ",".join(OWN)]
