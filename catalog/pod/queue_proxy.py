"""Knative's sidecar, through which every request passes.

Knative Serving 1.21 `pkg/reconciler/revision/resources/queue.go`. Of its environment only what the
revision itself decides is shown; logging, tracing and TLS settings are the control plane's own.
"""

from catalog.objects import Object
from catalog.pod.platform import Platform
from catalog.pod.workload import Workload

QUEUE_PROXY = "queue-proxy"
_DEFAULT_PORT = 8080
_PROBE_HANDLERS = ("httpGet", "tcpSocket", "grpc", "exec")
_ANNOTATION = "queue.sidecar.serving.knative.dev"
_SECURITY: Object = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def user_port(container: Object) -> int:
    """Where the user's server listens."""
    ports = container.get("ports")
    return ports[0]["containerPort"] if ports else _DEFAULT_PORT


def queue_proxy(serving: Object, revision: str, workload: Workload, platform: Platform) -> Object:
    """The sidecar of a pod whose requests `serving` answers."""
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
        "USER_PORT": user_port(serving),
    }
    return {
        "name": QUEUE_PROXY,
        "image": platform.image("queue-proxy"),
        "resources": _resources(workload.annotations, platform),
        "ports": [
            {"name": "http-autometric", "containerPort": 9090},
            {"name": "http-usermetric", "containerPort": 9091},
            {"name": "queue-port", "containerPort": port},
            {"name": "https-port", "containerPort": 8112},
        ],
        "readinessProbe": _probe(serving, port),
        "securityContext": _SECURITY,
        "env": [{"name": name, "value": str(value)} for name, value in env.items()],
    }


def _probe(serving: Object, port: int) -> Object:
    """queue-proxy answers for the user's container, in the rhythm of its own readiness probe."""
    given: Object = serving.get("readinessProbe", {})
    timing = {"successThreshold": 1}
    if given.get("periodSeconds"):
        timing |= {"failureThreshold": 3, "timeoutSeconds": 1}
    timing |= {key: value for key, value in given.items() if key not in _PROBE_HANDLERS}
    header = {"name": "K-Network-Probe", "value": "queue"}
    return {"httpGet": {"port": port, "httpHeaders": [header]}, **timing}


def _resources(annotations: Object, platform: Platform) -> Object:
    resources = platform.queue_proxy.resources
    for section in ("request", "limit"):
        for kind in ("cpu", "memory", "ephemeral-storage"):
            value = annotations.get(f"{_ANNOTATION}/{kind}-resource-{section}")
            if value is not None:
                resources.setdefault(f"{section}s", {})[kind] = value
    return resources
