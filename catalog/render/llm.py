"""An LLMInferenceService: a large language model that is always awake, on vLLM.

Without `router` KServe makes neither route nor scheduler: the front door owns the host. Without
`replicas` it keeps what our ScaledObject sets (KServe 0.20 `llmisvc/workload.go`,
PreserveDeploymentReplicas).
"""

from catalog.cold_start import progress_deadline
from catalog.endpoint import Endpoint, Tenant
from catalog.environment import Environment
from catalog.objects import Object
from catalog.pins import image
from catalog.quantity import format_memory
from catalog.render.common import PREFIX, SERVICE_ACCOUNT, endpoint_labels, metadata
from catalog.render.door import LLM_WORKLOAD_PORT
from catalog.render.inference import (
    HARDENED,
    placement_of,
    pod_security,
    resources_of,
    runtime_of,
)
from catalog.render.secrets import secret_env

SHARED_MEMORY = 2 * 2**30
PROBE_PERIOD = 10


def llm_inference_service(endpoint: Endpoint, tenant: Tenant, env: Environment) -> Object:
    """The LLMInferenceService of an endpoint."""
    labels = endpoint_labels(endpoint, tenant)
    deadline = f"{progress_deadline(endpoint.cold_start // 1_000)}s"
    annotations = {"karpenter.sh/do-not-disrupt": deadline}
    spec: Object = {
        "model": {"uri": endpoint.model.uri if endpoint.model else "", "name": endpoint.name},
        "labels": labels,
        "annotations": annotations,
        "template": _pod(endpoint, env),
    }
    if endpoint.scaling.min == endpoint.scaling.max:
        spec["replicas"] = endpoint.scaling.min
    about = dict(annotations)
    if endpoint.model is not None and endpoint.model.digest is not None:
        about[f"{PREFIX}/model-digest"] = f"sha256:{endpoint.model.digest}"
    return {
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": "LLMInferenceService",
        "metadata": metadata(endpoint.name, endpoint.namespace, labels, about),
        "spec": spec,
    }


def _pod(endpoint: Endpoint, env: Environment) -> Object:
    return {
        "serviceAccountName": SERVICE_ACCOUNT,
        "automountServiceAccountToken": False,
        "securityContext": pod_security(),
        **placement_of(endpoint),
        "initContainers": [
            {
                "name": "storage-initializer",
                "image": image("storage-initializer").reference(
                    env.images.mirror, env.images.digests
                ),
                "resources": {
                    "requests": {"cpu": "100m", "memory": "512Mi"},
                    "limits": {"cpu": "1", "memory": "2Gi"},
                },
                "securityContext": {**HARDENED, "readOnlyRootFilesystem": False},
            }
        ],
        "containers": [_server(endpoint, env)],
        "volumes": [
            {"name": "dshm", "emptyDir": {"medium": "Memory", "sizeLimit": format_memory(SHARED_MEMORY)}}
        ],
    }


def _server(endpoint: Endpoint, env: Environment) -> Object:
    runtime = runtime_of(endpoint)
    plain = [{"name": name, "value": value} for name, value in endpoint.env.items()]
    health = {"path": "/health", "port": LLM_WORKLOAD_PORT, "scheme": "HTTP"}
    deadline = progress_deadline(endpoint.cold_start // 1_000)
    return {
        "name": "main",
        "image": image(runtime.image).reference(env.images.mirror, env.images.digests),
        "command": ["vllm", "serve", "/mnt/models"],
        "args": [
            f"--served-model-name={endpoint.name}",
            f"--port={LLM_WORKLOAD_PORT}",
            *runtime.model_args(endpoint),
        ],
        "env": [*plain, *secret_env(endpoint)],
        "ports": [{"containerPort": LLM_WORKLOAD_PORT, "name": "http", "protocol": "TCP"}],
        "resources": resources_of(endpoint),
        "startupProbe": {
            "httpGet": health,
            "periodSeconds": PROBE_PERIOD,
            "timeoutSeconds": 5,
            "failureThreshold": deadline // PROBE_PERIOD,
        },
        "readinessProbe": {
            "httpGet": {**health, "path": "/v1/models"},
            "periodSeconds": 5,
            "timeoutSeconds": 5,
            "failureThreshold": 3,
        },
        "livenessProbe": {
            "httpGet": health,
            "periodSeconds": PROBE_PERIOD,
            "timeoutSeconds": 5,
            "failureThreshold": 6,
        },
        "securityContext": {**HARDENED, "readOnlyRootFilesystem": False},
        "volumeMounts": [{"name": "dshm", "mountPath": "/dev/shm"}],
    }
