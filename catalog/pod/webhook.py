"""What KServe's pod webhook adds to a pod of an InferenceService, in its own order.

KServe `pkg/webhook/admission/pod/{mutator,agent_injector,metrics_aggregate_injector}.go`.
"""

import json

from catalog.objects import Object
from catalog.pod.platform import Known, Platform
from catalog.pod.queue_proxy import QUEUE_PROXY
from catalog.pod.storage import inject_model

AGENT_PORT = 9081
_INTERNAL = "internal.serving.kserve.io"
_AGGREGATE = "serving.kserve.io/enable-metric-aggregation"
_SCRAPE = "serving.kserve.io/enable-prometheus-scraping"


def admitted(pod: Object, known: Known, platform: Platform, logger: Object | None) -> Object:
    """The pod as the API server stores it. `logger` is the *predictor's*, whichever part it is."""
    pod = inject_model(pod, known, platform)
    if f"{_INTERNAL}/logger" in pod["metadata"]["annotations"]:
        pod = _with_agent(pod, platform, logger or {})
    return _with_metrics(pod)


def _with_agent(pod: Object, platform: Platform, logger: Object) -> Object:
    """A sidecar that sits between queue-proxy (or the Service) and the model, and copies payloads.

    It runs with the security context of the pod's first container.
    """
    containers: list[Object] = pod["spec"]["containers"]
    by_name = {container["name"]: container for container in containers}
    queue = by_name.get(QUEUE_PROXY)
    server = by_name.get("transformer-container") or by_name["kserve-container"]
    probe: Object = {} if queue else server.get("readinessProbe", {})
    port = server["ports"][0]["containerPort"] if server.get("ports") else 8080
    network_probe = "httpGet" in probe or "tcpSocket" in probe
    env = [*queue["env"]] if queue else []
    if network_probe:
        env.append({"name": "SERVING_READINESS_PROBE", "value": json.dumps(probe)})
    agent: Object = {
        "name": "agent",
        "image": platform.image("kserve-agent"),
        "args": [*_agent_arguments(pod, platform, logger), "--component-port", str(port)],
        "resources": platform.agent.resources,
        "ports": [{"name": "agent-port", "containerPort": AGENT_PORT, "protocol": "TCP"}],
        "env": env,
        "readinessProbe": _agent_probe(probe.get("httpGet", {}).get("path") or "/"),
    }
    if security := containers[0].get("securityContext"):
        agent["securityContext"] = security
    spec = {**pod["spec"], "containers": [*map(_behind_agent, containers), agent]}
    return {**pod, "spec": spec}


def _agent_arguments(pod: Object, platform: Platform, logger: Object) -> list[str]:
    labels, annotations = pod["metadata"]["labels"], pod["metadata"]["annotations"]
    storage: Object = logger.get("storage") or {}
    copied = annotations.get(f"{_INTERNAL}/logger-metadata-annotations")
    pairs = [f"{k}={annotations[k]}" for k in (copied or "").split(",") if k in annotations]
    arguments = {
        "--log-url": annotations.get(f"{_INTERNAL}/logger-sink-url", platform.logger_url),
        "--source-uri": "",
        "--log-mode": annotations[f"{_INTERNAL}/logger-mode"],
        "--inference-service": labels["serving.kserve.io/inferenceservice"],
        "--namespace": pod["metadata"]["namespace"],
        "--endpoint": labels.get("endpoint", ""),
        "--component": labels["component"],
        "--log-store-path": storage.get("path"),
        "--log-store-format": storage.get("parameters", {}).get("format"),
        "--log-marshaller-url": logger.get("marshallerUrl"),
        "--log-batch-size": logger.get("batchSize"),
        "--log-batch-interval": logger.get("batchInterval"),
        "--metadata-headers": annotations.get(f"{_INTERNAL}/logger-metadata-headers"),
        "--metadata-annotations": ",".join(pairs) if copied else None,
        "--logger-tls-skip-verify": "false",
    }
    return [text for k, v in arguments.items() if v is not None for text in (k, str(v))]


def _agent_probe(path: str) -> Object:
    header = {"name": "K-Network-Probe", "value": "queue"}
    get = {"path": path, "port": AGENT_PORT, "scheme": "HTTP", "httpHeaders": [header]}
    return {"httpGet": get}


def _behind_agent(container: Object) -> Object:
    """queue-proxy talks to the agent instead of the server."""
    if container["name"] != QUEUE_PROXY:
        return container
    env = [
        {**item, "value": str(AGENT_PORT)} if item["name"] == "USER_PORT" else item
        for item in container["env"]
    ]
    return {**container, "env": env}


def _with_metrics(pod: Object) -> Object:
    annotations = {_AGGREGATE: "false", _SCRAPE: "false"} | pod["metadata"]["annotations"]
    aggregate = annotations[_AGGREGATE] == "true"
    if annotations[_SCRAPE] == "true":
        annotations["prometheus.io/port"] = "9088" if aggregate else "9091"
        annotations["prometheus.io/path"] = "/metrics"
    metadata = {**pod["metadata"], "annotations": dict(sorted(annotations.items()))}
    containers: list[Object] = pod["spec"]["containers"]
    if aggregate:
        containers = [_aggregating(c, annotations) for c in containers]
    return {**pod, "metadata": metadata, "spec": {**pod["spec"], "containers": containers}}


def _aggregating(container: Object, annotations: Object) -> Object:
    if container["name"] != QUEUE_PROXY:
        return container
    env = {
        "KSERVE_CONTAINER_PROMETHEUS_METRICS_PORT": annotations.get(
            "prometheus.kserve.io/port", "8080"
        ),
        "KSERVE_CONTAINER_PROMETHEUS_METRICS_PATH": annotations.get(
            "prometheus.kserve.io/path", "/metrics"
        ),
        "AGGREGATE_PROMETHEUS_METRICS_PORT": "9088",
    }
    port = {"name": "aggr-metric", "containerPort": 9088, "protocol": "TCP"}
    added = [{"name": name, "value": value} for name, value in env.items()]
    return {
        **container,
        "env": [*container["env"], *added],
        "ports": [*container["ports"], port],
    }
