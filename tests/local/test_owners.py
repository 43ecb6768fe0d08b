"""What a tenant's owners may do in the cluster: look at what is theirs, and change nothing."""

from http import HTTPStatus
from typing import Any

import pytest

from catalog.objects import Object
from tests.local.asking import ask, ask_as
from tests.local.conftest import Fleet

pytestmark = pytest.mark.local

OWNERS, NAMESPACE = "risk-ml", "risk-payments"
OTHERS = "search-ranking"
OWN = f"/namespaces/{NAMESPACE}"
KSERVE = "/apis/serving.kserve.io/v1beta1"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
DRY = "?dryRun=All"
"""Whoever may do it may try it, and nothing comes of it."""

OPEN: Object = {"spec": {"ingress": [{}], "policyTypes": ["Ingress"]}}


def as_owner(fleet: Fleet, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """As somebody in the group that the team names as its owners."""
    return ask_as(fleet.place, "ana@example.com", OWNERS, method, path, body)


@pytest.mark.parametrize(
    "path",
    [
        f"{KSERVE}{OWN}/inferenceservices",
        f"{KSERVE}{OWN}/inferenceservices/card-screening",
        f"/apis/serving.knative.dev/v1{OWN}/revisions",
        f"/apis/gateway.networking.k8s.io/v1{OWN}/httproutes",
        f"/api/v1{OWN}/pods",
        f"/api/v1{OWN}/events",
        f"/api/v1{OWN}/resourcequotas/project",
    ],
)
def test_an_owner_reads_what_is_the_tenants_own(fleet: Fleet, path: str) -> None:
    status, answer = as_owner(fleet, "GET", path)
    assert status == HTTPStatus.OK, answer
    assert answer.get("items", [answer]), "there is something to read"


@pytest.mark.parametrize(
    "path",
    [
        f"{KSERVE}/namespaces/{OTHERS}/inferenceservices",
        f"{KSERVE}/namespaces/{OTHERS}/inferenceservices/click-ranker",
        f"{KSERVE}/inferenceservices",
        f"/api/v1/namespaces/{OTHERS}/pods",
        f"/api/v1/namespaces/{OTHERS}/configmaps",
        f"/api/v1{OWN}/secrets",
        "/api/v1/secrets",
        "/api/v1/namespaces",
        "/api/v1/nodes",
        f"{RBAC}{OWN}/rolebindings",
        "/apis/serving.kserve.io/v1alpha1/clusterservingruntimes",
    ],
)
def test_an_owner_reads_nothing_else(fleet: Fleet, path: str) -> None:
    status, answer = as_owner(fleet, "GET", path)
    assert status == HTTPStatus.FORBIDDEN, answer
    assert ask(fleet.place, "GET", path)[0] == HTTPStatus.OK, "it is there"


MADE: dict[str, tuple[str, Object]] = {
    "a binding": (
        f"{RBAC}{OWN}/rolebindings",
        {
            "metadata": {"name": "more"},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"
            },
            "subjects": [
                {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": OWNERS}
            ],
        },
    ),
    "a role": (
        f"{RBAC}{OWN}/roles",
        {
            "metadata": {"name": "more"},
            "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}],
        },
    ),
    "a secret": (f"/api/v1{OWN}/secrets", {"metadata": {"name": "own"}}),
    "a token": (f"/api/v1{OWN}/serviceaccounts/models/token", {"spec": {"audiences": []}}),
    "a network policy": (
        f"/apis/networking.k8s.io/v1{OWN}/networkpolicies",
        {"metadata": {"name": "open"}, **OPEN, "spec": {**OPEN["spec"], "podSelector": {}}},
    ),
    "a route": (
        f"/apis/gateway.networking.k8s.io/v1{OWN}/httproutes",
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": {"name": "mine"},
            "spec": {"hostnames": ["mine.example.com"]},
        },
    ),
    "a pod": (
        f"/api/v1{OWN}/pods",
        {
            "metadata": {"name": "mine"},
            "spec": {
                "securityContext": {
                    "runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}
                },
                "containers": [
                    {
                        "name": "mine",
                        "image": "mine",
                        "securityContext": {
                            "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}
                        },
                    }
                ],
            },
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", MADE)
def test_an_owner_makes_nothing(fleet: Fleet, what: str) -> None:
    path, body = MADE[what]
    refused, answer = as_owner(fleet, "POST", f"{path}{DRY}", body)
    assert refused == HTTPStatus.FORBIDDEN, answer
    assert "ana@example.com" in answer["message"]
    made, answer = ask(fleet.place, "POST", f"{path}{DRY}", body)
    assert made == HTTPStatus.CREATED, answer


@pytest.mark.parametrize(
    ("path", "change"),
    [
        (f"/api/v1{OWN}/resourcequotas/project", {"spec": {"hard": {"requests.cpu": "900"}}}),
        (f"/api/v1{OWN}/limitranges/containers", {"spec": {"limits": []}}),
        (f"/api/v1{OWN}", {"metadata": {"labels": {"a": "b"}}}),
        (f"/api/v1{OWN}/serviceaccounts/models", {"automountServiceAccountToken": True}),
        (f"{RBAC}{OWN}/rolebindings/owners", {"subjects": []}),
        (
            f"{KSERVE}{OWN}/inferenceservices/card-screening",
            {"spec": {"predictor": {"maxReplicas": 9}}},
        ),
    ],
)
def test_an_owner_changes_nothing(fleet: Fleet, path: str, change: Object) -> None:
    refused, answer = as_owner(fleet, "PATCH", f"{path}{DRY}", change)
    assert refused == HTTPStatus.FORBIDDEN, answer
    done, answer = ask(fleet.place, "PATCH", f"{path}{DRY}", change)
    assert done == HTTPStatus.OK, answer


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("gateway.envoyproxy.io/v1alpha1", "BackendTrafficPolicy"),
        ("gateway.envoyproxy.io/v1alpha1", "SecurityPolicy"),
        ("gateway.networking.k8s.io/v1", "HTTPRoute"),
        ("gateway.networking.k8s.io/v1", "ListenerSet"),
        ("networking.k8s.io/v1", "NetworkPolicy"),
        ("security.istio.io/v1", "AuthorizationPolicy"),
        ("security.istio.io/v1", "PeerAuthentication"),
        ("serving.kserve.io/v1beta1", "InferenceService"),
    ],
)
def test_an_owner_deletes_no_route_and_no_policy(fleet: Fleet, version: str, kind: str) -> None:
    ours = [
        obj
        for obj in fleet.rendered
        if (obj["apiVersion"], obj["kind"]) == (version, kind)
        and obj["metadata"]["namespace"] == NAMESPACE
    ]
    path = f"{fleet.api.path(ours[0])}{DRY}"
    for method, body in (("DELETE", None), ("PATCH", {"metadata": {"labels": {"a": "b"}}})):
        refused, answer = as_owner(fleet, method, path, body)
        assert refused == HTTPStatus.FORBIDDEN, answer
        done, answer = ask(fleet.place, method, path, body)
        assert done == HTTPStatus.OK, answer


def test_who_is_in_no_group_of_owners_reads_nothing(fleet: Fleet) -> None:
    path = f"{KSERVE}{OWN}/inferenceservices"
    status, _ = ask_as(fleet.place, "eve@example.com", "search-ml", "GET", path)
    assert status == HTTPStatus.FORBIDDEN
