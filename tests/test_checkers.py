"""Each judge is shown to catch what it is there for, and to let a good object pass."""

import copy
from typing import Any

import pytest

from catalog import pins
from tests.checkers import PodFailure, kubeconform, pod_security, promtool_check_rules
from tools import golang

pytestmark = pytest.mark.checkers

MODEL: dict[str, Any] = {
    "apiVersion": "serving.kserve.io/v1beta1",
    "kind": "InferenceService",
    "metadata": {"name": "fraud", "namespace": "risk-scoring"},
    "spec": {
        "predictor": {
            "minReplicas": 1,
            "model": {
                "modelFormat": {"name": "sklearn"},
                "storageUri": "s3://models/risk-scoring/fraud",
                "resources": {"limits": {"cpu": "500m", "memory": "2Gi"}},
            },
        }
    },
}

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "web:1"}]},
        },
    },
}

LISTENERS: dict[str, Any] = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "ListenerSet",
    "metadata": {"name": "risk-scoring"},
    "spec": {
        "parentRef": {"name": "models", "namespace": "gateway"},
        "listeners": [{"name": "https", "port": 443, "protocol": "HTTPS"}],
    },
}

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "fraud"},
    "spec": {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            {
                "name": "model",
                "image": "model:1",
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                },
            }
        ],
    },
}


def changed(base: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """A copy in which the field at `a.b.0.c` has this value."""
    copied = copy.deepcopy(base)
    *parents, last = path.split(".")
    at: Any = copied
    for name in parents:
        at = at[int(name) if name.isdigit() else name]
    at[last] = value
    return copied


def rules(expression: str) -> dict[str, Any]:
    return {"groups": [{"name": "slo", "rules": [{"alert": "Burn", "expr": expression}]}]}


def test_good_objects_pass() -> None:
    assert kubeconform([MODEL, DEPLOYMENT, LISTENERS]) == []
    assert kubeconform([]) == []


@pytest.mark.parametrize(
    ("base", "path", "value", "problem"),
    [
        (MODEL, "spec.predictr", {}, "additional properties 'predictr' not allowed"),
        (MODEL, "spec.predictor.gpus", 1, "additional properties 'gpus' not allowed"),
        (MODEL, "spec.predictor.minReplicas", "zero", "got string, want integer"),
        (MODEL, "spec.predictor.model.resources.limits.cpu", "1x", "does not match pattern"),
        (MODEL, "metadata.labls", {}, "additional properties 'labls' not allowed"),
        (MODEL, "apiVersion", "serving.kserve.io/v1", "could not find schema"),
        (DEPLOYMENT, "kind", "Deploymnt", "could not find schema"),
        (DEPLOYMENT, "metadata.labels.app", 1, "got number, want string"),
        (
            DEPLOYMENT,
            "spec.template.spec.containers.0.imag",
            "web",
            "additional properties 'imag' not allowed",
        ),
        (
            DEPLOYMENT,
            "spec.template.spec.containers.0.resources",
            {"limits": {"memory": "1Gx"}},
            "does not match pattern",
        ),
        (LISTENERS, "spec.listeners.0.hostnam", "x", "additional properties 'hostnam' not allowed"),
    ],
)
def test_a_wrong_field_is_named(
    base: dict[str, Any], path: str, value: object, problem: str
) -> None:
    problems = kubeconform([MODEL, changed(base, path, value), LISTENERS])
    assert problems
    assert any(problem in found for found in problems), problems


def test_the_place_of_a_problem_is_told() -> None:
    bad = changed(MODEL, "spec.predictor.minReplicas", "zero")
    assert kubeconform([bad]) == [
        "InferenceService/fraud /spec/predictor/minReplicas: got string, want integer"
    ]


def test_text_beyond_the_basic_plane_is_read() -> None:
    assert kubeconform([changed(MODEL, "metadata.annotations", {"note": "ok 🚀 é"})]) == []


def test_pods_reach_the_level_that_they_deserve() -> None:
    context = "spec.containers.0.securityContext"
    root = changed(POD, "spec.securityContext.runAsNonRoot", False)
    privileged = changed(POD, context, {"privileged": True})
    restricted, baseline, none = pod_security([POD, root, privileged])
    assert (restricted.name, restricted.level, restricted.failures) == ("fraud", "restricted", ())
    assert baseline.level == "baseline"
    assert [failure.reason for failure in baseline.failures] == ["runAsNonRoot != true"]
    assert none.level == "privileged"
    assert none.failures[0] == PodFailure(
        "baseline",
        "privileged",
        'container "model" must not set securityContext.privileged=true',
    )


def test_a_misspelt_field_of_a_pod_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r'unknown field "\[0\]\.spec\.hostNetwrk"'):
        pod_security([changed(POD, "spec", {"hostNetwrk": True})])


def test_rules_are_checked() -> None:
    assert promtool_check_rules(rules("rate(http_requests_total[5m]) > 0.1")) == []
    broken = promtool_check_rules(rules("rate(x[5m"))
    assert any("parse error" in line for line in broken), broken
    twice = rules("up == 0")
    twice["groups"][0]["rules"] *= 2
    assert promtool_check_rules(twice)


def test_schemas_come_from_the_versions_that_are_installed() -> None:
    pinned = {row.path: row.version for row in pins.MODULES}
    read = {source.module: source.version for source in golang.sources()}
    assert {path: read[path] for path in read.keys() & pinned.keys()} == {
        path: pinned[path] for path in read.keys() & pinned.keys()
    }
