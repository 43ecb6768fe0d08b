"""Whether something inside the sandbox answers, asked through the gate."""

import http.client
import socket
import ssl
from pathlib import Path
from typing import Final

from local import reach
from local.process import Ready

_TIMEOUT: Final = 5.0


def answers(gate: Path, ready: Ready) -> bool:
    """Whether the port accepts and, where there is a path, a GET of it is answered with 200."""
    try:
        with reach.port(gate, ready.port, _TIMEOUT, ready.host) as connection:
            if not ready.path:
                return True
            if not ready.tls:
                return _status(connection, ready.path) == http.client.OK
            with _anybody().wrap_socket(connection) as encrypted:
                return _status(encrypted, ready.path) == http.client.OK
    except (OSError, http.client.HTTPException):
        return False


def _status(connection: socket.socket, path: str) -> int:
    client = reach.http_client(connection)
    client.request("GET", path)
    with client.getresponse() as answer:
        return answer.status


def _anybody() -> ssl.SSLContext:
    """Health is no secret, and most components show a certificate that they made themselves."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
