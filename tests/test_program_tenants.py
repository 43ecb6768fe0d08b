"""Every tenant of a whole program: the core's own objects, behind walls, and nothing of another."""

import re
from functools import cache
from typing import Any

import pytest

from catalog.objects import Object
from catalog.settings import Settings
from components.tenant import TenantArgs
from infra import tenants
from tests.engine import Graph, Recorded
from tests.fleets import read_fleet
from tests.programs import ROOT
from tests.programs import settings as settings_of
from tests.whole import STACKS, built, maps, whole

ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
UPLOAD = "aws:s3/bucketObjectv2:BucketObjectv2"
TENANT = "slipway:kubernetes:Tenant"


@cache
def fleet(stack: str) -> tuple[TenantArgs, ...]:
    return tenants.read(settings_of(stack))


def namespaces(stack: str) -> tuple[str, ...]:
    return tuple(each.built.tenant.namespace for each in fleet(stack))


def objects_of(graph: Graph, name: str) -> list[Recorded]:
    """Everything that is registered for a tenant in the cluster."""
    return [each for each in graph.below(graph.one(TENANT, name)) if each.is_object]


def key(obj: Object) -> tuple[str, ...]:
    metadata = obj["metadata"]
    return obj["apiVersion"], obj["kind"], metadata.get("namespace", ""), metadata["name"]


def by_kind(objects: list[Recorded], kind: str) -> list[Object]:
    return [dict(each.inputs) for each in objects if each.inputs["kind"] == kind]


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize("stack", STACKS)
def test_tenants_are_what_render_prints_and_nothing_else(stack: str, preview: bool) -> None:
    graph = whole(stack, preview=preview)
    files = {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for path in (ROOT / "models").rglob("*")
        if path.is_file()
    }
    rendered = read_fleet(files).build(settings_of(stack).environment)
    found = [r.object for name in namespaces(stack) for r in objects_of(graph, name)]
    assert sorted(found, key=key) == sorted(rendered.objects, key=key)
    assert graph.exports["namespaces"] == list(namespaces(stack))
    assert {r.name for r in graph.of_type(TENANT)} == set(namespaces(stack))


@pytest.mark.parametrize("stack", STACKS)
def test_every_tenant_stands_behind_all_of_its_walls(stack: str) -> None:
    for name in namespaces(stack):
        own = objects_of(whole(stack), name)
        closed = [p["spec"] for p in by_kind(own, "NetworkPolicy") if len(p["spec"]) == 2]
        assert closed == [{"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}]
        [mesh] = by_kind(own, "PeerAuthentication")
        assert mesh["spec"] == {"mtls": {"mode": "STRICT"}}
        callers = by_kind(own, "AuthorizationPolicy")
        assert callers
        assert all(p["spec"]["action"] == "ALLOW" and p["spec"]["rules"] for p in callers)
        labels = by_kind(own, "Namespace")[0]["metadata"]["labels"]
        assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
        assert labels["istio.io/dataplane-mode"] == "ambient"
        assert {"slipway.dev/team", "slipway.dev/cost-center"} <= set(labels)


@pytest.mark.parametrize("stack", STACKS)
def test_every_tenant_is_held_to_an_amount(stack: str) -> None:
    for name in namespaces(stack):
        own = objects_of(whole(stack), name)
        [quota] = by_kind(own, "ResourceQuota")
        held = quota["spec"]["hard"]
        assert {"requests.cpu", "requests.memory", "requests.nvidia.com/gpu"} <= set(held)
        assert held["services.loadbalancers"] == held["services.nodeports"] == "0"
        [limits] = by_kind(own, "LimitRange")
        assert {"default", "defaultRequest"} <= set(limits["spec"]["limits"][0])


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_of_a_tenant_is_in_or_about_another(stack: str) -> None:
    everybody = set(namespaces(stack))
    platform = {"knative-serving"}  # A grant to use Kourier's Service, for this tenant's routes.
    for name in everybody:
        for each in objects_of(whole(stack), name):
            home = each.object_id[2]
            assert home == name or each.inputs["kind"] in {"Namespace", "ReferenceGrant"}
            assert home in {name, "", *platform}
            named = {
                inner.get("namespace") for inner in maps(each.inputs) if inner.get("namespace")
            }
            assert not [n for n in named if isinstance(n, str) and n in everybody - {name}], each


@pytest.mark.parametrize("stack", STACKS)
def test_every_tenant_takes_on_the_one_role_and_reads_its_own_models(stack: str) -> None:
    graph = whole(stack)
    role = graph.exports["tenantRoleArn"]
    for each in fleet(stack):
        name = each.built.tenant.namespace
        own = graph.below(graph.one(TENANT, name))
        [bound] = [r for r in own if r.type == ASSOCIATION]
        assert (bound.inputs["namespace"], bound.inputs["serviceAccount"]) == (name, "models")
        assert (bound.inputs["roleArn"], bound.inputs["clusterName"]) == (role, f"slipway-{stack}")
        uploaded = {r.inputs["key"]: r for r in own if r.type == UPLOAD}
        assert set(uploaded) == {u.key for files in each.uploads.values() for u in files}
        for key, file in uploaded.items():
            space, _, digest, _ = key.split("/", 3)
            assert space == name
            assert len(digest) == 64
            assert file.inputs["bucket"] == settings_of(stack).environment.bucket
            assert file.inputs["serverSideEncryption"] == "aws:kms"


def test_what_is_uploaded_is_what_models_are_read_from() -> None:
    """A model of the repository is below its digest; others are where their teams put them."""
    graph = whole("prod")
    read = {
        str(inner["storageUri"])
        for name in namespaces("prod")
        for each in objects_of(graph, name)
        for inner in maps(each.inputs)
        if re.fullmatch(r"s3://.*/[0-9a-f]{64}", str(inner.get("storageUri")))
    }
    files = {f"s3://{r.inputs['bucket']}/{r.inputs['key']}" for r in graph.of_type(UPLOAD)}
    assert read
    assert read == {uri for uri in read if any(file.startswith(f"{uri}/") for file in files)}
    assert files == {file for file in files if any(file.startswith(f"{uri}/") for uri in read)}


# Tenants on stacks of their own


def of_team(stack: str, team: str | None) -> Settings:
    return settings_of(
        stack, layers=["tenants"], foundation=None, platform=None, edge=None,
        team=team, platform_stack=f"organization/slipway/{stack}",
    )  # fmt: skip


NEEDED = (
    "account", "artifactKeyArn", "clusterCa", "clusterEndpoint", "clusterName", "frontDoor",
    "tenantRoleArn",
)  # fmt: skip
"""What a stack of one team is told of the platform, and all of it."""


def content(graph: Graph) -> dict[tuple[str, str], Any]:
    """What is registered of tenants, by type and name."""
    below = graph.below(graph.one("slipway:kubernetes:ModelCatalogue"))
    return {(r.type, r.name): r.inputs for r in below if r.custom}


def test_stacks_of_one_team_each_hold_together_what_one_stack_holds() -> None:
    graph = whole("prod")
    told = {"organization/slipway/prod": {key: graph.exports[key] for key in NEEDED}}
    teams = sorted({each.built.tenant.team for each in fleet("prod")})
    assert "risk" in teams
    found: dict[tuple[str, str], Any] = {}
    for team in teams:
        own = built(of_team("prod", team), stacks=told)
        assert all(name.startswith(f"{team}-") for name in own.exports["namespaces"])
        assert not set(content(own)) & set(found)
        assert own.without_provider() == []
        found |= content(own)
    assert found == content(graph)


def test_a_local_stack_holds_the_same_objects_and_nothing_in_aws() -> None:
    settings = settings_of("local")
    graph = built(settings)
    rendered = [obj for each in tenants.read(settings) for obj in each.built.objects]
    assert {r.package for r in graph.resources} == {"kubernetes", "pulumi", "slipway"}
    own = {key(obj) for obj in rendered}
    held = [obj for obj in graph.objects() if key(obj) in own]
    assert sorted(held, key=key) == sorted(rendered, key=key)
