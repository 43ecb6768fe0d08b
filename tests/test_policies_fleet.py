"""The sample fleet, and every generated one, breaks no mandatory rule."""

import json

import pytest

from catalog.fleet import Built
from policies.registry import judge_objects
from policies.rules.rule import Scene
from policies.scene import scene_of
from tests.fleets import DEV, PROD, REGISTRY, build_fleet, environment, sklearn
from tests.golden import CASES, built
from tests.test_sample_fleet import STACKS, fleet

ADVICE = {"container-liveness", "image-resolved", "production-replicas"}
"""What the sample fleet is advised: routers and team's containers without a probe, images that
nobody could look up, and one replica in production."""


@pytest.mark.parametrize("stack", ["dev", "local", "prod"])
def test_the_sample_fleet_breaks_nothing(stack: str) -> None:
    env = STACKS[stack].value
    scene = scene_of(env, fleet().platform.value.registries)
    findings = judge_objects(fleet().build(env).objects, scene)
    assert [f for f in findings if f.mandatory] == []
    assert {f.rule for f in findings} <= ADVICE


@pytest.mark.parametrize("name", CASES)
def test_golden_entries_break_nothing(name: str) -> None:
    scene = scene_of(CASES[name].env, [REGISTRY])
    findings = judge_objects(built(CASES[name]).objects, scene)
    assert [f for f in findings if f.mandatory] == []


def test_generated_fleets_break_nothing(tenants: list[Built]) -> None:
    scenes = scene_of(PROD, [REGISTRY])
    for one in tenants:
        assert [f for f in judge_objects(one.objects, scenes) if f.mandatory] == []


def test_a_mirror_is_a_registry_that_images_may_come_from() -> None:
    env = environment("dev", images={"mirror": "mirror.example.com/all"})
    objects = build_fleet({"fraud": sklearn()}, env).objects
    assert "mirror.example.com/all" in scene_of(env, []).registries
    assert [f for f in judge_objects(objects, scene_of(env, [])) if f.mandatory] == []


def test_of_a_registry_with_a_prefix_the_prefix_alone_is_where_images_may_come_from() -> None:
    cache = "111111111111.dkr.ecr.eu-west-1.amazonaws.com"
    env = environment("dev", images={"registries": {"docker.io": f"{cache}/slipway-dev/docker"}})
    scene = scene_of(env, [])
    assert [image for image in (
        f"{cache}/slipway-dev/docker/kserve/agent:v1",
        f"{cache}/slipway-dev/quay/someone/agent:v1",
        f"{cache}/slipway-dev/dockers/agent:v1",
        "agent:v1",
    ) if refused(image, scene)] == [
        f"{cache}/slipway-dev/quay/someone/agent:v1", f"{cache}/slipway-dev/dockers/agent:v1",
    ]  # fmt: skip


def refused(image: str, scene: Scene) -> bool:
    """Whether a tenant's container may not run it."""
    pod = {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "any", "namespace": "risk-fraud"},
        "spec": {"containers": [{"name": "main", "image": image}]},
    }  # fmt: skip
    return "image-registry" in {f.rule for f in judge_objects([pod], scene)}


def test_findings_are_the_same_in_any_order_and_plain_text() -> None:
    objects = build_fleet({"fraud": sklearn()}, DEV).objects
    forth, back = judge_objects(objects, Scene()), judge_objects(objects[::-1], Scene())
    assert forth == back
    assert forth
    assert all(json.dumps([f.subject, f.rule, f.message, f.remedy]) for f in forth)


def test_the_local_stack_is_no_production() -> None:
    productions = {stack: scene_of(loaded.value, []).production for stack, loaded in STACKS.items()}
    assert productions == {"dev": False, "local": False, "prod": True}
