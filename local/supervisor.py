"""The supervisor in the sandbox (http://supervisord.org): its configuration, and its answers."""

import http.client
import os
import shlex
import socket
import struct
import xmlrpc.client
from collections.abc import Iterable
from dataclasses import dataclass
from signal import Signals
from typing import Any, Final
from xml.parsers.expat import ExpatError

from local import reach, unix
from local.errors import LocalError
from local.place import Place
from local.process import Process

LISTENERS: Final = (9, 10)
"""The file descriptors of the machine's listening sockets, which the supervisor keeps open: that of
the API server and that of the front door.

supervisord and its children close those from 3 or 5 up to `minfds`, which is therefore less.
"""

_TIMEOUT: Final = 30.0
_WAIT: Final = False
_SECTIONS: Final = f"""\
[supervisord]
nodaemon=true
{{user}}minfds={LISTENERS[0] - 1}
; It writes to its standard output as well.
logfile=/dev/null
logfile_maxbytes=0
; Not /dev/null: it removes the file as it ends, and root may remove that one.
pidfile=supervisord.pid
[unix_http_server]
file={{socket}}
chmod=0600
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""
# A process is started again for as long as the plane lives; supervisord waits a second more each
# time. Paths are relative to the place's folder, so that its name needs no quoting.
_PROGRAM: Final = """\
[program:{name}]
command=/bin/sh run/{name}
autostart=false
autorestart=true
startretries=1000
stopwaitsecs=5
stdout_logfile=logs/{name}.log
stdout_logfile_maxbytes=50MB
stdout_logfile_backups=1
redirect_stderr=true
"""


class SupervisorError(LocalError):
    """The supervisor does not answer, or refuses."""


@dataclass(frozen=True, slots=True)
class State:
    """How a process is, in supervisor's word (RUNNING, BACKOFF ...) and in what it tells people."""

    name: str
    word: str
    said: str

    @property
    def runs(self) -> bool:
        """Whether it has been up for a second; what is STARTING has not."""
        return self.word == "RUNNING"

    @property
    def lives(self) -> bool:
        """Whether there is a process at all."""
        return self.word in {"RUNNING", "STARTING"}


def write(place: Place, processes: Iterable[Process]) -> None:
    """The configuration, and for each process the script that becomes it. Nothing starts yet."""
    # Root is told, so that supervisord does not warn; others may have no name by which it looks.
    user = "user=0\n" if os.getuid() == 0 else ""
    text = _SECTIONS.format(user=user, socket=place.socket.name)
    place.scripts.mkdir(parents=True)
    for process in processes:
        (place.scripts / process.name).write_text(_script(place, process), "utf-8")
        text += _PROGRAM.format(name=process.name)
    place.configuration.write_text(text, "utf-8")


def _script(place: Place, process: Process) -> str:
    environment = {
        "PATH": os.defpath,
        "HOME": place.folder,
        "TMPDIR": place.scratch,
        **process.environment,
    }
    words = ["exec", "env", "-i", *(f"{key}={value}" for key, value in environment.items())]
    return " \\\n  ".join(map(shlex.quote, [*words, *process.command])) + "\n"


class Supervisor:
    """The supervisor that listens on the socket of a place. SupervisorError where none does."""

    def __init__(self, place: Place) -> None:
        self._socket = place.socket

    def pid(self) -> int | None:
        """Its pid as this process sees it, or None where nobody listens; the kernel says so."""
        try:
            with unix.connect(self._socket, _TIMEOUT) as connection:
                peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        except OSError:
            return None
        return struct.unpack("3i", peer)[0]

    def states(self) -> list[State]:
        """Of every process, started or not."""
        return [_state(row) for row in self._ask("getAllProcessInfo")]

    def state(self, name: str) -> State:
        """Of one process."""
        return _state(self._ask("getProcessInfo", name))

    def start(self, name: str) -> None:
        """Start a process; that it then runs is not waited for."""
        self._ask("startProcess", name, _WAIT)

    def stop(self, name: str) -> None:
        """Stop a process, and keep it from being started again."""
        self._ask("stopProcess", name)

    def signal(self, name: str, number: Signals) -> None:
        """Send a signal to a process. One that ends of it is started again."""
        self._ask("signalProcess", name, number.name.removeprefix("SIG"))

    def _ask(self, method: str, *arguments: Any) -> Any:
        body = xmlrpc.client.dumps(arguments, f"supervisor.{method}")
        try:
            with unix.connect(self._socket, _TIMEOUT) as connection:
                client = reach.http_client(connection)
                client.request("POST", "/RPC2", body, {"Content-Type": "text/xml"})
                return xmlrpc.client.loads(client.getresponse().read())[0][0]
        except (OSError, http.client.HTTPException, xmlrpc.client.Error, ExpatError) as error:
            said = error.faultString if isinstance(error, xmlrpc.client.Fault) else str(error)
            asked = f"The supervisor of the local control plane was asked to {method}"
            raise SupervisorError(f"{asked}: {said}.") from error


def _state(row: dict[str, Any]) -> State:
    return State(row["name"], row["statename"], row["description"])
