"""What watches the platform: who is told, who may ask, what is kept, and what costs nothing."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from catalog.instances import DAEMONSETS
from catalog.objects import Object
from catalog.render.inference import PAYLOAD_SINK
from catalog.render.network import PROMETHEUS_ACCOUNT
from catalog.render.slo import BURN_RATES
from infra.parts import kiali, logging, monitoring, namespaces, opencost, tracing
from infra.parts.fluent_bit import NOISE
from infra.parts.observability import MONITORING, NODE_AGENTS, OBSERVABILITY
from infra.parts.part import Context, Part, Release
from tests.checkers import kubeconform, promtool_check_rules
from tests.programs import context

MAKERS = (kiali.part, logging.part, monitoring.part, opencost.part, tracing.part)
STACKS = ("dev", "prod")
MIRROR = "registry.example.com/mirror"
MIB = 1 << 20


def parts(found: Context) -> list[Part]:
    return [make(found) for make in MAKERS]


def releases(found: Context) -> dict[str, Release]:
    return {release.name: release for part in parts(found) for release in part.releases}


def objects(found: Context, kind: str) -> list[Object]:
    return [obj for part in parts(found) for obj in part.objects if obj["kind"] == kind]


def stack(found: Context) -> Any:
    return releases(found)["kube-prometheus-stack"].values


def without_edge() -> Context:
    return context("dev", edge=None, layers=["foundation", "platform"])


# Who is told


def told(found: Context, **labels: str) -> set[str]:
    """The receivers of an alert, as Alertmanager walks its routes."""
    route = stack(found)["alertmanager"]["config"]["route"]
    receivers: set[str] = set()
    for child in route["routes"]:
        if all(_matches(text, labels) for text in child["matchers"]):
            receivers.add(child["receiver"])
            if not child.get("continue"):
                return receivers
    return receivers or {route["receiver"]}


def _matches(matcher: str, labels: dict[str, str]) -> bool:
    found = re.fullmatch(r'(\w+)(=~|=)"(.*)"', matcher)
    assert found is not None, matcher
    name, operator, value = found.groups()
    actual = labels.get(name, "")
    return actual == value if operator == "=" else re.fullmatch(value, actual) is not None


@pytest.mark.parametrize(
    ("severity", "receivers"),
    [
        ("page", {"pagerduty", "slack"}),
        ("critical", {"pagerduty", "slack"}),
        ("ticket", {"slack"}),
        ("warning", {"slack"}),
        ("info", {"nobody"}),
    ],
)
def test_severity_decides_who_is_told(severity: str, receivers: set[str]) -> None:
    assert told(context("prod"), severity=severity, namespace="risk-scoring") == receivers


def test_every_severity_of_tenants_and_platform_reaches_somebody() -> None:
    rules = [r for o in objects(context("prod"), "PrometheusRule") for r in rules_of(o)]
    severities = {rule["labels"]["severity"] for rule in rules} | {row[0] for row in BURN_RATES}
    assert all(told(context("prod"), severity=word) != {"nobody"} for word in severities)


def test_the_watchdog_wakes_nobody() -> None:
    assert told(context("prod"), alertname="Watchdog", severity="none") == {"nobody"}


def test_a_stack_without_receivers_tells_nobody_and_reads_no_secret() -> None:
    assert told(context("dev"), severity="page") == {"nobody"}
    assert objects(context("dev"), "ExternalSecret") == []
    assert stack(context("dev"))["alertmanager"]["alertmanagerSpec"]["secrets"] == []


def test_receivers_read_their_secrets_from_files_of_the_external_secret() -> None:
    config = stack(context("prod"))["alertmanager"]["config"]
    files = re.findall(r'"[a-z_]+_file": "([^"]+)"', json.dumps(config))
    [secret] = objects(context("prod"), "ExternalSecret")
    keys = {datum["secretKey"]: datum["remoteRef"]["key"] for datum in secret["spec"]["data"]}
    mounted = f"/etc/alertmanager/secrets/{secret['metadata']['name']}"
    assert sorted(files) == [f"{mounted}/{key}" for key in sorted(keys)]
    assert keys == {"pagerduty": "slipway/alerts/pagerduty", "slack": "slipway/alerts/slack"}


# Who signs in


def test_grafana_believes_access_and_has_no_password() -> None:
    env = stack(context("prod"))["grafana"]["env"]
    assert env["GF_AUTH_JWT_ENABLED"] == "true"
    assert env["GF_AUTH_JWT_JWK_SET_URL"].startswith("https://example.cloudflareaccess.com/")
    assert json.loads(env["GF_AUTH_JWT_EXPECT_CLAIMS"].replace(r"\"", '"')) == {
        "iss": "https://example.cloudflareaccess.com"
    }
    assert env["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"


@pytest.mark.parametrize("found", [context("prod"), without_edge()], ids=["edge", "no edge"])
def test_no_value_holds_a_password_and_nobody_is_anonymous(found: Context) -> None:
    grafana = stack(found)["grafana"]
    assert "adminPassword" not in grafana
    assert not any("PASSWORD" in key for key in grafana["env"])
    assert grafana["env"]["GF_AUTH_ANONYMOUS_ENABLED"] == "false"


def test_without_access_no_header_signs_anybody_in() -> None:
    env = stack(without_edge())["grafana"]["env"]
    assert not any(key.startswith("GF_AUTH_JWT") for key in env)
    assert "GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION" not in env


# Who may call whom

PODS = {
    "alertmanager": (MONITORING, {"app.kubernetes.io/name": "alertmanager"}),
    "collector": (OBSERVABILITY, {"app.kubernetes.io/name": "opentelemetry-collector",
                                  "app.kubernetes.io/instance": "otel-collector"}),
    "dcgm": (NODE_AGENTS, {"app.kubernetes.io/name": "dcgm-exporter"}),
    "grafana": (MONITORING, {"app.kubernetes.io/name": "grafana"}),
    "jaeger": (OBSERVABILITY, {"app.kubernetes.io/name": "jaeger"}),
    "kiali": (OBSERVABILITY, {"app.kubernetes.io/name": "kiali"}),
    "loki": (OBSERVABILITY, {"app.kubernetes.io/name": "loki"}),
    "payload log": (OBSERVABILITY, {"app.kubernetes.io/name": "opentelemetry-collector",
                                    "app.kubernetes.io/instance": "payload-log"}),
    "prometheus": (MONITORING, {"app.kubernetes.io/name": "prometheus"}),
}  # fmt: skip
TENANT = "risk-scoring/models"
SCRAPER = f"monitoring/{PROMETHEUS_ACCOUNT}"
DOOR = "envoy-gateway-system/slipway-gateway"
GRAFANA = "monitoring/kube-prometheus-stack-grafana"

ALLOWED = {
    (DOOR, "grafana", 3000), (DOOR, "kiali", 20001), (DOOR, "collector", 4317),
    (TENANT, "payload log", 8088), (TENANT, "collector", 4317),
    (GRAFANA, "prometheus", 9090), (GRAFANA, "loki", 3100), (GRAFANA, "jaeger", 16686),
    (GRAFANA, "alertmanager", 9093),
    ("keda/keda-operator", "prometheus", 9090),
    ("node-agents/fluent-bit", "loki", 3100),
    ("observability/kiali", "prometheus", 9090), ("observability/kiali", "jaeger", 16686),
    ("observability/kiali", "grafana", 3000),
    ("observability/opencost", "prometheus", 9090),
    ("observability/otel-collector", "jaeger", 4317),
    ("observability/payload-log", "loki", 3100),
    ("knative-serving/activator", "collector", 4317),
}  # fmt: skip


def may_call(found: Context, caller: str, pods: str, port: int) -> bool:
    """As ztunnel judges: one ALLOW rule must match, where any policy selects the pods."""
    namespace, labels = PODS[pods]
    principal = "cluster.local/ns/{}/sa/{}".format(*caller.split("/"))
    for policy in objects(found, "AuthorizationPolicy"):
        selector = policy["spec"].get("selector", {}).get("matchLabels", {})
        if policy["metadata"]["namespace"] == namespace and selector.items() <= labels.items():
            for rule in policy["spec"]["rules"]:
                if _admits(rule, principal, port):
                    return True
    return False


def _admits(rule: Object, principal: str, port: int) -> bool:
    ports = [p for to in rule.get("to", []) for p in to["operation"]["ports"]]
    known = [p for source in rule["from"] for p in source["source"]["principals"]]
    named = any(principal.endswith(p[1:]) if p[0] == "*" else principal == p for p in known)
    return named and (not ports or str(port) in ports)


@pytest.mark.parametrize(("caller", "pods", "port"), sorted(ALLOWED))
def test_what_must_be_asked_may_be_asked(caller: str, pods: str, port: int) -> None:
    assert may_call(context("prod"), caller, pods, port)


@pytest.mark.parametrize("pods", PODS)
def test_prometheus_scrapes_everything(pods: str) -> None:
    assert may_call(context("prod"), SCRAPER, pods, 12345)


def test_nobody_else_may_call_anything() -> None:
    callers = {caller for caller, _, _ in ALLOWED} | {"risk-scoring/default", "kserve/default"}
    ports = {pods: port for _, pods, port in ALLOWED} | {"dcgm": 9400}
    open_to = {
        (caller, pods, port)
        for caller in callers
        for pods, port in ports.items()
        if may_call(context("prod"), caller, pods, port)
    }
    knative = {(f"knative-serving/{name}", "collector", 4317) for name in ("activator",)}
    assert open_to <= ALLOWED | knative


def test_tenants_reach_the_payload_log_at_the_address_that_kserve_is_given() -> None:
    [service] = objects(context("dev"), "Service")
    about, port = service["metadata"], service["spec"]["ports"][0]
    assert port["port"] == 80
    assert f"http://{about['name']}.{about['namespace']}.svc.cluster.local" == PAYLOAD_SINK
    assert service["spec"]["selector"] == PODS["payload log"][1]
    receiver = releases(context("dev"))["payload-log"].values["alternateConfig"]["receivers"]
    assert receiver["webhookevent"]["endpoint"].endswith(f":{port['targetPort']}")
    assert receiver["webhookevent"]["path"] == "/"


def test_a_payload_that_is_accepted_is_one_that_loki_takes() -> None:
    found = releases(context("dev"))
    receiver = found["payload-log"].values["alternateConfig"]["receivers"]["webhookevent"]
    limits = found["loki"].values["loki"]["structuredConfig"]["limits_config"]
    assert receiver["max_request_body_size"] <= limits["max_line_size"]


# What is kept, and where


def test_settings_decide_how_long_everything_is_kept() -> None:
    found = context("prod")
    assert found.settings.platform is not None
    prometheus = stack(found)["prometheus"]["prometheusSpec"]
    loki = releases(found)["loki"].values["loki"]["structuredConfig"]["limits_config"]
    jaeger = releases(found)["jaeger"].values["userconfig"]["extensions"]["jaeger_storage"]
    assert prometheus["retention"] == "30d"
    assert loki["retention_period"] == "2160h"
    assert jaeger["backends"]["traces"]["badger"]["ttl"] == {"spans": "168h"}


def test_prometheus_drops_old_blocks_before_its_volume_is_full() -> None:
    spec = stack(context("prod"))["prometheus"]["prometheusSpec"]
    claim = spec["storageSpec"]["volumeClaimTemplate"]["spec"]
    volume = int(claim["resources"]["requests"]["storage"].removesuffix("Gi"))
    assert int(spec["retentionSize"].removesuffix("GB")) < 0.9 * volume
    assert claim["storageClassName"] == "gp3"


def test_loki_may_touch_its_own_bucket_and_no_other() -> None:
    found = context("dev")
    [identity] = [one for part in parts(found) for one in part.identities]
    bucket = found.names.bucket_for("loki")
    arns = {arn for statement in identity.statements for arn in statement["Resource"]}
    buckets = {arn for arn in arns if arn.startswith("arn:aws:s3:")}
    assert buckets == {f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"}
    assert not any("*" in a for statement in identity.statements for a in statement["Action"])
    values = releases(found)["loki"].values
    assert identity.service_account == values["serviceAccount"]["name"]
    assert values["loki"]["storage"]["bucketNames"] == {"chunks": bucket}


@pytest.mark.parametrize("line", ["GET /healthz HTTP/1.1", "GET /v2/health/ready HTTP/1.1",
                                  '"GET /metrics HTTP/1.1" 200', "HEAD /ping?x=1"])  # fmt: skip
def test_probes_and_scrapes_are_not_kept(line: str) -> None:
    assert re.search(NOISE, line)


@pytest.mark.parametrize("line", ["POST /v2/models/fraud/infer HTTP/1.1", "GET /v2/models/ready ",
                                  "cannot GET /metricsx", "health is bad"])  # fmt: skip
def test_what_is_asked_of_models_is_kept(line: str) -> None:
    assert not re.search(NOISE, line)


# What tenants rely on


def test_the_scraper_is_the_account_that_tenants_admit() -> None:
    account = stack(context("dev"))["prometheus"]["serviceAccount"]
    assert account == {"create": True, "name": PROMETHEUS_ACCOUNT}


def test_monitors_rules_and_dashboards_of_tenants_are_found() -> None:
    values = stack(context("dev"))
    spec = values["prometheus"]["prometheusSpec"]
    for kind in ("podMonitor", "rule", "serviceMonitor"):
        assert spec[f"{kind}SelectorNilUsesHelmValues"] is False
    sidecar = values["grafana"]["sidecar"]["dashboards"]
    assert (sidecar["label"], sidecar["labelValue"]) == ("grafana_dashboard", "1")
    assert sidecar["searchNamespace"] == "ALL"


@pytest.mark.parametrize("name", ["dcgm-exporter", "fluent-bit", "node-exporter"])
def test_a_daemonset_asks_for_what_placement_takes_off_every_node(name: str) -> None:
    found = releases(context("prod"))
    values: Any = stack(context("prod"))["prometheus-node-exporter"]
    if name != "node-exporter":
        values = found[name].values
        assert found[name].namespace == NODE_AGENTS
    row = next(one for one in DAEMONSETS if one.name == name)
    asked = {"cpu": f"{row.cpu_millicores}m", "memory": f"{row.memory_bytes // MIB}Mi"}
    assert values["resources"]["requests"] == asked


def test_only_what_reads_nodes_is_privileged() -> None:
    levels = {row.name: row.level for row in namespaces.NAMESPACES if row.mesh}
    assert levels[MONITORING] == levels[OBSERVABILITY] == "restricted"
    assert levels[NODE_AGENTS] == "privileged"


@pytest.mark.parametrize("name", STACKS)
def test_every_object_and_release_is_in_a_namespace_of_these(name: str) -> None:
    found = context(name)
    inside = {release.namespace for release in releases(found).values()}
    inside |= {obj["metadata"]["namespace"] for part in parts(found) for obj in part.objects}
    assert inside == {MONITORING, NODE_AGENTS, OBSERVABILITY}


def test_a_mirror_holds_every_image() -> None:
    made = context("dev")
    env = made.settings.environment
    images = env.images.model_copy(update={"mirror": MIRROR})
    changed = {"environment": env.model_copy(update={"images": images})}
    found = replace(made, settings=made.settings.model_copy(update=changed))
    for release in releases(found).values():
        assert MIRROR in json.dumps(release.values, default=str), release.name


# Rules, dashboards, objects


def rules_of(rule: Object) -> list[Object]:
    return [one for group in rule["spec"]["groups"] for one in group["rules"]]


def test_an_alert_says_how_urgent_it_is_whose_and_what() -> None:
    [rule] = objects(context("dev"), "PrometheusRule")
    for alert in rules_of(rule):
        assert alert["labels"] == {"severity": alert["labels"]["severity"], "team": "platform"}
        assert alert["annotations"]["summary"]


def queries(found: Context) -> list[tuple[str, str]]:
    """Every query of every dashboard, with whose it is."""
    boards = [json.loads(text) for obj in objects(found, "ConfigMap") for text in
              obj["data"].values()]  # fmt: skip
    return [
        (f"{board['uid']}:{panel['id']}:{target['refId']}", target["expr"])
        for board in boards
        for panel in board["panels"]
        for target in panel["targets"]
    ]


def test_dashboards_are_found_by_their_label_and_have_different_identifiers() -> None:
    maps = objects(context("dev"), "ConfigMap")
    boards = [json.loads(text) for obj in maps for text in obj["data"].values()]
    assert all(obj["metadata"]["labels"]["grafana_dashboard"] == "1" for obj in maps)
    assert len({board["uid"] for board in boards}) == len(boards) == 4


@pytest.mark.checkers
def test_promtool_accepts_every_alert_and_every_query() -> None:
    found = context("dev")
    [rule] = objects(found, "PrometheusRule")
    assert promtool_check_rules(rule["spec"]) == []
    asked = [
        {"record": re.sub(r"[^a-z0-9:]", "_", name.lower()), "expr": expr}
        for name, expr in queries(found)
    ]
    text = json.dumps({"groups": [{"name": "dashboards", "rules": asked}]})
    assert promtool_check_rules(json.loads(text.replace("$__rate_interval", "5m"))) == []


@pytest.mark.checkers
@pytest.mark.parametrize("name", STACKS)
def test_every_object_is_what_the_api_server_accepts(name: str) -> None:
    assert kubeconform([obj for part in parts(context(name)) for obj in part.objects]) == []
