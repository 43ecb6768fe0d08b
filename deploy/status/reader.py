"""Reads a snapshot from a cluster: a list of each kind, a few at a time."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Final, Self

import httpx2
from lightkube import ApiError, Client
from lightkube.core.exceptions import ConfigError
from lightkube.core.resource import ApiInfo, ResourceDef
from lightkube.generic_resource import GenericGlobalResource, GenericNamespacedResource

from catalog.objects import Object
from deploy.cluster import Access, ClusterError
from deploy.status.declared import Declared
from deploy.status.snapshot import KINDS, Kind, Snapshot

AT_ONCE: Final = 6
CHUNK: Final = 500
"""Objects in an answer, as kubectl asks for them."""
FEW_NAMESPACES: Final = 3
"""Up to here each namespace is asked by itself; above, a kind is listed over all of them."""
EVERYWHERE: Final = "*"
_LONGEST: Final = 200
_GONE: Final = 404
_FORBIDDEN: Final = 403


class Reader:
    """Reads one cluster, again and again, until the block ends and its connections are closed.

    Raises ClusterError where it cannot be reached or knows nobody by these credentials. A kind that
    it does not have, as its CRD is not installed, is empty; one that may not be read is a note.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._client: Any = _client(access)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def read(self, declared: Declared) -> Snapshot:
        """What the cluster holds of the tenants that are asked about."""
        taken = datetime.now(UTC)
        namespaces = _scope(declared)
        jobs = [
            (kind, namespace)
            for kind in KINDS
            for namespace in ((EVERYWHERE,) if kind.is_global else namespaces)
        ]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(self._list, *zip(*jobs, strict=True)))
        objects: dict[str, list[Object]] = {}
        unreadable: dict[str, str] = {}
        for (kind, _), answer in zip(jobs, answers, strict=True):
            if isinstance(answer, str):
                unreadable[kind.name] = answer
            elif answer is not None:
                objects.setdefault(kind.name, []).extend(answer)
        found = {name: tuple(each) for name, each in objects.items()}
        return Snapshot(taken, found, unreadable)

    def _list(self, kind: Kind, namespace: str) -> Sequence[Object] | str | None:
        """The objects of a kind; None where the cluster has no such kind, else why not."""
        try:
            return list(self._objects(kind, namespace))
        except httpx2.HTTPStatusError as error:
            code, why = error.response.status_code, _told(error)
            # Where nothing of a group is installed the answer is no Status but plain text.
            if code == _GONE:
                return None
            if code == _FORBIDDEN:
                return f"may not be read: {why}"
            raise ClusterError(f"{self._access.name} answers {code}: {why}") from error
        except (httpx2.HTTPError, OSError, ValueError, ConfigError) as error:
            raise ClusterError(
                f"{self._access.name} cannot be reached: {_reason(error)}{self._access.hint}"
            ) from error

    def _objects(self, kind: Kind, namespace: str) -> Iterable[Object]:
        key, _, value = kind.label.partition("=")
        selector: dict[str, Any] = {
            "chunk_size": CHUNK,
            "labels": {key: value or None} if key else None,
        }
        if kind.type:
            selector["fields"] = {"type": kind.type}
        if not kind.is_global:
            selector["namespace"] = namespace
        return self._client.list(_RESOURCES[kind.name], **selector)


def _scope(declared: Declared) -> tuple[str, ...]:
    """The namespaces to ask, where they are few and nothing else is asked about."""
    if declared.project is None and not declared.names:
        return (EVERYWHERE,)
    known = tuple(sorted({each.namespace for each in declared.endpoints}))
    return known if known and len(known) <= FEW_NAMESPACES else (EVERYWHERE,)


def _client(access: Access) -> Client:
    try:
        return Client(
            access.config, timeout=httpx2.Timeout(30.0, connect=10.0), trust_env=access.by_proxy
        )
    except (ConfigError, OSError, ValueError, AssertionError) as error:
        raise ClusterError(f"{access.name} cannot be used: {_reason(error)}") from error


def _resource(kind: Kind) -> Any:
    """A class of our own: lightkube's registry refuses a kind that somebody else has described."""
    base = GenericGlobalResource if kind.is_global else GenericNamespacedResource
    info = ApiInfo(
        resource=ResourceDef(kind.group, kind.version, kind.name),
        plural=kind.plural,
        verbs=["list", "global_list"],
    )
    return type(kind.name, (base,), {"_api_info": info})


_RESOURCES: Final = {kind.name: _resource(kind) for kind in KINDS}


def _told(error: httpx2.HTTPStatusError) -> str:
    """What the API server says, in its own words where it has any."""
    if isinstance(error, ApiError):
        return error.status.message or ""
    return " ".join(error.response.text.split())[:_LONGEST]


def _reason(error: Exception) -> str:
    """The error in one line; what it says of itself is often nothing."""
    return " ".join(str(error).split()) or type(error).__name__
