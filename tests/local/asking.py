"""Requests to a plane's API server as somebody in particular."""

import base64
import http.client
import json
import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local.place import Place


def server_of(place: Place) -> str:
    return _cluster(place)["server"]


def ask(place: Place, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """The status and the answer, as the administrator."""
    return _ask(place, method, path, body, client=place.kubeconfig)


def status_of(place: Place, path: str, *, client: Path | None = None, user: str = "") -> int:
    """The answer's status to a GET as the administrator, or with another client certificate.

    With `user` the administrator speaks for that one.
    """
    headers = {"Impersonate-User": user} if user else {}
    return _ask(place, "GET", path, headers=headers, client=client or place.kubeconfig)[0]


def ask_as(
    place: Place, user: str, group: str, method: str, path: str, body: object = None
) -> tuple[int, Any]:
    """The same, the administrator speaking for a user who is in one group."""
    headers = {"Impersonate-User": user, "Impersonate-Group": group}
    return _ask(place, method, path, body, headers, place.kubeconfig)


def status_without_certificate(place: Place, path: str) -> int:
    return _ask(place, "GET", path)[0]


def _ask(
    place: Place,
    method: str,
    path: str,
    body: object = None,
    headers: Mapping[str, str] | None = None,
    client: Path | None = None,
) -> tuple[int, Any]:
    address = urlsplit(server_of(place))
    connection = http.client.HTTPSConnection(
        address.hostname or "", address.port, context=_tls(place, client)
    )
    sent = None if body is None else json.dumps(body)
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
    try:
        connection.request(method, path, sent, {"Content-Type": kind, **(headers or {})})
        with connection.getresponse() as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text[:1] == b"{" else text
    finally:
        connection.close()


def _tls(place: Place, client: Path | None) -> ssl.SSLContext:
    authority = base64.b64decode(_cluster(place)["certificate-authority-data"]).decode()
    tls = ssl.create_default_context(cadata=authority)
    if client is None:
        return tls
    user = json.loads(client.read_text("utf-8"))["users"][0]["user"]
    with tempfile.NamedTemporaryFile() as pem:
        for key in ("client-certificate-data", "client-key-data"):
            pem.write(base64.b64decode(user[key]))
        pem.flush()
        tls.load_cert_chain(pem.name)
    return tls


def _cluster(place: Place) -> dict[str, Any]:
    return json.loads(place.kubeconfig.read_text("utf-8"))["clusters"][0]["cluster"]
