"""The role of the EBS CSI driver.

The actions are those of aws-ebs-csi-driver's `docs/example-iam-policy.json` without snapshots,
which nothing here takes. Its own conditions ask for tags that every cluster's driver sets; ours
ask for a tag that only this stack's driver sets, by the add-on's `controller.extraVolumeTags`.
"""

from typing import Final

from catalog.objects import Object
from infra.iam.document import Statement, document
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
    look = {
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
    }
    return document(look, *_make(names), *_use(names))


def _make(names: Names) -> tuple[Statement, ...]:
    volumes = names.arn("ec2", "volume/*")
    asked = {f"aws:RequestTag/{VOLUME_TAG}": names.cluster}
    return (
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
    )


def _use(names: Names) -> tuple[Statement, ...]:
    # Managed node groups and Karpenter both tag their instances so.
    node_tag = f"aws:ResourceTag/kubernetes.io/cluster/{names.cluster}"
    return (
        {
            "Sid": "UseOwnVolumes",
            "Effect": "Allow",
            "Action": [
                "ec2:AttachVolume",
                "ec2:DeleteVolume",
                "ec2:DetachVolume",
                "ec2:ModifyVolume",
            ],
            "Resource": names.arn("ec2", "volume/*"),
            "Condition": {"StringEquals": {f"aws:ResourceTag/{VOLUME_TAG}": names.cluster}},
        },
        {
            "Sid": "AttachToOwnNodes",
            "Effect": "Allow",
            "Action": ["ec2:AttachVolume", "ec2:DetachVolume"],
            "Resource": names.arn("ec2", "instance/*"),
            "Condition": {"StringEquals": {node_tag: "owned"}},
        },
    )
