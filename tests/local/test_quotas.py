"""What a tenant's namespace is held to, by the API server's own admission."""

import copy
import json
from collections.abc import Generator
from http import HTTPStatus
from typing import Any

import pytest

from catalog.objects import Object
from catalog.quantity import parse_cpu
from local.apply import wait
from tests.fleets import LOCAL, build_fleet, sklearn
from tests.fleets import NAMESPACE as RENDERED
from tests.local.asking import ask
from tests.local.conftest import Fleet

pytestmark = pytest.mark.local

NAMESPACE = "risk-held"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
SECURE: Object = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
HALF_A_CPU: Object = {"requests": {"cpu": "500m", "memory": "64Mi"}}


@pytest.fixture(scope="module")
def held(fleet: Fleet) -> Generator[Fleet, None, None]:
    """A tenant's namespace without its endpoints, allowed 2 CPU."""
    built = build_fleet({"fraud": sklearn()}, LOCAL, quota={"cpu": 2})
    assert not built.problems
    moved: list[Object] = json.loads(json.dumps(built.objects).replace(RENDERED, NAMESPACE))
    for kind in ("Namespace", "ServiceAccount", "LimitRange", "ResourceQuota"):
        for obj in moved:
            if obj["kind"] == kind:
                fleet.api.create(obj)
    path = f"/api/v1/namespaces/{NAMESPACE}/resourcequotas/project"
    wait("the quota is not counted", lambda: "used" in fleet.api.get(path).get("status", {}))
    yield fleet
    fleet.remove([NAMESPACE])


def make(held: Fleet, name: str, resources: Object, **security: Any) -> tuple[int, Any]:
    """A pod as a model's, but for what a test is about."""
    container: Object = {
        "name": "server",
        "image": "registry.example.com/server",
        "resources": resources,
        "securityContext": {**SECURE, **security},
    }
    spec: Object = {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "serviceAccountName": "models",
        "containers": [copy.deepcopy(container)],
    }
    return ask(held.place, "POST", PODS, {"metadata": {"name": name}, "spec": spec})


def test_one_pod_too_many_is_refused(held: Fleet) -> None:
    answers = [make(held, f"half-{number}", HALF_A_CPU) for number in range(5)]
    assert [status for status, _ in answers] == [HTTPStatus.CREATED] * 4 + [HTTPStatus.FORBIDDEN]
    message = answers[-1][1]["message"]
    assert "exceeded quota: project" in message
    assert "requested: requests.cpu=500m, used: requests.cpu=2, limited: requests.cpu=2" in message
    for number in range(4):
        ask(held.place, "DELETE", f"{PODS}/half-{number}?gracePeriodSeconds=0")


def test_who_says_nothing_gets_the_limit_ranges_share(held: Fleet) -> None:
    status, pod = make(held, "silent", {})
    assert status == HTTPStatus.CREATED, pod
    [container] = pod["spec"]["containers"]
    assert parse_cpu(container["resources"]["requests"]["cpu"]) == 25
    assert container["resources"] == {
        "requests": {"cpu": "25m", "memory": "64Mi"},
        "limits": {"cpu": "1", "memory": "1Gi"},
    }


@pytest.mark.parametrize(
    ("security", "words"),
    [
        ({"privileged": True}, "privileged"),
        ({"allowPrivilegeEscalation": True}, "allowPrivilegeEscalation != false"),
        ({"capabilities": {"add": ["NET_ADMIN"]}}, "NET_ADMIN"),
        ({"runAsUser": 0}, "runAsUser=0"),
    ],
)
def test_pod_security_refuses_what_is_not_restricted(
    held: Fleet, security: Object, words: str
) -> None:
    made = {"allowPrivilegeEscalation": None} if "privileged" in security else {}
    status, answer = make(held, "unsafe", HALF_A_CPU, **made, **security)
    assert status == HTTPStatus.FORBIDDEN, answer
    assert 'violates PodSecurity "restricted:v1.34"' in answer["message"]
    assert words in answer["message"]


@pytest.mark.parametrize("kind", ["LoadBalancer", "NodePort"])
def test_no_service_opens_a_door_of_its_own(held: Fleet, kind: str) -> None:
    body = {"metadata": {"name": "door"}, "spec": {"type": kind, "ports": [{"port": 80}]}}
    path = f"/api/v1/namespaces/{NAMESPACE}/services"
    status, answer = ask(held.place, "POST", path, body)
    assert status == HTTPStatus.FORBIDDEN, answer
    assert "exceeded quota: project" in answer["message"]
