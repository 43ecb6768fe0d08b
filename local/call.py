"""A request through the front door of this machine, as any client sends it."""

import http.client
import json
import secrets
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final, cast

from catalog.endpoint import Endpoint
from local import machine_authority
from local.apply import Api, ApiError
from local.errors import LocalError
from local.network import LOOPBACK
from local.place import Place

GOOD: Final = 300
"""Below this a status says that it went well."""
PATHS: Final = {"llm": "/v1/chat/completions", "graph": "/"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `revision` is empty where it is not known."""

    status: int
    text: str
    milliseconds: float
    trace: str
    revision: str


def path_of(endpoint: Endpoint) -> str:
    """Where an endpoint predicts, by what it is."""
    return PATHS.get(endpoint.kind, f"/v2/models/{endpoint.name}/infer")


def send(place: Place, endpoint: Endpoint, body: bytes, token: str) -> Answer:
    """POST the body. LocalError where there is no front door, or it does not answer in time."""
    trace = secrets.token_hex(16)
    headers = {
        "Content-Type": "application/json",
        "traceparent": f"00-{trace}-{secrets.token_hex(8)}-01",
        **({"Authorization": f"Bearer {token}"} if token else {}),
    }
    begun = time.perf_counter()
    try:
        with closing(connected(place, endpoint.host, endpoint.timeout / 1_000)) as connection:
            connection.request("POST", path_of(endpoint), body, headers)
            with connection.getresponse() as response:
                status, text = response.status, response.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise LocalError(f"The front door of {endpoint.host} does not answer: {error}.") from error
    taken = (time.perf_counter() - begun) * 1_000
    by = _revision(place, endpoint) if status < GOOD else ""
    return Answer(status, _indented(text), taken, trace, by)


def connected(place: Place, host: str, seconds: float) -> http.client.HTTPSConnection:
    """To the front door, asked for a host. LocalError where there is none on this machine."""
    try:
        port = int(place.door.read_text("ascii"))
    except OSError as error:
        raise LocalError(
            "There is no front door on this machine: slipway up --stack local opens one where a "
            "real node can run."
        ) from error
    trusting = ssl.create_default_context(cafile=str(machine_authority.certificate()))
    connection = http.client.HTTPSConnection(host, port, context=trusting)
    plain = socket.create_connection((LOOPBACK, port), timeout=seconds)
    connection.sock = trusting.wrap_socket(plain, server_hostname=host)
    return connection


def _indented(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2)
    except ValueError:
        return text.strip()


def _revision(place: Place, endpoint: Endpoint) -> str:
    """The revision that all requests go to; each with its share where there are several."""
    name = endpoint.name if endpoint.kind == "graph" else f"{endpoint.name}-predictor"
    path = f"/apis/serving.knative.dev/v1/namespaces/{endpoint.namespace}/services/{name}"
    api = Api.of(place.kubeconfig)
    try:
        traffic = api.get(path).get("status", {}).get("traffic", ())
    except (ApiError, OSError, http.client.HTTPException):
        return ""
    finally:
        api.close()
    shares = [row for row in traffic if row.get("percent")]
    if len(shares) == 1:
        return str(shares[0]["revisionName"])
    return " or ".join(f"{row['revisionName']} ({row['percent']} %)" for row in shares)


def differences(got: Any, wanted: Any, tolerance: float, where: str = "") -> Iterator[str]:
    """A line for each part of `wanted` that the answer does not have; it may have more."""
    if isinstance(wanted, Mapping):
        rows = cast("Mapping[str, Any]", wanted)
        for key, value in rows.items():
            found = cast("Mapping[str, Any]", got).get(key) if isinstance(got, Mapping) else None
            yield from differences(found, value, tolerance, f"{where}.{key}" if where else key)
    elif isinstance(wanted, list):
        values = cast("Sequence[Any]", wanted)
        found = cast("Sequence[Any]", got) if isinstance(got, list) else ()
        if len(found) != len(values):
            yield f"  {where} has {len(found)} values, not {len(values)}"
            return
        for number, (one, other) in enumerate(zip(found, values, strict=True)):
            yield from differences(one, other, tolerance, f"{where}[{number}]")
    elif isinstance(wanted, int | float) and isinstance(got, int | float):
        if abs(got - wanted) > tolerance:
            yield f"  {where} is {got}, not {wanted}"
    elif got != wanted:
        yield f"  {where} is {got!r}, not {wanted!r}"
