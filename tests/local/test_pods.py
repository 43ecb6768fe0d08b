"""The pods that the catalogue says an endpoint becomes are those that its controllers make."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import pytest

from catalog.footprint import PLATFORM
from catalog.objects import Object
from catalog.pins import IMAGES
from catalog.pod import pods
from catalog.registries import UPSTREAM
from catalog.render.platform import known_objects
from tests.local.comparing import differences
from tests.local.conftest import Fleet
from tests.programs import settings

pytestmark = pytest.mark.local

_TOLD_APART: Final = (
    (re.compile(r"\.(containers|initContainers|volumes|env)$"), "name"),
    (re.compile(r"\.volumeMounts$"), "mountPath"),
    # The API server adds two of its own, for nodes that are lost.
    (re.compile(r"\.tolerations$"), "key"),
)
_WHOSE: Final = (
    "app.kubernetes.io/name",
    "component",
    "serving.kserve.io/inferencegraph",
    "serving.kserve.io/inferenceservice",
)
MIRRORED: Final = {
    UPSTREAM.image(row): settings("local").environment.registries.image(row) for row in IMAGES
}
_CACHED: Final = "internal.serving.kserve.io/localmodel"
"""What KServe's webhook writes on a service for whose model there is a cache begins so."""


def key(path: str) -> str | None:
    """Their order is the controllers' own affair, and they add to them."""
    return next((name for pattern, name in _TOLD_APART if pattern.search(path)), None)


def parsed(value: Any) -> Any:
    """With JSON inside of texts read: Go orders and spaces it in its own way."""
    if isinstance(value, dict):
        return {name: parsed(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [parsed(inner) for inner in value]
    if isinstance(value, str) and value.startswith(("{", "[{")):
        with suppress(ValueError):
            return parsed(json.loads(value))
    return value


def with_cache(obj: Object, there: Object) -> Object:
    """The object as it is once KServe has looked for a cache of its model."""
    metadata = dict(obj["metadata"])
    for part in ("labels", "annotations"):
        marks = {k: v for k, v in there["metadata"].get(part, {}).items() if k.startswith(_CACHED)}
        metadata[part] = {**metadata.get(part, {}), **marks}
    return {**obj, "metadata": metadata}


def synthesized(fleet: Fleet) -> Iterator[Object]:
    """Every pod of the fleet, by the catalogue."""
    known = known_objects()
    for obj in fleet.rendered:
        if pods(obj, known, PLATFORM):
            for pod in pods(with_cache(obj, fleet.now(obj)), known, PLATFORM):
                yield from_the_mirror(pod)


def from_the_mirror(pod: Object) -> Object:
    """With the images that the stack has for those of the pin table, which the catalogue judges."""
    spec: Object = dict(pod["spec"])
    for part in ("containers", "initContainers"):
        if part in spec:
            spec[part] = [
                {**each, "image": MIRRORED.get(each["image"], each["image"])} for each in spec[part]
            ]
    return {**pod, "spec": spec}


def test_a_pod_is_what_the_catalogue_says(fleet: Fleet) -> None:
    real = fleet.all("v1", "Pod")
    wrong: list[str] = []
    for ours in synthesized(fleet):
        labels, namespace = ours["metadata"]["labels"], ours["metadata"]["namespace"]
        whose = {name: labels[name] for name in _WHOSE if name in labels}
        made = [
            pod
            for pod in real
            if pod["metadata"]["namespace"] == namespace
            and whose.items() <= pod["metadata"]["labels"].items()
        ]
        assert made, f"{namespace} {whose}: no such pod"
        said = {"metadata": {**ours["metadata"]}, "spec": ours["spec"]}
        del said["metadata"]["name"]  # Its end is random.
        for pod in made:
            name = f"{namespace}/{pod['metadata']['name']}"
            wrong += (f"{name}{each}" for each in differences(parsed(said), parsed(pod), key))
    assert wrong == []


def test_no_pod_has_a_container_that_the_catalogue_does_not_know(fleet: Fleet) -> None:
    known: dict[tuple[str, str], set[str]] = {}
    for pod in synthesized(fleet):
        at = pod["metadata"]["namespace"], pod["metadata"]["labels"]["slipway.dev/endpoint"]
        known.setdefault(at, set()).update(containers(pod))
    for pod in fleet.all("v1", "Pod"):
        metadata = pod["metadata"]
        at = metadata["namespace"], metadata["labels"].get("slipway.dev/endpoint", "")
        assert set(containers(pod)) <= known.get(at, set(containers(pod))), metadata["name"]


def containers(pod: Object) -> list[str]:
    spec = pod["spec"]
    return [each["name"] for each in (*spec["containers"], *spec.get("initContainers", ()))]
