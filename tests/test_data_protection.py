"""What stays when a stack goes: everything that holds data in prod, and next to nothing in dev."""

from infra.parts.table import parts
from tests.programs import context
from tests.whole import RELEASE, whole

BUCKET = "aws:s3/bucket:Bucket"
DATABASE = "aws:rds/instance:Instance"
UPLOAD = "aws:s3/bucketObjectv2:BucketObjectv2"

KEPT = {
    DATABASE: "MLflow's runs",
    BUCKET: "models, runs, logs, backups, access logs",
    "aws:kms/key:Key": "without it nothing of the above can be read",
    "aws:kms/alias:Alias": "the name by which policies know the key",
    "aws:rds/parameterGroup:ParameterGroup": "the database's",
    "aws:rds/subnetGroup:SubnetGroup": "the database's",
    "aws:ec2/securityGroup:SecurityGroup": "the database's",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "the database's",
}
"""What is kept in prod. With a bucket goes all that guards it, by its own type each."""


def test_what_holds_data_is_protected_and_kept_in_prod() -> None:
    kept = {r.urn: r for r in whole("prod").resources if r.protect and r.retain_on_delete}
    guards = {r.type for r in kept.values() if r.type.startswith("aws:s3/bucket")}
    assert {r.type for r in kept.values()} == KEPT.keys() | guards
    for token in (DATABASE, BUCKET):
        assert [r for r in whole("prod").of_type(token) if r.urn not in kept] == []


def test_a_key_that_encrypts_what_is_kept_is_kept() -> None:
    graph = whole("prod")
    database = graph.one(DATABASE)
    keys = [r for r in graph.of_type("aws:kms/key:Key") if r.urn in database.dependencies]
    assert any(r.retain_on_delete for r in keys)
    configured = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryption"
    for each in graph.of_type(f"{configured}Configuration"):
        used = [r for r in graph.of_type("aws:kms/key:Key") if r.urn in each.dependencies]
        assert all(r.retain_on_delete for r in used), each


def test_a_guard_is_kept_wherever_its_bucket_is() -> None:
    graph = whole("prod")
    guards = [r for r in graph.resources if r.type.startswith("aws:s3/bucket") and r.type != UPLOAD]
    assert len(guards) > 30
    assert [r for r in guards if not (r.protect and r.retain_on_delete)] == []


def test_what_cannot_be_made_again_in_a_moment_is_not_destroyed_by_mistake() -> None:
    graph = whole("prod")
    protected = {r.type for r in graph.resources if r.protect and not r.retain_on_delete}
    assert protected == {"aws:lb/loadBalancer:LoadBalancer", "eks:index:Cluster", RELEASE}


def test_dev_goes_without_a_trace_but_for_the_models_that_someone_may_go_back_to() -> None:
    graph = whole("dev")
    assert [r for r in graph.resources if r.protect] == []
    assert {r.type for r in graph.resources if r.retain_on_delete} == {UPLOAD}
    assert all(r.inputs["forceDestroy"] for r in graph.of_type(BUCKET))
    database = graph.one(DATABASE).inputs
    assert database["skipFinalSnapshot"] is True
    assert database["deletionProtection"] is False


def test_charts_whose_kinds_take_every_object_with_them_are_protected_in_prod_alone() -> None:
    crds = {r.name for part in parts(context("prod")) for r in part.releases if r.holds_crds}
    assert len(crds) >= 5
    for stack, protected in (("prod", crds), ("dev", set[str]())):
        found = [r.inputs["name"] for r in whole(stack).of_type(RELEASE) if r.protect]
        assert set(found) == protected
