"""etcd's own JSON interface, asked through the plane's gate.

Every call is one of those that https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/ describes;
keys and values travel in Base64.
"""

import base64
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from local import unix

_PORT: Final = 2379
_TIMEOUT: Final = 30.0


class Etcd:
    """The etcd of a plane. OSError where it does not answer."""

    def __init__(self, gate: Path) -> None:
        self._gate = gate

    def put(self, key: str, value: str) -> None:
        """Write one key."""
        self._ask("put", {"key": _base64(key), "value": _base64(value)})

    def below(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Every key that begins so, with its value."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        answer = self._ask("range", {"key": _base64(prefix), "range_end": _base64(end)})
        for row in answer.get("kvs", ()):
            yield _text(row["key"]), _text(row["value"])

    def _ask(self, call: str, body: dict[str, str]) -> Any:
        with unix.connect(self._gate, _TIMEOUT) as connection:
            connection.sendall(f"{_PORT}\n".encode())
            if connection.recv(1) != b"\n":
                raise ConnectionRefusedError("etcd does not listen")
            client = http.client.HTTPConnection("127.0.0.1")
            client.sock = connection
            client.request("POST", f"/v3/kv/{call}", json.dumps(body))
            answer = client.getresponse()
            text = answer.read()
        if answer.status != http.client.OK:
            raise OSError(f"etcd refused {call}: {text.decode(errors='replace')}")
        return json.loads(text)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _text(encoded: str) -> str:
    return base64.b64decode(encoded).decode()
