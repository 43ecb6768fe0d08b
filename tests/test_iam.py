"""Every IAM document of the programs: least privilege, statement by statement."""

import json
from collections.abc import Mapping
from functools import cache

import pulumi
import pytest

from catalog.objects import Object
from infra.aws import aws_provider
from infra.foundation import create_foundation
from infra.iam import cluster, ebs_csi, karpenter, load_balancer_controller, nodes, tenant
from infra.iam.document import document
from infra.iam.pod_identity import cluster_arn
from tests.engine import run
from tests.engine_graph import Graph
from tests.iam_lint import (
    EVERYWHERE,
    EXPLAINED,
    WITHOUT_RESOURCE,
    allowed,
    complaints,
)
from tests.programs import context

NAMES = context("prod").names

OWN: Mapping[str, Object] = {
    "ebs-csi": ebs_csi.ebs_csi_policy(NAMES),
    "karpenter": document(*karpenter.statements(NAMES)),
    "load-balancer-controller": document(*load_balancer_controller.statements(NAMES)),
    "node": nodes.node_policy(NAMES),
    "tenant": tenant.tenant_policy(NAMES, "alias/slipway-prod-data"),
}


@cache
def foundation() -> Graph:
    given = context("prod")

    def program() -> None:
        provider = aws_provider(given.settings.environment, given.names.account)
        create_foundation(given, pulumi.ResourceOptions(providers=[provider]))

    return run(program, stack="prod")


def registered(type_: str, key: str) -> dict[str, Object]:
    """The documents that the foundation registers, by the name of their resource."""
    found = [r for r in foundation().resources if r.type == type_]
    return {r.name: json.loads(r.inputs[key]) for r in found}


def policies() -> dict[str, Object]:
    return {**OWN, **registered("aws:iam/rolePolicy:RolePolicy", "policy")}


@pytest.mark.parametrize("name", policies())
def test_a_role_is_allowed_no_action_by_wildcard(name: str) -> None:
    assert [action for action, _, _ in allowed(policies()[name]) if "*" in action] == []


@pytest.mark.parametrize("name", policies())
def test_all_resources_are_meant_only_where_an_action_knows_none(name: str) -> None:
    wide = {action for action, resource, _ in allowed(policies()[name]) if resource == "*"}
    assert wide <= WITHOUT_RESOURCE


@pytest.mark.parametrize("name", policies())
def test_looking_around_is_kept_to_the_stacks_region(name: str) -> None:
    for action, resource, statement in allowed(policies()[name]):
        if resource == "*" and action not in EVERYWHERE:
            found = statement["Condition"]["StringEquals"]
            assert found["aws:RequestedRegion"] == NAMES.region


@pytest.mark.parametrize("name", policies())
def test_the_linter_finds_nothing_that_is_not_explained(name: str) -> None:
    assert complaints(policies()[name]) <= EXPLAINED.keys()


@pytest.mark.parametrize("name", policies())
def test_a_policy_fits_into_a_role(name: str) -> None:
    # IAM quotas: 10,240 characters of inline policies in a role, white space not counted.
    assert len(json.dumps(policies()[name], separators=(",", ":"))) < 10_240


def test_a_tenant_reads_what_is_below_its_own_namespace_and_nothing_else() -> None:
    own = "${aws:PrincipalTag/kubernetes-namespace}/*"
    bucket = f"arn:aws:s3:::{NAMES.bucket}"
    rights = {action: (resource, s) for action, resource, s in allowed(OWN["tenant"])}
    assert set(rights) == {"s3:GetObject", "s3:ListBucket", "kms:Decrypt"}
    assert rights["s3:GetObject"][0] == f"{bucket}/{own}"
    assert rights["s3:ListBucket"][0] == bucket
    assert rights["s3:ListBucket"][1]["Condition"] == {"StringLike": {"s3:prefix": own}}


def test_a_tenant_decrypts_only_by_way_of_its_bucket() -> None:
    found = next(s for s in OWN["tenant"]["Statement"] if s["Action"] == "kms:Decrypt")
    assert found["Condition"]["StringEquals"] == {
        "kms:ViaService": f"s3.{NAMES.region}.amazonaws.com",
        "kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{NAMES.bucket}",
    }
    assert found["Condition"]["ForAnyValue:StringEquals"] == {
        "kms:ResourceAliases": "alias/slipway-prod-data"
    }


def test_the_tenants_key_is_the_one_that_their_bucket_is_encrypted_with() -> None:
    aliases = [r.inputs["name"] for r in foundation().resources if r.type == "aws:kms/alias:Alias"]
    policy = registered("aws:iam/rolePolicy:RolePolicy", "policy")["tenant-policy"]
    condition = policy["Statement"][-1]["Condition"]["ForAnyValue:StringEquals"]
    assert condition["kms:ResourceAliases"] in aliases


@pytest.mark.parametrize(
    "trust", [ebs_csi.ebs_csi_trust(NAMES), nodes.cni_trust(NAMES), tenant.tenant_trust(NAMES)]
)
def test_pods_of_another_cluster_or_account_take_on_no_role(trust: Object) -> None:
    [statement] = trust["Statement"]
    found = statement["Condition"]["StringEquals"]
    assert found["aws:RequestTag/eks-cluster-arn"] == cluster_arn(NAMES)
    assert found["aws:RequestTag/kubernetes-service-account"]
    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}


def test_no_trust_policy_lets_in_an_account_or_everybody() -> None:
    trusts = registered("aws:iam/role:Role", "assumeRolePolicy")
    principals = [s["Principal"] for t in trusts.values() for s in t["Statement"]]
    assert all(set(p) == {"Service"} for p in principals)


def test_only_instances_are_trusted_without_a_condition() -> None:
    trusts = registered("aws:iam/role:Role", "assumeRolePolicy")
    open_ones = [
        s["Principal"]["Service"]
        for t in trusts.values()
        for s in t["Statement"]
        if "Condition" not in s
    ]
    assert set(open_ones) == {"ec2.amazonaws.com"}


def test_karpenter_gives_instances_the_nodes_role_and_no_other() -> None:
    passed = [(r, s) for a, r, s in allowed(OWN["karpenter"]) if a == "iam:PassRole"]
    assert [resource for resource, _ in passed] == [NAMES.role_arn("node")]
    condition = passed[0][1]["Condition"]
    assert condition == {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}


def test_karpenter_ends_and_changes_only_what_it_made_for_this_cluster() -> None:
    changing = {
        "ec2:DeleteLaunchTemplate", "ec2:TerminateInstances", "iam:AddRoleToInstanceProfile",
        "iam:DeleteInstanceProfile", "iam:RemoveRoleFromInstanceProfile", "iam:TagInstanceProfile",
    }  # fmt: skip
    owned = f"aws:ResourceTag/kubernetes.io/cluster/{NAMES.cluster}"
    found = [(a, s) for a, _, s in allowed(OWN["karpenter"]) if a in changing]
    assert {action for action, _ in found} == changing
    assert all(s["Condition"]["StringEquals"][owned] == "owned" for _, s in found)


def test_the_disk_driver_touches_only_volumes_that_it_tagged_and_nodes_of_the_cluster() -> None:
    changing = [s for _, r, s in allowed(OWN["ebs-csi"]) if r != "*"]
    for statement in changing:
        tags = statement["Condition"]["StringEquals"]
        assert any(NAMES.cluster in f"{key}{value}" for key, value in tags.items())


def test_targets_are_registered_in_the_stacks_own_groups_alone() -> None:
    written = [r for a, r, _ in allowed(OWN["load-balancer-controller"]) if "Targets" in a]
    groups = [r.inputs["name"] for r in foundation().resources if r.type.endswith(":TargetGroup")]
    assert set(written) == {NAMES.arn("elasticloadbalancing", "targetgroup/slipway-prod-*/*")}
    assert groups
    assert all(g.startswith("slipway-prod-") for g in groups)


def test_only_eventbridge_of_this_account_writes_to_the_queue_and_nobody_in_plain() -> None:
    send, refuse = karpenter.queue_policy(NAMES)["Statement"]
    assert send["Principal"] == {"Service": "events.amazonaws.com"}
    assert send["Condition"]["StringEquals"] == {"aws:SourceAccount": NAMES.account}
    assert (refuse["Effect"], refuse["Condition"]) == (
        "Deny", {"Bool": {"aws:SecureTransport": "false"}},
    )  # fmt: skip


def test_the_key_of_secrets_serves_the_control_plane() -> None:
    use = cluster.secrets_key_policy(NAMES)["Statement"][1]
    assert use["Principal"] == {"AWS": NAMES.role_arn("cluster")}
    assert not [action for action in use["Action"] if "*" in action]


def test_nodes_hold_no_right_over_addresses_or_logins() -> None:
    attached = [
        r.inputs["policyArn"].rpartition("/")[2]
        for r in foundation().resources
        if r.type == "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
        and r.inputs["role"].endswith("node")
    ]
    assert set(attached) == {"AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodePolicy"}
