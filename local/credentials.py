"""Every key, certificate and kubeconfig of a plane, written when it starts."""

import base64
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from local import artifact_server
from local.certificates import MASTERS, Authority, Pair, groups_of, signing_keys
from local.network import ADDRESS, API_SERVER_PORT, KUBERNETES_SERVICE, LOOPBACK, NODE, STORE
from local.place import CONTEXT, Place
from local.process import Process

ADMINISTRATOR: Final = "slipway-local-administrator"

_SERVICE: Final = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost")


def write(place: Place, processes: Iterable[Process], port: int) -> None:
    """`port` is where clients outside the sandbox reach the API server on 127.0.0.1."""
    authority = Authority()
    _file(place.authority, authority.certificate)
    server = authority.server(_SERVICE, (LOOPBACK, ADDRESS, KUBERNETES_SERVICE))
    _pair(place.certificates / "kube-apiserver", server)
    _pair(place.certificates / "kubelet", authority.server((NODE,), (LOOPBACK, ADDRESS)))
    store = authority.server((artifact_server.HOST,), (STORE, LOOPBACK))
    _pair(place.certificates / artifact_server.CERTIFICATE, store)
    to_kubelet = authority.client("kube-apiserver-kubelet-client", (MASTERS,))
    _pair(place.certificates / "kubelet-client", to_kubelet)
    _pair(place.serving / "tls", authority.server(("localhost",), (LOOPBACK,)))
    private, public = signing_keys()
    _file(place.certificates / "service-accounts.key", private)
    _file(place.certificates / "service-accounts.pub", public)
    administrator = authority.client(ADMINISTRATOR, (MASTERS,))
    _kubeconfig(place.kubeconfig, authority, administrator, port)
    for process in processes:
        if process.subject:
            pair = authority.client(process.subject, groups_of(process.subject))
            _kubeconfig(place.kubeconfig_of(process.name), authority, pair, API_SERVER_PORT)


def _kubeconfig(path: Path, authority: Authority, client: Pair, port: int) -> None:
    cluster = {
        "server": f"https://{LOOPBACK}:{port}",
        "certificate-authority-data": _base64(authority.certificate),
    }
    user = {
        "client-certificate-data": _base64(client.certificate),
        "client-key-data": _base64(client.key),
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": CONTEXT,
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT}}],
        "clusters": [{"name": CONTEXT, "cluster": cluster}],
        "users": [{"name": CONTEXT, "user": user}],
    }
    _file(path, json.dumps(config, indent=2) + "\n")  # JSON is YAML.


def _pair(path: Path, pair: Pair) -> None:
    _file(path.with_suffix(".crt"), pair.certificate)
    _file(path.with_suffix(".key"), pair.key)


def _file(path: Path, text: str) -> None:
    """Readable for the user alone from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
