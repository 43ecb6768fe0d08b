"""Whoever must be called may be, on both sides of a tenant's wall, and what is measured is made."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

from catalog.objects import Object
from catalog.render.common import KNATIVE_NAMESPACE, MONITORING_NAMESPACE, SERVICE_ACCOUNT
from catalog.render.inference import PAYLOAD_SINK
from catalog.render.network import GATEWAY_ACCOUNT, MLFLOW_NAMESPACE, PROMETHEUS_ACCOUNT
from catalog.render.platform import MLFLOW_URI
from catalog.render.slo import GRPC_STATUS
from infra.addons import addon_values
from infra.parts.mesh import DOOR_LABELS
from tests.contract import Peer, Stack, reaches, stack, texts_at

QUEUE_PROXY: Final = (8012, 8013)
"""Where Knative's queue-proxy takes requests of HTTP/1 and HTTP/2."""

KOURIER: Final = Peer(
    namespace=KNATIVE_NAMESPACE, account="default", labels={"app": "3scale-kourier-gateway"}
)
ACTIVATOR: Final = Peer(
    namespace=KNATIVE_NAMESPACE, account="activator", labels={"app": "activator"}
)
AUTOSCALER: Final = Peer(
    namespace=KNATIVE_NAMESPACE, account="controller", labels={"app": "autoscaler"}
)
"""Accounts and labels as in the manifests that the operator carries (`kodata/knative-serving/1.21`,
`kodata/ingress/1.21/kourier`)."""

KEDA: Final = Peer(namespace="keda", account="keda-operator", labels={"app": "keda-operator"})
SCRAPER: Final = Peer(
    namespace=MONITORING_NAMESPACE,
    account=PROMETHEUS_ACCOUNT,
    labels={"app.kubernetes.io/name": "prometheus"},
)
PAYLOAD_LOG: Final = Peer(
    namespace="observability",
    account="payload-log",
    labels={
        "app.kubernetes.io/name": "opentelemetry-collector",
        "app.kubernetes.io/instance": "payload-log",
    },
)
MLFLOW: Final = Peer(
    namespace=MLFLOW_NAMESPACE,
    account="mlflow",
    labels={"app.kubernetes.io/name": "mlflow", "app.kubernetes.io/instance": "mlflow"},
)


@pytest.fixture(params=["dev", "prod"])
def on(request: pytest.FixtureRequest) -> Stack:
    return stack(request.param)


def door(on: Stack) -> Peer:
    gateway = on.context.settings.environment.gateway
    return Peer(namespace=gateway.namespace, account=GATEWAY_ACCOUNT, labels=DOOR_LABELS)


def proxy(on: Stack) -> Any:
    """What the Envoys of the door are made by."""
    gateway = on.context.settings.environment.gateway
    return on.the("EnvoyProxy", gateway.name, gateway.namespace)["spec"]


def peer(namespace: str, pod: Object) -> Peer:
    labels = pod["metadata"]["labels"]
    return Peer(namespace=namespace, account=pod["spec"]["serviceAccountName"], labels=labels)


def models(on: Stack) -> Iterator[tuple[Peer, Object, Object]]:
    """Every pod as one that calls and is called, with its object."""
    for one, obj, pod in on.pods():
        yield peer(one.tenant.namespace, pod), obj, pod


def serves_by_knative(obj: Object) -> bool:
    annotations = obj["metadata"].get("annotations", {})
    return annotations.get("serving.kserve.io/deploymentMode") == "Knative"


def ports_of(pod: Object) -> set[int]:
    """The ports of a pod that its containers declare, but for those of queue-proxy."""
    return {
        port["containerPort"]
        for container in pod["spec"]["containers"]
        if container["name"] != "queue-proxy"
        for port in container.get("ports", [])
    }


# Requests


def test_the_accounts_that_policies_name_are_those_that_charts_are_given(on: Stack) -> None:
    kubernetes = proxy(on)["provider"]["kubernetes"]
    assert kubernetes["envoyServiceAccount"]["name"] == door(on).account
    prometheus = on.values("kube-prometheus-stack")["prometheus"]["serviceAccount"]
    assert prometheus == {"create": True, "name": SCRAPER.account}
    named = {
        tuple(principal.removeprefix("cluster.local/ns/").split("/sa/"))
        for policy in on.theirs("AuthorizationPolicy")
        for rule in policy["spec"]["rules"]
        for principal in rule["from"][0]["source"]["principals"]
    }
    platform = {(p.namespace, p.account) for p in (KOURIER, ACTIVATOR, AUTOSCALER, SCRAPER)}
    own = {(one.tenant.namespace, SERVICE_ACCOUNT) for one in on.tenants}
    assert platform <= named <= platform | {(door(on).namespace, door(on).account)} | own


def test_a_request_gets_from_the_door_to_every_model(on: Stack) -> None:
    assert reaches(on, door(on), KOURIER, 8081)
    for model, obj, pod in models(on):
        if serves_by_knative(obj):
            assert all(reaches(on, KOURIER, model, port) for port in QUEUE_PROXY)
            assert all(reaches(on, ACTIVATOR, model, port) for port in QUEUE_PROXY)
            assert reaches(on, AUTOSCALER, model, 9090)
            assert not reaches(on, door(on), model, 8012)
        elif model.labels.get("component") != "explainer":
            assert [p for p in ports_of(pod) if not reaches(on, door(on), model, p)] == []
            assert not reaches(on, KOURIER, model, 8080)


def test_nobody_goes_around_the_door(on: Stack) -> None:
    found = list(models(on))
    for one, _, _ in found[::7]:
        for other, _, _ in found[::5]:
            if one.namespace != other.namespace:
                assert not any(reaches(on, one, other, port) for port in (8012, 8080, 9091))
        assert not any(reaches(on, one, KOURIER, port) for port in (8081, 8080))
        assert not reaches(on, one, ACTIVATOR, 8012)
        assert not reaches(on, one, SCRAPER, 9090)


# From inside the cluster


def rewrite(on: Stack) -> tuple[re.Pattern[str], str]:
    """What CoreDNS looks for, and what it makes of it."""
    corefile: str = addon_values(on.context)["coredns"]["corefile"]
    [found] = re.findall(r"rewrite stop \{\n\s+name regex (\S+) (\S+) answer auto\n", corefile)
    assert corefile.index("rewrite") < corefile.index("kubernetes cluster.local")
    return re.compile(found[0]), found[1]


def test_an_endpoints_host_is_the_door_itself_inside_the_cluster(on: Stack) -> None:
    hosts, target = rewrite(on)
    for route in on.theirs("HTTPRoute"):
        assert hosts.search(f"{route['spec']['hostnames'][0]}.")
    service = proxy(on)["provider"]["kubernetes"]["envoyService"]["name"]
    assert target == f"{service}.{door(on).namespace}.svc.cluster.local"


def test_no_other_name_is_the_door_inside_the_cluster(on: Stack) -> None:
    hosts, _ = rewrite(on)
    domain = on.context.settings.environment.domain
    for name in (
        f"_acme-challenge.risk-payments.models.{domain}.",
        f"risk-payments.models.{domain}.",
        f"a.b.c.models.{domain}.",
        f"grafana.{domain}.",
        f"a.b.models.{domain}.search-catalog.svc.cluster.local.",
        f"a.b.models{domain.replace('.', 'x')}.",
    ):
        assert not hosts.search(name), name


def test_a_graph_calls_its_members_at_the_door(on: Stack) -> None:
    hosts = {host for route in on.theirs("HTTPRoute") for host in route["spec"]["hostnames"]}
    assert on.theirs("InferenceGraph")
    for graph in on.theirs("InferenceGraph"):
        for url in texts_at(graph, "serviceUrl"):
            assert url.removeprefix("https://").partition("/")[0] in hosts
    assert all(reaches(on, model, door(on), 10443) for model, _, _ in models(on))


# What models call


def test_payloads_get_to_where_they_are_kept(on: Stack) -> None:
    logged = [each for each in models(on) if "logger" in each[1]["spec"].get("predictor", {})]
    assert logged
    service = on.the("Service", "payload-log", PAYLOAD_LOG.namespace)["spec"]
    assert f"http://payload-log.{PAYLOAD_LOG.namespace}.svc.cluster.local" == PAYLOAD_SINK
    assert service["selector"].items() <= PAYLOAD_LOG.labels.items()
    [port] = service["ports"]
    for model, obj, _ in logged:
        assert obj["spec"]["predictor"]["logger"]["url"] == PAYLOAD_SINK
        assert (port["port"], reaches(on, model, PAYLOAD_LOG, port["targetPort"])) == (80, True)


def test_a_model_of_the_registry_gets_there(on: Stack) -> None:
    loaded = [
        m
        for m, obj, _ in models(on)
        if any(uri.startswith("mlflow://") for uri in texts_at(obj, "storageUri"))
    ]
    assert loaded
    port = int(MLFLOW_URI.rpartition(":")[2])
    assert all(reaches(on, model, MLFLOW, port) for model in loaded)


# What is measured


def test_prometheus_reads_every_model(on: Stack) -> None:
    for model, obj, pod in models(on):
        told = pod["metadata"]["annotations"].get("prometheus.kserve.io/port")
        ports = {int(told)} if told else ports_of(pod)
        if serves_by_knative(obj):
            ports = {9091} | ({int(told)} if told else set())
        assert [p for p in sorted(ports) if not reaches(on, SCRAPER, model, p)] == []


def test_prometheus_finds_what_tenants_bring(on: Stack) -> None:
    spec = on.values("kube-prometheus-stack")["prometheus"]["prometheusSpec"]
    for kind in ("podMonitor", "rule"):
        assert spec[f"{kind}SelectorNilUsesHelmValues"] is False
        assert not {f"{kind}Selector", f"{kind}NamespaceSelector"} & set(spec)
    sidecar = on.values("kube-prometheus-stack")["grafana"]["sidecar"]["dashboards"]
    assert sidecar["searchNamespace"] == "ALL"
    boards = [o for o in on.theirs("ConfigMap") if o["metadata"]["name"] == "dashboard"]
    assert len(boards) == len(on.tenants)
    for board in boards:
        assert board["metadata"]["labels"][sidecar["label"]] == sidecar["labelValue"]


def test_keda_may_ask_prometheus(on: Stack) -> None:
    assert reaches(on, KEDA, SCRAPER, 9090)


def renamed(name: str, on: Stack) -> dict[str, str]:
    """Labels of a metric of the door's proxies once Prometheus has relabelled it."""
    monitor = on.the("PodMonitor", "envoy-proxy", MONITORING_NAMESPACE)["spec"]
    assert reaches(on, SCRAPER, door(on), 19001)
    labels = {"__name__": name}
    for rule in monitor["podMetricsEndpoints"][0]["metricRelabelings"]:
        found = re.fullmatch(rule["regex"], ";".join(labels[k] for k in rule["sourceLabels"]))
        if found:
            text = re.sub(r"\$(\d)", r"\\\1", rule["replacement"])
            labels[rule["targetLabel"]] = found.expand(text)
    return labels


@pytest.mark.parametrize(
    "name", ["envoy_cluster_upstream_rq_xx", "envoy_cluster_grpc_ModelInfer_success"]
)
def test_what_is_no_status_of_grpc_keeps_its_name(on: Stack, name: str) -> None:
    assert renamed(name, on) == {"__name__": name}


def test_what_promises_are_measured_by_is_counted_at_the_door(on: Stack) -> None:
    metrics = proxy(on)["telemetry"]["metrics"]
    assert metrics == {"enableGRPCStats": True, "prometheus": {"disable": False}}
    # By method and status, in Envoy 1.38 and with a service whose dots are replaced.
    assert renamed("envoy_cluster_grpc_ModelInfer_13", on) == {
        "__name__": GRPC_STATUS, "grpc_method": "ModelInfer", "grpc_status": "13",
    }  # fmt: skip
    assert renamed("envoy_cluster_grpc_14", on)["grpc_status"] == "14"
    counted = {f"envoy_cluster_upstream_rq_{name}" for name in ("completed", "time_bucket", "xx")}
    for rules in on.theirs("PrometheusRule"):
        for expression in texts_at(rules, "expr"):
            used = set(re.findall(r"\benvoy_[a-zA-Z0-9_]+(?=\{)", expression))
            assert used <= {*counted, GRPC_STATUS}
