"""KWOK: makes the nodes ready, lets pods run on them, and answers with the plane's stages."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from catalog.objects import Object
from local import stages
from local.kube import NODE_PATIENCE
from local.network import ADDRESS, LOOPBACK, PLAYED_PODS
from local.nodes import PLAYED
from local.place import Place
from local.process import Process, Ready
from tools.toolchain import binary

KWOK: Final = "kwok"
BINARIES: Final = (KWOK,)

_ACCOUNT, _NAMESPACE = "kwok-controller", "kube-system"
_PORT: Final = 10247
_LEASE_SECONDS: Final = NODE_PATIENCE
"""A lease is renewed four times in this."""

# kwok v0.7.0 `kustomize/rbac/role.yaml`, without the kinds of its own, which are not there.
_RULES: Final = (
    ([""], ["events"], ["create", "patch", "update"]),
    ([""], ["nodes"], ["get", "list", "watch"]),
    ([""], ["nodes/status", "pods/status"], ["patch", "update"]),
    ([""], ["pods"], ["delete", "get", "list", "patch", "update", "watch"]),
    (["coordination.k8s.io"], ["leases"], ["create", "get", "list", "patch", "update", "watch"]),
)


def rights(answered: Iterable[stages.Answer]) -> list[Object]:
    """What KWOK may do, to answer these among it."""
    api = "rbac.authorization.k8s.io"
    rules = [{"apiGroups": g, "resources": r, "verbs": v} for g, r, v in _RULES]
    return [
        {
            "apiVersion": f"{api}/v1",
            "kind": "ClusterRole",
            "metadata": {"name": _ACCOUNT},
            "rules": [*rules, *stages.rules(answered)],
        },
        {
            "apiVersion": f"{api}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": _ACCOUNT},
            "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": _ACCOUNT},
            "subjects": [{"kind": "ServiceAccount", "name": _ACCOUNT, "namespace": _NAMESPACE}],
        },
    ]


def configuration(place: Place) -> Path:
    """Where the stages are written for it."""
    return place.folder / "kwok.yaml"


def process(place: Place) -> Process:
    """It ends where a stage names a kind that the API server does not serve yet."""
    return Process(
        name=KWOK,
        command=(
            str(binary(KWOK)),
            f"--kubeconfig={place.kubeconfig_of(KWOK)}",
            f"--config={configuration(place)}",
            f"--manage-nodes-with-annotation-selector={PLAYED}",
            f"--cidr={PLAYED_PODS}",
            f"--node-ip={ADDRESS}",
            f"--node-lease-duration-seconds={_LEASE_SECONDS}",
            f"--server-address={LOOPBACK}:{_PORT}",
        ),
        ready=Ready(port=_PORT, path="/healthz"),
        subject=f"system:serviceaccount:{_NAMESPACE}:{_ACCOUNT}",
    )
