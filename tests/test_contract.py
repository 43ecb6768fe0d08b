"""What a tenant's objects name of the platform is there, by the very name and value."""

from itertools import chain
from typing import Any, Final

import pytest

from catalog.render.common import KNATIVE_NAMESPACE
from catalog.render.platform import KSERVE_NAMESPACE, LLM_PRESET, MLFLOW_URI
from components.endpoints import INTERFACES
from infra.iam.pod_identity import NAMESPACE_TAG
from infra.iam.tenant import SERVICE_ACCOUNT, tenant_policy
from tests.contract import Stack, stack, texts_at

MODELS: Final = ("storageUri", "sourceModelUri", "uri")
SERVED_BY: Final = {
    "autoscaling.k8s.io": "vertical-pod-autoscaler",
    "cert-manager.io": "cert-manager",
    "external-secrets.io": "external-secrets",
    "gateway.envoyproxy.io": "envoy-gateway",
    "gateway.networking.k8s.io": "envoy-gateway",
    "keda.sh": "keda",
    "monitoring.coreos.com": "kube-prometheus-stack",
    "security.istio.io": "istio-base",
    "serving.kserve.io": "kserve-crd",
}
"""The release whose chart holds a group's kinds; other groups are Kubernetes' own."""


@pytest.fixture(params=["dev", "prod"])
def on(request: pytest.FixtureRequest) -> Stack:
    return stack(request.param)


def knative(on: Stack) -> dict[str, Any]:
    """What Knative is configured with."""
    return on.the("KnativeServing", "knative-serving", KNATIVE_NAMESPACE)["spec"]


def fits(selector: dict[str, Any], labels: Any) -> bool:
    return bool(selector["matchLabels"]) and selector["matchLabels"].items() <= labels.items()


def test_every_kind_of_a_tenants_object_comes_with_a_release(on: Stack) -> None:
    releases = {release.name for part in on.parts for release in part.releases}
    groups = {o["apiVersion"].rpartition("/")[0] for one in on.tenants for o in one.objects}
    ours = {"", "apps", "networking.k8s.io", "policy", "rbac.authorization.k8s.io"}
    assert groups - ours <= set(SERVED_BY)
    assert {SERVED_BY[group] for group in groups - ours} <= releases


def test_every_namespace_that_a_policy_lets_in_or_out_to_is_there(on: Stack) -> None:
    named = {
        name
        for policy in on.theirs("NetworkPolicy")
        for name in texts_at(policy, "kubernetes.io/metadata.name")
    }
    assert {"envoy-gateway-system", "knative-serving", "kube-system", "monitoring"} <= named
    for name in named:
        assert on.labels_of(name)["kubernetes.io/metadata.name"] == name


def test_owners_have_the_role_that_they_are_bound_to(on: Stack) -> None:
    for binding in on.theirs("RoleBinding"):
        role = on.the(binding["roleRef"]["kind"], binding["roleRef"]["name"])
        assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {
            "get",
            "list",
            "watch",
        }


def test_a_models_runtime_and_downloader_are_there(on: Stack) -> None:
    for service in on.theirs("InferenceService"):
        predictor = service["spec"]["predictor"]
        if "model" in predictor:
            runtime = on.the("ClusterServingRuntime", predictor["model"]["runtime"])["spec"]
            formats = {each["name"] for each in runtime["supportedModelFormats"]}
            assert predictor["model"]["modelFormat"]["name"] in formats
            assert predictor["model"]["protocolVersion"] in runtime["protocolVersions"]
        if "storageContainerName" in predictor:
            named = on.the("ClusterStorageContainer", predictor["storageContainerName"])
            assert not named["disabled"]
            assert named["spec"]["workloadType"] == "initContainer"
            prefixes = [each["prefix"] for each in named["spec"]["supportedUriFormats"]]
            variables = [v for c in predictor.get("containers", []) for v in c.get("env", [])]
            given = [v["value"] for v in variables if v["name"] == "STORAGE_URI"]
            [uri] = [*texts_at(predictor, "storageUri"), *given]
            assert uri.startswith(tuple(prefixes))
    assert on.the("LLMInferenceServiceConfig", LLM_PRESET, KSERVE_NAMESPACE)


def test_a_cache_is_of_a_group_whose_nodes_are_launched(on: Stack) -> None:
    [downloader] = [
        each["spec"]
        for each in on.ours
        if each["kind"] == "ClusterStorageContainer"
        and each["spec"]["workloadType"] == "localModelDownloadJob"
    ]
    prefixes = tuple(each["prefix"] for each in downloader["supportedUriFormats"])
    assert on.theirs("LocalModelNamespaceCache")
    for cache in on.theirs("LocalModelNamespaceCache"):
        assert cache["spec"]["sourceModelUri"].startswith(prefixes)
        for group in cache["spec"]["nodeGroups"]:
            volume = on.the("LocalModelNodeGroup", group)["spec"]["persistentVolumeSpec"]
            [term] = volume["nodeAffinity"]["required"]["nodeSelectorTerms"]
            [wanted] = term["matchExpressions"]
            labels = on.the("NodePool", group)["spec"]["template"]["metadata"]["labels"]
            assert labels[wanted["key"]] in wanted["values"]
            assert labels["slipway.dev/model-cache"] == "true"


def test_a_certificate_has_an_issuer_that_can_prove_its_names(on: Stack) -> None:
    for certificate in on.theirs("Certificate"):
        issuer = certificate["spec"]["issuerRef"]
        [solver] = on.the(issuer["kind"], issuer["name"])["spec"]["acme"]["solvers"]
        zones = tuple(f".{zone}" for zone in solver["selector"]["dnsZones"])
        assert all(name.endswith(zones) for name in certificate["spec"]["dnsNames"])


def test_a_tenants_listener_is_let_onto_the_gateway_and_overlaps_none_of_its_own(on: Stack) -> None:
    for listeners in on.theirs("ListenerSet"):
        spec, parent = listeners["spec"], listeners["spec"]["parentRef"]
        gateway = on.the(parent["kind"], parent["name"], parent["namespace"])["spec"]
        allowed = gateway["allowedListeners"]["namespaces"]
        assert allowed["from"] == "Selector"
        assert fits(allowed["selector"], on.labels_of(listeners["metadata"]["namespace"]))
        own = [each.get("hostname", "") for each in gateway["listeners"]]
        assert not any(host.endswith(spec["listeners"][0]["hostname"][1:]) for host in own)
        on.the("GatewayClass", gateway["gatewayClassName"])


def test_a_route_leads_to_what_is_there_and_lets_itself_be_led_to(on: Stack) -> None:
    ingress = knative(on)["ingress"]
    assert ingress["kourier"]["enabled"]
    granted = {
        (source["namespace"], grant["metadata"]["namespace"], to["kind"], to["name"])
        for grant in on.theirs("ReferenceGrant")
        for source in grant["spec"]["from"]
        for to in grant["spec"]["to"]
    }
    for route in on.theirs("HTTPRoute"):
        own = route["metadata"]["namespace"]
        assert route["spec"]["hostnames"][0].endswith(
            f".{own}.{on.context.settings.environment.models_domain}"
        )
        for backend in (b for rule in route["spec"]["rules"] for b in rule["backendRefs"]):
            where = backend.get("namespace", own)
            if where != own:
                found = (backend["kind"], backend["name"], backend["port"])
                # The operator's own injected namespace and kourier.yaml's Service.
                assert (where, *found) == (KNATIVE_NAMESPACE, "Service", "kourier-internal", 80)
                assert (own, where, backend["kind"], backend["name"]) in granted


def test_secrets_are_read_from_a_store_that_admits_the_namespace(on: Stack) -> None:
    assert on.theirs("ExternalSecret")
    bound = on.the("ValidatingAdmissionPolicyBinding", "slipway-own-secrets")["spec"]
    for secret in on.theirs("ExternalSecret"):
        labels = on.labels_of(secret["metadata"]["namespace"])
        store = secret["spec"]["secretStoreRef"]
        conditions = on.the(store["kind"], store["name"])["spec"]["conditions"]
        assert any(fits(each["namespaceSelector"], labels) for each in conditions)
        assert fits(bound["matchResources"]["namespaceSelector"], labels)


def test_what_an_autoscaler_asks_is_prometheus(on: Stack) -> None:
    service = "kube-prometheus-stack-prometheus.monitoring.svc"
    data = on.values("kube-prometheus-stack")["grafana"]["datasources"]["datasources.yaml"]
    [main] = [each for each in data["datasources"] if each.get("isDefault")]
    assert main["url"] == f"http://{service}.cluster.local:9090"
    asked = {a for each in on.theirs("ScaledObject") for a in texts_at(each, "serverAddress")}
    assert asked <= {f"http://{service}:9090"}


def test_models_lie_where_the_tenants_role_may_read_and_its_network_reaches(on: Stack) -> None:
    names, env = on.context.names, on.context.settings.environment
    document = tenant_policy(names, "alias/x")
    [read] = [s for s in document["Statement"] if s["Sid"] == "ReadOwnArtifacts"]
    for one in on.tenants:
        own = one.tenant.namespace
        prefix = read["Resource"].replace(NAMESPACE_TAG, own).removesuffix("*")
        for obj in one.objects:
            for uri in chain.from_iterable(texts_at(obj, key) for key in MODELS):
                if uri.startswith("s3://"):
                    assert f"arn:aws:s3:::{uri.removeprefix('s3://')}".startswith(prefix)
                    assert uri.startswith(f"s3://{env.bucket}/")
    assert {pod["spec"]["serviceAccountName"] for *_, pod in on.pods()} == {SERVICE_ACCOUNT}
    # A private address would be one that tenants' NetworkPolicies close.
    assert "s3" not in INTERFACES


def test_the_registry_of_models_answers_to_the_name_by_which_it_is_called(on: Stack) -> None:
    registry = on.the("ClusterStorageContainer", "slipway-registry")["spec"]["container"]
    assert {"name": "MLFLOW_TRACKING_URI", "value": MLFLOW_URI} in registry["env"]
    assert MLFLOW_URI.removeprefix("http://") in on.values("mlflow")["serverAllowedHosts"]
    assert on.values("mlflow")["fullnameOverride"] == "mlflow"
