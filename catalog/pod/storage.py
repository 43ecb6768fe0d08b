"""How a model's files reach a pod: the storage initializer, a volume claim, or an image.

KServe `pkg/webhook/admission/pod/storage_initializer_injector.go` and `pkg/utils/storage.go`.
"""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

from catalog.objects import Object
from catalog.pod.merge import merge_containers
from catalog.pod.platform import Known, Platform

MODEL_PATH = "/mnt/models"
INITIALIZER = "storage-initializer"
_MODEL_READERS = frozenset({"kserve-container", "transformer-container"})
_DOWNLOADED = "kserve-provision-location"
_CLAIMED = "kserve-pvc-source"
_INTERNAL = "internal.serving.kserve.io"

_HUGGING_FACE: tuple[Object, ...] = (
    {"name": "HF_HUB_ENABLE_HF_TRANSFER", "value": "1"},
    {"name": "HF_XET_HIGH_PERFORMANCE", "value": "1"},
    {"name": "HF_XET_NUM_CONCURRENT_RANGE_GETS", "value": "8"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A model to bring to a pod, and the containers that read it."""

    uri: str
    readers: frozenset[str]
    read_only: bool = True
    override: Object = field(default_factory=dict[str, Any])
    """Merged over the storage initializer, whose own definition has no security context."""

    tuned: bool = True
    """Whether KServe adds its settings for Hugging Face downloads."""


def inject_model(pod: Object, known: Known, platform: Platform) -> Object:
    """The pod as KServe's webhook leaves it when an annotation names a model to fetch."""
    metadata, spec = pod["metadata"], pod["spec"]
    annotations = metadata["annotations"]
    uri = annotations.get(f"{_INTERNAL}/storage-initializer-sourceuri")
    if uri is None:
        return pod
    uri = cached(uri, metadata)
    name = annotations.get(f"{_INTERNAL}/storage-container-name")
    source = Source(
        uri=uri,
        readers=_MODEL_READERS,
        read_only=annotations.get("storage.kserve.io/readonly") != "false",
        override=storage_container(uri, name, known),
    )
    spec = attach_model(spec, source, platform)
    if not uri.startswith("oci"):
        spec = {**spec, "containers": [_located(c) for c in spec["containers"]]}
    return {**pod, "spec": spec}


def attach_model(spec: Object, source: Source, platform: Platform) -> Object:
    """The pod spec with the model in it, by the way that its scheme asks for."""
    match source.uri.partition("://")[0]:
        case "pvc":
            return _attach_claim(spec, source)
        case "oci+native":
            return _attach_image(spec, source)
        case "oci" | "oci+modelcar":
            raise ValueError(f"{source.uri!r} would be a sidecar, which is not synthesized")
        case _:
            return _attach_download(spec, source, platform)


def _attach_download(spec: Object, source: Source, platform: Platform) -> Object:
    """An init container that downloads to an emptyDir."""
    mount: Object = {"name": _DOWNLOADED, "mountPath": MODEL_PATH}
    initializer: Object = {
        "name": INITIALIZER,
        "image": platform.image("storage-initializer"),
        "args": [source.uri, MODEL_PATH],
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "resources": platform.storage_initializer.resources,
        "volumeMounts": [mount],
    }
    initializer = merge_containers(initializer, source.override)
    env = initializer.get("env", [])
    known = {item["name"] for item in env}
    if source.tuned:
        env = [*env, *(e for e in _HUGGING_FACE if e["name"] not in known)]
    initializer["env"] = env
    spec = _mounted(spec, source, mount)
    spec["initContainers"] = [*spec.get("initContainers", []), initializer]
    return _with_volume(spec, {"name": _DOWNLOADED, "emptyDir": {}})


def _attach_claim(spec: Object, source: Source) -> Object:
    """`pvc://claim/path`, mounted as it is: nothing is downloaded."""
    claim, _, path = source.uri.removeprefix("pvc://").partition("/")
    mount = {"name": _CLAIMED, "mountPath": MODEL_PATH} | ({"subPath": path} if path else {})
    spec = _mounted(spec, source, mount)
    volume = {"name": _CLAIMED, "persistentVolumeClaim": {"claimName": claim}}
    return _with_volume(spec, volume)


def _attach_image(spec: Object, source: Source) -> Object:
    """A volume that is the image; the kubelet pulls and mounts it."""
    name = MODEL_PATH.strip("/").replace("/", "-")
    spec = _mounted(spec, source, {"name": name, "mountPath": MODEL_PATH, "subPath": "models"})
    image = {"reference": source.uri.partition("://")[2], "pullPolicy": "IfNotPresent"}
    return _with_volume(spec, {"name": name, "image": image})


def storage_container(uri: str, name: str | None, known: Known) -> Object:
    """The container of the ClusterStorageContainer that KServe will take, empty if none fits."""
    fitting = [key for key in sorted(known) if name in (None, key) and _serves(known[key], uri)]
    if name is not None and not fitting:
        raise ValueError(f"no ClusterStorageContainer {name!r} serves {uri!r}")
    return known[fitting[0]]["spec"]["container"] if fitting else {}


def _serves(candidate: Object, uri: str) -> bool:
    spec: Object = candidate["spec"]
    if candidate["kind"] != "ClusterStorageContainer" or candidate.get("disabled"):
        return False
    return spec.get("workloadType", "initContainer") == "initContainer" and any(
        uri.startswith(form["prefix"])
        if form.get("prefix")
        else re.search(form["regex"], uri) is not None
        for form in spec["supportedUriFormats"]
    )


def cached(uri: str, metadata: Object) -> str:
    """The claim that holds the model where a local model cache has it."""
    if f"{_INTERNAL}/localmodel" not in metadata.get("labels", {}):
        return uri
    annotations = metadata["annotations"]
    source = annotations[f"{_INTERNAL}/localmodel-sourceuri"]
    claim = annotations[f"{_INTERNAL}/localmodel-pvc-name"]
    key = hashlib.sha256(source.encode()).hexdigest()[:16]
    rest = uri.removeprefix(source).removeprefix("/")
    return f"pvc://{claim}/models/{key}/{rest}"


def _located(container: Object) -> Object:
    """A custom server is told where its model lies now, not where it came from."""
    if container["name"] != "kserve-container" or not container.get("env"):
        return container
    located = [
        {**item, "value": MODEL_PATH} if item["name"] == "STORAGE_URI" and item["value"] else item
        for item in container["env"]
    ]
    return {**container, "env": located}


def _mounted(spec: Object, source: Source, mount: Object) -> Object:
    mount = {**mount, "readOnly": True} if source.read_only else mount

    def reading(container: Object) -> Object:
        mounts = container.get("volumeMounts", [])
        taken = any(known["name"] == mount["name"] for known in mounts)
        if taken or container["name"] not in source.readers:
            return container
        return {**container, "volumeMounts": [*mounts, mount]}

    return {**spec, "containers": [reading(container) for container in spec["containers"]]}


def _with_volume(spec: Object, volume: Object) -> Object:
    volumes = spec.get("volumes", [])
    if any(known["name"] == volume["name"] for known in volumes):
        return spec
    return {**spec, "volumes": [*volumes, volume]}
