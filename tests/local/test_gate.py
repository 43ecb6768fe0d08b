"""The gate relays whatever is said, both ways, and says when there is nobody to say it to."""

import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

import local.gate
from local import probe, reach, sandbox, unix
from local.process import Ready
from tests.local.sandboxes import eventually

LARGE = bytes(range(256)) * (1 << 14)


@dataclass
class Gate:
    """One that runs; `machine` is its port for the API server, `port` where that would listen."""

    path: Path
    machine: int
    port: int


@pytest.fixture
def gate(tmp_path: Path) -> Generator[Gate, None, None]:
    with sandbox.listeners(door=False)[0] as listener:
        api, path = free_port(), tmp_path / "gate.sock"
        handle = str(listener.fileno())
        running = subprocess.Popen(
            [
                sys.executable,
                "-I",
                local.gate.__file__,
                f"{handle}=127.0.0.1:{api}",
                str(path),
                "/",
            ],
            pass_fds=[listener.fileno()],
        )
        try:
            eventually(lambda: path.exists())
            yield Gate(path, listener.getsockname()[1], api)
        finally:
            running.kill()
            running.wait()


def free_port() -> int:
    with sandbox.listeners(door=False)[0] as found:
        return found.getsockname()[1]


def upper(listener: socket.socket) -> None:
    """Answers one client that has said all with the same in capitals."""
    listener.settimeout(30)
    with listener, listener.accept()[0] as connection:
        connection.settimeout(30)
        connection.sendall(whole(connection).upper())


def whole(connection: socket.socket) -> bytes:
    found = bytearray()
    while chunk := connection.recv(1 << 16):
        found += chunk
    return bytes(found)


def answer(connection: socket.socket, said: bytes) -> bytes:
    with connection:
        connection.settimeout(30)
        connection.sendall(said)
        connection.shutdown(socket.SHUT_WR)
        return whole(connection)


def serving(stack: ExitStack, port: int = 0) -> int:
    listener = socket.create_server(("127.0.0.1", port))
    thread = threading.Thread(target=upper, args=(listener,))
    thread.start()
    stack.callback(thread.join)
    return listener.getsockname()[1]


@pytest.mark.parametrize("said", [b"", b"a", LARGE], ids=["nothing", "a-byte", "4-MiB"])
def test_any_port_is_reached_through_the_unix_socket(gate: Gate, said: bytes) -> None:
    with ExitStack() as stack:
        connection = reach.port(gate.path, serving(stack), 30)
        assert answer(connection, said) == said.upper()


@pytest.mark.parametrize("said", [b"a", LARGE], ids=["a-byte", "4-MiB"])
def test_the_api_server_is_reached_through_the_machines_port(gate: Gate, said: bytes) -> None:
    with ExitStack() as stack:
        serving(stack, gate.port)
        connection = socket.create_connection(("127.0.0.1", gate.machine))
        assert answer(connection, said) == said.upper()


def test_a_client_is_held_until_the_api_server_listens(gate: Gate) -> None:
    connection = socket.create_connection(("127.0.0.1", gate.machine))
    connection.sendall(b"early ")
    for _ in range(3):  # By the end of these the gate has found that nobody listens.
        assert not probe.answers(gate.path, Ready(port=gate.port))
    with ExitStack() as stack:
        serving(stack, gate.port)
        assert answer(connection, b"late") == b"EARLY LATE"


def test_a_port_where_nobody_listens_refuses(gate: Gate) -> None:
    with pytest.raises(ConnectionRefusedError, match=str(gate.port)):
        reach.port(gate.path, gate.port, 30)
    assert not probe.answers(gate.path, Ready(port=gate.port))


@pytest.mark.parametrize("line", [b"\n", b"x\n", b"-1\n", b"99999\n"])
def test_what_is_no_port_is_refused_and_the_gate_stays(gate: Gate, line: bytes) -> None:
    with unix.connect(gate.path, 30) as connection:
        connection.sendall(line)
        assert connection.recv(1) == b""
    with ExitStack() as stack:
        assert probe.answers(gate.path, Ready(port=serving(stack)))


def test_a_client_that_goes_away_takes_nobody_along(gate: Gate) -> None:
    with ExitStack() as stack:
        reach.port(gate.path, serving(stack), 30).close()
        other = reach.port(gate.path, serving(stack), 30)
        assert answer(other, b"b") == b"B"
