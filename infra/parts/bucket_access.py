"""What a ServiceAccount may do with one of the stack's buckets, statement by statement."""

from collections.abc import Mapping
from typing import Any, Final

from infra.parts.part import Context

KEY: Final = "data"
"""What the key of all buckets is for; its alias is of the stack."""


def read_bucket(context: Context, purpose: str | None = None) -> tuple[Mapping[str, Any], ...]:
    """Reads and lists a bucket; the artifacts' without a purpose."""
    return _access(context, purpose, ("s3:GetObject",), ("kms:Decrypt",))


def write_bucket(context: Context, purpose: str) -> tuple[Mapping[str, Any], ...]:
    """Reads, lists, writes and deletes in a bucket, in parts too where objects are large.

    Uploads in parts need the key's `Decrypt` and `GenerateDataKey` both (S3 user guide,
    "Uploading and copying objects using multipart upload", permissions).
    """
    objects = (
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:ListMultipartUploadParts",
        "s3:PutObject",
    )
    return _access(context, purpose, objects, ("kms:Decrypt", "kms:GenerateDataKey"))


def _access(
    context: Context, purpose: str | None, objects: tuple[str, ...], key: tuple[str, ...]
) -> tuple[Mapping[str, Any], ...]:
    """The objects, the list of them, and the key by way of S3 alone.

    S3 gives the bucket's ARN as encryption context where bucket keys are on (S3 user guide,
    "Reducing the cost of SSE-KMS").
    """
    names = context.names
    bucket = names.bucket_arn(purpose)
    return (
        {
            "Sid": "Objects",
            "Effect": "Allow",
            "Action": list(objects),
            "Resource": [f"{bucket}/*"],
        },
        {"Sid": "List", "Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [bucket]},
        {
            "Sid": "Key",
            "Effect": "Allow",
            "Action": list(key),
            "Resource": [names.arn("kms", "key/*")],
            "Condition": {
                "StringEquals": {
                    "kms:ViaService": f"s3.{names.region}.amazonaws.com",
                    "kms:EncryptionContext:aws:s3:arn": bucket,
                },
                "ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{names.of_stack(KEY)}"},
            },
        },
    )
