"""Helm's answers: releases are kept where Helm keeps them, in Secrets of their namespace.

So the API server itself refuses a namespace that is not there, and a release goes with its
namespace. Nothing of a chart is rendered. Of what it would make, the CRDs are made.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as wire

from catalog import pins
from local.apply import Api, ApiError
from tests.cloud import chart_crds
from tests.cloud.kinds import RefusedError
from tests.cloud.wire import plain

TYPE: Final = "kubernetes:helm.sh/v3:Release"

Message: TypeAlias = Any  # The generated classes share no type that says `FromString`.

_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LONGEST: Final = 53
_FORCE_NEW: Final = ("name", "namespace")


def is_release(urn: str) -> bool:
    """Whether a resource is one of Helm's releases."""
    return urn.split("::")[2].rpartition("$")[2] == TYPE


def deployed(api: Api, names: Iterable[str]) -> set[str]:
    """Which of these releases are there."""
    query = quote(f"owner=helm,name in ({','.join(names)})")
    found = api.get(f"/api/v1/secrets?labelSelector={query}")
    return {secret["metadata"]["labels"]["name"] for secret in found["items"]}


def _check(_: Api, request: Message) -> Message:
    inputs = plain(request.news)
    failures = [wire.CheckFailure(property=key, reason=why) for key, why in _wrong(inputs)]
    return wire.CheckResponse(inputs=request.news, failures=failures)


def _wrong(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    name, chart = inputs["name"], inputs["chart"].rpartition("/")[2]
    found: list[tuple[str, str]] = []
    if len(name) > _LONGEST or not _NAME.fullmatch(name):
        found.append(("name", f"invalid release name {name}: no DNS name of at most {_LONGEST}"))
    pinned = next((row for row in pins.CHARTS if row.name == chart), None)
    if pinned is None or pinned.version != inputs["version"]:
        found.append(("chart", f"failed to download {chart} at version {inputs['version']}"))
    elif not _location(inputs).endswith(_path(pinned.location())):
        found.append(("chart", f"failed to find {chart} at {_location(inputs)}"))
    return found


def _location(inputs: Mapping[str, Any]) -> str:
    repository = inputs.get("repositoryOpts", {}).get("repo")
    return repository or inputs["chart"].rpartition("/")[0]


def _path(location: str) -> str:
    return location.partition("://")[2].partition("/")[2]


def _diff(_: Api, request: Message) -> Message:
    old = plain(request.old_inputs)
    new = plain(request.news)
    changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    some = wire.DiffResponse.DIFF_SOME if changed else wire.DiffResponse.DIFF_NONE
    replaces = [key for key in _FORCE_NEW if key in changed]
    return wire.DiffResponse(changes=some, diffs=changed, replaces=replaces)


def _create(api: Api, request: Message) -> Message:
    inputs = plain(request.properties)
    if request.preview:
        return wire.CreateResponse(properties=request.properties)
    name, namespace = inputs["name"], inputs["namespace"]
    if _revisions(api, namespace, name):
        raise RefusedError(
            "Kubernetes", f"cannot re-use a name that is still in use: {namespace}/{name}"
        )
    _keep(api, inputs, revision=1)
    try:
        chart_crds.create(api, name)
    except TimeoutError as error:  # Releases are wholly there or not at all.
        api.request("DELETE", _secret(namespace, name, 1))
        raise RefusedError("Helm", f"{error}") from error
    return wire.CreateResponse(id=f"{namespace}/{name}", properties=request.properties)


def _update(api: Api, request: Message) -> Message:
    inputs = plain(request.news)
    if not request.preview:
        kept = _revisions(api, inputs["namespace"], inputs["name"])
        if not kept:
            raise RefusedError("Helm", f'"{inputs["name"]}" has no deployed releases')
        _keep(api, inputs, revision=kept[-1] + 1)
        for old in kept[: -int(inputs["maxHistory"]) + 1]:
            api.request("DELETE", _secret(inputs["namespace"], inputs["name"], old))
    return wire.UpdateResponse(properties=request.news)


def _read(api: Api, request: Message) -> Message:
    namespace, _, name = request.id.partition("/")
    if not _revisions(api, namespace, name):
        return wire.ReadResponse()
    return wire.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)


def _delete(api: Api, request: Message) -> Message:
    namespace, _, name = request.id.partition("/")
    kept = _revisions(api, namespace, name)
    if not kept:
        raise RefusedError(
            "Kubernetes", f"uninstall: Release not loaded: {name}: release: not found"
        )
    chart_crds.check_unused(api, name)
    for revision in kept:
        api.request("DELETE", _secret(namespace, name, revision))
    return empty_pb2.Empty()


ANSWERS: Final[Mapping[str, Callable[[Api, Message], Message]]] = {
    "Check": _check,
    "Create": _create,
    "Delete": _delete,
    "Diff": _diff,
    "Read": _read,
    "Update": _update,
}


def _secret(namespace: str, name: str = "", revision: int = 0) -> str:
    folder = f"/api/v1/namespaces/{namespace}/secrets"
    return f"{folder}/sh.helm.release.v1.{name}.v{revision}" if name else folder


def _revisions(api: Api, namespace: str, name: str) -> list[int]:
    query = f"?labelSelector=owner%3Dhelm,name%3D{name}"
    found = api.get(_secret(namespace) + query)["items"]
    return sorted(int(each["metadata"]["labels"]["version"]) for each in found)


def _keep(api: Api, inputs: Mapping[str, Any], *, revision: int) -> None:
    """A Secret as Helm makes it, with what was asked for in place of what was made."""
    namespace, name = inputs["namespace"], inputs["name"]
    told = {key: inputs.get(key) for key in ("chart", "repositoryOpts", "version", "values")}
    release = base64.b64encode(json.dumps(told, sort_keys=True).encode()).decode()
    labels = {"owner": "helm", "name": name, "status": "deployed", "version": str(revision)}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"sh.helm.release.v1.{name}.v{revision}", "labels": labels},
        "type": "helm.sh/release.v1",
        "stringData": {"release": release},
    }
    try:
        api.request("POST", _secret(namespace), secret)
    except ApiError as error:
        raise RefusedError("Helm", f"create: failed to create: {error}") from error
