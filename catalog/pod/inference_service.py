"""The pods of an InferenceService: predictor, and transformer and explainer where they stand apart.

KServe `pkg/controller/v1beta1/inferenceservice/components/{predictor,transformer,explainer}.go`
and `pkg/apis/serving/v1beta1/{transformer,explainer}_custom.go`.
"""

from catalog.objects import Object
from catalog.pod.knative import knative_pod
from catalog.pod.merge import merge, merge_containers
from catalog.pod.platform import Known, Platform
from catalog.pod.standard import standard_pod
from catalog.pod.template import expand, metadata_scope
from catalog.pod.webhook import admitted
from catalog.pod.workload import Workload

SERVER = "kserve-container"
TRANSFORMER = "transformer-container"
_INTERNAL = "internal.serving.kserve.io"

_NOT_PASSED_ON = frozenset(
    {
        "autoscaling.knative.dev/max-scale",
        "autoscaling.knative.dev/min-scale",
        f"{_INTERNAL}/storage-initializer-sourceuri",
        "kubectl.kubernetes.io/last-applied-configuration",
        "modelFormat",
    }
)
"""KServe `constants.ServiceAnnotationDisallowedList`."""

_NOT_POD = frozenset(
    {
        "annotations", "autoScaling", "batcher", "canaryTrafficPercent", "containerConcurrency",
        "deploymentStrategy", "labels", "logger", "maxReplicas", "minReplicas", "model", "name",
        "scaleMetric", "scaleMetricType", "scaleTarget", "storageContainerName", "timeout",
    }
)  # fmt: skip
"""What a component holds beside the fields of a pod."""

_NOT_CONTAINER = frozenset({"modelFormat", "protocolVersion", "runtime", "storageUri"})
"""What `predictor.model` holds beside the fields of a container."""

_NOT_SYNTHESIZED = frozenset(
    {
        "art", "batcher", "huggingface", "lightgbm", "onnx", "paddle", "pmml", "pytorch", "sklearn",
        "storageUris", "tensorflow", "triton", "workerSpec", "xgboost",
    }
)  # fmt: skip

_FROM_RUNTIME = (
    "affinity", "imagePullSecrets", "nodeSelector", "schedulerName", "tolerations", "volumes"
)  # fmt: skip
"""All that a runtime says of its pod and KServe listens to (`isvcutils.MergePodSpec`)."""


def inference_service_pods(isvc: Object, known: Known, platform: Platform) -> list[Object]:
    """One pod per component, each the first of its revision or Deployment."""
    mode = isvc["metadata"].get("annotations", {}).get("serving.kserve.io/deploymentMode")
    if mode not in ("Knative", "Standard"):
        raise ValueError(f"deploymentMode is {mode!r}, neither 'Knative' nor 'Standard'")
    logger: Object | None = isvc["spec"]["predictor"].get("logger")
    workloads = [_predictor(isvc, known)]
    workloads += [_apart(isvc, p) for p in ("transformer", "explainer") if p in isvc["spec"]]
    made = [knative_pod(w, platform) if mode == "Knative" else standard_pod(w) for w in workloads]
    return [admitted(pod, known, platform, logger) for pod in made]


def _predictor(isvc: Object, known: Known) -> Workload:
    predictor: Object = isvc["spec"]["predictor"]
    model: Object | None = predictor.get("model")
    if model is None:
        server = predictor["containers"][0]
        if server["name"] != SERVER:
            raise ValueError(f"KServe overwrites the first container, which is not {SERVER!r}")
        return _workload(isvc, "predictor", _named(_pod_spec(predictor), isvc), _uri_of(server))
    uri = model.get("storageUri")
    downloads_itself = model["modelFormat"]["name"] == "huggingface"
    if uri is None and not predictor.get("containers") and not downloads_itself:
        raise ValueError("a model without storageUri is taken for a multi-model server by KServe")
    runtime = known[model["runtime"]]
    if "serving.kserve.io/server-type" in runtime["metadata"].get("annotations", {}):
        raise ValueError("KServe changes image, env and labels for a runtime with a server-type")
    spec = _named(_served(isvc["metadata"], predictor, runtime["spec"]), isvc)
    return _workload(isvc, "predictor", spec, uri, runtime["spec"])


def _served(metadata: Object, predictor: Object, runtime: Object) -> Object:
    """The runtime's pod with the predictor's over it, the server first."""
    scope = metadata_scope(metadata)
    base = {key: runtime[key] for key in _FROM_RUNTIME if key in runtime}
    spec = merge(base, _pod_spec(predictor))
    ours: list[Object] = predictor.get("containers", [])
    theirs: list[Object] = runtime["containers"]
    containers = [expand(_server(_one(theirs, SERVER), predictor["model"]), scope)]
    transformers = [
        c for c in (_one_or_none(theirs, TRANSFORMER), _one_or_none(ours, TRANSFORMER)) if c
    ]
    if transformers:
        containers.append(expand(_laid_over(*transformers), scope))
    containers += [c for c in theirs if c["name"] not in (SERVER, TRANSFORMER)]
    containers += [c for c in ours if c["name"] != TRANSFORMER]
    return {**spec, "containers": containers}


def _server(runtime: Object, model: Object) -> Object:
    if unsupported := sorted({"confidential", "runtimeVersion", "storage"} & model.keys()):
        raise ValueError(f"predictor.model.{unsupported[0]} is not synthesized")
    return _laid_over(runtime, {k: v for k, v in model.items() if k not in _NOT_CONTAINER})


def _laid_over(base: Object, patch: Object | None = None) -> Object:
    """Arguments are added up, everything else is merged (`isvcutils.MergeRuntimeContainers`)."""
    if patch is None:
        return base
    merged = merge_containers(base, patch)
    arguments = [*base.get("args", []), *patch.get("args", [])]
    return {**merged, "args": arguments} if arguments else merged


def _apart(isvc: Object, part: str) -> Workload:
    """A transformer or explainer in a pod of its own, told where the predictor is."""
    component: Object = isvc["spec"][part]
    spec = _pod_spec(component)
    first, *others = spec["containers"]
    metadata = isvc["metadata"]
    told: list[str] = [*first.get("args", [])]
    predictor = f"{metadata['name']}-predictor.{metadata['namespace']}"
    wanted = {"--model_name": metadata["name"], "--predictor_host": predictor}
    for flag, value in wanted.items():
        told += [] if _mentions(told, flag) else [flag, value]
    if part == "explainer" or not _mentions(told, "--http_port"):
        told += ["--http_port", "8080"]
    concurrency = component.get("containerConcurrency")
    if concurrency is not None and not _mentions(told, "--workers"):
        told += ["--workers", str(concurrency)]
    container = {**first, "name": first.get("name") or SERVER, "args": told}
    if part == "transformer":
        container = _with_name(container, metadata["name"])
    spec = {**spec, "containers": [container, *others]}
    return _workload(isvc, part, spec, _uri_of(first))


def _workload(
    isvc: Object, part: str, spec: Object, uri: str | None, runtime: Object | None = None
) -> Workload:
    metadata, component = isvc["metadata"], isvc["spec"][part]
    if unsupported := sorted(_NOT_SYNTHESIZED & component.keys()):
        raise ValueError(f"{part}.{unsupported[0]} is not synthesized")
    below: Object = runtime or {}
    labels = {
        **below.get("labels", {}),
        **metadata.get("labels", {}),
        **component.get("labels", {}),
        "serving.kserve.io/inferenceservice": metadata["name"],
        "component": part,
    }
    annotations = {
        **_passed_on(below),
        **_passed_on(metadata),
        **_internal(component, uri),
        **_passed_on(component),
    }
    return Workload(
        name=f"{metadata['name']}-{part}",
        namespace=metadata["namespace"],
        labels=labels,
        annotations=annotations,
        spec=spec,
        timeout=component.get("timeout"),
        response_start_timeout=component.get("timeout", 0),
        concurrency=component.get("containerConcurrency"),
    )


def _internal(component: Object, uri: str | None) -> Object:
    """The annotations by which KServe's controller tells its own pod webhook what to inject."""
    logger: Object = component.get("logger") or {}
    joined = {
        "logger-metadata-annotations": logger.get("metadataAnnotations"),
        "logger-metadata-headers": logger.get("metadataHeaders"),
    }
    stated = {
        "storage-initializer-sourceuri": uri,
        "storage-container-name": component.get("storageContainerName") if uri else None,
        "logger": "true" if logger else None,
        "logger-mode": logger.get("mode"),
        "logger-sink-url": logger.get("url"),
        **{key: ",".join(values) for key, values in joined.items() if values},
    }
    return {f"{_INTERNAL}/{key}": value for key, value in stated.items() if value is not None}


def _passed_on(holder: Object) -> Object:
    annotations: Object = holder.get("annotations", {})
    return {key: value for key, value in annotations.items() if key not in _NOT_PASSED_ON}


def _pod_spec(component: Object) -> Object:
    return {key: value for key, value in component.items() if key not in _NOT_POD}


def _named(spec: Object, isvc: Object) -> Object:
    name = isvc["metadata"]["name"]
    return {**spec, "containers": [_with_name(c, name) for c in spec["containers"]]}


def _with_name(container: Object, name: str) -> Object:
    key = "INFERENCE_SERVICE_NAME"
    env = [item for item in container.get("env", []) if item["name"] != key]
    return {**container, "env": [*env, {"name": key, "value": name}]}


def _uri_of(server: Object) -> str | None:
    """A custom server names its model in STORAGE_URI."""
    uris = [e.get("value") for e in server.get("env", []) if e["name"] == "STORAGE_URI"]
    return uris[0] if uris else None


def _mentions(arguments: list[str], flag: str) -> bool:
    return any(argument.split("=")[0] == flag for argument in arguments)


def _one(containers: list[Object], name: str) -> Object:
    return next(container for container in containers if container["name"] == name)


def _one_or_none(containers: list[Object], name: str) -> Object | None:
    return next((container for container in containers if container["name"] == name), None)
