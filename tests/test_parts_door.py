"""The mesh, the front door, its certificates and its secrets, as data made from the settings."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from catalog.instances import DAEMONSETS, MIB
from catalog.node_pools import POOL_LABEL
from catalog.objects import Object, identity
from catalog.pins import OF_CHARTS
from catalog.render.network import GATEWAY_ACCOUNT
from infra.iam.load_balancer_controller import statements
from infra.parts import api, cert_manager, console, external_secrets, gateway, istio
from infra.parts.common import daemon_resources, disruption_budgets
from infra.parts.mesh import DOOR_LABELS
from infra.parts.mirror import mirrored, registry
from infra.parts.namespaces import NAMESPACES
from infra.parts.part import Context, Fact, Late, Part
from tests.checkers import kubeconform
from tests.programs import context, settings

PARTS = (istio, cert_manager, external_secrets, gateway, console, api)
STACKS = ("dev", "prod")
MIRROR = "registry.example.com/mirror"


def built(of: Context) -> list[Part]:
    return [module.part(of) for module in PARTS]


def objects(of: Context) -> list[Object]:
    return [obj for part in built(of) for obj in part.objects]


def of_kind(kind: str, of: Context) -> dict[str, Object]:
    """By name, of objects whose names are their own within the kind."""
    return {obj["metadata"]["name"]: obj for obj in objects(of) if obj["kind"] == kind}


def values(release: str, of: Context) -> Any:
    found = [r for part in built(of) for r in part.releases if r.name == release]
    return found[0].values


def with_environment(stack: str, **changed: Any) -> Context:
    made = context(stack)
    env = made.settings.environment.model_copy(update=changed)
    return replace(made, settings=made.settings.model_copy(update={"environment": env}))


def with_mirror(stack: str) -> Context:
    images = context(stack).settings.environment.images.model_copy(update={"mirror": MIRROR})
    return with_environment(stack, images=images)


def lates(value: Any) -> Iterator[Fact]:
    if isinstance(value, Late):
        yield value.fact
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from lates(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from lates(item)


def told(value: Any) -> Any:
    """With a stand-in for every late fact, as a schema would see it."""
    if isinstance(value, Late):
        return value.filled("known-later")
    if isinstance(value, Mapping):
        return {key: told(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [told(item) for item in value]
    return value


@pytest.mark.checkers
@pytest.mark.parametrize("stack", STACKS)
def test_every_object_passes_the_strict_schemas(stack: str) -> None:
    # The load balancer controller's CRD comes with its chart, and is no Go module.
    judged = [obj for obj in objects(context(stack)) if obj["kind"] != "TargetGroupBinding"]
    assert kubeconform(told(judged)) == []


@pytest.mark.parametrize("stack", STACKS)
def test_no_object_is_made_twice(stack: str) -> None:
    made = [identity(obj) for obj in objects(context(stack))]
    assert sorted(made) == sorted(set(made))


@pytest.mark.parametrize("stack", STACKS)
def test_what_is_built_from_the_same_settings_is_the_same(stack: str) -> None:
    assert built(context(stack)) == built(context(stack))


@pytest.mark.parametrize("stack", STACKS)
def test_releases_stand_in_namespaces_that_are_made(stack: str) -> None:
    made = {namespace.name for namespace in NAMESPACES}
    used = {release.namespace for part in built(context(stack)) for release in part.releases}
    assert used <= made


def test_crds_come_before_what_needs_them_and_the_mesh_before_all() -> None:
    releases = [release.chart for release in istio.part(context("prod")).releases]
    assert releases == ["base", "istiod", "cni", "ztunnel"]
    door = [release.chart for release in gateway.part(context("prod")).releases]
    assert door == ["ai-gateway-crds-helm", "gateway-helm", "ai-gateway-helm"]
    for part in built(context("prod"))[1:4]:
        assert "istio" in part.after


def test_the_door_comes_after_the_balancers_controller_and_the_console_after_the_door() -> None:
    assert "load-balancer-controller" in gateway.part(context("dev")).after
    assert {"gateway", "cert-manager"} <= set(console.part(context("dev")).after)


# The mesh


@pytest.mark.parametrize(
    ("release", "daemon"), [("istio-cni", "istio-cni-node"), ("ztunnel", "ztunnel")]
)
def test_daemons_ask_what_placement_takes_off_each_node(release: str, daemon: str) -> None:
    expected = next(d for d in DAEMONSETS if d.name == daemon)
    asked = values(release, context("prod"))["resources"]["requests"]
    assert asked == {
        "cpu": f"{expected.cpu_millicores}m",
        "memory": f"{expected.memory_bytes // MIB}Mi",
    }


def test_a_daemon_that_placement_does_not_know_is_refused() -> None:
    with pytest.raises(LookupError, match="no DaemonSet 'surprise'"):
        daemon_resources("surprise")


def test_istiod_takes_the_startup_taint_off_and_has_replicas_by_the_settings() -> None:
    dev, prod = (values("istiod", context(stack)) for stack in STACKS)
    assert dev["taint"]["enabled"]
    assert dev["taint"]["name"] == "cni.istio.io/not-ready"
    assert (dev["autoscaleEnabled"], dev["replicaCount"]) == (False, 1)
    assert (prod["autoscaleEnabled"], prod["autoscaleMin"]) == (True, 3)


def test_the_mesh_is_strict_and_every_exception_names_its_ports() -> None:
    found = [obj for obj in objects(context("prod")) if obj["kind"] == "PeerAuthentication"]
    by_place = {(o["metadata"]["namespace"], o["metadata"]["name"]): o["spec"] for o in found}
    assert by_place.pop(("istio-system", "default")) == {"mtls": {"mode": "STRICT"}}
    assert by_place.pop(("keda", "default")) == {"mtls": {"mode": "PERMISSIVE"}}
    opened = {place: set(spec["portLevelMtls"]) for place, spec in by_place.items()}
    assert opened == {
        ("envoy-gateway-system", "door"): {"10080", "10443"},
        ("knative-serving", "webhook"): {"8443"},
    }
    for spec in by_place.values():
        assert spec["mtls"]["mode"] == "STRICT"
        assert spec["selector"]["matchLabels"]


def test_kourier_is_open_to_the_door_alone_and_knative_to_itself() -> None:
    found = {
        obj["metadata"]["namespace"]: obj["spec"]["rules"]
        for obj in objects(context("dev"))
        if obj["kind"] == "AuthorizationPolicy"
    }
    rules = found["knative-serving"]
    admitted = {
        port: rule.get("from")
        for rule in rules
        for to in rule.get("to", [])
        for port in to["operation"]["ports"]
    }
    door = f"cluster.local/ns/envoy-gateway-system/sa/{GATEWAY_ACCOUNT}"
    assert admitted["8081"] == [{"source": {"principals": [door]}}]
    assert admitted["8443"] is None
    everything = [rule for rule in rules if "to" not in rule]
    assert everything == [{"from": [{"source": {"namespaces": ["knative-serving"]}}]}]
    assert {"8012", "8013"}.isdisjoint(admitted)


def test_meshed_namespaces_of_the_request_path_are_closed_to_the_network() -> None:
    policies = [obj for obj in objects(context("dev")) if obj["kind"] == "NetworkPolicy"]
    whole = {o["metadata"]["namespace"] for o in policies if o["spec"]["podSelector"] == {}}
    assert whole == {"envoy-gateway-system", "knative-serving"}
    anyone = [
        (obj["metadata"]["name"], {port["port"] for port in rule["ports"]})
        for obj in policies
        for rule in obj["spec"]["ingress"]
        if "from" not in rule
    ]
    assert anyone == [("door", {10080, 10443})]


def test_the_api_server_reaches_the_webhook_from_the_stacks_own_network() -> None:
    policies = [obj for obj in objects(context("prod")) if obj["kind"] == "NetworkPolicy"]
    webhook = next(obj for obj in policies if obj["metadata"]["name"] == "webhook")
    rule = webhook["spec"]["ingress"][0]
    assert rule["from"] == [{"ipBlock": {"cidr": "10.32.0.0/16"}}]


# The door


@pytest.mark.parametrize("stack", STACKS)
def test_the_gateway_takes_tenants_listeners_and_its_own_all_have_hostnames(stack: str) -> None:
    spec = of_kind("Gateway", context(stack))["slipway"]["spec"]
    selector = spec["allowedListeners"]["namespaces"]["selector"]
    assert selector == {"matchLabels": {"slipway.dev/tenant": "true"}}
    plain, *encrypted = spec["listeners"]
    assert (plain["port"], plain["protocol"]) == (80, "HTTP")
    domain = context(stack).settings.environment.domain
    assert [one["hostname"] for one in encrypted] == [
        f"{name}.{domain}" for name in ("api", "grafana", "kiali", "mlflow")
    ]


def test_without_the_edge_the_gateway_has_no_listener_of_its_own_for_tls() -> None:
    made = context("dev")
    layers = ("foundation", "platform", "tenants")
    bare = replace(made, settings=settings("dev", layers=layers, edge=None))
    listeners = of_gateway(bare)["spec"]["listeners"]
    assert [one["name"] for one in listeners] == ["http"]
    with pytest.raises(ValueError, match="no layer `edge`"):
        console.part(bare)


def of_gateway(made: Context) -> Object:
    return next(obj for obj in gateway.part(made).objects if obj["kind"] == "Gateway")


def test_a_route_without_a_policy_is_closed_and_the_redirect_is_open() -> None:
    policies = of_kind("SecurityPolicy", context("dev"))
    closed = policies["default-deny"]["spec"]
    assert closed["targetRefs"][0]["kind"] == "Gateway"
    assert closed["authorization"] == {"defaultAction": "Deny"}
    opened = [
        n for n, p in policies.items() if p["spec"]["authorization"]["defaultAction"] != "Deny"
    ]
    assert opened == ["https-redirect"]


def test_every_route_of_the_platform_has_a_policy_of_its_own() -> None:
    routes = of_kind("HTTPRoute", context("prod"))
    policies = of_kind("SecurityPolicy", context("prod"))
    targeted = {
        target["name"]
        for policy in policies.values()
        for target in policy["spec"]["targetRefs"]
        if target["kind"] == "HTTPRoute"
    }
    assert set(routes) == targeted


def test_the_proxies_have_the_names_that_tenants_policies_and_the_balancer_use() -> None:
    for stack in STACKS:
        kubernetes = proxy_of(stack)
        assert kubernetes["envoyServiceAccount"]["name"] == "slipway-gateway"
        assert kubernetes["envoyService"] == {"name": "slipway-gateway", "type": "ClusterIP"}
        bindings = of_kind("TargetGroupBinding", context(stack)).values()
        assert {one["spec"]["serviceRef"]["name"] for one in bindings} == {"slipway-gateway"}


def proxy_of(stack: str) -> Any:
    return of_kind("EnvoyProxy", context(stack))["slipway"]["spec"]["provider"]["kubernetes"]


def test_the_door_scales_in_prod_and_is_one_pod_in_dev() -> None:
    dev, prod = proxy_of("dev"), proxy_of("prod")
    assert dev["envoyDeployment"]["replicas"] == 1
    assert "envoyHpa" not in dev
    assert "replicas" not in prod["envoyDeployment"]
    assert (prod["envoyHpa"]["minReplicas"], prod["envoyPDB"]) == (3, {"maxUnavailable": 1})


@pytest.mark.parametrize("stack", STACKS)
def test_proxies_overlap_until_the_balancer_has_changed_over(stack: str) -> None:
    drain = of_kind("EnvoyProxy", context(stack))["slipway"]["spec"]["shutdown"]
    last, least = (
        int(drain[key].removesuffix("s")) for key in ("drainTimeout", "minDrainDuration")
    )
    assert 120 < least < last
    deployment = proxy_of(stack)["envoyDeployment"]
    assert deployment["patch"]["value"]["spec"]["minReadySeconds"] >= 180
    assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_targets_are_the_doors_pods_and_the_controller_touches_no_security_group() -> None:
    bindings = {n: one["spec"] for n, one in of_kind("TargetGroupBinding", context("dev")).items()}
    services = {name: spec["serviceRef"] for name, spec in bindings.items()}
    assert services == {
        "slipway-gateway-http": {"name": "slipway-gateway", "port": 80},
        "slipway-gateway-https": {"name": "slipway-gateway", "port": 443},
    }
    allowed = {action for each in statements(context("dev").names) for action in each["Action"]}
    assert "ec2:AuthorizeSecurityGroupIngress" not in allowed
    assert [name for name, spec in bindings.items() if "networking" in spec] == []


def test_a_backend_may_not_lead_anywhere_and_rate_limits_are_kept_over_tls() -> None:
    config = values("envoy-gateway", context("prod"))["config"]["envoyGateway"]
    assert config["extensionApis"] == {"enableBackend": False, "enableEnvoyPatchPolicy": False}
    redis = config["rateLimit"]["backend"]["redis"]
    assert redis == {"url": Late(Fact.RATE_LIMIT_HOST, "{}:6379"), "tls": {}}


def test_the_clients_address_is_read_from_the_proxy_only_where_there_is_one() -> None:
    made = context("dev")
    direct = of_kind("ClientTrafficPolicy", made)["slipway"]["spec"]
    assert "clientIPDetection" not in direct
    edge = made.settings.environment.edge.model_copy(
        update={"proxied": True, "advanced_certificates": True}
    )
    through = of_kind("ClientTrafficPolicy", with_environment("dev", edge=edge))["slipway"]["spec"]
    assert through["clientIPDetection"] == {"xForwardedFor": {"numTrustedHops": 1}}


def test_no_client_says_what_the_platform_says_to_itself() -> None:
    spec = of_kind("ClientTrafficPolicy", context("dev"))["slipway"]["spec"]
    assert "x-slipway-caller" in spec["headers"]["earlyRequestHeaders"]["remove"]
    assert spec["tls"]["minVersion"] == "1.2"


def test_the_access_log_holds_no_credential() -> None:
    telemetry = of_kind("EnvoyProxy", context("dev"))["slipway"]["spec"]["telemetry"]
    (logged,) = telemetry["accessLog"]["settings"]
    fields = " ".join(logged["format"]["json"].values())
    assert not re.search(r"authorization|cookie|jwt|api-key", fields, re.IGNORECASE)
    assert telemetry["metrics"]["enableGRPCStats"] is True


# The platform's own pages


def test_each_page_takes_only_the_tokens_of_its_own_application() -> None:
    policies = of_kind("SecurityPolicy", context("dev"))
    seen = {}
    for name in ("grafana", "kiali", "mlflow"):
        (provider,) = policies[name]["spec"]["jwt"]["providers"]
        assert provider["issuer"] == "https://example.cloudflareaccess.com"
        seen[name] = provider["audiences"]
        assert policies[name]["spec"]["authorization"]["defaultAction"] == "Deny"
    assert seen == {
        "grafana": [Late(Fact.ACCESS_AUDIENCE_GRAFANA)],
        "kiali": [Late(Fact.ACCESS_AUDIENCE_KIALI)],
        "mlflow": [Late(Fact.ACCESS_AUDIENCE_MLFLOW)],
    }


def test_each_own_host_has_a_certificate_and_each_service_behind_one_a_grant() -> None:
    made = objects(context("prod"))
    names = [obj["spec"]["dnsNames"] for obj in made if obj["kind"] == "Certificate"]
    own = ("api", "grafana", "kiali", "mlflow")
    assert sorted(names) == [[f"{name}.example.com"] for name in own]
    granted = {
        (obj["metadata"]["namespace"], obj["spec"]["to"][0]["name"])
        for obj in made
        if obj["kind"] == "ReferenceGrant"
    }
    wanted = {
        (backend["namespace"], backend["name"])
        for obj in made
        if obj["kind"] == "HTTPRoute"
        for rule in obj["spec"]["rules"]
        for backend in rule.get("backendRefs", [])
    }
    assert granted == wanted


# Certificates and secrets


def test_the_issuer_proves_by_dns_and_staging_has_an_account_of_its_own() -> None:
    made = context("dev")
    platform = made.settings.platform
    assert platform is not None
    rehearsed = platform.model_copy(update={"acme_staging": True})
    staging = replace(made, settings=made.settings.model_copy(update={"platform": rehearsed}))
    production = of_kind("ClusterIssuer", made)["letsencrypt"]["spec"]["acme"]
    rehearsal = of_kind("ClusterIssuer", staging)["letsencrypt"]["spec"]["acme"]
    assert "staging" not in production["server"]
    assert "staging" in rehearsal["server"]
    assert production["privateKeySecretRef"] != rehearsal["privateKeySecretRef"]
    (solver,) = production["solvers"]
    assert solver["selector"] == {"dnsZones": ["dev.example.com"]}
    token = solver["dns01"]["cloudflare"]["apiTokenSecretRef"]
    assert token == {"name": cert_manager.TOKEN_SECRET, "key": cert_manager.TOKEN_KEY}


def test_a_tenant_reads_keys_below_its_own_namespace_by_a_rule_of_the_api_server() -> None:
    policy = of_kind("ValidatingAdmissionPolicy", context("dev"))["slipway-own-secrets"]["spec"]
    rules = " ".join(rule["expression"] for rule in policy["validations"])
    assert policy["failurePolicy"] == "Fail"
    assert "remoteRef.key.startsWith(object.metadata.namespace + '/')" in rules
    assert "!has(entry.sourceRef)" in rules
    assert "!has(object.spec.dataFrom)" in rules
    binding = of_kind("ValidatingAdmissionPolicyBinding", context("dev"))["slipway-own-secrets"]
    assert "Deny" in binding["spec"]["validationActions"]
    selector = binding["spec"]["matchResources"]["namespaceSelector"]
    assert selector == {"matchLabels": {"slipway.dev/tenant": "true"}}


def test_each_store_admits_the_namespaces_that_it_is_for() -> None:
    stores = of_kind("ClusterSecretStore", context("prod"))
    conditions = {name: store["spec"]["conditions"] for name, store in stores.items()}
    assert conditions == {
        "slipway": [{"namespaceSelector": {"matchLabels": {"slipway.dev/tenant": "true"}}}],
        "slipway-platform": [{"namespaces": ["mlflow", "monitoring"]}],
    }


def test_the_operator_only_reads_and_only_what_is_named() -> None:
    (operator,) = external_secrets.part(context("prod")).identities
    actions = {action for statement in operator.statements for action in statement["Action"]}
    assert actions == {"secretsmanager:GetSecretValue", "kms:Decrypt"}
    found = [resource for statement in operator.statements for resource in statement["Resource"]]
    assert {":".join(resource.split(":")[:5]) for resource in found} == {
        "arn:aws:secretsmanager:eu-west-1:222222222222",
        "arn:aws:kms:eu-west-1:222222222222",
    }
    assert [resource.split(":", 5)[5] for resource in found] == [
        "secret:*/*",
        "secret:rds!db-*",
        "secret:slipway/alerts/pagerduty-??????",
        "secret:slipway/alerts/slack-??????",
        "key/*",
    ]
    (decrypt,) = [s for s in operator.statements if s["Action"] == ["kms:Decrypt"]]
    assert "kms:ViaService" in decrypt["Condition"]["StringEquals"]


def test_the_operator_takes_no_store_that_a_namespace_brings() -> None:
    found = values("external-secrets", context("prod"))
    assert found["processSecretStore"] is False
    assert found["processPushSecret"] is False


# All of them


def test_a_mirror_keeps_the_path_and_replaces_the_registry() -> None:
    made = with_mirror("dev")
    assert mirrored(made, "kiali") == f"{MIRROR}/kiali/kiali"
    assert mirrored(context("dev"), "kiali") == OF_CHARTS["kiali"]
    assert (registry(made, "docker.io"), registry(context("dev"), "docker.io")) == (
        MIRROR,
        "docker.io",
    )
    upstream = re.compile(r"\b(docker\.io|ghcr\.io|quay\.io|registry\.istio\.io)\b")
    for part in built(made):
        for release in part.releases:
            assert not upstream.search(repr(release.values)), release.name
        assert not upstream.search(repr(part.objects))


def test_budgets_exist_only_where_there_is_more_than_one_pod() -> None:
    assert disruption_budgets(context("dev"), "somewhere", {"a": {"app": "a"}}) == ()
    (budget,) = disruption_budgets(context("prod"), "somewhere", {"a": {"app": "a"}})
    assert budget["spec"]["maxUnavailable"] == 1
    assert of_kind("PodDisruptionBudget", context("dev")) == {}


@pytest.mark.parametrize(
    ("release", "path"),
    [
        ("istiod", ("nodeSelector",)),
        ("cert-manager", ("global", "nodeSelector")),
        ("external-secrets", ("nodeSelector",)),
        ("external-secrets", ("webhook", "nodeSelector")),
        ("external-secrets", ("certController", "nodeSelector")),
        ("envoy-gateway", ("deployment", "pod", "nodeSelector")),
        ("ai-gateway", ("controller", "nodeSelector")),
    ],
)
def test_the_platforms_pods_run_on_the_systems_nodes(release: str, path: tuple[str, ...]) -> None:
    found = values(release, context("prod"))
    for key in path:
        found = found[key]
    assert found[POOL_LABEL] == "system"


def test_what_guards_the_door_selects_the_proxies() -> None:
    door = of_kind("PeerAuthentication", context("dev"))["door"]
    assert door["spec"]["selector"]["matchLabels"] == DOOR_LABELS
