"""Whether the cluster still, or already, holds what an object needs beyond its CRD."""

from typing import Any, Final, TypeAlias

from local.apply import Api
from tests.brought import brought_by
from tests.cloud import releases
from tests.cloud.kinds import RefusedError
from tests.cloud.kubeconfigs import check_reachable

Message: TypeAlias = Any  # The generated classes share no type that says `FromString`.

_DEEDS: Final = {
    "Create": "failed calling webhook: no endpoints available",
    "Update": "failed calling webhook: no endpoints available",
    "Delete": "its finalizer would stay",
}


def check(api: Api, method: str, urn: str) -> None:
    """Refuses what a cluster would: the API is gone, or the releases that a kind needs."""
    check_reachable()
    group, kind = _kind(urn)
    missing = set(brought_by(group, kind)) - releases.deployed(api)
    if missing:
        raise RefusedError(
            "Kubernetes", f"{kind} {urn.rpartition('::')[2]}: {_DEEDS[method]}, without {missing}"
        )


def _kind(urn: str) -> tuple[str, str]:
    """The group and the kind of `…$kubernetes:<group>/<version>:<kind>::<name>`."""
    _, path, kind = urn.split("::")[2].rpartition("$")[2].split(":")
    return path.partition("/")[0], kind
