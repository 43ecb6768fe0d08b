"""The real controllers and webhooks: as whom they work, what they refuse, who answers for whom."""

import json
from collections.abc import Generator
from http import HTTPStatus
from typing import Any

import pytest

from catalog.objects import Object
from catalog.render.platform import LLM_PRESET
from local import crds, knative, kserve, stages
from local.apply import wait
from tests.local.asking import ask
from tests.local.conftest import Fleet

pytestmark = pytest.mark.local

SCRATCH = "scratch-controllers"
CREATOR = "serving.knative.dev/creator"
KSERVE = "serving.kserve.io"
MODEL: Object = {"modelFormat": {"name": "sklearn"}, "runtime": "slipway-sklearn", "name": ""}


@pytest.fixture(scope="module")
def scratch(fleet: Fleet) -> Generator[Fleet, None, None]:
    """With a namespace for what a test makes, on a plane that an earlier run may have used."""
    path = f"/api/v1/namespaces/{SCRATCH}"
    gone = HTTPStatus.NOT_FOUND
    wait("an earlier run's namespace stays", lambda: ask(fleet.place, "GET", path)[0] == gone)
    fleet.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SCRATCH}})
    yield fleet
    fleet.api.request("DELETE", path)


def scratch_object(version: str, kind: str, **rest: Any) -> Object:
    return {"apiVersion": version, "kind": kind,
            "metadata": {"name": "wrong", "namespace": SCRATCH}, **rest}  # fmt: skip


def test_kserve_works_as_its_own_account(fleet: Fleet) -> None:
    """Knative's webhook writes down who created a Service."""
    services = [
        service
        for service in fleet.all("serving.knative.dev/v1", "Service")
        if service["metadata"]["namespace"] != SCRATCH
    ]
    assert services
    creators = {service["metadata"]["annotations"][CREATOR] for service in services}
    assert creators == {kserve.processes(fleet.place)[kserve.MANAGER].subject}


@pytest.mark.parametrize(
    ("process", "may", "may_not"),
    [
        (knative.CONTROLLER, ("create", "apps", "deployments"), ("delete", "", "nodes")),
        (kserve.MANAGER, ("create", "serving.knative.dev", "services"), ("delete", "", "nodes")),
        (kserve.LLM, ("create", "apps", "deployments"), ("create", "", "namespaces")),
        (kserve.CACHE, ("create", "", "persistentvolumes"), ("delete", "apps", "deployments")),
    ],
)
def test_an_account_has_the_rights_that_upstream_gives_it_and_no_more(
    fleet: Fleet, process: str, may: tuple[str, str, str], may_not: tuple[str, str, str]
) -> None:
    processes = knative.processes(fleet.place) | kserve.processes(fleet.place)
    subject = processes[process].subject
    assert subject is not None
    assert allowed(fleet, subject, *may)
    assert not allowed(fleet, subject, *may_not)


def allowed(fleet: Fleet, user: str, verb: str, group: str, resource: str) -> bool:
    attributes = {"verb": verb, "group": group, "resource": resource}
    review = {"spec": {"user": user, "resourceAttributes": attributes}}
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    return fleet.api.request("POST", path, review)["status"]["allowed"]


def test_no_controller_was_refused_anything_for_want_of_a_right(fleet: Fleet) -> None:
    said = {path.stem: path.read_text("utf-8", "replace") for path in fleet.place.logs.iterdir()}
    assert {*knative.BINARIES, *kserve.BINARIES, "kwok"} <= said.keys()
    assert [name for name, text in said.items() if "is forbidden: User" in text] == []


REFUSED: dict[str, tuple[Object, str]] = {
    "InferenceService": (
        scratch_object(
            f"{KSERVE}/v1beta1",
            "InferenceService",
            spec={"predictor": {"model": MODEL, "minReplicas": 3, "maxReplicas": 2}},
        ),
        "MinReplicas",
    ),
    "InferenceGraph": (
        scratch_object(
            f"{KSERVE}/v1alpha1",
            "InferenceGraph",
            spec={"nodes": {"first": {"routerType": "Sequence", "steps": [{"serviceName": "a"}]}}},
        ),
        "root node not found",
    ),
    "ServingRuntime": (
        scratch_object(
            f"{KSERVE}/v1alpha1",
            "ServingRuntime",
            spec={
                "containers": [
                    {"name": "a", "image": "b", "env": [{"name": "PYTHONPATH", "value": "/"}]}
                ]
            },
        ),
        "PYTHONPATH",
    ),
    "TrainedModel": (
        scratch_object(
            f"{KSERVE}/v1alpha1",
            "TrainedModel",
            spec={
                "inferenceService": "a",
                "model": {"framework": "sklearn", "memory": "1Gi", "storageUri": "nowhere://a"},
            },
        ),
        "storage",
    ),
    "LLMInferenceService": (
        scratch_object(
            f"{KSERVE}/v1alpha2",
            "LLMInferenceService",
            spec={
                "model": {"uri": "hf://acme/m", "name": "m"},
                "parallelism": {"pipeline": 2, "data": 2, "dataLocal": 1},
            },
        ),
        "parallelism",
    ),
    "LLMInferenceServiceConfig": (
        scratch_object(
            f"{KSERVE}/v1alpha2",
            "LLMInferenceServiceConfig",
            spec={"baseRefs": [{"name": "a"}]},
        ),
        "baseRefs",
    ),
    "Service": (
        scratch_object(
            "serving.knative.dev/v1",
            "Service",
            spec={"template": {"spec": {"containers": [{"image": "a/b"}, {"image": "a/c"}]}}},
        ),
        "validation.webhook.serving.knative.dev",
    ),
}
"""What each webhook refuses, and a word of why."""


@pytest.mark.parametrize("kind", REFUSED)
def test_the_webhook_of_each_kind_refuses_what_is_wrong(scratch: Fleet, kind: str) -> None:
    obj, word = REFUSED[kind]
    said = refusal(scratch, "POST", scratch.api.path(obj).rpartition("/")[0], obj)
    assert "admission webhook" in said
    assert word.lower() in said.lower()


def refusal(fleet: Fleet, method: str, path: str, body: Object) -> str:
    """Why not. A webhook that had no time to answer is asked again: it has not said no."""
    while True:
        status, answer = ask(fleet.place, method, path, body)
        if status != HTTPStatus.INTERNAL_SERVER_ERROR:
            assert status in {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, 422}, answer
            return answer["message"]
        assert "deadline exceeded" in answer["message"], answer


def test_a_setting_of_knative_that_it_does_not_understand_is_refused(fleet: Fleet) -> None:
    path = "/api/v1/namespaces/knative-serving/configmaps/config-autoscaler"
    changed = fleet.api.get(path)
    changed["data"]["enable-scale-to-zero"] = "true"
    changed["data"]["scale-to-zero-grace-period"] = "a while"
    said = refusal(fleet, "PUT", path, changed)
    assert "config.webhook.serving.knative.dev" in said


def test_the_preset_may_go_with_its_stack(fleet: Fleet) -> None:
    path = fleet.api.resource(f"{KSERVE}/v1alpha2", "LLMInferenceServiceConfig", "kserve")
    status, answer = ask(fleet.place, "DELETE", f"{path}/{LLM_PRESET}?dryRun=All")
    assert status == HTTPStatus.OK, answer


def test_both_versions_of_an_llm_are_converted_by_its_webhook(fleet: Fleet) -> None:
    new = fleet.all(f"{KSERVE}/v1alpha2", "LLMInferenceService")
    old = fleet.all(f"{KSERVE}/v1alpha1", "LLMInferenceService")
    assert new
    assert [obj["metadata"]["uid"] for obj in old] == [obj["metadata"]["uid"] for obj in new]


def test_a_privileged_pod_is_refused_where_controllers_make_theirs(fleet: Fleet) -> None:
    container = {"name": "a", "image": "a/b", "securityContext": {"privileged": True}}
    pod = {"metadata": {"name": "a"}, "spec": {"containers": [container]}}
    status, answer = ask(fleet.place, "POST", "/api/v1/namespaces/risk-fraud/pods", pod)
    assert status == HTTPStatus.FORBIDDEN
    assert 'violates PodSecurity "restricted' in answer["message"]


def test_the_api_server_finds_no_fault_in_what_was_put_into_etcd(fleet: Fleet) -> None:
    made = {crd["metadata"]["name"] for crd in crds.definitions()}
    there = fleet.all("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    assert {crd["metadata"]["name"] for crd in there} == made
    known = {"Established", "KubernetesAPIApprovalPolicyConformant", "NamesAccepted"}
    for crd in there:
        conditions = {each["type"]: each["status"] for each in crd["status"]["conditions"]}
        assert conditions.keys() <= known, crd["metadata"]["name"]
        assert set(conditions.values()) == {"True"}, crd["metadata"]["name"]


def test_every_node_is_ready(fleet: Fleet) -> None:
    for node in fleet.all("v1", "Node"):
        conditions = {each["type"]: each["status"] for each in node["status"]["conditions"]}
        assert conditions["Ready"] == "True"


ROUTE: Object = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "HTTPRoute",
    "metadata": {"name": "answered", "namespace": SCRATCH},
    "spec": {
        "hostnames": ["first.example.com"],
        "parentRefs": [{"name": "slipway", "namespace": "envoy-gateway-system"}],
    },
}


def answered(fleet: Fleet, route: Object) -> bool:
    """Whether every parent accepts the generation that there is."""
    generation = route["metadata"]["generation"]
    parents = fleet.now(route).get("status", {}).get("parents", [])
    return bool(parents) and all(
        condition["observedGeneration"] == generation
        for parent in parents
        for condition in parent["conditions"]
    )


def test_every_edit_of_a_route_is_answered(scratch: Fleet) -> None:
    made = scratch.api.create(ROUTE)
    wait("a new route is not answered", lambda: answered(scratch, made))
    changed = scratch.api.apply(
        {**ROUTE, "spec": {**ROUTE["spec"], "hostnames": ["b.example.com"]}}
    )
    assert changed["metadata"]["generation"] > made["metadata"]["generation"]
    wait("an edit is not answered", lambda: answered(scratch, changed))
    [parent] = scratch.now(ROUTE)["status"]["parents"]
    assert parent["controllerName"] == stages.CONTROLLER
    assert parent["parentRef"]["namespace"] == "envoy-gateway-system"


def test_kwok_answered_for_everything_that_is_there(fleet: Fleet) -> None:
    for answer in stages.answers(node=False):
        for obj in fleet.all(answer.version, answer.kind):
            assert obj.get("status"), json.dumps(obj["metadata"])
    lines = fleet.place.log_of("kwok").read_text("utf-8").splitlines()
    assert [line for line in lines if "failed to apply stage" in line and "invalid" in line] == []


def knative_service(port: int) -> Object:
    """One whose autoscaler decides after six seconds, the least that it takes."""
    template = {
        "metadata": {"annotations": {"autoscaling.knative.dev/window": "6s"}},
        "spec": {
            "containers": [{"image": "docker.io/a/server:1", "ports": [{"containerPort": port}]}]
        },
    }
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": "replaced", "namespace": SCRATCH},
        "spec": {"template": template},
    }


def replicas(fleet: Fleet) -> dict[str, int]:
    """Of each revision by its number, as they are wanted."""
    found = fleet.all("autoscaling.internal.knative.dev/v1alpha1", "PodAutoscaler", SCRATCH)
    return {
        obj["metadata"]["name"][-1]: obj.get("status", {}).get("actualScale", 0) for obj in found
    }


def test_a_revision_that_no_route_leads_to_any_more_lets_its_pods_go(scratch: Fleet) -> None:
    scratch.api.create(knative_service(8080))
    wait("the first revision has no pod", lambda: replicas(scratch) == {"1": 1})
    scratch.api.apply(knative_service(8081))
    wait("the old one keeps its pod", lambda: replicas(scratch) == {"1": 0, "2": 1})
