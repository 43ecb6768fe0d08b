"""Connections from outside to a port inside the sandbox, through the gate."""

import http.client
import socket
from pathlib import Path

from local import unix
from local.network import LOOPBACK


def port(gate: Path, number: int, seconds: float, host: str = LOOPBACK) -> socket.socket:
    """A connection to the port of a host inside. ConnectionRefusedError where none listens.

    `seconds` is what it waits for anything. OSError where there is no gate.
    """
    connection = unix.connect(gate, seconds)
    try:
        connection.sendall(f"{host}:{number}\n".encode())
        if connection.recv(1) != b"\n":
            raise ConnectionRefusedError(f"nothing listens at {host}:{number} in the sandbox")
    except BaseException:
        connection.close()
        raise
    return connection


def http_client(connection: socket.socket) -> http.client.HTTPConnection:
    """An HTTP client that talks over this connection."""
    client = http.client.HTTPConnection("127.0.0.1")
    client.sock = connection
    return client
