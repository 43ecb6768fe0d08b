"""etcd's own JSON interface, asked through the plane's gate.

Every call is one of those that https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/ describes;
keys and values travel in Base64.
"""

import base64
import http.client
import json
from pathlib import Path
from typing import Any, Final

from local import reach

_PORT: Final = 2379
_TIMEOUT: Final = 30.0


class Etcd:
    """The etcd of a plane. OSError where it does not answer."""

    def __init__(self, gate: Path) -> None:
        self._gate = gate

    def put(self, key: str, value: str) -> None:
        """Write one key."""
        self._ask("put", {"key": _base64(key), "value": _base64(value)})

    def _ask(self, call: str, body: dict[str, str]) -> Any:
        with reach.port(self._gate, _PORT, _TIMEOUT) as connection:
            client = reach.http_client(connection)
            client.request("POST", f"/v3/kv/{call}", json.dumps(body))
            answer = client.getresponse()
            text = answer.read()
        if answer.status != http.client.OK:
            raise OSError(f"etcd refused {call}: {text.decode(errors='replace')}")
        return json.loads(text)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
