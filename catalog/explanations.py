"""Why each generated field has its value: the settings it follows, or the rule that fixed it.

A path is matched by its longest prefix. A `Because` names settings of the entry (`scaling.min`),
of the stack (`env:identity.issuer`) or of the team (`team:owners`), and says what was made of them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Because:
    """The settings that a field follows, and how."""

    settings: tuple[str, ...]
    rule: str


def _from(*settings: str, by: str = "") -> Because:
    return Because(settings, by)


def _rule(text: str) -> Because:
    return Because((), text)


NAME = _rule("the name of the deployment")
LABELS = _rule("labels that never change while the endpoint exists: upstream selects by them")
PLACED = _from(
    "resources.gpu", "resources.accelerator", by="the cheapest node pool that holds a replica"
)
DEADLINE = _from(
    "model", by="twice the estimate of node boot, image pull, download and load, in whole minutes"
)
RESTRICTED = _rule("Pod Security restricted")
TIMEOUT = _from("timeout", by="one timeout on every hop")

COMMON: dict[str, Because] = {
    "apiVersion": _rule("the version that the pinned controllers store"),
    "kind": _rule("the kind that this part of an entry becomes"),
    "metadata.name": NAME,
    "metadata.namespace": _rule("team and project, joined by a hyphen"),
    "metadata.labels": _rule("what made it, and whom it belongs to"),
    "metadata.labels.app.kubernetes.io/managed-by": _rule("what made it"),
    "metadata.labels.label.slipway.dev": _from("labels"),
    "metadata.labels.slipway.dev/cost-center": _from("team:cost_center"),
    "metadata.labels.slipway.dev/endpoint": NAME,
    "metadata.labels.slipway.dev/project": _rule("the name of the entry's file"),
    "metadata.labels.slipway.dev/team": _rule("the folder of the entry's file"),
    "metadata.labels.slipway.dev/tier": _from("tier"),
}

BY_KIND: dict[str, dict[str, Because]] = {
    "InferenceService": {
        "metadata.labels.networking": _rule("reached through the front door only"),
        "metadata.annotations.autoscaling.knative.dev/window": _from("scaling.window"),
        "metadata.annotations.karpenter.sh/do-not-disrupt": DEADLINE,
        "metadata.annotations.modelFormat": _from("framework", by="what KServe's webhook adds"),
        "metadata.annotations.queue.sidecar": _rule("Knative's queue-proxy, counted in the quota"),
        "metadata.annotations.serving.knative.dev/progress-deadline": DEADLINE,
        "metadata.annotations.serving.kserve.io/deploymentMode": _from("serving"),
        "metadata.annotations.serving.kserve.io/autoscalerClass": _from(
            "scaling.metric", "scaling.schedule", by="KEDA for schedules and requests, else the HPA"
        ),
        "metadata.annotations.slipway.dev/model-digest": _from("model", by="SHA-256 of the files"),
        "spec.predictor.minReplicas": _from("scaling.min", by="at least 1 in standard mode"),
        "spec.predictor.maxReplicas": _from("scaling.max"),
        "spec.predictor.scaleMetric": _from("scaling.metric"),
        "spec.predictor.scaleTarget": _from("scaling.target"),
        "spec.predictor.timeout": TIMEOUT,
        "spec.predictor.deploymentStrategy": _rule("no replica goes before a new one is ready"),
        "spec.predictor.logger": _from("logging.payload"),
        "spec.predictor.serviceAccountName": _rule("may read the project's own artifacts"),
        "spec.predictor.automountServiceAccountToken": _rule(
            "a model has no business with the API"
        ),
        "spec.predictor.enableServiceLinks": _rule("names of Services are no server's settings"),
        "spec.predictor.securityContext": RESTRICTED,
        "spec.predictor.nodeSelector": PLACED,
        "spec.predictor.tolerations": PLACED,
        "spec.predictor.affinity": _from("capacity", by="on-demand capacity never runs on spot"),
        "spec.predictor.topologySpreadConstraints": _from(
            "scaling.max", by="more than one replica is spread over zones and nodes"
        ),
        "spec.predictor.storageContainerName": _rule(
            "the platform's downloader, with a restricted security context"
        ),
        "spec.predictor.volumes": _rule("a place to write beside a read-only root"),
        "spec.predictor.model.name": _rule("empty, as KServe's webhook writes it"),
        "spec.predictor.model.modelFormat": _from("framework"),
        "spec.predictor.model.runtime": _from("framework", by="the platform's own pinned runtime"),
        "spec.predictor.model.protocolVersion": _from("protocol"),
        "spec.predictor.model.storageUri": _from("model"),
        "spec.predictor.model.args": _from("llm", "batching", "framework"),
        "spec.predictor.model.env": _from("env", "secrets", "batching"),
        "spec.predictor.model.livenessProbe": _rule("the server answers, whatever the model does"),
        "spec.predictor.model.ports": _from("protocol"),
        "spec.predictor.model.resources": _from(
            "resources.cpu",
            "resources.memory",
            "resources.gpu",
            by="memory and GPUs as requested, CPU may burst to twice its request",
        ),
        "spec.predictor.containers": _from(
            "container", "transformer", "env", "secrets", "resources"
        ),
        "spec.explainer": _from("explainer"),
    },
    "LLMInferenceService": {
        "metadata.annotations.karpenter.sh/do-not-disrupt": DEADLINE,
        "metadata.annotations.slipway.dev/model-digest": _from("model", by="SHA-256 of the files"),
        "spec.model.uri": _from("model"),
        "spec.model.name": NAME,
        "spec.labels": LABELS,
        "spec.annotations": DEADLINE,
        "spec.replicas": _from("scaling.min", "scaling.max"),
        "spec.template.nodeSelector": PLACED,
        "spec.template.tolerations": PLACED,
        "spec.template.affinity": _from("capacity", by="on-demand capacity never runs on spot"),
        "spec.template.topologySpreadConstraints": _from(
            "scaling.max", by="more than one replica is spread over zones and nodes"
        ),
        "spec.template.serviceAccountName": _rule("may read the project's own artifacts"),
        "spec.template.automountServiceAccountToken": _rule("a model has no business with the API"),
        "spec.template.enableServiceLinks": _rule("names of Services are no server's settings"),
        "spec.template.securityContext": RESTRICTED,
        "spec.template.initContainers": _rule(
            "KServe's downloader, with a restricted security context"
        ),
        "spec.template.volumes": _rule("shared memory for the GPUs of one replica"),
        "spec.template.containers": _from("llm", "resources", "env", "secrets"),
    },
    "InferenceGraph": {
        "metadata.annotations.autoscaling.knative.dev/window": _from("scaling.window"),
        "metadata.annotations.queue.sidecar": _rule("Knative's queue-proxy, counted in the quota"),
        "metadata.annotations.serving.kserve.io/deploymentMode": _rule(
            "graphs run in Knative mode"
        ),
        "metadata.labels.networking": _rule("reached through the front door only"),
        "spec.nodes": _from("graph", by="each member is called through the front door"),
        "spec.minReplicas": _from("scaling.min"),
        "spec.maxReplicas": _from("scaling.max"),
        "spec.scaleMetric": _from("scaling.metric"),
        "spec.scaleTarget": _from("scaling.target"),
        "spec.timeout": TIMEOUT,
        "spec.serviceAccountName": _rule("the tenant's account"),
        "spec.nodeSelector": _rule("the router needs no GPU"),
        "spec.affinity": _from("capacity", by="on-demand capacity never runs on spot"),
        "spec.resources": _rule("the router's own needs"),
    },
    "HTTPRoute": {
        "metadata.annotations": _from("owner", "description", "model", "lineage"),
        "spec.hostnames": _from("env:domain", by="{name}.{namespace}.models.{domain}"),
        "spec.parentRefs": _rule("the tenant's own listener and certificate"),
        "spec.rules": _from(
            "protocol", "framework", "serving", by="the protocol's paths and no others"
        ),
    },
    "SecurityPolicy": {
        "spec.targetRefs": NAME,
        "spec.jwt.providers[0]": _from("env:identity"),
        "spec.jwt.providers[1]": _from("team:issuer", "env:identity", by="an issuer of its own"),
        "spec.authorization": _from(
            "access.teams", "access.clients", by="the owning team, and these"
        ),
    },
    "BackendTrafficPolicy": {
        "spec.targetRefs": NAME,
        "spec.timeout": TIMEOUT,
        "spec.loadBalancer": _from("serving"),
        "spec.healthCheck": _from("serving", by="behind Kourier it would eject Kourier"),
        "spec.retry": _rule("twice, on what failed before the model saw it"),
        "spec.circuitBreaker": _rule("retries are at most a fifth of the requests in flight"),
        "spec.rateLimit": _from("limits.requests", by="for each JWT subject"),
        "spec.useClientProtocol": _from("protocol", by="gRPC stays HTTP/2 up to the model"),
    },
    "PodDisruptionBudget": {"spec": _from("scaling.min", by="one replica at a time")},
    "VerticalPodAutoscaler": {"spec": _from("serving", by="recommends, never acts")},
    "ScaledObject": {
        "spec": _from("scaling.min", "scaling.max", "scaling.metric", "scaling.schedule"),
    },
    "PrometheusRule": {
        "metadata.annotations": _rule("what the operator's webhook adds"),
        "spec": _from("slo.availability", "slo.latency", by="burn rates over a 30-day budget"),
    },
    "ExternalSecret": {"spec": _from("secrets", by="below the project's own prefix")},
    "ConfigMap": {"data": _from("examples")},
    "LocalModelNamespaceCache": {"spec": _from("cache.weights", "model")},
}
