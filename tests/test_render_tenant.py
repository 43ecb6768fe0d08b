"""What a project becomes around its endpoints: walls, the front door, who may call how often."""

import json
from typing import Any

import pytest

from catalog.objects import Object
from catalog.render.namespace import OWNER_ROLE
from catalog.render.platform import known_objects, platform_objects
from tests.fleets import DEV, IMAGE, One, build_one, environment, fleet_files, read_fleet, sklearn

STANDARD = sklearn(serving="standard")


def rendered(entry: dict[str, Any], env: Any = DEV, **settings: Any) -> One:
    """An entry without a problem."""
    one = build_one(entry, env, **settings)
    assert one.problems == ()
    return one


def vllm(**options: Any) -> dict[str, Any]:
    """A large language model, and any option over it."""
    entry = {"model": "hf://example/model@9f2c1ab4", "framework": "vllm", "tier": "staging"}
    return {**entry, "llm": {"parameters": "7B"}, **options}


def rules_of(one: One) -> dict[str, Object]:
    """The rules of its route by name."""
    return {rule["name"]: rule for rule in one.get("HTTPRoute", "fraud")["spec"]["rules"]}


def paths_of(rule: Object) -> list[tuple[str, str]]:
    """The paths of a rule, with how they match."""
    return [(match["path"]["type"], match["path"]["value"]) for match in rule["matches"]]


def test_a_host_is_of_the_tenants_own_listener_and_certificate() -> None:
    one = rendered(sklearn())
    wildcard = "*.risk-scoring.models.dev.example.com"
    assert one.get("Certificate")["spec"]["dnsNames"] == [wildcard]
    assert one.get("Certificate")["spec"]["issuerRef"]["name"] == "letsencrypt"
    (listener,) = one.get("ListenerSet")["spec"]["listeners"]
    assert (listener["hostname"], listener["port"]) == (wildcard, 443)
    assert listener["allowedRoutes"]["namespaces"] == {"from": "Same"}
    spec = one.get("HTTPRoute")["spec"]
    assert spec["hostnames"] == ["fraud.risk-scoring.models.dev.example.com"]
    assert spec["parentRefs"][0]["kind"] == "ListenerSet"


def test_in_knative_mode_a_route_leads_to_kourier_by_the_host_of_the_predictor() -> None:
    rule = rules_of(rendered(sklearn()))["predict"]
    rewrite = next(f for f in rule["filters"] if f["type"] == "URLRewrite")
    assert rewrite["urlRewrite"] == {"hostname": "fraud-predictor.risk-scoring.svc.cluster.local"}
    (backend,) = rule["backendRefs"]
    assert (backend["name"], backend["namespace"]) == ("kourier-internal", "knative-serving")


def test_one_grant_allows_just_that_route() -> None:
    one = rendered(sklearn())
    grant = one.get("ReferenceGrant")
    assert (grant["metadata"]["name"], grant["metadata"]["namespace"]) == (
        "risk-scoring", "knative-serving",
    )  # fmt: skip
    assert grant["spec"]["from"] == [
        {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "risk-scoring"}
    ]
    assert grant["spec"]["to"] == [{"group": "", "kind": "Service", "name": "kourier-internal"}]


def test_in_standard_mode_a_route_leads_to_the_predictors_service() -> None:
    rule = rules_of(rendered(STANDARD))["predict"]
    assert not [f for f in rule["filters"] if f["type"] == "URLRewrite"]
    (backend,) = rule["backendRefs"]
    assert (backend["name"], backend["port"]) == ("fraud-predictor", 80)
    assert "namespace" not in backend


def test_only_the_paths_that_serve_are_open() -> None:
    rule = rules_of(rendered(sklearn()))["predict"]
    assert paths_of(rule) == [
        ("Exact", "/v2"),
        ("PathPrefix", "/v2/health"),
        ("PathPrefix", "/v2/models/fraud"),
    ]
    grpc = rules_of(rendered(sklearn(protocol="grpc")))["grpc"]
    methods = [value.rpartition("/")[2] for _, value in paths_of(grpc)]
    assert "ModelInfer" in methods
    assert not [m for m in methods if m.startswith("Repository")]


def test_a_language_model_speaks_the_paths_of_openai() -> None:
    for entry in (vllm(), vllm(scaling={"min": 1})):
        paths = [value for _, value in paths_of(rules_of(rendered(entry))["predict"])]
        assert "/v1/chat/completions" in paths
        assert not [path for path in paths if path.startswith("/v2")]


def test_a_language_model_that_never_sleeps_is_called_at_its_workload() -> None:
    (backend,) = rules_of(rendered(vllm(scaling={"min": 1})))["predict"]["backendRefs"]
    assert (backend["name"], backend["port"]) == ("fraud-kserve-workload-svc", 8000)


def test_both_protocols_have_a_rule_each_and_what_serves_comes_first() -> None:
    rules = rules_of(rendered(sklearn(protocol="both", explainer={"image": IMAGE})))
    assert list(rules) == ["predict", "grpc", "explain"]
    ports = {name: rule["backendRefs"][0]["port"] for name, rule in rules.items()}
    assert ports == {"predict": 80, "grpc": 9000, "explain": 80}
    assert paths_of(rules["explain"]) == [("Exact", "/v1/models/fraud:explain")]


def test_a_model_never_sees_its_callers_token_and_a_graph_hands_it_on() -> None:
    graph = {"type": "sequence", "steps": [{"deployment": "a"}]}
    one = rendered({"tier": "staging", "graph": graph}, others={"a": sklearn()})
    forgotten = {
        "type": "RequestHeaderModifier",
        "requestHeaderModifier": {"remove": ["authorization"]},
    }
    assert forgotten not in rules_of(one)["predict"]["filters"]
    assert forgotten in rules_of(rendered(sklearn()))["predict"]["filters"]


def test_with_nothing_set_only_the_owning_team_may_call() -> None:
    spec = rendered(sklearn()).get("SecurityPolicy")["spec"]
    assert spec["authorization"]["defaultAction"] == "Deny"
    (rule,) = spec["authorization"]["rules"]
    assert rule["action"] == "Allow"
    (claim,) = rule["principal"]["jwt"]["claims"]
    assert (claim["name"], claim["valueType"], claim["values"]) == (
        "teams",
        "StringArray",
        ["risk"],
    )
    (provider,) = spec["jwt"]["providers"]
    assert provider["issuer"] == "https://login.example.com/"
    assert provider["audiences"] == ["slipway"]
    assert provider["claimToHeaders"] == [{"claim": "sub", "header": "x-slipway-caller"}]


def test_a_teams_own_issuer_vouches_for_that_team_alone() -> None:
    files = fleet_files(
        {"fraud": sklearn(access={"teams": ["checkout"], "clients": ["svc-a"]})},
        team={"issuer": "https://login.example.com/risk"},
    )
    files["models/checkout/team.yaml"] = files["models/risk/team.yaml"]
    objects = read_fleet(files).build(DEV).objects
    policy = next(o for o in objects if o["kind"] == "SecurityPolicy")
    rules = policy["spec"]["authorization"]["rules"]
    allowed = {
        (rule["name"], claim["name"]): claim["values"]
        for rule in rules
        for claim in rule["principal"]["jwt"]["claims"]
    }
    assert allowed == {
        ("stack-teams", "teams"): ["checkout", "risk"],
        ("stack-clients", "sub"): ["svc-a"],
        ("team-teams", "teams"): ["risk"],
    }


def test_each_caller_has_a_bucket_of_its_own() -> None:
    spec = rendered(sklearn(limits={"requests": 600})).get("BackendTrafficPolicy")["spec"]
    (rule,) = spec["rateLimit"]["global"]["rules"]
    assert rule["limit"] == {"requests": 600, "unit": "Minute"}
    header = rule["clientSelectors"][0]["headers"][0]
    assert (header["name"], header["type"]) == ("x-slipway-caller", "Distinct")


def test_retries_are_budgeted_and_a_breaker_is_set() -> None:
    breaker = rendered(sklearn()).get("BackendTrafficPolicy")["spec"]["circuitBreaker"]
    assert breaker["retryBudget"]["percent"] == {"numerator": 20, "denominator": 100}
    assert breaker["maxPendingRequests"] > 0


def test_outliers_are_ejected_in_standard_mode_only() -> None:
    assert "healthCheck" in rendered(STANDARD).get("BackendTrafficPolicy")["spec"]
    assert "healthCheck" not in rendered(sklearn()).get("BackendTrafficPolicy")["spec"]


def test_grpc_stays_http2_up_to_the_model() -> None:
    spec = rendered(sklearn(protocol="grpc")).get("BackendTrafficPolicy")["spec"]
    assert spec["useClientProtocol"] is True


def openings(one: One, way: str) -> list[Object]:
    """The rules of the one policy that opens anything."""
    return one.get("NetworkPolicy", "serving")["spec"][way]


def namespaces(rules: list[Object], side: str) -> set[str]:
    """The namespaces that rules name."""
    return {
        peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
        for rule in rules
        for peer in rule[side]
        if "namespaceSelector" in peer
    }


@pytest.mark.parametrize(
    ("entry", "callers"),
    [
        (sklearn(), {"knative-serving", "monitoring"}),
        (STANDARD, {"envoy-gateway-system", "monitoring"}),
    ],
    ids=["knative", "standard"],
)
def test_only_who_must_reach_a_pod_may(entry: dict[str, Any], callers: set[str]) -> None:
    rules = openings(rendered(entry), "ingress")
    assert namespaces(rules, "from") == callers
    ports = [rule.get("ports") for rule in rules]
    assert ports == [[{"protocol": "TCP", "port": 15008}], None]
    assert rules[1]["from"] == [{"ipBlock": {"cidr": "169.254.7.127/32"}}]


def test_a_pod_reaches_the_internet_by_tls_and_no_address_inside() -> None:
    rules = openings(rendered(sklearn()), "egress")
    world = next(r for r in rules if r["to"][0].get("ipBlock", {}).get("cidr") == "0.0.0.0/0")
    assert world["ports"] == [{"protocol": "TCP", "port": 443}]
    assert {"10.0.0.0/8", "169.254.0.0/16"} <= set(world["to"][0]["ipBlock"]["except"])


@pytest.mark.parametrize(
    ("options", "peer"),
    [({"logging": {"payload": "all"}}, "observability"), ({"model": "mlflow://churn/3"}, "mlflow")],
)
def test_what_an_option_needs_to_reach_is_opened_with_it(options: Any, peer: str) -> None:
    assert peer not in namespaces(openings(rendered(sklearn()), "egress"), "to")
    assert peer in namespaces(openings(rendered(sklearn(**options)), "egress"), "to")


def test_an_explainer_may_call_its_model_and_nobody_else_inside() -> None:
    one = rendered(sklearn(explainer={"image": IMAGE}))
    own = {"from": [{"podSelector": {}}], "ports": [{"protocol": "TCP", "port": 15008}]}
    assert own in openings(one, "ingress")
    assert own not in openings(rendered(STANDARD), "ingress")


def allowed(one: One) -> dict[str, set[str]]:
    """Ports by the account that may call them."""
    found: dict[str, set[str]] = {}
    for rule in one.get("AuthorizationPolicy")["spec"]["rules"]:
        for principal in rule["from"][0]["source"]["principals"]:
            account = principal.removeprefix("cluster.local/ns/")
            found.setdefault(account, set()).update(rule["to"][0]["operation"]["ports"])
    return found


def test_the_mesh_knows_callers_by_identity_and_port() -> None:
    knative = allowed(rendered(sklearn()))
    assert knative["knative-serving/sa/activator"] == {"8012", "8013"}
    assert knative["knative-serving/sa/controller"] == {"9090"}
    assert "envoy-gateway-system/sa/slipway-gateway" not in knative
    standard = allowed(rendered(STANDARD))
    assert standard["envoy-gateway-system/sa/slipway-gateway"] == {"8080"}
    assert "knative-serving/sa/activator" not in standard


@pytest.mark.parametrize(
    ("options", "port"),
    [
        ({"protocol": "both"}, "9000"),
        ({"serving": "standard", "logging": {"payload": "all"}}, "9081"),
        ({"serving": "standard", "transformer": {"image": IMAGE}}, "8090"),
    ],
)
def test_each_port_that_serves_is_open_to_the_front_door(options: Any, port: str) -> None:
    assert port in allowed(rendered(sklearn(**options)))["envoy-gateway-system/sa/slipway-gateway"]


def test_owners_read_and_change_nothing() -> None:
    one = rendered(sklearn(), team={"owners": ["b", "a"]})
    binding = one.get("RoleBinding")
    assert [subject["name"] for subject in binding["subjects"]] == ["a", "b"]
    assert binding["roleRef"]["name"] == OWNER_ROLE
    role = next(o for o in platform_objects(DEV) if o["kind"] == "ClusterRole")
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"get", "list", "watch"}
    assert not any("secrets" in rule["resources"] for rule in role["rules"])


def test_everything_says_whose_it_is_and_who_pays() -> None:
    one = rendered(sklearn(), team={"cost_center": "cc-4711"})
    for obj in one.objects:
        labels = obj["metadata"]["labels"]
        assert labels["app.kubernetes.io/managed-by"] == "slipway"
        assert labels["slipway.dev/team"] == "risk"
        assert labels["slipway.dev/project"] == "scoring"
        assert labels["slipway.dev/cost-center"] == "cc-4711"


def test_the_dashboard_lists_the_endpoints() -> None:
    one = rendered(sklearn(), others={"other": sklearn()})
    board = one.get("ConfigMap", "dashboard")
    assert board["metadata"]["labels"]["grafana_dashboard"] == "1"
    (text,) = board["data"].values()
    (variable,) = json.loads(text)["templating"]["list"]
    assert variable["query"] == "fraud,other"


def test_another_gateway_and_issuer_are_the_stacks_to_name() -> None:
    env = environment(
        "dev",
        gateway={"name": "door", "namespace": "edge"},
        certificate_issuer="corporate",
        identity={
            "issuer": "https://id.example.com/",
            "jwks": "https://id.example.com/keys",
            "audience": "models",
            "team_claim": "groups",
        },
    )
    one = rendered(STANDARD, env)
    parent = one.get("ListenerSet")["spec"]["parentRef"]
    assert (parent["name"], parent["namespace"]) == ("door", "edge")
    assert one.get("Certificate")["spec"]["issuerRef"]["name"] == "corporate"
    assert namespaces(openings(one, "ingress"), "from") == {"edge", "monitoring"}
    assert "edge/sa/slipway-gateway" in allowed(one)
    spec = one.get("SecurityPolicy")["spec"]
    assert spec["jwt"]["providers"][0]["audiences"] == ["models"]
    assert spec["authorization"]["rules"][0]["principal"]["jwt"]["claims"][0]["name"] == "groups"


def test_names_of_what_kserve_looks_up_are_all_different() -> None:
    looked_up = {"ClusterServingRuntime", "ClusterStorageContainer", "LLMInferenceServiceConfig"}
    named = [o["metadata"]["name"] for o in platform_objects(DEV) if o["kind"] in looked_up]
    assert len(named) == len(set(named))
    assert set(named) == set(known_objects())


def test_runtimes_are_ours_alone_to_choose() -> None:
    for runtime in known_objects().values():
        if runtime["kind"] == "ClusterServingRuntime":
            assert not any(f["autoSelect"] for f in runtime["spec"]["supportedModelFormats"])
            assert "serving.kserve.io/server-type" not in runtime["metadata"].get("annotations", {})
