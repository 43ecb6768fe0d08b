"""What an API server holds: every object of every kind."""

from collections.abc import Iterator
from typing import Final

from local.apply import Api, ApiError

Identity = tuple[str, str, str]
"""Kind, namespace and name."""

_KEPT_BY_THE_SERVER: Final = {"APIService", "CustomResourceDefinition", "Event", "Lease"}
"""Its own, or made along with CRDs, which stay (`tests.cloud.chart_crds`)."""
_NOT_LISTED: Final = {404, 405}


def objects(api: Api) -> frozenset[Identity]:
    """All of them, but for what the server keeps for itself."""
    kinds = {kind: version for version, kind in sorted(api.kinds())}
    return frozenset(
        found
        for kind, version in kinds.items()
        if kind and kind not in _KEPT_BY_THE_SERVER
        for found in _of(api, version, kind)
    )


def _of(api: Api, version: str, kind: str) -> Iterator[Identity]:
    try:
        answer = api.get(api.resource(version, kind))
    except ApiError as error:
        if error.status in _NOT_LISTED:
            return  # A review is only asked for.
        raise
    for obj in answer.get("items") or ():
        metadata = obj["metadata"]
        yield kind, metadata.get("namespace", ""), metadata["name"]
