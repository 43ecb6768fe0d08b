"""The pod of a Knative revision: the user's containers as Knative changes them, and queue-proxy.

Knative Serving 1.21 `pkg/apis/serving/v1/revision_defaults.go` and
`pkg/reconciler/revision/resources/{deploy,meta}.go`.
"""

from catalog.objects import Object
from catalog.pod.platform import Platform
from catalog.pod.queue_proxy import queue_proxy, user_port
from catalog.pod.template import child_name
from catalog.pod.workload import Workload, finished

_QUEUE_ADMIN_PORT = 8022
_FIRST_FREE_PORT = 1024
_NETWORK_PROBES = ("httpGet", "tcpSocket", "grpc")
_DRAIN: Object = {"preStop": {"httpGet": {"port": _QUEUE_ADMIN_PORT, "path": "/wait-for-drain"}}}
_NOT_ON_PODS = "serving.knative.dev/rollout-duration"
_VISIBILITY = "networking.knative.dev/visibility"


def knative_pod(workload: Workload, platform: Platform) -> Object:
    """The pod of the first revision of the ksvc."""
    revision = child_name(workload.name, "-00001")
    serving = _serving_container(workload.spec["containers"])
    users = [
        _user_container(_serving(c) if c is serving else c, revision, workload, platform)
        for c in workload.spec["containers"]
    ]
    spec = {
        "enableServiceLinks": False,
        **workload.spec,
        "containers": [*users, queue_proxy(serving, revision, workload, platform)],
        "terminationGracePeriodSeconds": workload.timeout or platform.timeout_seconds,
    }
    if platform.spread_revisions and "affinity" not in spec:
        spec["affinity"] = _spread(revision)
    labels, annotations = _metadata(workload, revision, serving.get("name", "user-container"))
    return finished(child_name(revision, "-deployment"), workload, labels, annotations, spec)


def _metadata(workload: Workload, revision: str, container: str) -> tuple[Object, Object]:
    labels = {k: v for k, v in workload.labels.items() if k != _VISIBILITY} | {
        "serving.knative.dev/configuration": workload.name,
        "serving.knative.dev/configurationGeneration": "1",
        "serving.knative.dev/revision": revision,
        "serving.knative.dev/service": workload.name,
    }
    labels.setdefault("app", revision)
    annotations = {
        key: value
        for key, value in workload.annotations.items()
        if not key.startswith("autoscaling.knative.dev") and key != _NOT_ON_PODS
    }
    return labels, {**annotations, "kubectl.kubernetes.io/default-container": container}


def _serving_container(containers: list[Object]) -> Object:
    """The one that has the port; Knative refuses several, and none where there is a choice."""
    with_ports = [container for container in containers if container.get("ports")]
    if sum(len(container["ports"]) for container in with_ports) > 1:
        raise ValueError("Knative serves a single port over all containers of a pod")
    if with_ports:
        return with_ports[0]
    if len(containers) > 1:
        raise ValueError("Knative needs a port on one of a pod's several containers")
    return containers[0]


def _serving(container: Object) -> Object:
    """The container that takes the requests (`makeServingContainer`)."""
    port = user_port(container)
    return {
        **container,
        "ports": [{"name": "user-port", "containerPort": port}],
        "env": [*container.get("env", []), {"name": "PORT", "value": str(port)}],
        "livenessProbe": _at_port(container.get("livenessProbe"), port),
    }


def _user_container(
    container: Object, revision: str, workload: Workload, platform: Platform
) -> Object:
    """Any of the user's containers (`makeContainer`)."""
    identity = [
        {"name": "K_REVISION", "value": revision},
        {"name": "K_CONFIGURATION", "value": workload.name},
        {"name": "K_SERVICE", "value": workload.name},
    ]
    made: Object = {
        "name": "user-container",
        "terminationMessagePolicy": "FallbackToLogsOnError",
        **container,
        "env": [*container.get("env", []), *identity],
        "lifecycle": _DRAIN,
        "volumeMounts": _guarded(container.get("volumeMounts"), workload.spec),
        "securityContext": _secured(container, workload.spec, platform),
    }
    if any(kind in container.get("readinessProbe", {}) for kind in _NETWORK_PROBES):
        made["readinessProbe"] = None
    return {key: value for key, value in made.items() if value}


def _at_port(probe: Object | None, port: int) -> Object | None:
    """The probe, aimed at the user port whatever it said (`rewriteUserLivenessProbe`)."""
    if probe is None:
        return None
    return {
        key: {**value, "port": port} if key in ("httpGet", "tcpSocket") else value
        for key, value in probe.items()
    }


def _guarded(mounts: list[Object] | None, spec: Object) -> list[Object]:
    """Mounts of anything but an emptyDir or a claim become read-only."""
    writable = {
        volume["name"]
        for volume in spec.get("volumes", [])
        if "emptyDir" in volume or "persistentVolumeClaim" in volume
    }
    return [m if m["name"] in writable else {**m, "readOnly": True} for m in mounts or []]


def _secured(container: Object, spec: Object, platform: Platform) -> Object | None:
    """The security context as `secure-pod-defaults` completes it (`defaultSecurityContext`)."""
    given: Object = container.get("securityContext", {})
    if platform.secure_pod_defaults == "Disabled":
        return given or None
    pod: Object = spec.get("securityContext", {})
    secured: Object = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    if user_port(container) < _FIRST_FREE_PORT:
        secured["capabilities"]["add"] = ["NET_BIND_SERVICE"]
    if not pod.get("seccompProfile"):
        secured["seccompProfile"] = {"type": "RuntimeDefault"}
    if platform.secure_pod_defaults == "Enabled" and "runAsNonRoot" not in pod:
        secured["runAsNonRoot"] = True
    return {**secured, **given}


def _spread(revision: str) -> Object:
    selector = {"matchLabels": {"serving.knative.dev/revision": revision}}
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": selector}
    preferred = [{"weight": 100, "podAffinityTerm": term}]
    return {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}
