"""The CrossGuard pack inside the real engine stops a stack that breaks a rule."""

from pathlib import Path

import pytest

from tests.cloud import aws_names as aws
from tests.cloud.project import Project

pytestmark = pytest.mark.local


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The ground of dev alone, which is quick, and where no object is made."""
    made = Project(tmp_path)
    made.begin("dev")
    made.configure("dev", "layers", ["foundation"])
    for layer in ("platform", "edge"):
        made.configure("dev", layer, None)
    return made


def test_a_sound_stack_passes(project: Project) -> None:
    ran = project.preview("dev", "--policy-pack", "policies")
    assert ran.code == 0, ran.said
    assert "slipway@v0.1.0 (local: policies)" in ran.said


def test_a_bucket_that_is_open_to_the_world_is_never_made(project: Project) -> None:
    project.rewrite("components/bucket.py", "block_public_acls=True", "block_public_acls=False")
    ran = project.up("dev", "--policy-pack", "policies")
    assert ran.code != 0
    assert "bucket-public-access: BucketPublicAccessBlock" in ran.said
    assert project.store.resources(aws.PUBLIC_ACCESS) == []


def test_a_cluster_without_a_key_for_its_secrets_is_never_made(project: Project) -> None:
    project.rewrite("components/cluster.py", "encryption_config_key_arn=args.secrets_key_arn,", "")
    ran = project.up("dev", "--policy-pack", "policies")
    assert ran.code != 0
    assert "eks-secrets-encrypted: Cluster" in ran.said
    assert project.store.resources(aws.CLUSTER) == []


def test_an_up_of_prod_is_refused_while_a_pin_is_unresolved(project: Project) -> None:
    project.begin("prod")
    ran = project.up("prod")
    assert ran.code != 0
    assert "rows of catalog/pins.py have no digest, and this stack protects its data" in ran.said
    assert project.store.resources() == []
