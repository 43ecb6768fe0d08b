"""The policies of buckets: encrypted transport for whoever comes, and who else may write."""

from catalog.objects import Object
from infra.iam.document import Statement, document, on_behalf_of
from infra.names import Names

LOGS = "access-logs"
"""The purpose of the bucket that S3 writes access logs to."""


def bucket_policy(bucket_arn: str, *statements: Statement) -> Object:
    """Refuses plain HTTP and TLS below 1.2, then whatever the statements allow.

    Two statements, because a plain request carries no `s3:TlsVersion` to compare (S3 user guide,
    "Security best practices").
    """
    anyone = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
    }
    return document(
        {
            "Sid": "RefusePlainTransport",
            **anyone,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Sid": "RefuseOldTls",
            **anyone,
            "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
        },
        *statements,
    )


def log_bucket_policy(names: Names) -> Object:
    """Lets S3 deliver the access logs of the stack's own buckets.

    By bucket policy, because ACLs are off (S3 user guide, "Enabling Amazon S3 server access
    logging").
    """
    arn = names.bucket_arn(LOGS)
    deliver = {
        "Sid": "DeliverAccessLogs",
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"{arn}/{names.bucket}*",
        "Condition": on_behalf_of(names.account, f"{names.bucket_arn()}*"),
    }
    return bucket_policy(arn, deliver)
