"""Kyverno admits what is rendered, and refuses what would reach past a tenant's walls."""

import copy
from dataclasses import replace
from typing import Any, Final

import pytest

from catalog.objects import Object
from infra.parts.admission import RULES as NAMED
from infra.parts.admission import part
from policies.registry import RULES
from tests.checkers import kubeconform
from tests.fleets import IMAGE, REGISTRY
from tests.kyverno import Verdict, kyverno
from tests.policies.case import GONE, changed
from tests.policies.world import UNRESOLVED, World, world
from tests.programs import context
from tests.reading import pods_of

WORLD: Final[World] = world()
SPACE: Final = "Namespace risk-scoring"
POLICIES: Final = part(replace(context("prod"), registries=(REGISTRY,))).objects
IMAGES: Final = "slipway-tenant-images"
PODS: Final = "slipway-tenant-pods"
MAIN: Final = "spec containers 0"
MODEL: Final = "InferenceService model"
ROUTE: Final = "HTTPRoute model"
SECRETS: Final = "ExternalSecret model-secrets"
GUARD: Final = "SecurityPolicy model"
CALLERS: Final = "AuthorizationPolicy models"
MESH: Final = "PeerAuthentication default"
DEFAULT: Final = "ServiceAccount default"
TOKEN: Final = {"serviceAccountToken": {"path": "token"}}
IDENTITY: Final = {"serviceAccountToken": {"path": "token", "audience": "pods.eks.amazonaws.com"}}

Refused = tuple[str, str, str, Any]

REFUSED: Final[tuple[Refused, ...]] = (
    (IMAGES, "Pod plain", f"{MAIN} image", f"{REGISTRY}/ml/part:1"),
    (IMAGES, "Pod plain", f"{MAIN} image", IMAGE.replace(REGISTRY, "quay.io")),
    (IMAGES, "Pod plain", f"{MAIN} image", IMAGE.replace(REGISTRY, f"{REGISTRY}.evil.com")),
    (PODS, "Pod plain", "spec hostNetwork", True),
    (PODS, "Pod plain", "spec hostPID", True),
    (PODS, "Pod plain", "spec volumes 0", {"name": "root", "hostPath": {"path": "/"}}),
    (PODS, "Pod plain", f"{MAIN} securityContext privileged", True),
    (PODS, "Pod plain", "spec automountServiceAccountToken", True),
    (PODS, "Pod plain", "spec volumes 0", {"name": "t", "projected": {"sources": [TOKEN]}}),
    (PODS, "Pod plain", "metadata labels istio.io/dataplane-mode", "none"),
    (PODS, "Pod plain", "metadata annotations sidecar.istio.io/inject", "false"),
    (PODS, "Pod plain", "spec tolerations", [{"operator": "Exists"}]),
    (PODS, "Pod plain", "spec tolerations", [{"key": "nvidia.com/gpu", "operator": "Exists"}]),
    (PODS, "Pod plain", f"{MAIN} resources limits nvidia.com/gpu", "1"),
    ("slipway-tenant-services", "Service plain", "spec type", "LoadBalancer"),
    ("slipway-tenant-services", "Service plain", "spec type", "NodePort"),
    ("slipway-tenant-services", "Service plain", "spec externalIPs", ["1.2.3.4"]),
    ("slipway-tenant-secrets", SECRETS, "spec data 0 remoteRef key", "other/store"),
    ("slipway-tenant-secrets", SECRETS, "spec data 0 remoteRef key", "risk-scoring-2/store"),
    ("slipway-tenant-secrets", SECRETS, "spec dataFrom", [{"extract": {"key": "other/store"}}]),
    ("slipway-tenant-secrets", SECRETS, "spec dataFrom", [{"find": {"path": "risk-scoring/"}}]),
    ("slipway-tenant-secrets", SECRETS, "spec secretStoreRef kind", "SecretStore"),
    ("slipway-tenant-secrets", SECRETS, "spec data 0 sourceRef", {"storeRef": {"name": "x"}}),
    ("slipway-tenant-routes", ROUTE, "spec hostnames", ["model.other.models.example.com"]),
    ("slipway-tenant-routes", ROUTE, "spec hostnames", ["*.risk-scoring.models.example.com"]),
    ("slipway-tenant-routes", ROUTE, "spec hostnames", GONE),
    ("slipway-tenant-routes", ROUTE, "spec parentRefs 0 namespace", "other"),
    ("slipway-tenant-routes", ROUTE, "spec rules 0 backendRefs 0 namespace", "other"),
    ("slipway-tenant-routes", ROUTE, "spec rules 0 backendRefs 0 kind", "Backend"),
    ("slipway-tenant-routes", "HTTPRoute graph", "spec rules 0 filters", []),
    ("slipway-tenant-guards", GUARD, "spec authorization defaultAction", "Allow"),
    ("slipway-tenant-guards", GUARD, "spec jwt", GONE),
    ("slipway-tenant-guards", MESH, "spec mtls mode", "PERMISSIVE"),
    ("slipway-tenant-guards", CALLERS, "spec rules 0 from", GONE),
    ("slipway-tenant-guards", CALLERS, "spec rules 0 from 0 source principals", ["*"]),
    (
        "slipway-tenant-models", MODEL, "metadata labels networking.knative.dev/visibility",
        "external",
    ),
    (
        "slipway-tenant-models", MODEL, "metadata annotations serving.kserve.io/deploymentMode",
        "ModelMesh",
    ),
    (
        "slipway-tenant-models", MODEL, "metadata annotations serving.knative.openshift.io/x", "y",
    ),
    ("slipway-tenant-models", MODEL, "metadata labels slipway.dev/cost-center", GONE),
    (
        "slipway-tenant-models", "InferenceGraph graph", "spec nodes root steps 0 serviceUrl",
        "http://model.other.svc",
    ),
    ("slipway-tenant-access", "ServiceAccount models", "automountServiceAccountToken", GONE),
    ("slipway-tenant-access", DEFAULT, "automountServiceAccountToken", True),
    ("slipway-tenant-access", "RoleBinding owners", "roleRef name", "edit"),
    (
        "slipway-tenant-namespaces", SPACE, "metadata labels pod-security.kubernetes.io/enforce",
        "baseline",
    ),
    ("slipway-tenant-namespaces", SPACE, "metadata labels istio.io/dataplane-mode", GONE),
    ("slipway-tenant-namespaces", SPACE, "metadata labels slipway.dev/team", GONE),
)  # fmt: skip

ADMITTED: Final = (
    ("Pod plain", f"{MAIN} image", UNRESOLVED),
    ("Pod plain", f"{MAIN} image", IMAGE.replace(REGISTRY, "index.docker.io")),
    ("Pod plain", "spec volumes 0", {"name": "t", "projected": {"sources": [IDENTITY]}}),
    ("Pod plain", "metadata annotations ambient.istio.io/redirection", "enabled"),
    (DEFAULT, "automountServiceAccountToken", GONE),
)
"""What Knative, EKS Pod Identity, istio-cni and Kubernetes itself make of what is rendered."""


def named(obj: Any, name: str) -> Object:
    copied: Object = copy.deepcopy(dict(obj))
    copied["metadata"]["name"] = name
    return copied


def labels() -> dict[str, dict[str, str]]:
    own = WORLD[SPACE].props["metadata"]["labels"]
    return {"risk-scoring": own, "platform": {"kubernetes.io/metadata.name": "platform"}}


def verdicts(objects: list[Object]) -> list[Verdict]:
    return kyverno(POLICIES, objects, labels())


def test_every_policy_names_rules_of_the_registry() -> None:
    known = {rule.about.id for rule in RULES}
    for policy in POLICIES:
        rules = policy["metadata"]["annotations"][NAMED].split(",")
        assert rules
        assert set(rules) <= known, policy["metadata"]["name"]


def test_policies_refuse_and_look_back_in_tenants_namespaces_alone() -> None:
    for policy in POLICIES:
        spec = policy["spec"]
        assert policy["apiVersion"] == "policies.kyverno.io/v1"
        assert spec["validationActions"] == ["Deny"]
        assert spec["failurePolicy"] == "Fail"
        assert spec["evaluation"]["background"] == {"enabled": True}
        found = spec["matchConstraints"]
        where = found.get("namespaceSelector") or found["objectSelector"]
        assert where == {"matchLabels": {"slipway.dev/tenant": "true"}}


def test_policies_come_after_kyverno() -> None:
    assert part(context("dev")).after == ("kyverno",)


def test_every_policy_has_an_object_that_it_refuses() -> None:
    assert {policy for policy, *_ in REFUSED} == {p["metadata"]["name"] for p in POLICIES}


@pytest.mark.checkers
def test_kyverno_refuses_what_reaches_past_the_walls() -> None:
    objects = [
        named(changed(WORLD[thing], where, value).props, f"bad-{number}")
        for number, (_, thing, where, value) in enumerate(REFUSED)
    ]
    failed = {(v.name, v.policy) for v in verdicts(objects) if v.result == "fail"}
    wanted = {(f"bad-{number}", policy) for number, (policy, *_) in enumerate(REFUSED)}
    assert sorted(wanted - failed) == []
    assert sorted(failed - wanted) == []


@pytest.mark.checkers
def test_kyverno_admits_what_is_rendered_and_what_upstream_makes_of_it() -> None:
    tenant = [
        dict(one.props)
        for key, one in WORLD.items()
        if "risk-scoring" in (one.props.get("metadata") or {}).values() and key != DEFAULT
    ]
    pods = [named(pod, f"pod-{n}") for n, (_, pod) in enumerate(pods_of(tenant))]
    for pod in pods:
        pod["metadata"]["namespace"] = "risk-scoring"
    made = [
        # Kubernetes knows the account by this name alone.
        named(changed(WORLD[thing], at, value).props, "default" if thing == DEFAULT else f"ok-{n}")
        for n, (thing, at, value) in enumerate(ADMITTED)
    ]
    found = verdicts([*tenant, *pods, *made])
    assert [v for v in found if v.result != "pass"] == []
    assert {v.policy for v in found} == {p["metadata"]["name"] for p in POLICIES}
    assert len(found) > 30


@pytest.mark.checkers
def test_the_platform_s_own_namespaces_are_left_alone() -> None:
    pod = changed(WORLD["Pod plain"], "spec hostNetwork", True)
    elsewhere = changed(pod, "metadata namespace", "platform")
    assert verdicts([dict(elsewhere.props)]) == []


@pytest.mark.checkers
def test_a_tenant_has_no_door_and_no_store_of_its_own() -> None:
    """An Ingress stands for a Gateway too, whose plural the command line guesses wrongly."""
    objects: list[Object] = [
        {
            "apiVersion": api,
            "kind": kind,
            "metadata": {"name": kind.lower(), "namespace": "risk-scoring"},
            "spec": {"secretStoreRef": {"kind": "ClusterSecretStore", "name": "slipway"}},
        }
        for api, kind in (
            ("external-secrets.io/v1", "SecretStore"),
            ("networking.k8s.io/v1", "Ingress"),
        )
    ]
    assert [(v.name, v.policy, v.result) for v in verdicts(objects)] == [
        ("ingress", "slipway-tenant-services", "fail"),
        ("secretstore", "slipway-tenant-secrets", "fail"),
    ]


@pytest.mark.checkers
def test_policies_fit_the_schema_of_the_pinned_kyverno() -> None:
    assert kubeconform(POLICIES) == []
