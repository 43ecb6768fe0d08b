"""What a change means is told by one table; here it is held against the pods that result."""

from dataclasses import fields, replace
from typing import Any

import pytest

from catalog.diff import FIELDS, field_changes, object_changes, project_change, value_changes
from catalog.endpoint import Endpoint
from catalog.footprint import PLATFORM, WORKLOADS
from catalog.objects import Object
from catalog.plan import WEIGHT, Action, Effect
from catalog.pod import pods
from catalog.render.platform import known_objects
from tests.fleets import DEV, IMAGE, One, build_one, environment, sklearn

OTHER_IMAGE = IMAGE.replace("5" * 64, "6" * 64)
HF = "hf://acme/model@" + "0" * 40
CUSTOM = {"framework": "custom", "tier": "staging", "container": {"image": IMAGE}}
TRANSFORMER = {"transformer": {"image": IMAGE, "cpu": "250m"}}
EXAMPLE = {"request": {"inputs": []}, "expect": {"outputs": []}}

CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], Effect, str, str | None, str | None]] = {
    "serving": (
        sklearn(scaling={"min": 1}), sklearn(scaling={"min": 1}, serving="standard"),
        Effect.REPLACED, "serving", "knative", "standard",
    ),
    "framework": (
        sklearn(), sklearn(framework="xgboost", model="./artifacts/xgboost"),
        Effect.REVISION, "framework", "sklearn", "xgboost",
    ),
    "tier": (sklearn(), sklearn(tier="dev"), Effect.REVISION, "tier", "staging", "dev"),
    "protocol": (
        sklearn(), sklearn(protocol="grpc"), Effect.REVISION, "protocol", "rest", "grpc"
    ),
    "address of the model": (
        sklearn(model=HF), sklearn(model=HF[:-1] + "1"),
        Effect.REVISION, "model", HF, HF[:-1] + "1",
    ),
    "memory": (
        sklearn(), sklearn(resources={"memory": "2Gi"}),
        Effect.REVISION, "resources.memory", "1Gi", "2Gi",
    ),
    "gpu": (
        {**CUSTOM}, {**CUSTOM, "resources": {"gpu": 1, "accelerator": "l4"}},
        Effect.REVISION, "resources.gpu", "0", "1",
    ),
    "batching": (
        sklearn(), sklearn(batching={"max_size": 8, "max_delay": "20ms"}),
        Effect.REVISION, "batching.max_delay", None, "20ms",
    ),
    "timeout": (
        sklearn(timeout="60s"), sklearn(timeout="90s"), Effect.REVISION, "timeout", "1m", "90s"
    ),
    "env": (
        sklearn(env={"A": "x"}), sklearn(env={"A": "y"}), Effect.REVISION, "env.A", "x", "y"
    ),
    "secrets": (
        sklearn(), sklearn(secrets={"TOKEN": "hub/token"}),
        Effect.REVISION, "secrets.TOKEN", None, "hub/token",
    ),
    "transformer": (
        sklearn(), sklearn(**TRANSFORMER), Effect.REVISION, "transformer.cpu", None, "250m"
    ),
    "container": (
        CUSTOM, {**CUSTOM, "container": {"image": OTHER_IMAGE}},
        Effect.REVISION, "container.image", IMAGE, OTHER_IMAGE,
    ),
    "logging": (
        sklearn(), sklearn(logging={"payload": "all"}),
        Effect.REVISION, "logging.payload", None, "all",
    ),
    "labels": (
        sklearn(), sklearn(labels={"use": "cards"}), Effect.REVISION, "labels.use", None, "cards"
    ),
    "replicas": (
        sklearn(scaling={"max": 3}), sklearn(scaling={"max": 5}),
        Effect.SCALING, "scaling.max", "3", "5",
    ),
    "window": (
        sklearn(), sklearn(scaling={"window": "90s"}),
        Effect.SCALING, "scaling.window", "1m", "90s",
    ),
    "teams": (
        sklearn(), sklearn(access={"teams": ["risk"]}, limits={"requests": 7}),
        Effect.ACCESS, "limits.requests", "100", "7",
    ),
    "clients": (
        sklearn(), sklearn(access={"clients": ["b", "a"]}),
        Effect.ACCESS, "access.clients", None, "a, b",
    ),
    "slo": (
        sklearn(), sklearn(slo={"latency": "250ms"}),
        Effect.METADATA, "slo.latency", None, "250ms",
    ),
    "examples": (
        sklearn(), sklearn(examples=[EXAMPLE]),
        Effect.METADATA, "examples", None,
        '[{"request": {"inputs": []}, "expect": {"outputs": []}}]',
    ),
    "lineage": (
        sklearn(), sklearn(lineage={"commit": "9f2c1ab"}),
        Effect.METADATA, "lineage.commit", None, "9f2c1ab",
    ),
    "description": (
        sklearn(), sklearn(description="Cards."), Effect.METADATA, "description", None, "Cards."
    ),
    "owner": (sklearn(), sklearn(owner="ann"), Effect.METADATA, "owner", "risk-ml", "ann"),
}  # fmt: skip


def pods_of(one: One) -> list[Object]:
    """The pods that its endpoint becomes."""
    workloads = [obj for obj in one.objects if obj["kind"] in WORKLOADS]
    found = [pod for obj in workloads for pod in pods(obj, known_objects(), PLATFORM)]
    assert found
    return found


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_told_as_the_entry_writes_it(name: str) -> None:
    before, after, effect, field, old, new = CHANGES[name]
    changes, found = field_changes(build_one(before).endpoint, build_one(after).endpoint)
    assert found is effect
    assert (field, old, new) in [(c.name, c.before, c.after) for c in changes]


@pytest.mark.parametrize("name", CHANGES)
def test_pods_change_exactly_when_the_plan_says_so(name: str) -> None:
    before, after, effect, *_ = CHANGES[name]
    same = pods_of(build_one(before)) == pods_of(build_one(after))
    assert same is (effect in {Effect.SCALING, Effect.ACCESS, Effect.METADATA})


def test_every_field_of_an_endpoint_is_in_the_table() -> None:
    assert set(FIELDS) == {field.name for field in fields(Endpoint)}


def test_the_place_of_an_entry_is_no_change() -> None:
    moved = build_one(sklearn(), labels={"a": "b"}).endpoint
    here = build_one(sklearn()).endpoint
    assert moved.place != here.place
    assert field_changes(here, replace(here, place=moved.place)) == ((), None)


def test_the_heaviest_of_several_effects_is_told() -> None:
    after = sklearn(owner="ann", scaling={"max": 5}, resources={"memory": "2Gi"})
    changes, effect = field_changes(build_one(sklearn()).endpoint, build_one(after).endpoint)
    assert effect is Effect.REVISION
    assert [c.name for c in changes] == ["resources.memory", "scaling.max", "owner"]
    assert list(WEIGHT) == list(Effect)


def test_a_changed_artifact_is_told_by_its_digest() -> None:
    changes, effect = field_changes(
        build_one(sklearn()).endpoint,
        build_one(sklearn(model="./artifacts/mlflow", framework="mlflow")).endpoint,
    )
    model = next(c for c in changes if c.name == "model")
    assert effect is Effect.REVISION
    assert model.before is not None
    assert model.before.startswith("./artifacts/sklearn (sha256:")


def test_objects_are_created_updated_and_deleted_by_identity() -> None:
    small, large = build_one(sklearn()), build_one(sklearn(resources={"memory": "2Gi"}))
    changes = list(object_changes(small.objects, large.objects))
    assert [(c.kind, c.action) for c in changes] == [
        ("InferenceService", Action.CHANGE),
        ("ResourceQuota", Action.CHANGE),
    ]
    pointers = {f.name: (f.before, f.after) for f in changes[0].fields}
    path = "/spec/predictor/model/resources/requests/memory"
    assert pointers[path] == ('"1Gi"', '"2Gi"')
    assert {c.action for c in object_changes((), small.objects)} == {Action.ADD}
    assert {c.action for c in object_changes(small.objects, ())} == {Action.REMOVE}
    assert list(object_changes(small.objects, build_one(sklearn()).objects)) == []


def test_json_pointers_escape_and_lists_compare_by_position() -> None:
    changes = value_changes("", {"a/b": [1, {"c~": 2}], "d": {}}, {"a/b": [1, {"c~": 3}, 4]})
    assert [(c.name, c.before, c.after) for c in changes] == [
        ("/a~1b/1/c~0", "2", "3"),
        ("/a~1b/2", None, "4"),
        ("/d", "{}", None),
    ]


def test_what_a_team_changes_is_told_at_its_project_and_at_every_endpoint() -> None:
    before = build_one(sklearn()).built
    after = build_one(sklearn(), team={"cost_center": "cc-2"}).built
    change = project_change("dev", before, after)
    assert [(f.name, f.before, f.after) for f in change.fields] == [("cost_center", "cc-1", "cc-2")]
    # The label is on the pods too, so they are made anew though their entry is the same.
    assert [(e.name, e.effect, e.fields) for e in change.endpoints] == [
        ("fraud", Effect.REVISION, ())
    ]


def test_a_new_owner_of_the_team_touches_no_endpoint() -> None:
    entry = sklearn(owner="ann")
    after = build_one(entry, team={"owners": ["cards-ml"]}).built
    change = project_change("dev", build_one(entry).built, after)
    assert [(f.name, f.before, f.after) for f in change.fields] == [
        ("owners", "risk-ml", "cards-ml")
    ]
    assert change.endpoints == ()
    assert [o.kind for o in change.objects] == ["RoleBinding"]


def test_a_new_domain_is_a_new_address() -> None:
    moved = environment("dev", domain="new.example.com")
    change = project_change(
        "dev", build_one(sklearn(), DEV).built, build_one(sklearn(), moved).built
    )
    assert [(e.effect, e.fields[0].after) for e in change.endpoints] == [
        (Effect.ADDRESS, "fraud.risk-scoring.models.new.example.com")
    ]


def test_a_project_that_comes_or_goes_is_added_or_destroyed_whole() -> None:
    built = build_one(sklearn()).built
    added, removed = project_change("dev", None, built), project_change("dev", built, None)
    assert [e.effect for e in added.endpoints] == [Effect.ADDED]
    assert [e.effect for e in removed.endpoints] == [Effect.DESTROYED]
    assert len(added.objects) == len(removed.objects) == len(built.objects)


def test_a_quota_that_a_project_sets_is_told() -> None:
    after = build_one(sklearn(), quota={"cpu": "8"}).built
    change = project_change("dev", build_one(sklearn()).built, after)
    assert [(f.name, f.before, f.after) for f in change.fields] == [("quota.cpu", None, "8")]
