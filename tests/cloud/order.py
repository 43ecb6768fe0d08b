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
    needed = brought_by(group, kind)
    missing = sorted(set(needed) - releases.deployed(api, needed)) if needed else []
    if missing:
        name, why = urn.rpartition("::")[2], f"{_DEEDS[method]} without {', '.join(missing)}"
        raise RefusedError("Kubernetes", f"{kind} {name}: {why}")


def _kind(urn: str) -> tuple[str, str]:
    """The group and the kind of `…$kubernetes:<group>/<version>:<kind>::<name>`."""
    _, path, kind = urn.split("::")[2].rpartition("$")[2].split(":")
    return path.partition("/")[0], kind
