"""Everything that is rendered is what the API servers accept, unknown fields forbidden."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from catalog.environment import Environment
from catalog.fleet import Built
from catalog.objects import Object
from catalog.render.platform import platform_objects
from catalog.stacks import load_environments
from tests.checkers import kubeconform, promtool_check_rules
from tests.fleets import ENVIRONMENTS, read_fleet
from tests.reading import pods_of

pytestmark = pytest.mark.checkers

ROOT = Path(__file__).resolve().parent.parent
KINDS = {
    "AuthorizationPolicy", "BackendTrafficPolicy", "Certificate", "ConfigMap", "ExternalSecret",
    "HTTPRoute", "InferenceGraph", "InferenceService", "LLMInferenceService", "LimitRange",
    "ListenerSet", "LocalModelNamespaceCache", "Namespace", "NetworkPolicy", "PeerAuthentication",
    "PodDisruptionBudget", "PodMonitor", "PrometheusRule", "ReferenceGrant", "ResourceQuota",
    "RoleBinding", "ScaledObject", "SecurityPolicy", "ServiceAccount", "VerticalPodAutoscaler",
}  # fmt: skip
"""Every kind that a tenant can have; the sample must show them all."""


@pytest.fixture(scope="module")
def drawn(tenants: list[Built]) -> list[Object]:
    """The objects of the session's sample."""
    return [obj for one in tenants for obj in one.objects]


def test_the_sample_has_every_kind_of_object(drawn: list[Object]) -> None:
    found = Counter(obj["kind"] for obj in drawn)
    assert set(found) == KINDS
    assert min(found.values()) >= 3, found


def test_what_is_drawn_over_every_option_passes_the_strict_schemas(drawn: list[Object]) -> None:
    assert kubeconform(drawn) == []


def test_the_pods_that_it_becomes_pass_the_schema_of_pods(drawn: list[Object]) -> None:
    assert kubeconform(pod for _, pod in pods_of(drawn)) == []


def test_the_sample_fleet_passes_the_strict_schemas_on_every_stack() -> None:
    paths = [path for path in (ROOT / "models").rglob("*") if path.is_file()]
    fleet = read_fleet({p.relative_to(ROOT).as_posix(): p.read_bytes() for p in paths})
    for env in load_environments(ROOT).environments:
        objects = fleet.build(env).objects
        assert objects
        assert kubeconform(objects) == []


@pytest.mark.parametrize("env", ENVIRONMENTS, ids=lambda env: env.stack)
def test_what_the_platform_gives_every_tenant_passes_them_too(env: Environment) -> None:
    assert kubeconform(platform_objects(env)) == []


def _unlike(objects: Iterable[Object]) -> list[Object]:
    """Specs of PrometheusRules that differ in more than names: promtool takes one at a time."""
    found: dict[str, Object] = {}
    for obj in objects:
        if obj["kind"] == "PrometheusRule":
            rules = obj["spec"]["groups"][0]["rules"]
            shape = json.dumps([sorted(rules[0]), len(rules), *(r.get("alert") for r in rules)])
            found.setdefault(shape, obj["spec"])
    return list(found.values())


def test_every_shape_of_alert_is_a_rule_that_prometheus_loads(drawn: list[Object]) -> None:
    specs = _unlike(drawn)
    assert len(specs) == 3, "availability, latency, and both"
    for spec in specs:
        assert promtool_check_rules(spec) == []


def test_all_rules_of_a_namespace_load_together(tenants: list[Built]) -> None:
    """Two endpoints record into the same series, told apart by their labels."""
    most = max(tenants, key=lambda one: sum(o["kind"] == "PrometheusRule" for o in one.objects))
    groups = [g for o in most.objects if o["kind"] == "PrometheusRule" for g in o["spec"]["groups"]]
    assert len(groups) > 1
    assert promtool_check_rules({"groups": groups}) == []
