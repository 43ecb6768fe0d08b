"""Every generated field can say where it comes from, and says the right place."""

from typing import Any

import pytest

from catalog.explain import Explained, because_of, explain_objects, leaves
from catalog.explanations import BY_KIND, COMMON
from catalog.fleet import Built
from tests.fleets import DEV, FILE, PROD, build_one, draft_one, sklearn
from tests.reading import endpoint_of

TEAM_FILE = "models/risk/team.yaml"


def explained(entry: dict[str, Any], env: Any = DEV, **settings: Any) -> dict[str, Explained]:
    """Every field of the endpoint by kind and path."""
    objects = [o for o in build_one(entry, env, **settings).objects if endpoint_of(o)]
    assert objects
    layers = draft_one(entry, env, **settings).layers
    found = explain_objects(objects, layers, env, TEAM_FILE)
    return {f"{one.kind} {one.path}": one for one in found}


def test_every_field_of_every_endpoint_is_explained(tenants: list[Built]) -> None:
    for one in tenants:
        for obj in one.objects:
            if endpoint_of(obj) is not None:
                for path, _ in leaves(obj):
                    assert because_of(obj["kind"], path)


def test_no_explanation_is_of_a_field_that_nothing_has(tenants: list[Built]) -> None:
    used: set[tuple[str, str]] = set()
    # What random fleets may leave out.
    entry = {
        "model": "./artifacts/vllm", "framework": "vllm", "tier": "staging",
        "llm": {"parameters": "7B", "context": 4096}, "scaling": {"min": 1},
    }  # fmt: skip
    for one in (*tenants, build_one(entry).built):
        for obj in one.objects:
            if endpoint_of(obj) is not None:
                known = {**COMMON, **BY_KIND[obj["kind"]]}
                for path, _ in leaves(obj):
                    longest = max((p for p in known if path.startswith(p)), key=len)
                    used.add((obj["kind"], longest))
    assert {(kind, path) for kind, paths in BY_KIND.items() for path in paths} <= used


def test_an_unexplained_field_is_a_defect_that_is_named() -> None:
    with pytest.raises(KeyError, match=r"InferenceService spec\.surplus is not explained"):
        because_of("InferenceService", "spec.surplus")


def test_what_the_entry_says_is_found_at_its_line() -> None:
    found = explained(sklearn(scaling={"min": 1, "max": 3}))
    most = found["InferenceService spec.predictor.maxReplicas"]
    assert most.value == "3"
    assert most.origins == (f"scaling.max in {FILE}:9:12",)
    uri = found["InferenceService spec.predictor.model.storageUri"]
    assert uri.origins == (f"model in {FILE}:4:12",)


def test_what_a_tier_overrides_is_found_below_the_tier() -> None:
    tiers = {"production": {"scaling": {"max": 9}}, "staging": None}
    found = explained(sklearn(tier=tiers, scaling={"max": 3}), PROD)
    most = found["InferenceService spec.predictor.maxReplicas"]
    assert most.value == "9"
    assert most.origins == (f"scaling.max in {FILE}:9:16",)


def test_what_nobody_wrote_is_the_tiers_or_the_platforms() -> None:
    found = explained(sklearn())
    most = found["InferenceService spec.predictor.maxReplicas"]
    assert (most.value, most.origins) == ("2", ("scaling.max: default of tier staging",))
    platform = {"tiers": {"staging": {"scaling": {"max": 5}}}}
    found = explained(sklearn(), platform=platform)
    most = found["InferenceService spec.predictor.maxReplicas"]
    expected = ("scaling.max: models/platform.yaml, tier staging",)
    assert (most.value, most.origins) == ("5", expected)


def test_what_the_stack_or_the_team_says_is_named_by_its_file() -> None:
    found = explained(sklearn(), team={"issuer": "https://login.example.com/risk"})
    assert found["HTTPRoute spec.hostnames[0]"].origins == ("domain in Pulumi.dev.yaml",)
    issuer = found["SecurityPolicy spec.jwt.providers[1].issuer"]
    assert issuer.value == "https://login.example.com/risk"
    assert issuer.origins == (f"issuer in {TEAM_FILE}", "identity in Pulumi.dev.yaml")
    first = found["SecurityPolicy spec.jwt.providers[0].issuer"]
    assert first.origins == ("identity in Pulumi.dev.yaml",)


def test_a_setting_that_is_absent_everywhere_says_so() -> None:
    found = explained(sklearn())
    deadline = found["InferenceService metadata.annotations.karpenter.sh/do-not-disrupt"]
    assert deadline.rule.startswith("twice the estimate")
    placed = found["InferenceService spec.predictor.nodeSelector.slipway.dev/pool"]
    assert "resources.accelerator not set" in placed.origins


def test_a_rule_without_a_setting_says_why() -> None:
    found = explained(sklearn())
    mount = found["InferenceService spec.predictor.automountServiceAccountToken"]
    assert (mount.value, mount.origins) == ("false", ())
    assert mount.rule == "a model has no business with the API"


def test_long_and_multi_line_values_are_cut() -> None:
    found = explained(sklearn(examples=[{"request": {"text": "x" * 90}}]))
    body = found["ConfigMap data.example-1.json"]
    assert body.value == "{…"
    found = explained(sklearn(description="d" * 90))
    text = found["HTTPRoute metadata.annotations.slipway.dev/description"].value
    assert text == "d" * 57 + "…"
