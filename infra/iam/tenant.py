"""The one role of all tenants' pods: each reads its own namespace's artifacts, by session tag."""

from typing import Final

from catalog.objects import Object
from infra.iam.document import document
from infra.iam.pod_identity import NAMESPACE_TAG, pod_identity_trust
from infra.names import Names

PURPOSE: Final = "tenant"
SERVICE_ACCOUNT: Final = "models"


def tenant_trust(names: Names) -> Object:
    """The pods' ServiceAccount `models`, in whatever namespace has an association."""
    return pod_identity_trust(names, SERVICE_ACCOUNT)


def tenant_policy(names: Names, key_alias: str) -> Object:
    """Reads what stands below the namespace's own prefix, and lists no other.

    `key_alias` (`alias/…`) is the key of the artifact bucket. S3 gives the bucket's ARN as the
    encryption context where bucket keys are on (S3 user guide, "Reducing the cost of SSE-KMS").
    """
    bucket = names.bucket_arn()
    return document(
        {
            "Sid": "ReadOwnArtifacts",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": f"{bucket}/{NAMESPACE_TAG}/*",
        },
        {
            "Sid": "ListOwnArtifacts",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": bucket,
            "Condition": {"StringLike": {"s3:prefix": f"{NAMESPACE_TAG}/*"}},
        },
        {
            "Sid": "DecryptArtifacts",
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": names.arn("kms", "key/*"),
            "Condition": {
                "StringEquals": {
                    "kms:ViaService": f"s3.{names.region}.amazonaws.com",
                    "kms:EncryptionContext:aws:s3:arn": bucket,
                },
                "ForAnyValue:StringEquals": {"kms:ResourceAliases": key_alias},
            },
        },
    )
