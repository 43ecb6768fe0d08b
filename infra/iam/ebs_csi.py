"""The role of the EBS CSI driver.

The actions are those of aws-ebs-csi-driver's `docs/example-iam-policy.json` without snapshots,
which nothing here takes. Its own conditions ask for tags that every cluster's driver sets; ours
ask for a tag that only this stack's driver sets, by the add-on's `controller.extraVolumeTags`.
"""

from typing import Final

from catalog.objects import Object
from infra.iam.document import document
from infra.iam.pod_identity import pod_identity_trust
from infra.names import Names

PURPOSE: Final = "ebs-csi"
SERVICE_ACCOUNT: Final = "ebs-csi-controller-sa"
VOLUME_TAG: Final = "slipway.dev/cluster"


def ebs_csi_trust(names: Names) -> Object:
    """The driver's controller."""
    return pod_identity_trust(names, SERVICE_ACCOUNT, "kube-system")


def ebs_csi_policy(names: Names) -> Object:
    """Makes, attaches and deletes the cluster's own volumes."""
    volumes = names.arn("ec2", "volume/*")
    own = {"StringEquals": {f"aws:ResourceTag/{VOLUME_TAG}": names.cluster}}
    asked = {f"aws:RequestTag/{VOLUME_TAG}": names.cluster}
    return document(
        {
            "Sid": "Look",
            "Effect": "Allow",
            "Action": [
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeInstances",
                "ec2:DescribeTags",
                "ec2:DescribeVolumeStatus",
                "ec2:DescribeVolumes",
                "ec2:DescribeVolumesModifications",
            ],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": names.region}},
        },
        {
            "Sid": "CreateVolumes",
            "Effect": "Allow",
            "Action": "ec2:CreateVolume",
            "Resource": volumes,
            "Condition": {"StringEquals": asked},
        },
        {
            "Sid": "TagNewVolumes",
            "Effect": "Allow",
            "Action": "ec2:CreateTags",
            "Resource": volumes,
            "Condition": {"StringEquals": {**asked, "ec2:CreateAction": "CreateVolume"}},
        },
        {
            "Sid": "UseOwnVolumes",
            "Effect": "Allow",
            "Action": [
                "ec2:AttachVolume",
                "ec2:DeleteVolume",
                "ec2:DetachVolume",
                "ec2:ModifyVolume",
            ],
            "Resource": volumes,
            "Condition": own,
        },
        {
            "Sid": "AttachToOwnNodes",
            "Effect": "Allow",
            "Action": ["ec2:AttachVolume", "ec2:DetachVolume"],
            "Resource": names.arn("ec2", "instance/*"),
            # Managed node groups and Karpenter both tag their instances so.
            "Condition": {
                "StringEquals": {f"aws:ResourceTag/kubernetes.io/cluster/{names.cluster}": "owned"}
            },
        },
    )
