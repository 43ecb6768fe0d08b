"""An LLMInferenceService: a large language model that is always awake, on vLLM.

Without `router` KServe makes neither route nor scheduler: the front door owns the host. Without
`replicas` it keeps what our ScaledObject sets (KServe 0.20 `llmisvc/workload.go`,
PreserveDeploymentReplicas).
"""

from catalog.cold_start import progress_deadline
from catalog.endpoint import Endpoint, Tenant
from catalog.environment import Environment
from catalog.llm_memory import GPU_MEMORY_UTILIZATION_PERCENT
from catalog.model_server import MODEL_DIR, SCRATCH_DIR, Runtime
from catalog.objects import Object
from catalog.pins import image
from catalog.quantity import format_memory
from catalog.render.common import (
    PREFIX,
    SERVICE_ACCOUNT,
    endpoint_labels,
    lasting_labels,
    metadata,
    plain_env,
)
from catalog.render.door import LLM_WORKLOAD_PORT
from catalog.render.inference import (
    HARDENED,
    placement_of,
    pod_security,
    resources_of,
    runtime_of,
    spread_of,
)
from catalog.render.platform import HUB_TOKEN_ENV, downloader
from catalog.render.runtimes import SHARED_MEMORY_DIR
from catalog.render.secrets import secret_env

PROBE_PERIOD = 10


def llm_inference_service(endpoint: Endpoint, tenant: Tenant, env: Environment) -> Object:
    """The LLMInferenceService of an endpoint."""
    labels = endpoint_labels(endpoint, tenant)
    deadline = f"{progress_deadline(endpoint.cold_start // 1_000)}s"
    annotations = {"karpenter.sh/do-not-disrupt": deadline}
    spec: Object = {
        "model": {"uri": endpoint.model.uri if endpoint.model else "", "name": endpoint.name},
        "labels": lasting_labels(endpoint, tenant),
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
        "enableServiceLinks": False,
        "securityContext": pod_security(),
        **placement_of(endpoint),
        **spread_of(endpoint),
        **_downloader(endpoint, env),
        "containers": [_server(endpoint, env)],
        "volumes": _volumes(runtime_of(endpoint)),
    }


def _downloader(endpoint: Endpoint, env: Environment) -> Object:
    """A model in an image volume or a claim needs no downloader."""
    if endpoint.model is None or endpoint.model.uri.partition("://")[0] not in {"s3", "hf"}:
        return {}
    initializer = downloader(env.registries)
    if endpoint.model.uri.startswith("hf://"):
        initializer["env"] = [HUB_TOKEN_ENV]
    return {"initContainers": [initializer]}


def _volumes(runtime: Runtime) -> list[Object]:
    """Shared memory for the GPUs of one replica, and the one place where the server may write."""
    shared = {"medium": "Memory", "sizeLimit": format_memory(runtime.shared_memory_bytes)}
    scratch = {"sizeLimit": format_memory(runtime.scratch_bytes)}
    return [{"name": "dshm", "emptyDir": shared}, {"name": "tmp-dir", "emptyDir": scratch}]


def _server(endpoint: Endpoint, env: Environment) -> Object:
    runtime = runtime_of(endpoint)
    given = {**runtime.env, **endpoint.env}
    plain = plain_env(given)
    health = {"path": "/health", "port": LLM_WORKLOAD_PORT, "scheme": "HTTP"}
    deadline = progress_deadline(endpoint.cold_start // 1_000)
    return {
        "name": "main",
        "image": env.registries.image(image(runtime.image)),
        "command": ["vllm", "serve", MODEL_DIR],
        "args": [
            f"--served-model-name={endpoint.name}",
            f"--port={LLM_WORKLOAD_PORT}",
            f"--gpu-memory-utilization={GPU_MEMORY_UTILIZATION_PERCENT / 100:g}",
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
        "securityContext": {**HARDENED, "runAsUser": runtime.user},
        "volumeMounts": [
            {"name": "dshm", "mountPath": SHARED_MEMORY_DIR},
            {"name": "tmp-dir", "mountPath": SCRATCH_DIR},
        ],
    }
