"""The InferenceService of an endpoint, in the form that KServe's webhooks leave it in.

What the webhooks would add is written out (mode word, `modelFormat`, protocol version, empty
`model.name`, `automountServiceAccountToken`), and nothing is that they would take away. Source:
KServe 0.20 `pkg/apis/serving/v1beta1/inference_service_defaults.go`.
"""

from catalog.cold_start import progress_deadline
from catalog.endpoint import Endpoint, Tenant
from catalog.model_server import SCRATCH_DIR, Runtime
from catalog.node_pools import ACCELERATOR_LABEL, GPU_RESOURCE, GPU_TAINT, POOL_LABEL
from catalog.objects import Object
from catalog.options import Explainer, Transformer
from catalog.quantity import format_memory
from catalog.render.common import (
    PREFIX,
    QUEUE_PROXY,
    SERVICE_ACCOUNT,
    endpoint_labels,
    metadata,
    milli,
    plain_env,
    pod_selector,
    window_of,
)
from catalog.render.door import GRPC_PORT
from catalog.render.platform import REGISTRY_CONTAINER, STORAGE_CONTAINER
from catalog.render.runtimes import liveness_probe
from catalog.render.secrets import secret_env
from catalog.runtimes import runtime_for

MODES = {"knative": "Knative", "standard": "Standard"}
AUTOSCALER = "serving.kserve.io/autoscalerClass"
MODEL_PORT = 8080
TRANSFORMER_PORT = 8090
PAYLOAD_SINK = "http://payload-log.observability.svc.cluster.local"
"""The platform's collector of payload events, which keeps them in Loki."""

HARDENED: Object = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "privileged": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""Of every container that is not a runtime's own: Pod Security restricted, and a read-only root."""


def pod_security() -> Object:
    """The pod's security context; the group lets the model read what the downloader wrote."""
    return {
        "fsGroup": 1000,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def inference_service(endpoint: Endpoint, tenant: Tenant) -> Object:
    """The InferenceService of a model endpoint."""
    labels = {
        **endpoint_labels(endpoint, tenant),
        "networking.knative.dev/visibility": "cluster-local",
        "networking.kserve.io/visibility": "cluster-local",
    }
    spec: Object = {"predictor": _predictor(endpoint)}
    if endpoint.explainer is not None:
        spec["explainer"] = _explainer(endpoint, endpoint.explainer)
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": metadata(endpoint.name, endpoint.namespace, labels, _annotations(endpoint)),
        "spec": spec,
    }


def _annotations(endpoint: Endpoint) -> dict[str, str]:
    deadline = f"{progress_deadline(endpoint.cold_start // 1_000)}s"
    result = {
        "karpenter.sh/do-not-disrupt": deadline,
        "serving.kserve.io/deploymentMode": MODES[endpoint.serving],
    }
    if endpoint.runtime is not None:
        result["modelFormat"] = runtime_of(endpoint).model_format
    if endpoint.model is not None and endpoint.model.digest is not None:
        result[f"{PREFIX}/model-digest"] = f"sha256:{endpoint.model.digest}"
    if endpoint.serving == "knative":
        result |= {**window_of(endpoint), "serving.knative.dev/progress-deadline": deadline}
        result |= QUEUE_PROXY
    else:
        result[AUTOSCALER] = _autoscaler(endpoint)
    return dict(sorted(result.items()))


def _autoscaler(endpoint: Endpoint) -> str:
    """KServe's class of autoscaler in standard mode; `external` is a ScaledObject of ours.

    Schedules, requests a second and a window of one's own need KEDA, because the HPA that KServe
    makes has none of them (`reconcilers/hpa/hpa_reconciler.go`). A fixed number of replicas is kept
    with `none` alone (`reconcilers/deployment/deployment_reconciler.go`).
    """
    scaling = endpoint.scaling
    if scaling.min == scaling.max:
        return "none"
    by_use = scaling.metric in {"cpu", "memory"}
    return "hpa" if by_use and not scaling.schedule and scaling.window is None else "external"


def own_scaler(endpoint: Endpoint) -> bool:
    """Whether a ScaledObject of ours scales it."""
    return endpoint.serving == "standard" and _autoscaler(endpoint) == "external"


def runtime_of(endpoint: Endpoint) -> Runtime:
    """The serving runtime of a model endpoint."""
    return runtime_for(endpoint.framework, gpu=endpoint.resources.gpus > 0)


def _predictor(endpoint: Endpoint) -> Object:
    spec: Object = {**_scaling(endpoint), "timeout": endpoint.timeout // 1_000}
    if endpoint.logging is not None:
        spec["logger"] = {"mode": endpoint.logging.payload, "url": PAYLOAD_SINK}
    spec |= _pod(endpoint)
    storage = _storage(endpoint)
    if storage is not None:
        spec["storageContainerName"] = storage
    if endpoint.framework == "custom":
        spec["containers"] = [_custom(endpoint)]
    else:
        spec["model"] = _model(endpoint)
    if endpoint.transformer is not None:
        spec["containers"] = [
            *spec.get("containers", []),
            _transformer(endpoint, endpoint.transformer),
        ]
    return spec


def _storage(endpoint: Endpoint) -> str | None:
    """The downloader that reads the model's address: claims and images need none.

    KServe's pod webhook asks the one that is named whether it reads the address, and cached weights
    are a claim by then (`webhook/admission/pod/storage_initializer_injector.go`).
    """
    if endpoint.weights_cache is not None:
        return None
    scheme = endpoint.model.uri.partition("://")[0] if endpoint.model else ""
    named = {"s3": STORAGE_CONTAINER, "hf": STORAGE_CONTAINER, "mlflow": REGISTRY_CONTAINER}
    return named.get(scheme)


def _scaling(endpoint: Endpoint) -> Object:
    result: Object = {"minReplicas": endpoint.scaling.min, "maxReplicas": endpoint.scaling.max}
    if endpoint.serving == "knative" or _autoscaler(endpoint) == "hpa":
        result["scaleMetric"] = endpoint.scaling.metric
        result["scaleTarget"] = endpoint.scaling.target
    if endpoint.serving == "standard":
        result["deploymentStrategy"] = {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0},
        }
    return result


def _pod(endpoint: Endpoint) -> Object:
    """The pod's fields. Service links are off: a Service named vllm would set VLLM_PORT."""
    result: Object = {
        "serviceAccountName": SERVICE_ACCOUNT,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security(),
        **placement_of(endpoint),
        **spread_of(endpoint),
    }
    if endpoint.framework == "custom" or endpoint.transformer is not None:
        result["volumes"] = [{"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}}]
    return result


def spread_of(endpoint: Endpoint) -> Object:
    """Where there may be several replicas: not all of them in one zone or on one node."""
    if endpoint.scaling.max == 1:
        return {}
    constraints = [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": pod_selector(endpoint)},
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]
    return {"topologySpreadConstraints": constraints}


def placement_of(endpoint: Endpoint) -> Object:
    """Node selector, tolerations and affinity that lead to the pool which placement chose."""
    result: Object = {}
    if endpoint.resources.accelerator is not None:
        result["nodeSelector"] = {ACCELERATOR_LABEL: endpoint.resources.accelerator}
        result["tolerations"] = [
            {"key": GPU_TAINT.key, "operator": "Exists", "effect": GPU_TAINT.effect}
        ]
    elif endpoint.placement is not None:
        result["nodeSelector"] = {POOL_LABEL: endpoint.placement.pool.name}
    return {**result, **capacity_of(endpoint)}


def capacity_of(endpoint: Endpoint) -> Object:
    """Affinity that keeps pods of on-demand tiers off spot nodes."""
    if endpoint.capacity != "on-demand":
        return {}
    never_spot = {
        "key": "karpenter.sh/capacity-type",
        "operator": "NotIn",
        "values": ["spot"],
    }
    affinity = {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": [never_spot]}]
            }
        }
    }
    return {"affinity": affinity}


def _model(endpoint: Endpoint) -> Object:
    runtime = runtime_of(endpoint)
    result: Object = {
        "name": "",
        "modelFormat": {"name": runtime.model_format},
        "runtime": runtime.name,
        "protocolVersion": "grpc-v2" if endpoint.protocol == "grpc" else "v2",
    }
    if endpoint.model is not None:
        result["storageUri"] = endpoint.model.uri
    args = runtime.model_args(endpoint)
    if args:
        result["args"] = list(args)
    env = [*runtime.model_env(endpoint), *_environment(endpoint)]
    if env:
        result["env"] = env
    if endpoint.transformer is None:
        result["ports"] = ports(endpoint)
    result["resources"] = resources_of(endpoint)
    result["livenessProbe"] = liveness_probe(runtime, endpoint.protocol)
    return result


def ports(endpoint: Endpoint) -> list[Object]:
    """Knative serves one port and tells HTTP/2 by its name; a Service takes both."""
    rest = {"containerPort": MODEL_PORT, "name": "http1", "protocol": "TCP"}
    grpc = {"containerPort": GRPC_PORT, "name": "h2c", "protocol": "TCP"}
    return {"rest": [rest], "grpc": [grpc], "both": [rest, grpc]}[endpoint.protocol]


def resources_of(endpoint: Endpoint) -> Object:
    """Memory and GPUs are requested as they are limited; CPU may burst to twice its request."""
    asked = endpoint.resources
    gpus = {GPU_RESOURCE: str(asked.gpus)} if asked.gpus else {}
    memory = format_memory(asked.memory)
    return {
        "requests": {"cpu": milli(asked.cpu), "memory": memory, **gpus},
        "limits": {"cpu": milli(asked.cpu * 2), "memory": memory, **gpus},
    }


def _environment(endpoint: Endpoint) -> list[Object]:
    return [*plain_env(endpoint.env), *secret_env(endpoint)]


def _sized(cpu: int, memory: int) -> Object:
    size = format_memory(memory)
    return {
        "requests": {"cpu": milli(cpu), "memory": size},
        "limits": {"cpu": milli(cpu * 2), "memory": size},
    }


def _custom(endpoint: Endpoint) -> Object:
    container = endpoint.container
    if container is None:
        raise ValueError(f"{endpoint.name}: a custom framework has a container")
    name = "h2c" if endpoint.protocol == "grpc" else "http1"
    port = {"containerPort": container.port, "name": name, "protocol": "TCP"}
    result: Object = {"name": "kserve-container", "image": container.image}
    if container.args:
        result["args"] = list(container.args)
    env = _environment(endpoint)
    if endpoint.model is not None:
        env = [{"name": "STORAGE_URI", "value": endpoint.model.uri}, *env]
    if env:
        result["env"] = env
    return {
        **result,
        **({} if endpoint.transformer else {"ports": [port]}),
        "resources": resources_of(endpoint),
        "readinessProbe": _readiness(endpoint, container.port),
        "startupProbe": {**_answers(endpoint, container.port), **_patience(endpoint)},
        "securityContext": HARDENED,
        "volumeMounts": [{"name": "tmp", "mountPath": SCRATCH_DIR}],
    }


def _answers(endpoint: Endpoint, port: int) -> Object:
    if endpoint.protocol == "grpc":
        return {"grpc": {"port": port, "service": ""}}
    path = f"/v2/models/{endpoint.name}/ready"
    return {"httpGet": {"path": path, "port": port, "scheme": "HTTP"}}


def _readiness(endpoint: Endpoint, port: int) -> Object:
    return {
        **_answers(endpoint, port),
        "periodSeconds": 5,
        "timeoutSeconds": 3,
        "successThreshold": 1,
        "failureThreshold": 3,
    }


def _patience(endpoint: Endpoint) -> Object:
    """A startup probe that gives up when the progress deadline is over, and not before."""
    period = 5
    deadline = progress_deadline(endpoint.cold_start // 1_000)
    return {
        "periodSeconds": period,
        "timeoutSeconds": 3,
        "successThreshold": 1,
        "failureThreshold": deadline // period,
    }


def _transformer(endpoint: Endpoint, transformer: Transformer) -> Object:
    port = endpoint.container.port if endpoint.container else MODEL_PORT
    args = [
        *transformer.args,
        f"--model_name={endpoint.name}",
        f"--predictor_host=localhost:{port}",
        "--predictor_protocol=v2",
        f"--http_port={TRANSFORMER_PORT}",
    ]
    probe = {**_answers(endpoint, TRANSFORMER_PORT), "periodSeconds": 5, "timeoutSeconds": 3}
    return {
        "name": "transformer-container",
        "image": transformer.image,
        "args": args,
        **_plain_env(transformer.env),
        "ports": [{"containerPort": TRANSFORMER_PORT, "name": "http1", "protocol": "TCP"}],
        "resources": _sized(transformer.cpu, transformer.memory),
        "readinessProbe": {**probe, "successThreshold": 1, "failureThreshold": 3},
        "securityContext": HARDENED,
        "volumeMounts": [{"name": "tmp", "mountPath": SCRATCH_DIR}],
    }


def _plain_env(env: dict[str, str]) -> Object:
    if not env:
        return {}
    return {"env": plain_env(env)}


def _explainer(endpoint: Endpoint, explainer: Explainer) -> Object:
    return {
        "annotations": {AUTOSCALER: "hpa" if explainer.max > 1 else "none"},
        "minReplicas": 1,
        "maxReplicas": explainer.max,
        "timeout": endpoint.timeout // 1_000,
        "serviceAccountName": SERVICE_ACCOUNT,
        "automountServiceAccountToken": False,
        "securityContext": pod_security(),
        "nodeSelector": {POOL_LABEL: "cpu"},
        **capacity_of(endpoint),
        "containers": [
            {
                "name": "kserve-container",
                "image": explainer.image,
                **({"args": list(explainer.args)} if explainer.args else {}),
                **_plain_env(explainer.env),
                "ports": [{"containerPort": MODEL_PORT, "name": "http1", "protocol": "TCP"}],
                "resources": _sized(explainer.cpu, explainer.memory),
                "readinessProbe": {
                    "tcpSocket": {"port": MODEL_PORT},
                    "periodSeconds": 5,
                    "timeoutSeconds": 3,
                    "successThreshold": 1,
                    "failureThreshold": 3,
                },
                "securityContext": HARDENED,
                "volumeMounts": [{"name": "tmp", "mountPath": SCRATCH_DIR}],
            }
        ],
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}}],
    }
