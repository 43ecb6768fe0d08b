"""Knative Serving as its operator would leave it, with its controllers outside the cluster.

Manifests are those that the operator carries for the pinned release, configuration is that of the
object KnativeServing which the program registers in production. What differs here:

- The controllers are processes of the plane, so their Deployments, autoscalers and budgets are not
  there, and what other processes ask of them is found at the machine's address (`_at_process`).
- Without a real node there is no kube-proxy, so the webhook is called at the port on which it
  listens; the activator is on a node that nobody runs, since Knative waits for its endpoints;
  Kourier is not there and KWOK answers for the ingress (`local.stages`).
- What the settings in `PLAYED` say, where there is no real node.
"""

import copy
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from catalog.objects import Object
from catalog.pins import chart
from catalog.render.common import KNATIVE_NAMESPACE
from infra.parts import knative
from infra.parts.part import Context
from local import upstream
from local.apply import Api, wait
from local.idle import PORT as PODS_PORT
from local.network import ADDRESS
from local.place import Place
from local.process import Process, Ready
from tools.toolchain import binary

MODULE: Final = "knative.dev/operator"
_RELEASE: Final = chart("knative-operator").version.removeprefix("v")
_FOLDER: Final = f"cmd/operator/kodata/knative-serving/{_RELEASE}"
CRDS: Final = f"{_FOLDER}/1-serving-crds.yaml"
CORE: Final = f"{_FOLDER}/2-serving-core.yaml"
KOURIER: Final = "cmd/operator/kodata/ingress/1.21/kourier/kourier.yaml"
"""As the operator has it for that release."""

WEBHOOK, CONTROLLER, AUTOSCALER = "knative-webhook", "knative-controller", "knative-autoscaler"
BINARIES: Final = (WEBHOOK, CONTROLLER, AUTOSCALER)
IDLE: Final = "queue-proxies"

_SUBJECT: Final = f"system:serviceaccount:{KNATIVE_NAMESPACE}:controller"
"""All three run under this account in production too."""

_WEBHOOK_PORT: Final = 8443
_PROBES_PORT: Final = 8080
"""Of the autoscaler, for statistics, and of every other process of Knative, for probes; neither can
be told another. The autoscaler has to be first, or revisions are never ready."""

PLAYED: Final[Mapping[str, Mapping[str, str]]] = {
    "autoscaler": {
        # With the activator always in the path it need not ask by a name, and there is no DNS.
        "target-burst-capacity": "-1",
        # So that there is something to look at: what no route leads to goes to zero all the same.
        "scale-to-zero-pod-retention-period": "24h",
    },
}
"""Settings without a real node over those of production, by ConfigMap without `config-`."""

_LEFT_OUT: Final = frozenset(
    {
        "Certificate",
        "CustomResourceDefinition",
        "Deployment",
        "HorizontalPodAutoscaler",
        "Namespace",
        "PodDisruptionBudget",
    }
)
_ACTIVATOR: Final = "activator"
_RUN: Final = frozenset({_ACTIVATOR, knative.GATEWAY, "net-kourier-controller"})
"""The Deployments that a real node runs."""
_PROCESSES: Final = frozenset({"autoscaler", "webhook"})
"""The Services that lead to processes of the plane."""
_INGRESS_NAMESPACE: Final = "kourier-system"
"""Kourier's own, which the operator replaces by Knative's."""
_ROLE: Final = "knative-serving-admin"
_CERTIFICATES: Final = "webhook-certs"
_EXAMPLE: Final = "_example"


def serving(context: Context) -> Object:
    """The object from which the operator configures Knative in production."""
    return next(obj for obj in knative.part(context).objects if obj["kind"] == "KnativeServing")


def core(context: Context, *, node: bool) -> list[Object]:
    """Everything but definitions, webhook configurations and the namespace.

    With a real `node` Kourier as well.
    """
    spec = serving(context)["spec"]
    config = _merged(spec["config"], {} if node else PLAYED)
    files = (CORE, KOURIER) if node else (CORE,)
    run = _RUN if node else {_ACTIVATOR}
    made: list[Object] = []
    for obj in upstream.objects(MODULE, *files):
        kind, name = obj["kind"], obj["metadata"]["name"]
        if kind == "ConfigMap":
            made.append(_moved(_config_map(obj, config)))
        elif kind == "Deployment" and name in run:
            made.append(_moved(_deployment(obj, spec)))
        elif kind == "Service" and name in _PROCESSES:
            made += _at_process(obj, name)
        elif kind not in _LEFT_OUT and not kind.endswith("WebhookConfiguration"):
            made.append(_moved(obj))
    return made


def webhooks() -> list[Object]:
    """The webhook configurations. The webhook itself writes its authority into them."""
    made = [obj for obj in upstream.objects(MODULE, CORE)
            if obj["kind"].endswith("WebhookConfiguration")]  # fmt: skip
    for obj in made:
        for each in obj["webhooks"]:
            each["clientConfig"]["service"]["port"] = _WEBHOOK_PORT
    return made


def await_rights(api: Api) -> None:
    """Until the controller manager has put the role together from its parts. TimeoutError.

    Without it the processes end by themselves after five seconds.
    """
    path = f"/apis/rbac.authorization.k8s.io/v1/clusterroles/{_ROLE}"
    wait(f"the ClusterRole {_ROLE} has no rules", lambda: bool(api.get(path).get("rules")))


def await_certificates(api: Api) -> None:
    """Until the webhook has made its certificates. TimeoutError."""
    path = f"/api/v1/namespaces/{KNATIVE_NAMESPACE}/secrets/{_CERTIFICATES}"
    wait("Knative's webhook has no certificate", lambda: bool(api.get(path).get("data")))


def await_webhooks(api: Api) -> None:
    """Until every configuration has the authority that signed for the webhook. TimeoutError."""

    def done() -> bool:
        return all(
            each["clientConfig"].get("caBundle")
            for obj in webhooks()
            for each in api.get(api.path(obj))["webhooks"]
        )

    wait("Knative's webhooks have no authority", done)


def processes(place: Place) -> dict[str, Process]:
    """The three, by name."""
    rates = ("--kube-api-qps=200", "--kube-api-burst=400")
    return {
        each.name: each
        for each in (
            _process(
                place,
                WEBHOOK,
                ports=(8108, 9190),
                environment={"WEBHOOK_NAME": "webhook", "WEBHOOK_PORT": str(_WEBHOOK_PORT)},
                ready=Ready(port=_WEBHOOK_PORT, tls=True),
            ),
            _process(place, CONTROLLER, *rates, ports=(8208, 9290)),
            _process(
                place,
                AUTOSCALER,
                *rates,
                ports=(8308, 9390),
                environment={"POD_IP": ADDRESS},
                ready=Ready(port=_PROBES_PORT),
            ),
        )
    }


def idle() -> Process:
    """Answers the autoscaler for every pod."""
    script = str(Path(__file__).with_name("idle.py"))
    return Process(name=IDLE, command=(sys.executable, "-I", script), ready=Ready(port=PODS_PORT))


def _process(
    place: Place,
    name: str,
    *arguments: str,
    ports: tuple[int, int],
    environment: Mapping[str, str] | None = None,
    ready: Ready | None = None,
) -> Process:
    """`ports` are for profiles and for metrics."""
    profiles, metrics = ports
    return Process(
        name=name,
        command=(str(binary(name)), f"--kubeconfig={place.kubeconfig_of(name)}", *arguments),
        environment={
            "SYSTEM_NAMESPACE": KNATIVE_NAMESPACE,
            "CONFIG_LOGGING_NAME": "config-logging",
            "CONFIG_OBSERVABILITY_NAME": "config-observability",
            "METRICS_DOMAIN": "knative.dev/serving",
            "POD_NAME": f"{name}-0",
            "PROFILING_PORT": str(profiles),
            "METRICS_PROMETHEUS_PORT": str(metrics),
            **(environment or {}),
        },
        ready=ready,
        subject=_SUBJECT,
    )


def _merged(
    config: Mapping[str, Mapping[str, str]], over: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str]]:
    return {key: {**config.get(key, {}), **over.get(key, {})} for key in config.keys() | over}


def _config_map(upstreams: Object, config: Mapping[str, Mapping[str, str]]) -> Object:
    """With the operator's settings over upstream's, and without upstream's examples."""
    obj = copy.deepcopy(upstreams)
    obj["metadata"].pop("annotations", None)  # The checksum of the example.
    purpose = obj["metadata"]["name"].removeprefix("config-")
    data: dict[str, str] = obj.get("data") or {}
    data.pop(_EXAMPLE, None)
    obj["data"] = {**data, **config.get(purpose, {})}
    return obj


def _moved(upstreams: Object) -> Object:
    """Into Knative's namespace, with the addresses that its settings name.

    As the operator moves Kourier (knative.dev/operator v0.50.1 `pkg/reconciler/knativeserving/
    ingress/kourier.go`).
    """
    text = json.dumps(upstreams).replace(f".{_INGRESS_NAMESPACE}", f".{KNATIVE_NAMESPACE}")
    obj: Object = json.loads(text)
    if obj["metadata"].get("namespace") == _INGRESS_NAMESPACE:
        obj["metadata"]["namespace"] = KNATIVE_NAMESPACE
    if obj["kind"] == "Service" and obj["spec"].get("type") == "LoadBalancer":
        obj["spec"]["type"] = "ClusterIP"
    return obj


def _deployment(upstreams: Object, spec: Mapping[str, Any]) -> Object:
    """With what the object KnativeServing says of its pods and images."""
    obj = copy.deepcopy(upstreams)
    name = obj["metadata"]["name"]
    row = next(each for each in spec["workloads"] if each["name"] == name)
    pods = obj["spec"]["template"]["spec"]
    pods["nodeSelector"] = row["nodeSelector"]
    pods["topologySpreadConstraints"] = row["topologySpreadConstraints"]
    images: Mapping[str, str] = spec["registry"]["override"]
    for container in pods["containers"]:
        container["image"] = images.get(f"{name}/{container['name']}", container["image"])
        for env in container.get("env", ()):
            if env["name"] == "KOURIER_GATEWAY_NAMESPACE":
                env["value"] = KNATIVE_NAMESPACE
    obj["spec"]["replicas"] = 1
    return obj


def _at_process(service: Object, name: str) -> list[Object]:
    """The Service without pods, and the machine's address behind it.

    Without kube-proxy every address of the cluster is this machine's own, and ports stay as they
    are, so that the webhook is called at its own.
    """
    obj = copy.deepcopy(service)
    obj["spec"].pop("selector", None)
    for port in obj["spec"]["ports"]:
        if port["name"] == "https-webhook":
            port["port"] = _WEBHOOK_PORT
    ports = [
        {"name": port["name"], "port": port["targetPort"], "protocol": "TCP"}
        for port in obj["spec"]["ports"]
    ]
    where = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{name}-of-the-plane",
            "namespace": KNATIVE_NAMESPACE,
            "labels": {"kubernetes.io/service-name": name},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": [ADDRESS], "conditions": {"ready": True}}],
        "ports": ports,
    }
    return [obj, where]
