"""What Karpenter may do in AWS, and who may write to its queue.

Actions and conditions are those of karpenter-provider-aws v1.14
`website/content/en/v1.14/getting-started/getting-started-with-karpenter/cloudformation.yaml`,
less zonal shift and placement groups, which nothing here uses.
"""

from typing import Final

from catalog.objects import Object
from infra.iam.document import Statement, document
from infra.iam.nodes import KARPENTER_PURPOSE
from infra.iam.pod_identity import cluster_arn
from infra.names import Names

QUEUE: Final = "interruption"

_MADE: Final = (
    "fleet",
    "instance",
    "launch-template",
    "network-interface",
    "spot-instances-request",
    "volume",
)


def statements(names: Names) -> tuple[Statement, ...]:
    """Everything that Karpenter's controller needs, each statement for one errand."""
    return (
        *_launch(names),
        *_tag_and_end(names),
        *_instance_profiles(names),
        *_look(names),
        *_nodes_and_queue(names),
    )


def queue_policy(names: Names) -> Object:
    """EventBridge's rules of this stack send; nobody does so in plain text."""
    queue = names.arn("sqs", names.of_stack(QUEUE))
    return document(
        {
            "Sid": "SendEvents",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue,
            "Condition": {
                "StringEquals": {"aws:SourceAccount": names.account},
                "ArnLike": {"aws:SourceArn": names.arn("events", f"rule/{names.cluster}-*")},
            },
        },
        {
            "Sid": "RefusePlainTransport",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:*",
            "Resource": queue,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    )


def _owned(names: Names, source: str) -> dict[str, str]:
    return {f"aws:{source}/kubernetes.io/cluster/{names.cluster}": "owned"}


def _ec2(names: Names, *kinds: str) -> list[str]:
    return [names.arn("ec2", f"{kind}/*") for kind in kinds]


def _own(names: Names) -> Statement:
    """What Karpenter launched for this cluster."""
    return {
        "StringEquals": _owned(names, "ResourceTag"),
        "StringLike": {"aws:ResourceTag/karpenter.sh/nodepool": "*"},
    }


def _new(names: Names, **more: list[str]) -> Statement:
    """What is tagged as this cluster's in the very call that makes it."""
    return {
        "StringEquals": {
            **_owned(names, "RequestTag"),
            "aws:RequestTag/eks:eks-cluster-name": names.cluster,
            **more,
        },
        "StringLike": {"aws:RequestTag/karpenter.sh/nodepool": "*"},
    }


def _launch(names: Names) -> tuple[Statement, ...]:
    return (
        {
            "Sid": "LaunchFrom",
            "Effect": "Allow",
            "Action": ["ec2:CreateFleet", "ec2:RunInstances"],
            # AMIs and their snapshots belong to Amazon, so their ARNs name no account.
            "Resource": [
                f"arn:aws:ec2:{names.region}::image/*",
                f"arn:aws:ec2:{names.region}::snapshot/*",
                *_ec2(names, "capacity-reservation", "security-group", "subnet"),
            ],
        },
        {
            "Sid": "LaunchByOwnTemplates",
            "Effect": "Allow",
            "Action": ["ec2:CreateFleet", "ec2:RunInstances"],
            "Resource": _ec2(names, "launch-template"),
            "Condition": _own(names),
        },
        {
            "Sid": "LaunchTagged",
            "Effect": "Allow",
            "Action": ["ec2:CreateFleet", "ec2:CreateLaunchTemplate", "ec2:RunInstances"],
            "Resource": _ec2(names, *_MADE),
            "Condition": _new(names),
        },
    )


def _tag_and_end(names: Names) -> tuple[Statement, ...]:
    created = ["CreateFleet", "CreateLaunchTemplate", "RunInstances"]
    return (
        {
            "Sid": "TagAtLaunch",
            "Effect": "Allow",
            "Action": "ec2:CreateTags",
            "Resource": _ec2(names, *_MADE),
            "Condition": _new(names, **{"ec2:CreateAction": created}),
        },
        {
            "Sid": "NameOwnNodes",
            "Effect": "Allow",
            "Action": "ec2:CreateTags",
            "Resource": _ec2(names, "instance"),
            "Condition": {
                **_own(names),
                "StringEqualsIfExists": {"aws:RequestTag/eks:eks-cluster-name": names.cluster},
                "ForAllValues:StringEquals": {
                    "aws:TagKeys": ["Name", "eks:eks-cluster-name", "karpenter.sh/nodeclaim"]
                },
            },
        },
        {
            "Sid": "RemoveOwnNodes",
            "Effect": "Allow",
            "Action": ["ec2:DeleteLaunchTemplate", "ec2:TerminateInstances"],
            "Resource": _ec2(names, "instance", "launch-template"),
            "Condition": _own(names),
        },
    )


def _instance_profiles(names: Names) -> tuple[Statement, ...]:
    profiles = f"arn:aws:iam::{names.account}:instance-profile/*"
    region = "topology.kubernetes.io/region"
    node_class = "karpenter.k8s.aws/ec2nodeclass"
    own = {**_owned(names, "ResourceTag"), f"aws:ResourceTag/{region}": names.region}
    new = {
        **_owned(names, "RequestTag"),
        "aws:RequestTag/eks:eks-cluster-name": names.cluster,
        f"aws:RequestTag/{region}": names.region,
    }
    classed = {f"aws:ResourceTag/{node_class}": "*"}
    classed_new = {f"aws:RequestTag/{node_class}": "*"}
    return (
        {
            "Sid": "CreateProfiles",
            "Effect": "Allow",
            "Action": "iam:CreateInstanceProfile",
            "Resource": profiles,
            "Condition": {"StringEquals": new, "StringLike": classed_new},
        },
        {
            "Sid": "TagOwnProfiles",
            "Effect": "Allow",
            "Action": "iam:TagInstanceProfile",
            "Resource": profiles,
            "Condition": {
                "StringEquals": {**own, **new},
                "StringLike": {**classed, **classed_new},
            },
        },
        {
            "Sid": "ChangeOwnProfiles",
            "Effect": "Allow",
            "Action": [
                "iam:AddRoleToInstanceProfile",
                "iam:DeleteInstanceProfile",
                "iam:RemoveRoleFromInstanceProfile",
            ],
            "Resource": profiles,
            "Condition": {"StringEquals": own, "StringLike": classed},
        },
    )


def _look(names: Names) -> tuple[Statement, ...]:
    return (
        {
            "Sid": "Look",
            "Effect": "Allow",
            "Action": [
                "ec2:DescribeCapacityReservations",
                "ec2:DescribeImages",
                "ec2:DescribeInstanceStatus",
                "ec2:DescribeInstanceTypeOfferings",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeInstances",
                "ec2:DescribeLaunchTemplates",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSpotPriceHistory",
                "ec2:DescribeSubnets",
            ],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": names.region}},
        },
        {
            # Prices have one endpoint for all regions, and profiles none at all.
            "Sid": "LookGlobally",
            "Effect": "Allow",
            "Action": ["iam:ListInstanceProfiles", "pricing:GetProducts"],
            "Resource": "*",
        },
    )


def _nodes_and_queue(names: Names) -> tuple[Statement, ...]:
    return (
        {
            "Sid": "GiveNodesTheirRole",
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": names.role_arn(KARPENTER_PURPOSE),
            "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
        },
        {
            "Sid": "ReadProfiles",
            "Effect": "Allow",
            "Action": "iam:GetInstanceProfile",
            "Resource": f"arn:aws:iam::{names.account}:instance-profile/*",
        },
        {
            "Sid": "FindImages",
            "Effect": "Allow",
            "Action": "ssm:GetParameter",
            "Resource": f"arn:aws:ssm:{names.region}::parameter/aws/service/bottlerocket/*",
        },
        {
            "Sid": "FindTheCluster",
            "Effect": "Allow",
            "Action": "eks:DescribeCluster",
            "Resource": cluster_arn(names),
        },
        {
            "Sid": "HearOfInterruptions",
            "Effect": "Allow",
            "Action": ["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
            "Resource": names.arn("sqs", names.of_stack(QUEUE)),
        },
    )
