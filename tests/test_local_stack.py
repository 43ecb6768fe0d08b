"""The stack `local`: what of the platform and the tenants is real without a cloud."""

from functools import cache
from typing import Any

import pytest

from catalog.settings import Settings
from infra import tenants
from infra.parts.local import ACCOUNT, CONTEXT, LEFT_OUT, NETWORK, OF_THE_PLANE, local_context
from infra.parts.namespaces import NAMESPACES
from infra.parts.part import Part
from infra.parts.table import parts
from local import place
from tests.checkers import kubeconform
from tests.engine import Graph
from tests.programs import ROOT
from tests.programs import settings as settings_of
from tests.whole import RELEASE, Order, built, text, whole

PROVIDER = "pulumi:providers:kubernetes"


@cache
def local_text() -> str:
    return text(whole("local"))


def test_it_holds_the_platform_and_every_tenant() -> None:
    graph = whole("local")
    assert graph.one("slipway:kubernetes:Platform")
    namespaces = {each.built.tenant.namespace for each in tenants.read(settings_of("local"))}
    assert set(graph.exports["namespaces"]) == namespaces
    assert graph.without_provider() == []
    assert graph.warnings == ()


def test_nothing_of_it_is_in_a_cloud_or_in_a_chart() -> None:
    graph = whole("local")
    assert {each.package for each in graph.resources} == {"kubernetes", "pulumi", "slipway"}
    assert graph.of_type(RELEASE) == []
    assert graph.calls == ()


def test_it_can_be_applied_to_the_local_plane_alone() -> None:
    [provider] = whole("local").of_type(PROVIDER)
    assert provider.inputs["context"] == CONTEXT == place.CONTEXT
    assert "kubeconfig" not in provider.inputs


def test_what_stands_for_a_cloud_ends_in_no_object() -> None:
    assert ACCOUNT not in local_text()
    assert "nobody@" not in local_text()
    assert local_text().count(NETWORK) == 1  # Who calls Knative's webhook.


@cache
def the_parts() -> tuple[Part, ...]:
    settings = settings_of("local")
    return parts(local_context(settings, *tenants.granted(settings)))


def left_out() -> list[tuple[str, str]]:
    return [(row.part, kind) for row in LEFT_OUT for kind in sorted(row.kinds)]


@pytest.mark.parametrize(("part", "kind"), left_out())
def test_what_is_left_out_is_there_to_be_left_out(part: str, kind: str) -> None:
    [found] = [each for each in the_parts() if each.name == part]
    assert kind in {obj["kind"] for obj in found.objects}
    kept = [r for r in whole("local").resources if r.is_object and r.inputs["kind"] == kind]
    of_the_part = {obj["metadata"]["name"] for obj in found.objects if obj["kind"] == kind}
    assert not of_the_part & {each.inputs["metadata"]["name"] for each in kept}


def test_every_other_object_of_the_parts_is_kept() -> None:
    gone = set(left_out())
    wanted = {
        (obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
        for part in the_parts()
        for obj in part.objects
        if (part.name, obj["kind"]) not in gone
    }
    assert len(wanted) > 80
    assert wanted <= {r.object_id[1:] for r in whole("local").resources if r.is_object}


def test_the_planes_own_namespaces_are_not_the_stacks() -> None:
    made = {r.name for r in whole("local").of_type("kubernetes:core/v1:Namespace")}
    assert {each.name for each in NAMESPACES} - made == OF_THE_PLANE


def test_tenants_are_made_after_the_platform_and_destroyed_before_it() -> None:
    graph = whole("local")
    order = Order(graph)
    runtime = graph.object("ClusterServingRuntime", "slipway-sklearn")
    for service in graph.of_type("kubernetes:serving.kserve.io/v1beta1:InferenceService"):
        assert order.is_after(service, runtime)


@pytest.mark.checkers
def test_the_plane_knows_every_kind_of_it() -> None:
    assert kubeconform(whole("local").objects()) == []


def of_team(team: str) -> Settings:
    found = settings_of("local", layers=["tenants"], team=team)
    return found.model_copy(update={"platform_stack": "organization/slipway/local"})


def content(graph: Graph) -> dict[tuple[str, str], Any]:
    below = graph.below(graph.one("slipway:kubernetes:ModelCatalogue"))
    return {(r.type, r.name): r.inputs for r in below if r.custom}


def test_stacks_of_one_team_hold_together_what_the_one_stack_holds() -> None:
    teams = sorted({each.built.tenant.team for each in tenants.read(settings_of("local"))})
    assert len(teams) > 3
    found: dict[tuple[str, str], Any] = {}
    for team in teams:
        graph = built(of_team(team))
        assert not any(r.type == "slipway:kubernetes:Platform" for r in graph.resources)
        own = content(graph)
        assert not set(own) & set(found)
        found |= own
    assert found == content(whole("local"))


def test_the_key_of_its_file_is_the_one_that_the_engine_is_given() -> None:
    """Else Pulumi, run by hand, would write another into the file."""
    from deploy.workspace import KEY, SALT

    assert f"{KEY} {SALT}" in (ROOT / "Pulumi.local.yaml").read_text("utf-8").splitlines()
