"""dev and prod, each from nothing to nothing, by the real engine and a real API server."""

from contextlib import closing
from pathlib import Path

import pytest

from local.apply import Api
from tests.cloud import aws_names as aws
from tests.cloud import kubernetes_proxy, lives
from tests.cloud.lives import ENDPOINT, Life
from tests.cloud.project import Project, Step
from tests.test_destroy_order import ORDER, select
from tests.whole import STACKS, whole

pytestmark = pytest.mark.local

LEFT = {
    "dev": set[str](),
    "prod": {
        *(f"example-slipway-prod-models{own}" for own in ("", "-access-logs", "-loki", "-mlflow")),
        "example-slipway-prod-models-velero",
        "slipway-prod-mlflow-18",
        "alias/slipway-prod-data",
        "alias/slipway-prod-secrets",
    },
}
"""What docs/destroy.md says that stays of a stack, beside keys and what lies in buckets."""


@pytest.fixture(scope="module", params=STACKS)
def stack(request: pytest.FixtureRequest) -> str:
    """One after the other, since the API server can be the cluster of one alone."""
    return request.param


@pytest.fixture(scope="module")
def life(
    stack: str, tmp_path_factory: pytest.TempPathFactory, kubeconfig: Path, crds: Path
) -> Life:
    cluster = kubernetes_proxy.environment(kubeconfig, crds)
    project = Project(tmp_path_factory.mktemp(stack), cluster)
    with closing(Api.of(kubeconfig)) as api:
        return lives.live(project, stack, api)


def test_the_first_preview_foresees_everything_and_the_policies_let_it_pass(life: Life) -> None:
    assert life.foreseen.code == 0, life.foreseen.said
    assert "slipway@v0.1.0 (local: policies)" in life.foreseen.said
    assert {step.urn for step in life.foreseen.steps} == {step.urn for step in life.first.steps}


def test_the_first_up_makes_everything(stack: str, life: Life) -> None:
    assert life.first.code == 0, life.first.said
    told = {(r.type, r.name) for r in whole(stack).resources}
    assert told <= {(step.type, step.name) for step in life.first.steps}
    assert {step.op for step in life.first.steps} == {"create"}


def test_everything_of_the_program_is_in_the_api_server(stack: str, life: Life) -> None:
    objects = [r for r in whole(stack).resources if r.is_object]
    assert len(objects) > 300
    assert {r.object_id[1:] for r in objects} <= life.alive - life.before


def test_a_second_up_changes_nothing(life: Life) -> None:
    assert life.second.code == 0, life.second.said
    assert life.second.steps == ()
    assert life.unchanged.code == 0, life.unchanged.said


def test_an_edit_changes_the_objects_of_its_endpoint_alone(life: Life) -> None:
    assert life.edited.code == 0, life.edited.said
    assert life.edited.steps
    assert {step.op for step in life.edited.steps} == {"update"}
    assert {
        step.after["metadata"]["labels"]["slipway.dev/endpoint"] for step in life.edited.steps
    } == {ENDPOINT}


def test_a_stack_that_protects_its_data_is_not_destroyed_before_it_was_unprotected(
    stack: str, life: Life
) -> None:
    kept = {r.urn for r in whole(stack).resources if r.protect}
    assert bool(kept) == (stack == "prod")
    assert bool(life.dared.code) == bool(kept), life.dared.said
    assert not kept or "cannot be deleted" in life.dared.said


def test_destroy_leaves_nothing_in_the_state_nor_in_the_cluster(stack: str, life: Life) -> None:
    assert life.destroyed.code == 0, life.destroyed.said
    assert life.project.state(stack) == []
    assert life.after == life.before


def test_destroy_leaves_in_the_account_what_the_docs_say(stack: str, life: Life) -> None:
    things = life.project.store.resources()
    settings = [t for t in things if t.type.startswith("aws:s3/") and t.type != aws.BUCKET]
    keys = [thing for thing in things if thing.type == aws.KEY]
    left = [thing.id for thing in things if thing not in [*settings, *keys]]
    assert sorted(left) == sorted(LEFT[stack])
    assert len(keys) == (2 if stack == "prod" else 0)
    assert {thing.id.partition("/")[0] for thing in settings} <= set(left)


@pytest.mark.parametrize(
    ("gone", "before"), [(gone, each) for gone, rest in ORDER.items() for each in rest]
)
def test_nothing_is_destroyed_before_what_needs_it(
    stack: str, life: Life, gone: str, before: str
) -> None:
    first, then = deleted(stack, life, gone), deleted(stack, life, before)
    assert max(step.ended for step in first) < min(step.began for step in then)


def deleted(stack: str, life: Life, what: str) -> list[Step]:
    """The deletions of what a row of the order names; a component ends with its resources."""
    names = {(r.type, r.name) for r in select(whole(stack), what)}
    found = [step for step in life.destroyed.steps if (step.type, step.name) in names]
    if what == "cluster":
        found = [step for step in life.destroyed.steps if step.type == aws.CLUSTER]
    assert found, what
    return found
