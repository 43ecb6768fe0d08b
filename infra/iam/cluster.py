"""The role of the control plane, and the key of what it stores."""

from typing import Final

from catalog.objects import Object
from infra.iam.document import trust
from infra.iam.key import key_policy
from infra.iam.pod_identity import cluster_arn
from infra.names import Names

PURPOSE: Final = "cluster"
MANAGED_POLICIES: Final = ("arn:aws:iam::aws:policy/AmazonEKSClusterPolicy",)
"""What EKS asks of a cluster without Auto Mode (EKS user guide, "Amazon EKS cluster IAM role")."""


def cluster_trust(names: Names) -> Object:
    """EKS, for this cluster alone (EKS user guide, "Cross-service confused deputy prevention")."""
    return trust("eks.amazonaws.com", names.account, cluster_arn(names))


def secrets_key_policy(names: Names) -> Object:
    """The key of Kubernetes secrets: for the control plane, and for nobody by another service.

    EKS takes a grant from whoever creates the cluster (EKS user guide, "Encrypt Kubernetes secrets
    with KMS"), whom the first statement lets in by IAM.
    """
    return key_policy(
        names,
        {
            "Sid": "ControlPlane",
            "Effect": "Allow",
            "Principal": {"AWS": names.role_arn(PURPOSE)},
            "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"],
            "Resource": "*",
        },
    )
