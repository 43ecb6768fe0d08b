"""The roles of nodes, of the VPC CNI and of Karpenter's nodes."""

from typing import Final

from catalog.objects import Object
from infra.iam.document import document
from infra.iam.image_cache import pull_through_statement
from infra.iam.pod_identity import pod_identity_trust
from infra.names import Names

SYSTEM_PURPOSE: Final = "system-node"
KARPENTER_PURPOSE: Final = "node"
CNI_PURPOSE: Final = "vpc-cni"

MANAGED_POLICIES: Final = (
    "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
    "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
)
"""What a kubelet needs (EKS user guide, "Amazon EKS node IAM role"). The VPC CNI has a role of its
own, so no pod that reaches the node's credentials can move its addresses; and there is no
AmazonSSMManagedInstanceCore, because nobody logs in to Bottlerocket."""

CNI_MANAGED_POLICIES: Final = ("arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy",)
"""EC2 lets the actions of ENIs be scoped by no tag that the CNI sets before they exist."""


def node_trust() -> Object:
    """EC2, which gives no source to hold it to."""
    return document(
        {
            "Sid": "Instances",
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    )


def node_policy(names: Names) -> Object:
    """Pulls through the stack's image cache."""
    return document(pull_through_statement(names))


def cni_trust(names: Names) -> Object:
    """The DaemonSet `aws-node`."""
    return pod_identity_trust(names, "aws-node", "kube-system")
