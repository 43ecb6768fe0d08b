"""What a workload runs, asks for and answers: images, resources, probes, GPUs, secrets."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from catalog.node_pools import ACCELERATOR_LABEL, GPU_RESOURCE, POOL_LABEL
from catalog.pins import DOCKER_HUB
from catalog.secret_shapes import secret_shape
from policies.rules.reading import Fields, at, fields, objects, text
from policies.rules.rule import CONTAINER, POD, SERVER, About, Scene, Severity, Subject, rule

IMAGE: Final = re.compile(
    r"(?:(?P<registry>[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[0-9]+)?|localhost(?::[0-9]+)?)/)?"
    r"[a-z0-9._/-]+(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)

DERIVED: Final = About(
    id="workload-derived",
    title="It can be told which pods an object becomes",
    severity=Severity.HIGH,
    why="What is not understood is not judged, and would reach the cluster unseen.",
    remedy="Give the object the shape that `slipway render` prints.",
    sources=("slipway/synthesized-pods",),
)


_shape: Final = lru_cache(maxsize=4096)(secret_shape)
"""The same few variables stand in every container of a fleet."""


@rule(
    About(
        id="image-digest",
        title="An image is named by its digest",
        severity=Severity.HIGH,
        why="A tag can be moved: tomorrow's replica would run what nobody has reviewed.",
        remedy="Append @sha256:… to the reference; `slipway pins resolve` does so for the pin "
        "table's.",
        sources=("CKV_K8S_43", "kyverno/require-image-checksum"),
    ),
    CONTAINER,
)
def image_digest(subject: Subject, scene: Scene) -> Iterator[str]:
    reference = text(subject.props, "image")
    if reference not in scene.unresolved and "@sha256:" not in reference:
        yield f"names {reference or 'no image'} without a digest"


@rule(
    About(
        id="image-resolved",
        title="Every image of the pin table is resolved",
        severity=Severity.MEDIUM,
        why="An exact tag of a row without a digest is trusted as its registry is.",
        remedy="Run `slipway pins resolve` where registries can be reached.",
        sources=("CKV_K8S_43",),
        mandatory=False,
    ),
    CONTAINER,
)
def image_resolved(subject: Subject, scene: Scene) -> Iterator[str]:
    if text(subject.props, "image") in scene.unresolved:
        yield f"names {text(subject.props, 'image')}, whose digest is not looked up yet"


@rule(
    About(
        id="image-tag",
        title="No image is the latest",
        severity=Severity.HIGH,
        why="What latest is today says nothing of tomorrow, and no rollback leads back to it.",
        remedy="Name a version and its digest.",
        sources=("CKV_K8S_14", "kyverno/disallow-latest-tag"),
    ),
    CONTAINER,
)
def image_tag(subject: Subject, _scene: Scene) -> Iterator[str]:
    match = IMAGE.fullmatch(text(subject.props, "image"))
    if match is None:
        yield f"names an image that is none: {text(subject.props, 'image')!r}"
    elif match["tag"] == "latest" or not (match["tag"] or match["digest"]):
        yield f"names the latest {text(subject.props, 'image')}"


@rule(
    About(
        id="image-registry",
        title="A tenant's images come from registries that the platform names",
        severity=Severity.HIGH,
        why="From anywhere else nobody has scanned, mirrored or agreed to what runs.",
        remedy="Push the image to an allowed registry, or add it to models/platform.yaml.",
        sources=("kyverno/restrict-image-registries", "CIS-5.1.4"),
    ),
    CONTAINER,
)
def image_registry(subject: Subject, scene: Scene) -> Iterator[str]:
    if not subject.tenant:
        return
    image = text(subject.props, "image")
    match = IMAGE.fullmatch(image)
    registry = (match["registry"] if match else None) or DOCKER_HUB
    whole = image if match and match["registry"] else f"{registry}/{image}"
    if not any(whole.startswith(f"{allowed}/") for allowed in scene.registries):
        yield f"comes from {registry}"


def _lacks(subject: Subject, *wanted: tuple[str, str]) -> str:
    resources = fields(subject.props, "resources")
    return ", ".join(f"{a}.{b}" for a, b in wanted if at(resources, a, b) in (None, ""))


@rule(
    About(
        id="container-resources",
        title="A container says what it needs, and what memory it may take",
        severity=Severity.HIGH,
        why="Without requests it lands anywhere and starves; without a limit on memory it starves "
        "its neighbours.",
        remedy="Set resources.requests.cpu and .memory, and resources.limits.memory.",
        sources=(
            "CKV_K8S_10", "CKV_K8S_12", "CKV_K8S_13", "C-0271",
            "kyverno/require-pod-requests-limits", "eks/quota",
        ),
    ),
    CONTAINER,
)  # fmt: skip
def resources(subject: Subject, _scene: Scene) -> Iterator[str]:
    lacks = _lacks(subject, ("requests", "cpu"), ("requests", "memory"), ("limits", "memory"))
    if lacks:
        yield f"does not say {lacks}"


@rule(
    About(
        id="container-cpu-limit",
        title="A tenant's container has a limit on CPU",
        severity=Severity.MEDIUM,
        why="Tenants share nodes: one model's burst is another's latency.",
        remedy="Set resources.limits.cpu.",
        sources=("CKV_K8S_11", "C-0270"),
    ),
    CONTAINER,
)
def cpu_limit(subject: Subject, _scene: Scene) -> Iterator[str]:
    lacks = _lacks(subject, ("limits", "cpu")) if subject.tenant else ""
    if lacks:
        yield f"does not say {lacks}"


@rule(
    About(
        id="memory-guaranteed",
        title="A tenant's server gets the memory that it may take",
        severity=Severity.LOW,
        why="Karpenter packs nodes by requests; above them a server is killed when its neighbours "
        "wake.",
        remedy="Set requests.memory to what limits.memory says.",
        sources=("eks/requests-equal-limits", "kyverno/set-karpenter-non-cpu-limits"),
        mandatory=False,
    ),
    SERVER,
)
def memory_guaranteed(subject: Subject, _scene: Scene) -> Iterator[str]:
    found = fields(subject.props, "resources")
    request, limit = at(found, "requests", "memory"), at(found, "limits", "memory")
    own = text(subject.props, "name") in ("kserve-container", "main", "transformer-container")
    if subject.tenant and own and request != limit:
        yield f"asks for {request} of memory and may take {limit}"


@rule(
    About(
        id="container-readiness",
        title="A pod is asked whether it is ready",
        severity=Severity.HIGH,
        why="Without a readiness probe requests arrive while weights are still loading.",
        remedy="Give one of its servers a readinessProbe.",
        sources=("CKV_K8S_9", "kyverno/require-probes"),
    ),
    POD,
)
def readiness(subject: Subject, _scene: Scene) -> Iterator[str]:
    servers = objects(subject.props, "spec", "containers")
    restarts = text(subject.props, "spec", "restartPolicy") in ("", "Always")
    if restarts and servers and not any(at(s, "readinessProbe") for s in servers):
        yield "has no readiness probe"


@rule(
    About(
        id="container-liveness",
        title="A server that hangs is restarted",
        severity=Severity.LOW,
        why="Without a liveness probe a hung server stays until someone looks.",
        remedy="Give the server a livenessProbe that does not ask the model.",
        sources=("CKV_K8S_8", "kyverno/require-probes"),
        mandatory=False,
    ),
    SERVER,
)
def liveness(subject: Subject, _scene: Scene) -> Iterator[str]:
    # Knative's queue-proxy and KServe's agent exit when they fail.
    sidecar = text(subject.props, "name") in ("queue-proxy", "agent")
    restarts = text(subject.owner, "restartPolicy") in ("", "Always")
    if restarts and not sidecar and not at(subject.props, "livenessProbe"):
        yield "has no liveness probe"


@rule(
    About(
        id="container-plain-secret",
        title="No secret stands in a variable",
        severity=Severity.CRITICAL,
        why="It would be in the state, in logs, and in every listing of pods.",
        remedy="Name it under secrets: in the entry, and rotate it.",
        sources=("CKV_K8S_35", "CIS-4.4.1", "CIS-4.4.2", "C-0012"),
    ),
    CONTAINER,
)
def plain_secret(subject: Subject, _scene: Scene) -> Iterator[str]:
    for variable in objects(subject.props, "env"):
        name, value = text(variable, "name"), text(variable, "value")
        what = _shape(name, value) if value else None
        if what:
            yield f"has {what} in {name}"


def _gpus(container: Fields, kind: str) -> str:
    found = at(container, "resources", kind, GPU_RESOURCE)
    return "" if found in (None, 0, "0") else str(found)


@rule(
    About(
        id="gpu-placement",
        title="Who asks for a GPU goes to a GPU node, and nobody else does",
        severity=Severity.HIGH,
        why="Without the toleration the pod stays pending; with it and no GPU a cheap pod holds an "
        "expensive node.",
        remedy=f"Set limits {GPU_RESOURCE}, a toleration of its taint, and a node selector of the "
        "accelerator: all or none.",
        sources=("kyverno/check-nvidia-gpu", "eks/dedicated-nodes"),
    ),
    POD,
)
def gpu_placement(subject: Subject, _scene: Scene) -> Iterator[str]:
    spec = fields(subject.props, "spec")
    asks = any(_gpus(one, "limits") for one in objects(spec, "containers"))
    tolerated = [t for t in objects(spec, "tolerations") if text(t, "key") in ("", GPU_RESOURCE)]
    selector = fields(spec, "nodeSelector")
    pool = text(selector, POOL_LABEL)
    selected = text(selector, ACCELERATOR_LABEL) or pool.startswith("gpu-")
    if subject.tenant and any(not text(t, "key") for t in tolerated):
        yield "tolerates every taint"
    if asks and not tolerated:
        yield f"asks for a GPU and does not tolerate the taint {GPU_RESOURCE}"
    if tolerated and not asks and subject.tenant:
        yield f"tolerates the taint {GPU_RESOURCE} and asks for no GPU"
    if subject.tenant and bool(asks) != bool(selected):
        yield "asks for a GPU on no accelerator" if asks else "waits for GPU nodes without a GPU"


@rule(
    About(
        id="gpu-whole",
        title="GPUs are asked for as they are used",
        severity=Severity.MEDIUM,
        why="Kubernetes refuses a request for GPUs that differs from the limit.",
        remedy=f"Set requests and limits of {GPU_RESOURCE} to the same whole number.",
        sources=("kyverno/check-nvidia-gpu", "eks/requests-equal-limits"),
    ),
    CONTAINER,
)
def gpu_whole(subject: Subject, _scene: Scene) -> Iterator[str]:
    request, limit = _gpus(subject.props, "requests"), _gpus(subject.props, "limits")
    if request and request != limit:
        yield f"asks for {request} GPUs and is limited to {limit or 'none'}"
    if limit and not limit.isdigit():
        yield f"asks for {limit} GPUs"


RULES = (
    cpu_limit,
    gpu_placement,
    gpu_whole,
    image_digest,
    image_registry,
    image_resolved,
    image_tag,
    liveness,
    memory_guaranteed,
    plain_secret,
    readiness,
    resources,
)
