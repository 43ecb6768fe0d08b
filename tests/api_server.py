"""A small API server on loopback that lists objects, so that clients talk real HTTP.

It answers lists as Kubernetes does: by namespace, by label and field selector, in chunks; a plain
404 for a group that it does not have, 403 for a kind that may not be read.
"""

import json
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from catalog.objects import Object
from deploy.status.snapshot import KINDS

CONTEXT = "there"


@dataclass
class ApiServer:
    """What it holds, by the names of kinds; a kind that is not there has no CRD."""

    objects: Mapping[str, list[Object]]
    forbidden: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()
    most: int = 2
    """Objects in an answer, however many a client asks for."""
    requests: list[str] = field(default_factory=list[str])
    port: int = 0

    def kubeconfig(self, folder: Path, *, current: str = CONTEXT) -> Path:
        """A kubeconfig that leads here."""
        config = {
            "apiVersion": "v1", "kind": "Config", "current-context": current,
            "clusters": [{"name": "a", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}],
            "users": [{"name": "b", "user": {"token": "none"}}],
            "contexts": [{"name": CONTEXT, "context": {"cluster": "a", "user": "b"}}],
        }  # fmt: skip
        file = folder / "kubeconfig"
        file.write_text(yaml.safe_dump(config), "utf-8")
        return file

    def answer(self, url: str) -> tuple[int, Object | str]:
        """The status and body of an answer. Of a group that is not there it is plain text."""
        self.requests.append(url)
        path, query = urlsplit(url).path, parse_qs(urlsplit(url).query)
        for kind in KINDS:
            namespace = _namespace(path, kind.group, kind.version, kind.plural)
            if namespace is None:
                continue
            if kind.name in self.forbidden:
                return 403, _status(403, f'{kind.plural} is forbidden: User "me" cannot list')
            if kind.name in self.broken:
                return 500, _status(500, "etcdserver: request timed out")
            if kind.name not in self.objects:
                return 404, "404 page not found\n"
            found = [
                obj
                for obj in self.objects[kind.name]
                if namespace in {"", obj["metadata"].get("namespace")}
                and _selected(obj, query.get("labelSelector", [""])[0])
                and _has(obj, query.get("fieldSelector", [""])[0])
            ]
            begin = int(query.get("continue", ["0"])[0])
            end = begin + self.most
            more = {"continue": str(end)} if end < len(found) else {}
            return 200, {
                "kind": f"{kind.name}List", "apiVersion": kind.version,
                "metadata": {"resourceVersion": "7", **more}, "items": found[begin:end],
            }  # fmt: skip
        return 404, _status(404, "the server could not find the requested resource")


@contextmanager
def serving(api: ApiServer) -> Generator[ApiServer, None, None]:
    """Serves on a free port of loopback while it is used."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            code, body = api.answer(self.path)
            payload = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(code)
            form = "text/plain" if isinstance(body, str) else "application/json"
            self.send_header("Content-Type", form)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its signature
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        api.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()


def _namespace(path: str, group: str, version: str, plural: str) -> str | None:
    """The namespace of a list, "" for all of them; None where the path is of another kind."""
    base = f"/apis/{group}/{version}/" if group else f"/api/{version}/"
    if not path.startswith(base):
        return None
    rest = path.removeprefix(base)
    if rest == plural:
        return ""
    parts = rest.split("/")
    if len(parts) == 3 and (parts[0], parts[2]) == ("namespaces", plural):
        return parts[1]
    return None


def _selected(obj: Object, selector: str) -> bool:
    labels = obj["metadata"].get("labels", {})
    for part in filter(None, selector.split(",")):
        key, equals, value = part.partition("=")
        if key not in labels or (equals and labels[key] != value):
            return False
    return True


def _has(obj: Object, selector: str) -> bool:
    key, _, value = selector.partition("=")
    return not key or obj.get(key) == value


def _status(code: int, message: str) -> Object:
    return {
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": message,
    }  # fmt: skip
