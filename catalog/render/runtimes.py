"""Our ClusterServingRuntimes: the table of `catalog.runtimes` as KServe reads it.

They carry no `serving.kserve.io/server-type`, so KServe 0.20 adds no environment and changes no
image (`inference_service_defaults.go` `SetRuntimeDefaults`, `isvcutils.UpdateImageTag`), and
`autoSelect` is off, so no model gets one that it did not name. What the CRD would default
(`ports[].protocol`) does not occur: ports depend on the protocol and are the InferenceService's.
"""

from collections.abc import Mapping
from types import MappingProxyType

from catalog import pins
from catalog.model_server import REST_PORT, SCRATCH_DIR, Runtime
from catalog.objects import Object
from catalog.quantity import format_cpu, format_memory
from catalog.registries import UPSTREAM, Registries
from catalog.render.common import plain_env
from catalog.runtimes import RUNTIMES

CONTAINER = "kserve-container"
SHARED_MEMORY_DIR = "/dev/shm"  # noqa: S108 - a mount point in a container, private to it
STARTUP_PERIOD = 2


def cluster_serving_runtimes(registries: Registries = UPSTREAM) -> list[Object]:
    """Every runtime by name, with images of the pin table from these registries."""
    return [_runtime(row, registries) for row in RUNTIMES]


def runtimes_by_name(registries: Registries = UPSTREAM) -> Mapping[str, Object]:
    """The same, by name."""
    made = cluster_serving_runtimes(registries)
    return MappingProxyType({runtime["metadata"]["name"]: runtime for runtime in made})


def liveness_probe(runtime: Runtime, protocol: str) -> Object:
    """The liveness probe that an InferenceService lays over the runtime.

    It cannot be the runtime's: Knative moves this probe to the port that serves
    (`resources/deploy.go` `rewriteUserLivenessProbe`), where a gRPC endpoint knows no HTTP, and a
    merge could not take the HTTP handler away. It allows a minute of a server that is too busy to
    answer.
    """
    http = {"httpGet": {"path": runtime.live_path, "port": REST_PORT, "scheme": "HTTP"}}
    handler = {"tcpSocket": {"port": REST_PORT}} if protocol == "grpc" else http
    return {**handler, **_timing(period=10, timeout=10, failures=6)}


def _runtime(row: Runtime, registries: Registries) -> Object:
    protocols = ["v2", "grpc-v2"] if "grpc" in row.protocols else ["v2"]
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ClusterServingRuntime",
        "metadata": {"name": row.name, "labels": {"app.kubernetes.io/managed-by": "slipway"}},
        "spec": {
            "annotations": {
                "prometheus.kserve.io/path": row.metrics_path,
                "prometheus.kserve.io/port": str(row.metrics_port),
            },
            "supportedModelFormats": [
                {"name": row.model_format, "version": row.format_version, "autoSelect": False}
            ],
            "protocolVersions": protocols,
            "multiModel": False,
            "containers": [_container(row, registries.image(pins.image(row.image)))],
            "volumes": _volumes(row),
        },
    }


def _container(row: Runtime, image: str) -> Object:
    cpu, memory = format_cpu(row.cpu), format_memory(row.memory)
    result: Object = {"name": CONTAINER, "image": image}
    if row.command:
        result["command"] = list(row.command)
    if row.working_dir:
        result["workingDir"] = row.working_dir
    return result | {
        "args": list(row.args),
        "env": plain_env(row.env),
        "resources": {
            "requests": {"cpu": cpu, "memory": memory},
            "limits": {"cpu": format_cpu(row.cpu * 2), "memory": memory},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "runAsGroup": row.user,
            "runAsNonRoot": True,
            "runAsUser": row.user,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "startupProbe": _loaded(
            row, period=STARTUP_PERIOD, failures=row.load_seconds // STARTUP_PERIOD
        ),
        # Every second, since a longer period is waited for at each cold start; and patient, since
        # a server at work may not answer at once.
        "readinessProbe": _loaded(row, period=1, failures=6),
        "volumeMounts": [{"name": name, "mountPath": path} for name, path in _mounts(row)],
    }


def _loaded(row: Runtime, *, period: int, failures: int) -> Object:
    """Whether the model is loaded. With its port named, Knative leaves it on the REST port."""
    handler = {"path": row.ready_path, "port": REST_PORT, "scheme": "HTTP"}
    return {"httpGet": handler, **_timing(period=period, timeout=5, failures=failures)}


def _timing(*, period: int, timeout: int, failures: int) -> Object:
    return {
        "periodSeconds": period,
        "timeoutSeconds": timeout,
        "successThreshold": 1,
        "failureThreshold": failures,
    }


def _mounts(row: Runtime) -> list[tuple[str, str]]:
    shared = [("server-shm", SHARED_MEMORY_DIR)] if row.shared_memory_bytes else []
    return [*shared, ("server-tmp", SCRATCH_DIR)]


def _volumes(row: Runtime) -> list[Object]:
    """Names of their own: a volume `tmp` of the InferenceService would be merged with ours."""
    shared = {"medium": "Memory", "sizeLimit": format_memory(row.shared_memory_bytes)}
    scratch = {"name": "server-tmp", "emptyDir": {"sizeLimit": format_memory(row.scratch_bytes)}}
    if not row.shared_memory_bytes:
        return [scratch]
    return [{"name": "server-shm", "emptyDir": shared}, scratch]
