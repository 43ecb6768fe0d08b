"""Asks an API server over a few kept connections, and applies many objects at once.

A client of our own, because booting is spent in requests: the objects are plain data already, and
a general client would model, re-read and order them one by one.
"""

import base64
import http.client
import json
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

import yaml

from catalog.objects import Object, identity

MANAGER: Final = "slipway-local"
"""The field manager of what the plane holds; the engine has its own."""

_WORKERS: Final = 8
_TIMEOUT: Final = 60.0
_PATIENCE: Final = 180.0
"""Seconds to wait for what other processes do, on a machine that does much beside it."""
_APPLY: Final = "application/apply-patch+yaml"  # JSON is YAML.
_DISCOVERY: Final = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_CONFLICT: Final = 409


class ApiError(Exception):
    """What the API server refused, in its own words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Api:
    """One API server, as one user. Safe to use from threads; each has its own connection."""

    def __init__(self, server: str, tls: ssl.SSLContext) -> None:
        address = urlsplit(server)
        self._host, self._port, self._tls = address.hostname or "", address.port or 443, tls
        self._local = threading.local()
        self._connections: list[http.client.HTTPSConnection] = []
        self._paths: dict[tuple[str, str], tuple[str, bool]] = {}

    @classmethod
    def of(cls, kubeconfig: Path) -> "Api":
        """As the user of the kubeconfig's current context, by client certificate."""
        config = yaml.safe_load(kubeconfig.read_text("utf-8"))
        context = _named(config["contexts"], config["current-context"])["context"]
        cluster = _named(config["clusters"], context["cluster"])["cluster"]
        user = _named(config["users"], context["user"])["user"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        tls = ssl.create_default_context(cadata=authority)
        with tempfile.NamedTemporaryFile() as pem:  # Of mode 0600; ssl reads files alone.
            pem.write(base64.b64decode(user["client-certificate-data"]))
            pem.write(base64.b64decode(user["client-key-data"]))
            pem.flush()
            tls.load_cert_chain(pem.name)
        return cls(cluster["server"], tls)

    def request(
        self, method: str, path: str, body: object = None, kind: str = "application/json"
    ) -> Any:
        """The answer's JSON, or its text. ApiError for a refusal, OSError where nobody answers."""
        # Not as ASCII: YAML has no pairs of escapes for one character.
        sent = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        accept = _DISCOVERY if path in ("/api", "/apis") else "application/json, */*"
        headers = {"Content-Type": kind, "Accept": accept}
        status, text = self._exchange(method, path, sent, headers)
        if status >= http.client.BAD_REQUEST:
            raise ApiError(status, _message(text))
        return json.loads(text) if text[:1] in (b"{", b"[") else text.decode()

    def close(self) -> None:
        """Ends the connections, of all threads."""
        for connection in self._connections:
            connection.close()

    def get(self, path: str) -> Any:
        """`request` of a GET."""
        return self.request("GET", path)

    def apply(self, obj: Object) -> Object:
        """Server-side apply; fields of another manager are taken over."""
        query = f"?fieldManager={MANAGER}&force=true"
        return cast("Object", self.request("PATCH", self.path(obj) + query, obj, _APPLY))

    def create(self, obj: Object) -> Object:
        """Create, or apply where it is there: creating costs the server half as much."""
        folder = self.path(obj).rpartition("/")[0]
        try:
            made = self.request("POST", f"{folder}?fieldManager={MANAGER}", obj)
        except ApiError as error:
            if error.status != _CONFLICT:
                raise
            return self.apply(obj)
        return cast("Object", made)

    def path(self, obj: Object) -> str:
        """The address of the object. LookupError for a kind that the server does not serve."""
        version, kind, namespace, name = identity(obj)
        return self.resource(version, kind, namespace) + f"/{name}"

    def resource(self, version: str, kind: str, namespace: str = "") -> str:
        """The address of all objects of a kind, in one namespace or in all."""
        if (version, kind) not in self._paths:
            self._paths = self._discover()
        if (version, kind) not in self._paths:
            raise LookupError(f"the API server serves no {kind} of {version}")
        plural, namespaced = self._paths[version, kind]
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        scope = f"/namespaces/{namespace}" if namespaced and namespace else ""
        return f"{root}{scope}/{plural}"

    def kinds(self) -> Set[tuple[str, str]]:
        """What the server serves now, as group and version, and kind."""
        self._paths = self._discover()
        return self._paths.keys()

    def _discover(self) -> dict[tuple[str, str], tuple[str, bool]]:
        found: dict[tuple[str, str], tuple[str, bool]] = {}
        for root in ("/api", "/apis"):
            for group in self.get(root)["items"]:
                name = group["metadata"].get("name", "")
                for version in group["versions"]:
                    full = f"{name}/{version['version']}" if name else version["version"]
                    for each in version.get("resources", ()):
                        kind = each.get("responseKind", {}).get("kind", "")
                        found[full, kind] = each["resource"], each["scope"] == "Namespaced"
        return found

    def _exchange(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        """A kept connection may have been closed at the other end, so a second one is tried."""
        for kept in (True, False):
            connection = getattr(self._local, "connection", None) if kept else None
            if connection is None:
                connection = http.client.HTTPSConnection(
                    self._host, self._port, timeout=_TIMEOUT, context=self._tls
                )
                self._local.connection = connection
                self._connections.append(connection)
            try:
                connection.request(method, path, body, dict(headers))
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (http.client.HTTPException, ConnectionError):
                connection.close()
                self._local.connection = None
                if not kept:
                    raise
        raise AssertionError  # Never reached: the second turn returns or raises.


def apply_all(api: Api, objects: Iterable[Object]) -> None:
    """Creates or applies each, several at a time, in no order that could be relied on.

    Raises ApiError naming every object that was refused.
    """
    refused: list[str] = []

    def one(obj: Object) -> None:
        try:
            api.create(obj)
        except (ApiError, LookupError) as error:
            refused.append(f"{'/'.join(filter(None, identity(obj)))}: {error}")

    with ThreadPoolExecutor(_WORKERS) as pool:
        list(pool.map(one, objects))
    if refused:
        raise ApiError(0, "the API server refused " + "; ".join(sorted(refused)))


def wait(what: str, done: Callable[[], bool]) -> None:
    """Until `done`; what nobody answers yet or refuses is not done. TimeoutError says `what`."""
    deadline = time.monotonic() + _PATIENCE
    last = ""
    while True:
        try:
            if done():
                return
        except (ApiError, OSError, http.client.HTTPException) as error:
            last = f" ({error})"
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} after {_PATIENCE:.0f} s{last}")
        time.sleep(0.1)


def _named(rows: Iterable[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    return next(row for row in rows if row["name"] == name)


def _message(text: bytes) -> str:
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text.decode(errors="replace").strip()
