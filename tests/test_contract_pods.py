"""A tenant's pods find the node, the features and the admission that they are rendered for."""

from collections import Counter
from typing import Any, Final

import pytest

from catalog.node_pools import GPU_RESOURCE
from catalog.pod.footprint import footprint
from catalog.quantity import parse_bytes, parse_cpu
from catalog.render.common import KNATIVE_NAMESPACE
from infra.parts.node_pools import SYSTEM_POOL
from tests.contract import Stack, stack
from tests.kyverno import kyverno
from tests.reading import knative_features

CAPACITY: Final = "karpenter.sh/capacity-type"
JUDGED: Final = (
    "ExternalSecret",
    "HTTPRoute",
    "InferenceGraph",
    "InferenceService",
    "Namespace",
    "RoleBinding",
    "SecurityPolicy",
    "ServiceAccount",
)
"""What a policy judges of what is rendered, each in all forms that the sample has."""


@pytest.fixture(params=["dev", "prod"])
def on(request: pytest.FixtureRequest) -> Stack:
    return stack(request.param)


def knative(on: Stack) -> Any:
    """What Knative is configured with."""
    return on.the("KnativeServing", "knative-serving", KNATIVE_NAMESPACE)["spec"]["config"]


def barred_from(spec: Any) -> list[str]:
    """The ways of buying a node whose nodes a pod stays off."""
    node = spec.get("affinity", {}).get("nodeAffinity", {})
    terms = node.get("requiredDuringSchedulingIgnoredDuringExecution", {})
    rules = [e for t in terms.get("nodeSelectorTerms", []) for e in t["matchExpressions"]]
    assert all((e["key"], e["operator"]) == (CAPACITY, "NotIn") for e in rules)
    return [value for rule in rules for value in rule["values"]]


def test_a_pod_finds_a_pool_that_the_quota_lets_be_launched(on: Stack) -> None:
    made = {obj["metadata"]["name"]: obj["spec"] for obj in on.ours if obj["kind"] == "NodePool"}
    del made[SYSTEM_POOL.name]
    for one, obj, pod in on.pods():
        spec, labels = pod["spec"], pod["metadata"]["labels"]
        pools = [
            pool
            for pool in made.values()
            if spec["nodeSelector"].items() <= pool["template"]["metadata"]["labels"].items()
        ]
        assert pools, (one.tenant.namespace, obj["metadata"]["name"], spec["nodeSelector"])
        keys = {each["key"] for each in spec.get("tolerations", [])}
        for pool in pools:
            assert {t["key"] for t in pool["template"]["spec"].get("taints", [])} <= keys
            required = pool["template"]["spec"]["requirements"]
            [kinds] = [r["values"] for r in required if r["key"] == CAPACITY]
            assert set(kinds) - set(barred_from(spec)), labels


def test_a_pool_has_room_for_every_model_at_its_most(on: Stack) -> None:
    asked: Counter[tuple[str, str]] = Counter()
    for one, obj, pod in on.pods():
        [endpoint] = [e for e in one.tenant.endpoints if e.name == obj["metadata"]["name"]]
        assert endpoint.placement is not None
        pool, share, most = endpoint.placement.pool.name, footprint(pod), endpoint.scaling.max
        asked[pool, "cpu"] += share.cpu_millicores * most
        asked[pool, "memory"] += share.memory_bytes * most
        asked[pool, GPU_RESOURCE] += share.accelerators.get(GPU_RESOURCE, 0) * most
    for (pool, what), amount in asked.items():
        limits = on.the("NodePool", pool)["spec"]["limits"]
        has = {
            "cpu": parse_cpu(limits["cpu"]),
            "memory": parse_bytes(limits["memory"]),
            GPU_RESOURCE: int(limits.get(GPU_RESOURCE, 0)),
        }
        assert amount <= has[what], (pool, what)


def test_knative_is_asked_for_nothing_that_it_refuses_or_cuts_short(on: Stack) -> None:
    config = knative(on)
    on_flags = {flag for flag, word in config["features"].items() if word != "disabled"}
    defaults = config["defaults"]
    for kind in ("InferenceGraph", "InferenceService"):
        for obj in on.theirs(kind):
            where = obj["spec"].get("predictor", obj["spec"])
            assert where["timeout"] <= int(defaults["max-revision-timeout-seconds"])
            mode = obj["metadata"]["annotations"]["serving.kserve.io/deploymentMode"]
            if (kind, mode) == ("InferenceService", "Knative"):
                assert knative_features(obj) <= on_flags
    # KServe names no deadline for a graph's first byte (`inferencegraph/knative_reconciler.go`).
    assert defaults["revision-response-start-timeout-seconds"] == "0"
    assert {"kubernetes.podspec-nodeselector", "kubernetes.podspec-affinity"} <= on_flags
    assert config["autoscaler"]["allow-zero-initial-scale"] == "true"


def test_knative_looks_up_no_image_of_a_tenants_pod(on: Stack) -> None:
    known = knative(on)["deployment"]["registries-skipping-tag-resolving"].split(",")
    for _, obj, pod in on.pods():
        for container in pod["spec"]["containers"]:
            skipped = container["image"].partition("/")[0] in known
            assert skipped or "@sha256:" in container["image"], obj["metadata"]["name"]


@pytest.mark.checkers
def test_admission_lets_in_all_that_is_rendered_and_made_of_it() -> None:
    on = stack("prod")
    policies = [obj for obj in on.ours if obj["kind"] == "ValidatingPolicy"]
    objects = [obj for one in on.tenants for obj in one.objects if obj["kind"] in JUDGED]
    pods = [
        {**pod, "metadata": {**pod["metadata"], "namespace": one.tenant.namespace}}
        for one, _, pod in on.pods()
    ]
    spaces = {
        obj["metadata"]["name"]: obj["metadata"]["labels"]
        for obj in (*on.ours, *objects)
        if obj["kind"] == "Namespace"
    }
    found = kyverno(policies, [*objects, *pods], spaces)
    # Services are Knative's and KServe's to make.
    judged = {p["metadata"]["name"] for p in policies} - {"slipway-tenant-services"}
    assert {verdict.policy for verdict in found} == judged
    assert [verdict for verdict in found if verdict.result != "pass"] == []
