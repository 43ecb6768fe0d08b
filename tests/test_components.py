"""Charts, identities, parts and the platform: descriptions in, resources out."""

import json
from typing import Any

import pulumi
import pytest

from catalog import pins
from catalog.objects import Object
from catalog.parts import Fact, Identity, Late, Part, Release
from components.chart import Chart, ChartArgs
from components.objects import object_name, register, register_secret
from components.platform import Platform, PlatformArgs, SecretArgs
from components.platform_part import PlatformPart, PlatformPartArgs
from components.pod_identity import PodIdentity, PodIdentityArgs, PodRole
from tests.engine import UNKNOWN, Graph, run, run_both

RELEASE = "kubernetes:helm.sh/v3:Release"
PART = "slipway:kubernetes:PlatformPart"
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::example/*"}


def config_map(name: str, namespace: str = "keda", **data: Any) -> Object:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def release(name: str = "keda", chart: str = "keda", **more: Any) -> Release:
    return Release(name=name, chart=chart, namespace="keda", values=more.pop("values", {}), **more)


def identity(purpose: str = "velero") -> Identity:
    return Identity(purpose=purpose, namespace="keda", service_account="velero", statements=(READ,))


def graph_of_chart(made: Release, **more: Any) -> Graph:
    return run(lambda: Chart("chart", ChartArgs(release=made, values=dict(made.values), **more)))


def account(name: str) -> Object:
    metadata = {"name": name, "namespace": "keda"}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}


def part_args(part: Part, **more: Any) -> PlatformPartArgs:
    return PlatformPartArgs(part=part, facts=more.pop("facts", {}), **more)


def graph_of_part(part: Part, **more: Any) -> Graph:
    return run(lambda: PlatformPart(part.name, part_args(part, **more)))


# Objects


def test_an_object_is_registered_as_it_is() -> None:
    obj = config_map("a", number=1, text="b")

    def program() -> None:
        parent = pulumi.ComponentResource("slipway:test:Holder", "holder")
        register(object_name(obj), obj, pulumi.ResourceOptions(parent=parent))
        parent.register_outputs({})

    made = run(program).one("kubernetes:core/v1:ConfigMap")
    assert made.object == obj
    assert made.name == "keda/a"
    assert made.version.startswith("4.")


def test_the_token_of_a_custom_resource_names_its_group() -> None:
    obj = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "a"}}

    def program() -> None:
        parent = pulumi.ComponentResource("slipway:test:Holder", "holder")
        register("a", obj, pulumi.ResourceOptions(parent=parent))
        parent.register_outputs({})

    assert run(program).one("kubernetes:keda.sh/v1alpha1:ScaledObject", "a").object == obj


def test_a_secret_is_no_object_like_others() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}
    with pytest.raises(ValueError, match="register_secret"):
        register("a", secret, pulumi.ResourceOptions())


def test_a_secret_of_the_program_is_encrypted() -> None:
    def program() -> None:
        parent = pulumi.ComponentResource("slipway:test:Holder", "holder")
        opts = pulumi.ResourceOptions(parent=parent)
        register_secret("token", "cert-manager", {"api-token": "t"}, opts)
        parent.register_outputs({})

    made = run(program).object("Secret", "token", "cert-manager")
    assert made.secrets == {"stringData"}
    assert made.inputs["stringData"] == {"api-token": "t"}


# Charts


def test_a_release_is_exact_and_wholly_there_or_not_at_all() -> None:
    values = {"replicas": 2, "limits": {"cpu": None}}
    made = graph_of_chart(release(values=values, timeout_minutes=20)).one(RELEASE).inputs
    row = pins.chart("keda")
    assert made["version"] == row.version
    assert made["chart"] == "keda"
    assert made["repositoryOpts"] == {"repo": row.repository}
    assert made["values"] == values
    assert made["timeout"] == 1200
    assert (made["atomic"], made["cleanupOnFail"], made["allowNullValues"]) == (True, True, True)
    assert (made["createNamespace"], made["dependencyUpdate"]) == (False, False)
    assert made["maxHistory"] == 5
    assert "skipAwait" not in made


def test_a_chart_in_a_registry_is_named_whole() -> None:
    made = graph_of_chart(release("karpenter", "karpenter")).one(RELEASE).inputs
    assert made["chart"] == f"{pins.chart('karpenter').repository}/karpenter"
    assert made["chart"].startswith("oci://")
    assert "repositoryOpts" not in made


@pytest.mark.parametrize("chart", ["keda", "karpenter"])
def test_a_mirror_replaces_every_host(chart: str) -> None:
    made = graph_of_chart(release("any", chart), mirror="registry.example.com/m").one(RELEASE)
    assert made.inputs["chart"].startswith("oci://registry.example.com/m/")
    assert made.inputs["chart"].endswith(f"/{chart}")
    assert "repositoryOpts" not in made.inputs


@pytest.mark.parametrize("holds_crds", [True, False])
@pytest.mark.parametrize("protect", [True, False])
def test_crds_alone_are_protected(*, holds_crds: bool, protect: bool) -> None:
    made = graph_of_chart(release(holds_crds=holds_crds), protect=protect).one(RELEASE)
    assert made.protect is (holds_crds and protect)


# Identities


def test_a_pod_identity_has_its_rights_before_it_is_bound() -> None:
    args = PodIdentityArgs(
        role=PodRole("slipway-dev-velero", TRUST),
        cluster="slipway-dev",
        namespace="velero",
        service_account="velero",
        statements=[READ],
    )
    graph = run(lambda: PodIdentity("velero", args))
    role = graph.one("aws:iam/role:Role")
    policy = graph.one("aws:iam/rolePolicy:RolePolicy")
    bound = graph.one("aws:eks/podIdentityAssociation:PodIdentityAssociation")
    assert role.inputs["name"] == "slipway-dev-velero"
    assert json.loads(role.inputs["assumeRolePolicy"]) == TRUST
    assert json.loads(policy.inputs["policy"]) == {"Version": "2012-10-17", "Statement": [READ]}
    assert policy.inputs["role"] == "slipway-dev-velero"
    assert bound.inputs == {
        "clusterName": "slipway-dev",
        "namespace": "velero",
        "serviceAccount": "velero",
        "roleArn": "arn:aws:iam::111111111111:role/slipway-dev-velero",
    }
    assert graph.depends_on(bound, policy)


# Parts


def test_a_part_is_made_in_order_and_destroyed_in_the_reverse() -> None:
    part = Part(
        name="velero",
        releases=(release("keda-crds", holds_crds=True), release()),
        objects=(config_map("a"), account("b")),
    )
    graph = graph_of_part(part)
    first, second = (graph.one(RELEASE, f"{name}-release") for name in ("keda-crds", "keda"))
    a, b = graph.object("ConfigMap", "a", "keda"), graph.object("ServiceAccount", "b", "keda")
    chain = [first, second, a, b]
    order = [each for each in graph.destroy_order() if each in chain]
    assert order == chain[::-1]
    for later, earlier in zip(chain[1:], chain, strict=False):
        assert graph.depends_on(later, earlier)


def test_objects_of_a_kind_are_made_and_destroyed_side_by_side() -> None:
    objects = (account("a"), config_map("b"), config_map("c"), account("d"))
    graph = graph_of_part(Part(name="node-pools", objects=objects))
    a, d = (graph.object("ServiceAccount", name, "keda") for name in "ad")
    b, c = (graph.object("ConfigMap", name, "keda") for name in "bc")
    assert not graph.depends_on(b, c)
    assert not graph.depends_on(c, b)
    assert all(graph.depends_on(each, a) and graph.depends_on(d, each) for each in (b, c))


def test_identities_are_bound_before_any_part_and_outlive_theirs() -> None:
    first = Part(name="first", objects=(config_map("a"),))
    second = Part(name="second", after=("first",), identities=(identity(),), releases=(release(),))
    graph = run(lambda: Platform("platform", platform_args(first, second)))
    bound = graph.one("aws:eks/podIdentityAssociation:PodIdentityAssociation")
    assert not graph.depends_on(bound, graph.object("ConfigMap", "a", "keda"))
    assert graph.depends_on(graph.one(RELEASE), bound)


def test_a_chart_of_crds_that_comes_late_is_refused() -> None:
    part = Part(name="keda", releases=(release(), release("crds", holds_crds=True)))
    with pytest.raises(ValueError, match="part keda: crds holds CRDs and is not first"):
        graph_of_part(part)


def test_objects_wait_long_for_what_they_own_to_be_gone() -> None:
    graph = graph_of_part(Part(name="node-pools", objects=(config_map("a"),)))
    assert graph.object("ConfigMap", "a", "keda").delete_timeout == "90m"


def test_facts_take_the_places_that_were_kept_for_them() -> None:
    host = Late(Fact.RATE_LIMIT_HOST, "{}:6379")
    part = Part(
        name="gateway",
        releases=(release(values={"redis": [{"url": host}], "braces": "{}"}),),
        objects=(config_map("a", host=Late(Fact.RATE_LIMIT_HOST)),),
    )

    def program() -> None:
        told = pulumi.StackReference("organization/slipway/prod").require_output("host")
        PlatformPart("gateway", part_args(part, facts={Fact.RATE_LIMIT_HOST: told}))

    stacks = {"organization/slipway/prod": {"host": "cache.example.com"}}
    graph = run(program, stacks=stacks)
    values = graph.one(RELEASE).inputs["values"]
    assert values == {"redis": [{"url": "cache.example.com:6379"}], "braces": "{}"}
    assert graph.object("ConfigMap", "a", "keda").inputs["data"] == {"host": "cache.example.com"}


def test_a_part_is_the_same_whether_its_facts_are_known_or_not() -> None:
    part = Part(name="gateway", objects=(config_map("a", vpc=Late(Fact.VPC_ID)),))

    def program() -> None:
        queue = PodIdentity(
            "any",
            PodIdentityArgs(
                role=PodRole("any", TRUST), cluster="c", namespace="n", service_account="s",
                statements=[READ],
            ),
        )  # fmt: skip
        PlatformPart("gateway", part_args(part, facts={Fact.VPC_ID: queue.role_arn}))

    known, preview = run_both(program)
    assert known.object("ConfigMap", "a", "keda").inputs["data"]["vpc"].startswith("arn:aws:iam")
    assert preview.object("ConfigMap", "a", "keda").inputs["data"] == {"vpc": UNKNOWN}


def test_a_fact_that_nobody_tells_is_an_error() -> None:
    part = Part(name="console", objects=(config_map("a", vpc=Late(Fact.VPC_ID)),))
    with pytest.raises(ValueError, match="does not tell the vpc id"):
        graph_of_part(part)


# The platform


def platform_args(*parts: Part, **more: Any) -> PlatformArgs:
    namespaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        for name in ("keda", "velero")
    ]
    roles = {
        i.purpose: PodRole(f"slipway-dev-{i.purpose}", TRUST) for p in parts for i in p.identities
    }
    return PlatformArgs(
        namespaces=namespaces,
        secrets=more.pop("secrets", ()),
        parts=parts,
        facts={},
        cluster="slipway-dev",
        roles=roles,
        mirror=None,
        protect=False,
    )


def test_a_part_comes_after_what_it_names_by_one_dependency_for_each() -> None:
    first = Part(name="first", objects=(config_map("a"), account("b")))
    second = Part(name="second", after=("first",), objects=(config_map("c", "velero"),))
    graph = run(lambda: Platform("platform", platform_args(first, second)))
    part = graph.one(PART, "second")
    b = graph.object("ServiceAccount", "b", "keda")
    assert part.dependencies == {b.urn, graph.object("Namespace", "velero").urn}
    c, a = graph.object("ConfigMap", "c", "velero"), graph.object("ConfigMap", "a", "keda")
    assert graph.depends_on(c, a)
    assert graph.depends_on(a, graph.object("Namespace", "keda"))


def test_parts_that_name_nothing_do_not_wait_for_each_other() -> None:
    first = Part(name="first", objects=(config_map("a"),))
    second = Part(name="second", objects=(config_map("b"),))
    graph = run(lambda: Platform("platform", platform_args(first, second)))
    a, b = graph.object("ConfigMap", "a", "keda"), graph.object("ConfigMap", "b", "keda")
    assert not graph.depends_on(a, b)
    assert not graph.depends_on(b, a)


def test_a_secret_is_there_before_the_part_of_its_namespace() -> None:
    token = SecretArgs(namespace="keda", name="token", content={"token": "t"})
    part = Part(name="first", releases=(release(),))
    graph = run(lambda: Platform("platform", platform_args(part, secrets=[token])))
    secret = graph.object("Secret", "token", "keda")
    assert graph.depends_on(graph.one(RELEASE), secret)
    assert graph.depends_on(secret, graph.object("Namespace", "keda"))
