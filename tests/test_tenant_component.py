"""A tenant registers the core's own objects, safely in both directions, and uploads its models."""

from pathlib import Path
from typing import Any

import pulumi
import pytest

from catalog.artifact import uploads
from catalog.fleet import Built
from components.model_catalogue import ModelCatalogue, ModelCatalogueArgs
from components.tenant import ArtifactStore, Tenant, TenantArgs, endpoint_of, staged
from tests.checkers import kubeconform
from tests.engine import Asset, Graph, Recorded, run, run_both
from tests.fleets import DEV, NAMESPACE, BuiltFleet, build_fleet, fleet_files, read_fleet, sklearn

STORE = ArtifactStore(
    bucket=DEV.bucket,
    key_arn="arn:aws:kms:eu-west-1:111111111111:key/data",
    cluster="slipway-dev",
    role_arn="arn:aws:iam::111111111111:role/slipway-dev-tenant",
)
FILE = "aws:s3/bucketObjectv2:BucketObjectv2"
ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
WORKLOADS = {"InferenceGraph", "InferenceService", "LLMInferenceService"}
ROOT = Path("/repository")

LLM = {
    "model": "hf://example/model@0123456789abcdef0123456789abcdef01234567",
    "framework": "vllm",
    "tier": "staging",
    "llm": {"parameters": "7B", "context": 8192},
    "scaling": {"min": 1, "max": 2},
}
MIXED = {
    "fraud": sklearn(secrets={"TOKEN": "api/token"}),
    "steady": sklearn(serving="standard", scaling={"min": 2, "max": 4}),
}


def args_of(built: Built, files: dict[str, Any], store: ArtifactStore | None) -> TenantArgs:
    tree = read_fleet(files).tree
    folder = built.tenant.file.rpartition("/")[0]
    models = {e.name: e.model for e in built.tenant.endpoints if e.model is not None}
    found = {name: uploads(tree, folder, model) for name, model in models.items()}
    return TenantArgs(built=built, root=ROOT, uploads=found, store=store)


def mixed() -> tuple[Built, TenantArgs]:
    fleet: BuiltFleet = build_fleet(MIXED)
    assert fleet.problems == ()
    built = fleet.tenants[0]
    return built, args_of(built, fleet_files(MIXED), STORE)


def graph_of(args: TenantArgs, **how: Any) -> Graph:
    return run(lambda: Tenant(args.built.tenant.namespace, args), **how)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return graph_of(mixed()[1])


def of_kind(graph: Graph, kind: str) -> list[Recorded]:
    return [each for each in graph.resources if each.is_object and each.inputs["kind"] == kind]


def test_the_very_objects_of_the_core_are_registered(graph: Graph) -> None:
    def key(obj: Any) -> tuple[str, ...]:
        return obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"]

    assert sorted(graph.objects(), key=key) == sorted(mixed()[0].objects, key=key)


def test_nothing_of_a_tenant_depends_on_what_is_unknown() -> None:
    args = mixed()[1]
    known, preview = run_both(lambda: Tenant("risk-scoring", args))
    assert known.objects() == preview.objects()


def test_the_namespace_is_first_and_everything_else_is_below_it(graph: Graph) -> None:
    namespace = graph.object("Namespace", NAMESPACE)
    others = [each for each in graph.resources if each.is_object and each is not namespace]
    assert {each.parent for each in others} == {namespace.urn}


def test_no_pod_can_be_before_its_walls_and_its_identity(graph: Graph) -> None:
    walls = [
        each
        for kind in (
            "NetworkPolicy", "AuthorizationPolicy", "PeerAuthentication", "ResourceQuota",
            "LimitRange", "RoleBinding", "ExternalSecret",
        )
        for each in of_kind(graph, kind)
    ]  # fmt: skip
    assert len(walls) >= 8
    walls.append(graph.one(ASSOCIATION))
    account = graph.object("ServiceAccount", "models", NAMESPACE)
    workloads = [each for kind in WORKLOADS for each in of_kind(graph, kind)]
    assert len(workloads) == 2
    for workload in workloads:
        assert graph.depends_on(workload, account)
    for wall in walls:
        assert graph.depends_on(account, wall), wall
    order = graph.destroy_order()
    first_wall = min(order.index(wall) for wall in walls)
    assert max(order.index(each) for each in workloads) < first_wall


def test_an_endpoint_waits_for_its_own_artifact_alone(graph: Graph) -> None:
    fraud = graph.object("InferenceService", "fraud", NAMESPACE)
    steady = graph.object("InferenceService", "steady", NAMESPACE)
    files = graph.of_type(FILE)
    assert len(files) == 2
    for file in files:
        own, other = (fraud, steady) if "/fraud/" in file.name else (steady, fraud)
        assert graph.depends_on(own, file)
        assert not graph.depends_on(other, file)


def test_the_door_is_after_the_model_and_the_guard_before_the_door(graph: Graph) -> None:
    for name in ("fraud", "steady"):
        model = graph.object("InferenceService", name, NAMESPACE)
        route = graph.object("HTTPRoute", name, NAMESPACE)
        guard = graph.object("SecurityPolicy", name, NAMESPACE)
        assert graph.depends_on(route, guard)
        assert graph.depends_on(guard, model)
        order = graph.destroy_order()
        assert order.index(route) < order.index(guard) < order.index(model)


def test_dependencies_grow_with_files_and_objects_alone(graph: Graph) -> None:
    """One for each wall, at most one for what follows, and one more for each file."""
    edges = sum(len(each.dependencies) for each in graph.resources)
    assert edges <= len([each for each in graph.resources if each.is_object or each.type == FILE])


def test_artifacts_are_uploaded_where_the_model_is_read_from(graph: Graph) -> None:
    endpoints = {each.name: each for each in mixed()[0].tenant.endpoints}
    for file in graph.of_type(FILE):
        endpoint = endpoints[file.name.split("/")[1]]
        assert endpoint.model is not None
        assert endpoint.model.digest is not None
        assert file.inputs == {
            "bucket": DEV.bucket,
            "key": f"{NAMESPACE}/{endpoint.name}/{endpoint.model.digest}/model.joblib",
            "source": Asset("/repository/models/risk/artifacts/sklearn/model.joblib"),
            "serverSideEncryption": "aws:kms",
            "kmsKeyId": STORE.key_arn,
            "bucketKeyEnabled": True,
            "checksumAlgorithm": "SHA256",
        }
        assert endpoint.model.uri == f"s3://{DEV.bucket}/{file.name.rpartition('/')[0]}"


def test_a_new_artifact_never_takes_the_place_of_the_old(graph: Graph) -> None:
    files = {**fleet_files(MIXED), "models/risk/artifacts/sklearn/model.joblib": b"another"}
    built = read_fleet(files).build(DEV).tenants[0]
    after = graph_of(args_of(built, files, STORE))
    old, new = ({each.urn for each in g.of_type(FILE)} for g in (graph, after))
    assert len(old) == len(new) == 2
    assert not old & new
    assert all(each.retain_on_delete for each in graph.of_type(FILE))


def test_pods_read_by_the_one_role_of_all_tenants(graph: Graph) -> None:
    assert graph.one(ASSOCIATION).inputs == {
        "clusterName": "slipway-dev",
        "namespace": NAMESPACE,
        "serviceAccount": "models",
        "roleArn": STORE.role_arn,
    }
    assert graph.of_type("aws:iam/role:Role") == []


def test_a_cluster_outside_aws_gets_the_objects_alone() -> None:
    built, args = mixed()
    graph = graph_of(args_of(built, fleet_files(MIXED), None))
    assert {each.package for each in graph.resources} == {"kubernetes", "slipway"}
    assert len(graph.objects()) == len(args.built.objects)


def test_a_route_outlives_a_change_of_what_serves_it() -> None:
    """A URN that said so would have the new route made and then, by its name, deleted."""
    urns: list[set[str]] = []
    for entry in (sklearn(), sklearn(serving="standard"), LLM):
        fleet = build_fleet({"fraud": entry})
        assert fleet.problems == (), fleet.problems
        args = TenantArgs(built=fleet.tenants[0], root=ROOT)
        urns.append({each.urn for each in of_kind(graph_of(args), "HTTPRoute")})
    assert urns[0] == urns[1] == urns[2]
    assert len(urns[0]) == 1


def test_every_kind_of_the_sample_finds_its_stage(tenants: list[Built]) -> None:
    for built in tenants:
        stages = staged(built.objects)
        doors = {id(obj) for obj in stages.doors}
        served = {endpoint_of(obj) for obj in stages.workloads}
        assert {endpoint_of(obj) for obj in stages.doors} <= served
        assert not any(id(obj) in doors for obj in stages.walls)
        whole = [stages.namespace, stages.gate, *stages.walls, *stages.workloads, *stages.doors]
        assert sorted(map(id, whole)) == sorted(map(id, built.objects))
        assert {obj["kind"] for obj in stages.workloads} <= WORKLOADS
        assert not WORKLOADS & {obj["kind"] for obj in (*stages.walls, *stages.doors)}


def test_the_catalogue_holds_every_tenant_and_tells_their_addresses() -> None:
    args = mixed()[1]

    def program() -> None:
        made = ModelCatalogue("models", ModelCatalogueArgs(tenants=(args,)))
        pulumi.export("namespaces", list(made.namespaces))
        pulumi.export("endpoints", dict(made.endpoints))

    graph = run(program)
    host = f"{NAMESPACE}.models.{DEV.domain}"
    assert graph.exports == {
        "namespaces": [NAMESPACE],
        "endpoints": {
            f"{NAMESPACE}/fraud": f"https://fraud.{host}",
            f"{NAMESPACE}/steady": f"https://steady.{host}",
        },
    }
    tenant = graph.one("slipway:kubernetes:Tenant")
    assert tenant.parent == graph.one("slipway:kubernetes:ModelCatalogue").urn


def test_tenants_are_after_the_platform_by_one_dependency_of_all() -> None:
    args = mixed()[1]

    def program() -> None:
        key = pulumi.ComponentResource("slipway:test:Platform", "platform")
        last = pulumi.CustomResource(
            "aws:kms/key:Key", "last", {}, pulumi.ResourceOptions(parent=key)
        )
        key.register_outputs({})
        after = pulumi.ResourceOptions(depends_on=[last])
        ModelCatalogue("models", ModelCatalogueArgs(tenants=(args,)), after)

    graph = run(program)
    last = graph.one("aws:kms/key:Key")
    assert all(graph.depends_on(each, last) for each in graph.resources if each.is_object)
    assert [each.type for each in graph.resources if last.urn in each.dependencies] == [
        "slipway:kubernetes:ModelCatalogue"
    ]


@pytest.mark.checkers
def test_what_is_registered_passes_the_strict_schemas(graph: Graph) -> None:
    assert kubeconform(graph.objects()) == []


def test_the_service_account_that_kubernetes_makes_is_patched() -> None:
    _, args = mixed()
    graph = graph_of(args)
    patched = graph.one("kubernetes:core/v1:ServiceAccountPatch")
    assert patched.inputs["metadata"]["name"] == "default"
    made = graph.of_type("kubernetes:core/v1:ServiceAccount")
    assert [each.inputs["metadata"]["name"] for each in made] == ["models"]
