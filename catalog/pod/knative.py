"""The pod of a Knative revision: the user's containers as Knative changes them, and queue-proxy.

Knative Serving 1.21 `pkg/apis/serving/v1/revision_defaults.go`, `pkg/reconciler/revision/
resources/{deploy,queue,meta}.go`. Of queue-proxy's environment only what the revision itself
decides is shown; its logging, tracing and TLS settings are the control plane's own.
"""

from catalog.objects import Object
from catalog.pod.platform import Platform
from catalog.pod.template import child_name
from catalog.pod.workload import Workload, finished

QUEUE_PROXY = "queue-proxy"
_QUEUE_ADMIN_PORT = 8022
_DEFAULT_PORT = 8080
_FIRST_FREE_PORT = 1024
_NETWORK_PROBES = ("httpGet", "tcpSocket", "grpc")
_PROBE_HANDLERS = (*_NETWORK_PROBES, "exec")
_QUEUE_ANNOTATION = "queue.sidecar.serving.knative.dev"
_QUEUE_SECURITY: Object = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
_DRAIN: Object = {"preStop": {"httpGet": {"port": _QUEUE_ADMIN_PORT, "path": "/wait-for-drain"}}}
_NOT_ON_PODS = "serving.knative.dev/rollout-duration"
_VISIBILITY = "networking.knative.dev/visibility"


def knative_pod(workload: Workload, platform: Platform) -> Object:
    """The pod of the first revision of the ksvc."""
    revision = child_name(workload.name, "-00001")
    serving = _serving_container(workload.spec["containers"])
    identity = [
        {"name": "K_REVISION", "value": revision},
        {"name": "K_CONFIGURATION", "value": workload.name},
        {"name": "K_SERVICE", "value": workload.name},
    ]
    containers = [
        _user_container(container, container is serving, identity, workload, platform)
        for container in workload.spec["containers"]
    ]
    spec = {
        "enableServiceLinks": False,
        **workload.spec,
        "containers": [*containers, _queue_proxy(serving, revision, workload, platform)],
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


def _user_container(
    container: Object, serving: bool, identity: list[Object], workload: Workload, platform: Platform
) -> Object:
    port = _user_port(container)
    made = {"terminationMessagePolicy": "FallbackToLogsOnError", "name": "user-container"}
    made |= {**container, "lifecycle": _DRAIN}
    env = [*container.get("env", [])]
    if serving:
        env.append({"name": "PORT", "value": str(port)})
        made["ports"] = [{"name": "user-port", "containerPort": port}]
        made["livenessProbe"] = _at_port(container.get("livenessProbe"), port)
    made["env"] = env + identity
    made["volumeMounts"] = _guarded(container.get("volumeMounts"), workload.spec)
    made["securityContext"] = _secured(container, workload.spec, platform)
    if any(kind in container.get("readinessProbe", {}) for kind in _NETWORK_PROBES):
        made["readinessProbe"] = None
    return {key: value for key, value in made.items() if value}


def _user_port(container: Object) -> int:
    ports = container.get("ports")
    return ports[0]["containerPort"] if ports else _DEFAULT_PORT


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
    if _user_port(container) < _FIRST_FREE_PORT:
        secured["capabilities"]["add"] = ["NET_BIND_SERVICE"]
    if not pod.get("seccompProfile"):
        secured["seccompProfile"] = {"type": "RuntimeDefault"}
    if platform.secure_pod_defaults == "Enabled" and "runAsNonRoot" not in pod:
        secured["runAsNonRoot"] = True
    return {**secured, **given}


def _queue_proxy(serving: Object, revision: str, workload: Workload, platform: Platform) -> Object:
    ports = serving.get("ports")
    http2 = bool(ports) and ports[0].get("name") == "h2c"
    port = 8013 if http2 else 8012
    env = {
        "SERVING_NAMESPACE": workload.namespace,
        "SERVING_SERVICE": workload.name,
        "SERVING_CONFIGURATION": workload.name,
        "SERVING_REVISION": revision,
        "QUEUE_SERVING_PORT": port,
        "QUEUE_SERVING_TLS_PORT": 8112,
        "CONTAINER_CONCURRENCY": workload.concurrency or 0,
        "REVISION_TIMEOUT_SECONDS": workload.timeout or platform.timeout_seconds,
        "REVISION_RESPONSE_START_TIMEOUT_SECONDS": workload.response_start_timeout,
        "REVISION_IDLE_TIMEOUT_SECONDS": 0,
        "USER_PORT": _user_port(serving),
    }
    return {
        "name": QUEUE_PROXY,
        "image": platform.image("queue-proxy"),
        "resources": _queue_resources(workload.annotations, platform),
        "ports": [
            {"name": "http-autometric", "containerPort": 9090},
            {"name": "http-usermetric", "containerPort": 9091},
            {"name": "queue-port", "containerPort": port},
            {"name": "https-port", "containerPort": 8112},
        ],
        "readinessProbe": _queue_probe(serving, port),
        "securityContext": _QUEUE_SECURITY,
        "env": [{"name": name, "value": str(value)} for name, value in env.items()],
    }


def _queue_probe(serving: Object, port: int) -> Object:
    """queue-proxy answers for the user's container, in the rhythm of its own readiness probe."""
    given: Object = serving.get("readinessProbe", {})
    timing = {"successThreshold": 1}
    if given.get("periodSeconds"):
        timing |= {"failureThreshold": 3, "timeoutSeconds": 1}
    timing |= {key: value for key, value in given.items() if key not in _PROBE_HANDLERS}
    header = {"name": "K-Network-Probe", "value": "queue"}
    return {"httpGet": {"port": port, "httpHeaders": [header]}, **timing}


def _queue_resources(annotations: Object, platform: Platform) -> Object:
    resources = platform.queue_proxy.resources
    for section in ("request", "limit"):
        for kind in ("cpu", "memory", "ephemeral-storage"):
            value = annotations.get(f"{_QUEUE_ANNOTATION}/{kind}-resource-{section}")
            if value is not None:
                resources.setdefault(f"{section}s", {})[kind] = value
    return resources


def _spread(revision: str) -> Object:
    selector = {"matchLabels": {"serving.knative.dev/revision": revision}}
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": selector}
    preferred = [{"weight": 100, "podAffinityTerm": term}]
    return {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}
