"""Every IAM document of the whole programs, statement by statement: who may do what to what."""

import json
from collections.abc import Iterator, Mapping
from functools import cache

import pytest

from catalog.objects import Object
from tests.engine import Recorded
from tests.iam_lint import (
    EVERYWHERE,
    EXPLAINED,
    WITHOUT_RESOURCE,
    allowed,
    complaints,
    listed,
)
from tests.programs import context
from tests.whole import STACKS, whole

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ROLE = "aws:iam/role:Role"
KEY = "aws:kms/key:Key"

MANAGED: Mapping[str, str] = {
    "AmazonEC2ContainerRegistryPullOnly": "nodes pull images",
    "AmazonEKSClusterPolicy": "EKS asks for it of every cluster",
    "AmazonEKSWorkerNodePolicy": "EKS asks for it of every node",
    "AmazonEKS_CNI_Policy": "the VPC CNI's own, on its pods and not on nodes",
    "service-role/AmazonRDSEnhancedMonitoringRole": "RDS publishes its system's metrics",
}
"""AWS's own policies, which AWS changes with its services; what each is attached for."""

BEYOND: Mapping[tuple[str, str], str] = {
    (
        "external-secrets-policy",
        "ReadTenantsSecrets",
    ): "secrets are below the namespaces of tenants "
    "of any name; who may ask for which is held by the admission policy slipway-own-secrets",
    ("external-secrets-policy", "ReadPlatformSecrets"): "secrets that settings name, and RDS's, "
    "whose name RDS chooses",
    (
        "karpenter-policy",
        "LaunchFrom",
    ): "what a node is made from is not made by Karpenter: images, "
    "subnets, security groups; the instances themselves are tagged",
    ("karpenter-policy", "ReadProfiles"): "IAM knows no condition on tags for a mere look",
    ("karpenter-policy", "FindImages"): "AWS's public parameters",
}
"""Statements without a condition on what is not named after the stack, and why they are."""

OWN = ("slipway-prod", "example-slipway-prod")
"""What the names of everything that is the stack's contain."""

KEYS_OF_SERVICES = {
    "kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*",
}  # fmt: skip
"""What CloudWatch's guide asks for, to the letter, of a key of log groups."""

DOCUMENT_KEYS = ("policy", "assumeRolePolicy", "repositoryPolicy")


@cache
def documents(stack: str) -> Mapping[str, tuple[Recorded, str, Object]]:
    """Every document with its resource and input, by the two."""
    found = {
        f"{each.name} {key}": (each, key, json.loads(each.inputs[key]))
        for each in whole(stack).resources
        if each.package in {"aws", "eks"}
        for key in DOCUMENT_KEYS
        if key in each.inputs
    }
    assert len(found) > 30
    return found


def of(type_: str) -> dict[str, Object]:
    return {name: doc for name, (each, _, doc) in documents("prod").items() if each.type == type_}


def of_resources() -> Iterator[tuple[Recorded, Object]]:
    """The policies of things rather than of roles."""
    for each, key, doc in documents("prod").values():
        if each.type != ROLE_POLICY and key != "assumeRolePolicy":
            for statement in doc["Statement"]:
                yield each, statement


def test_no_document_hides_in_another_input() -> None:
    for each in whole("prod").resources:
        hidden = [k for k, v in each.inputs.items() if isinstance(v, str) and '"Statement"' in v]
        assert set(hidden) <= set(DOCUMENT_KEYS), each


def test_documents_of_all_stacks_are_alike_but_for_names() -> None:
    shapes = [
        {
            name: [(s["Effect"], listed(s["Action"])) for s in doc["Statement"]]
            for name, (_, _, doc) in documents(stack).items()
        }
        for stack in STACKS
    ]
    assert shapes[0] == shapes[1]


# What roles may do


@pytest.mark.parametrize("name", of(ROLE_POLICY))
def test_no_role_is_allowed_an_action_by_wildcard(name: str) -> None:
    doc = of(ROLE_POLICY)[name]
    assert [action for action, _, _ in allowed(doc) if "*" in action] == []
    assert not any({"NotAction", "NotResource"} & set(s) for s in doc["Statement"])


@pytest.mark.parametrize("name", of(ROLE_POLICY))
def test_all_resources_are_meant_only_where_an_action_knows_none(name: str) -> None:
    for action, resource, statement in allowed(of(ROLE_POLICY)[name]):
        if set(resource) <= set("arn:w*"):
            assert action in WITHOUT_RESOURCE
            if action not in EVERYWHERE:
                region = statement["Condition"]["StringEquals"]["aws:RequestedRegion"]
                assert region == "eu-west-1"


def beyond() -> Iterator[tuple[str, str]]:
    """Statements that neither name what is the stack's nor have a condition."""
    for name, doc in of(ROLE_POLICY).items():
        for action, resource, statement in allowed(doc):
            mine = any(word in resource for word in OWN)
            if not mine and "Condition" not in statement and action not in WITHOUT_RESOURCE:
                yield name.partition(" ")[0], statement["Sid"]


def test_what_a_role_may_touch_is_the_stacks_own_or_told_by_a_condition() -> None:
    assert set(beyond()) == BEYOND.keys()


def test_conditions_of_roles_name_the_stack_or_the_service_by_way_of_which() -> None:
    for name, doc in of(ROLE_POLICY).items():
        for action, resource, statement in allowed(doc):
            if not any(word in resource for word in OWN) and action not in WITHOUT_RESOURCE:
                told = json.dumps(statement.get("Condition", {}))
                sid = (name.partition(" ")[0], statement.get("Sid", ""))
                assert sid in BEYOND or "slipway-prod" in told or "kms:ViaService" in told, sid


@pytest.mark.parametrize("name", of(ROLE_POLICY))
def test_the_linter_finds_nothing_that_is_not_explained(name: str) -> None:
    assert complaints(of(ROLE_POLICY)[name]) <= EXPLAINED.keys()


def test_every_explanation_and_every_exception_is_needed() -> None:
    policies = of(ROLE_POLICY).values()
    assert {c for doc in policies for c in complaints(doc)} == EXPLAINED.keys()
    wide = {action for doc in policies for action, resource, _ in allowed(doc) if resource == "*"}
    assert wide == WITHOUT_RESOURCE


def test_only_those_of_awss_own_policies_are_attached_that_aws_asks_for() -> None:
    attached = whole("prod").of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    found = {r.inputs["policyArn"].partition(":policy/")[2] for r in attached}
    assert found == set(MANAGED)
    assert all(r.inputs["policyArn"].startswith("arn:aws:iam::aws:") for r in attached)


# Who may take on a role


@pytest.mark.parametrize("stack", STACKS)
def test_every_role_is_for_one_service_and_for_this_account_alone(stack: str) -> None:
    roles = {n: d for n, (r, _, d) in documents(stack).items() if r.type == ROLE}
    assert len(roles) == len(whole(stack).of_type(ROLE))
    for name, doc in roles.items():
        for statement in doc["Statement"]:
            assert set(statement["Principal"]) == {"Service"}
            assert set(listed(statement["Action"])) <= {"sts:AssumeRole", "sts:TagSession"}
            told = json.dumps(statement.get("Condition", {}))
            account = context(stack).names.account
            of_instances = statement["Principal"]["Service"] == "ec2.amazonaws.com"
            assert of_instances or account in told, name


def test_pods_take_on_a_role_by_their_own_account_of_this_cluster() -> None:
    pods = [
        (name, s)
        for name, doc in of(ROLE).items()
        for s in doc["Statement"]
        if s["Principal"]["Service"] == "pods.eks.amazonaws.com"
    ]
    assert len(pods) >= 9
    for name, statement in pods:
        told = statement["Condition"]["StringEquals"]
        assert told["aws:RequestTag/eks-cluster-arn"].endswith(":cluster/slipway-prod"), name
        assert "aws:RequestTag/kubernetes-service-account" in told, name


# What others may do with what is ours


def test_nobody_outside_the_account_is_allowed_anything() -> None:
    for each, statement in of_resources():
        if statement["Effect"] == "Allow":
            principal = statement["Principal"]
            assert principal != "*", each
            assert set(principal) <= {"AWS", "Service"}
            for arn in listed(principal.get("AWS", [])):
                assert arn.startswith("arn:aws:iam::222222222222:"), each


def test_services_are_allowed_in_for_this_account_alone() -> None:
    found = [
        (each, s)
        for each, s in of_resources()
        if s["Effect"] == "Allow" and "Service" in s["Principal"]
    ]
    assert len(found) >= 4
    for each, statement in found:
        assert "222222222222" in json.dumps(statement.get("Condition", {})), each


def test_a_wildcard_action_is_the_accounts_own_on_its_keys_or_what_a_service_asks_for() -> None:
    found = {
        (each.type, action)
        for each, statement in of_resources()
        if statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
        if "*" in action
    }
    # Without its account's root a key that lost its last user is lost (KMS guide, "Key policies").
    assert found == {(KEY, action) for action in {"kms:*", *KEYS_OF_SERVICES}}
    for each, statement in of_resources():
        if "kms:*" in listed(statement["Action"]):
            assert statement["Principal"] == {"AWS": "arn:aws:iam::222222222222:root"}, each


@pytest.mark.parametrize(
    ("token", "policy"),
    [
        ("aws:s3/bucket:Bucket", "aws:s3/bucketPolicy:BucketPolicy"),
        ("aws:sqs/queue:Queue", "aws:sqs/queuePolicy:QueuePolicy"),
    ],
)
def test_nothing_is_said_in_plain_to_what_has_a_policy_of_its_own(token: str, policy: str) -> None:
    policies = [doc for each, _, doc in documents("prod").values() if each.type == policy]
    assert len(policies) == len(whole("prod").of_type(token)) > 0
    for doc in policies:
        denied = [s for s in doc["Statement"] if s["Effect"] == "Deny"]
        assert any(s["Condition"] == {"Bool": {"aws:SecureTransport": "false"}} for s in denied)
