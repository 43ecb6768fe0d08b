"""Stacks from settings: what stands on what, and what is refused before anything is registered."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pulumi
import pytest

from catalog import pins
from catalog.parts import Part
from infra import layers, tenants
from infra.__main__ import main
from infra.aws import aws_provider
from infra.kubernetes import kubernetes_provider
from infra.outputs import export, imported
from infra.parts.table import ordered
from infra.platform_layer import check_pins
from tests.checkers import kubeconform
from tests.engine import Graph, Recorded, run
from tests.fleets import FILE, fleet_files, sklearn
from tests.programs import ROOT, configuration
from tests.programs import settings as settings_of

TOLD = {
    "account": "111111111111",
    "clusterName": "slipway-dev",
    "clusterEndpoint": "https://0.gr7.eu-west-1.eks.amazonaws.com",
    "clusterCa": "Y2E=",
    "tenantRoleArn": "arn:aws:iam::111111111111:role/slipway-dev-tenant",
    "artifactKeyArn": "arn:aws:kms:eu-west-1:111111111111:key/data",
    "frontDoor": "door.elb.eu-west-1.amazonaws.com",
}
PLATFORM_STACK = "organization/slipway/dev"
STACKS = {PLATFORM_STACK: TOLD}


def named(name: str, *after: str) -> Part:
    return Part(name=name, after=after)


def repository(root: Path, deployments: dict[str, Any]) -> Path:
    for path, content in fleet_files(deployments).items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    for stack in ("dev", "prod"):
        file = root / f"Pulumi.{stack}.yaml"
        file.write_text((ROOT / file.name).read_text())
    return root


# The order of parts


def test_parts_follow_what_they_name() -> None:
    made = ordered([named("a", "c"), named("b"), named("c", "b")])
    assert [part.name for part in made] == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([named("a"), named("a")], "two parts are named a"),
        ([named("istio"), named("b", "istoi")], "part b comes after istoi, .* mean 'istio'"),
        ([named("a", "b"), named("b", "a")], "come after each other: . → . → ."),
    ],
)
def test_an_order_that_cannot_be_is_refused(parts: list[Part], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ordered(parts)


# Pins


def test_a_stack_that_protects_its_data_runs_no_open_pin() -> None:
    def checked(stack: str, *, preview: bool = False) -> Graph:
        return run(lambda: check_pins(settings_of(stack)), preview=preview)

    assert pins.unresolved()
    with pytest.raises(pulumi.RunError, match="slipway pins resolve"):
        checked("prod")
    assert "slipway pins resolve" in checked("prod", preview=True).warnings[0]
    assert checked("dev").warnings == ()


# Entries


def test_everything_that_is_wrong_with_entries_is_told_at_once(tmp_path: Path) -> None:
    root = repository(
        tmp_path, {"one": sklearn(framework="sklern"), "two": sklearn(model="./nowhere")}
    )
    with pytest.raises(pulumi.RunError) as raised:
        tenants.read(settings_of("dev"), root)
    text = str(raised.value)
    assert text.count(f"{FILE}:") == 2
    assert "did you mean 'sklearn'?" in text
    assert text.endswith("2 errors; nothing was changed")


def test_a_quota_that_is_overrun_is_told(tmp_path: Path) -> None:
    root = repository(tmp_path, {"one": sklearn()})
    (root / "models/risk/team.yaml").write_text(
        'version: "1"\nowners: [risk-ml]\ncost_center: cc-1\nquota: {cpu: 1m}\n'
    )
    with pytest.raises(pulumi.RunError, match="SLW6"):
        tenants.read(settings_of("dev"), root)


def test_a_stack_of_one_team_reads_no_other_teams_entries(tmp_path: Path) -> None:
    root = repository(tmp_path, {"one": sklearn()})
    other = root / "models/search"
    other.mkdir()
    team = (root / "models/risk/team.yaml").read_text()
    (other / "team.yaml").write_text(team)
    (other / "broken.yaml").write_text("version: [\n")
    settings = settings_of("dev")
    alone = settings.model_copy(update={"team": "risk"})
    assert [each.built.tenant.namespace for each in tenants.read(alone, root)] == ["risk-scoring"]
    with pytest.raises(pulumi.RunError, match=r"models/search/broken\.yaml"):
        tenants.read(settings, root)


def test_files_of_models_are_found_below_the_repository() -> None:
    found = {
        upload.path: upload.key
        for each in tenants.read(settings_of("dev"))
        for files in each.uploads.values()
        for upload in files
    }
    assert found
    for path, key in found.items():
        assert (ROOT / path).is_file()
        assert path.startswith("models/")
        assert key.endswith(path.rpartition("/")[2])


# Ways in


def test_a_stack_reads_what_another_exported() -> None:
    def exporting() -> None:
        export(imported(PLATFORM_STACK))

    assert run(exporting, stacks=STACKS).exports == {**TOLD, "imageCache": {}}


def test_the_kubeconfig_asks_aws_for_tokens_and_holds_none() -> None:
    graph = run(lambda: kubernetes_provider(imported(PLATFORM_STACK), "eu-west-1"), stacks=STACKS)
    config = json.loads(graph.one("pulumi:providers:kubernetes").inputs["kubeconfig"])
    user = config["users"][0]["user"]
    assert set(user) == {"exec"}
    assert user["exec"]["command"] == "aws"
    assert user["exec"]["args"] == [
        "--region", "eu-west-1", "eks", "get-token", "--cluster-name", "slipway-dev",
        "--output", "json",
    ]  # fmt: skip
    cluster = config["clusters"][0]["cluster"]
    assert cluster["server"] == TOLD["clusterEndpoint"]
    assert cluster["certificate-authority-data"] == TOLD["clusterCa"]


def test_aws_is_one_region_of_one_account() -> None:
    graph = run(lambda: aws_provider(settings_of("dev").environment, "111111111111"))
    made = graph.one("pulumi:providers:aws").inputs
    assert made["region"] == "eu-west-1"
    assert json.loads(made["allowedAccountIds"]) == ["111111111111"]
    tags = json.loads(made["defaultTags"])["tags"]
    assert tags == {"slipway.dev/managed-by": "slipway", "slipway.dev/stack": "dev"}


# Stacks


def test_a_stack_of_tenants_alone_stands_on_another() -> None:
    settings = settings_of(
        "dev", layers=["tenants"], foundation=None, platform=None, edge=None,
        team="risk", platform_stack=PLATFORM_STACK,
    )  # fmt: skip
    graph = run(lambda: layers.build(settings, tenants.read(settings)), stacks=STACKS)
    assert {each.package for each in graph.resources} == {"aws", "kubernetes", "pulumi", "slipway"}
    assert {each.type for each in graph.resources if each.package == "aws"} == {
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        "aws:s3/bucketObjectv2:BucketObjectv2",
    }
    assert graph.without_provider() == []
    namespaces = graph.exports["namespaces"]
    assert namespaces
    assert all(name.startswith("risk-") for name in namespaces)


def test_a_local_stack_is_nothing_but_objects() -> None:
    settings = settings_of("local", layers=["tenants"])
    graph = run(lambda: layers.build(settings, tenants.read(settings)))
    assert {each.package for each in graph.resources} == {"kubernetes", "pulumi", "slipway"}
    assert graph.without_provider() == []


def whole(stack: str, *, preview: bool = False) -> Graph:
    """The graph of a stack of the repository, by its own program."""
    config = configuration((ROOT / f"Pulumi.{stack}.yaml").read_text())
    return run(lambda: pulumi.run(main), stack=stack, config=config, preview=preview)


@pytest.fixture(scope="module")
def dev() -> Graph:
    return whole("dev")


def first(graph: Graph, kind: str) -> Recorded:
    return next(e for e in graph.resources if e.is_object and e.inputs["kind"] == kind)


def test_a_whole_stack_is_the_same_in_a_preview(dev: Graph) -> None:
    assert [each.urn for each in whole("dev", preview=True).resources] == [
        each.urn for each in dev.resources
    ]


def test_nothing_is_made_with_credentials_that_are_at_hand(dev: Graph) -> None:
    assert dev.without_provider() == []
    assert dev.warnings == ()


def chain(graph: Graph) -> Iterator[Recorded]:
    yield graph.one("eks:index:Cluster")
    yield graph.one("kubernetes:helm.sh/v3:Release", "karpenter-release")
    yield first(graph, "NodePool")
    yield first(graph, "Gateway")
    yield graph.object("ServiceAccount", "models", "risk-fraud")
    yield graph.object("InferenceService", "fraud-detector", "risk-fraud")
    yield graph.object("HTTPRoute", "fraud-detector", "risk-fraud")


def test_destroy_goes_from_models_to_the_cluster(dev: Graph) -> None:
    for earlier, later in pairwise(chain(dev)):
        assert dev.depends_on(later, earlier), f"{later} is not after {earlier}"


def test_every_role_outlives_what_runs_by_it(dev: Graph) -> None:
    model = dev.object("InferenceService", "fraud-detector", "risk-fraud")
    roles = [
        each
        for each in dev.of_type("aws:iam/role:Role")
        if each.inputs["name"] in {"slipway-dev-tenant", "slipway-dev-karpenter"}
    ]
    assert len(roles) == 2
    assert all(dev.depends_on(model, role) for role in roles)


def test_every_release_has_a_provider_and_a_pinned_version(dev: Graph) -> None:
    releases = dev.of_type("kubernetes:helm.sh/v3:Release")
    assert len(releases) > 20
    versions = {row.version for row in pins.CHARTS}
    assert {each.inputs["version"] for each in releases} <= versions


def test_other_stacks_find_what_they_need_in_the_exports(dev: Graph) -> None:
    assert set(TOLD) <= set(dev.exports)


@pytest.mark.checkers
def test_every_object_of_a_whole_stack_passes_the_strict_schemas(dev: Graph) -> None:
    # The controller's Go module has no version that a module proxy serves, so no schema of it.
    known = [obj for obj in dev.objects() if obj["kind"] != "TargetGroupBinding"]
    assert len(dev.objects()) - len(known) == 2
    assert kubeconform(known) == []
