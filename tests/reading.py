"""What tests read from rendered objects: pods, places that name a namespace, Knative's features."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from math import ceil
from typing import Any

from catalog.explain import leaves
from catalog.footprint import PLATFORM
from catalog.node_pools import GPU_RESOURCE
from catalog.objects import Object
from catalog.pod import footprint, pods
from catalog.render.platform import known_objects

_NAMES_A_NAMESPACE = (
    re.compile(r"\.(?P<name>[a-z0-9-]+)\.svc\b"),
    re.compile(r"/ns/(?P<name>[^/]+)/sa/"),
    re.compile(r"\.(?P<name>[a-z0-9-]+)\.models\."),
    re.compile(r"^s3://[^/]+/(?P<name>[^/]+)/"),
    re.compile(r"\bhttproute/(?P<name>[a-z0-9-]+)/"),
    re.compile(r"\bnamespace=~?\"(?P<name>[^\"]+)\""),
)
_FREE_TEXT = (
    "slipway.dev/description",
    "slipway.dev/owner",
    "slipway.dev/lineage",
    ".json",
    "args[",
)


def pods_of(objects: Sequence[Object]) -> list[tuple[Object, Object]]:
    """Every pod with the object that it comes from."""
    known = known_objects()
    return [(obj, pod) for obj in objects for pod in pods(obj, known, PLATFORM)]


def namespaces_named(obj: Object) -> Iterator[tuple[str, str]]:
    """Every place of an object that names a namespace, and the namespace."""
    for path, text in _texts(obj):
        if path.endswith(("namespace", "kubernetes.io/metadata.name")):
            yield path, text
        elif path.endswith("remoteRef.key"):
            yield path, text.split("/", 1)[0]
        elif not any(mark in path for mark in _FREE_TEXT) and ".env[" not in path:
            for pattern in _NAMES_A_NAMESPACE:
                for match in pattern.finditer(text):
                    yield path, match["name"]


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Paths and values of all text, whole."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, f"{path}[{index}]")
    elif isinstance(value, str):
        yield path, value


def endpoint_of(obj: Object) -> str | None:
    """The endpoint that an object belongs to; None for what is the whole tenant's."""
    return obj["metadata"]["labels"].get("slipway.dev/endpoint")


def values_at(obj: Object, ending: str) -> list[str]:
    """The values of every field whose path ends so."""
    return [value for path, value in leaves(obj) if path.endswith(ending)]


def needed_by(objects: Sequence[Object]) -> Counter[str]:
    """What a namespace takes at the most replicas with a rollout under way, from objects alone."""
    needed: Counter[str] = Counter()
    for obj, pod in pods_of(objects):
        times = _most_pods(obj, pod, objects)
        taken = footprint(pod)
        needed["requests.cpu"] += taken.cpu_millicores * times
        needed["requests.memory"] += taken.memory_bytes * times
        needed[f"requests.{GPU_RESOURCE}"] += taken.accelerators.get(GPU_RESOURCE, 0) * times
    return needed


def _most_pods(obj: Object, pod: Object, objects: Sequence[Object]) -> int:
    if pod["metadata"]["labels"].get("component") == "explainer":
        most = obj["spec"]["explainer"]["maxReplicas"]
        return most + ceil(most / 4)
    if obj["kind"] == "LLMInferenceService":
        name = obj["metadata"]["name"]
        scalers = [
            o["spec"]["maxReplicaCount"]
            for o in objects
            if o["kind"] == "ScaledObject" and endpoint_of(o) == name
        ]
        most = scalers[0] if scalers else obj["spec"]["replicas"]
        return most + ceil(most / 4)
    scaled: Object = obj["spec"].get("predictor", obj["spec"])
    most = scaled["maxReplicas"]
    if obj["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "Standard":
        return most + ceil(most / 4)
    return most + max(1, scaled["minReplicas"])


_POD_FIELDS = {
    "affinity": "kubernetes.podspec-affinity",
    "dnsConfig": "kubernetes.podspec-dnsconfig",
    "dnsPolicy": "kubernetes.podspec-dnspolicy",
    "hostAliases": "kubernetes.podspec-hostaliases",
    "hostIPC": "kubernetes.podspec-hostipc",
    "hostNetwork": "kubernetes.podspec-hostnetwork",
    "hostPID": "kubernetes.podspec-hostpid",
    "initContainers": "kubernetes.podspec-init-containers",
    "nodeSelector": "kubernetes.podspec-nodeselector",
    "priorityClassName": "kubernetes.podspec-priorityclassname",
    "runtimeClassName": "kubernetes.podspec-runtimeclassname",
    "schedulerName": "kubernetes.podspec-schedulername",
    "securityContext": "kubernetes.podspec-securitycontext",
    "shareProcessNamespace": "kubernetes.podspec-shareprocessnamespace",
    "tolerations": "kubernetes.podspec-tolerations",
    "topologySpreadConstraints": "kubernetes.podspec-topologyspreadconstraints",
}
_VOLUMES = {
    "csi": "kubernetes.podspec-volumes-csi",
    "hostPath": "kubernetes.podspec-volumes-hostpath",
    "image": "kubernetes.podspec-volumes-image",
    "persistentVolumeClaim": "kubernetes.podspec-persistent-volume-claim",
}


def knative_features(isvc: Object) -> set[str]:
    """The feature flags without which Knative refuses what KServe makes of a predictor.

    Knative Serving `pkg/apis/config/features.go` and `pkg/apis/serving/fieldmask.go`. What KServe's
    pod webhook adds is never seen by Knative.
    """
    predictor: Object = isvc["spec"]["predictor"]
    used = {flag for name, flag in _POD_FIELDS.items() if name in predictor}
    runtime = known_objects()[predictor["model"]["runtime"]] if "model" in predictor else None
    volumes = [*predictor.get("volumes", []), *(runtime["spec"]["volumes"] if runtime else [])]
    used |= {flag for volume in volumes for kind, flag in _VOLUMES.items() if kind in volume}
    containers = [
        *predictor.get("containers", []),
        *(runtime["spec"]["containers"] if runtime else []),
    ]
    probes = ("livenessProbe", "readinessProbe", "startupProbe")
    probed = [c for c in containers if any(p in c for p in probes)]
    if len(probed) > 1:
        used.add("multi-container-probing")
    sources = [e["valueFrom"] for c in containers for e in c.get("env", []) if "valueFrom" in e]
    if any("fieldRef" in source or "resourceFieldRef" in source for source in sources):
        used.add("kubernetes.podspec-fieldref")
    if any(c.get("securityContext", {}).get("capabilities", {}).get("add") for c in containers):
        used.add("kubernetes.containerspec-addcapabilities")
    return used
