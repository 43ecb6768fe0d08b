"""The policies of KMS keys.

Every key first gives the account the right to delegate: without that statement no IAM policy can
use or repair the key (KMS developer guide, "Default key policy").
"""

from catalog.objects import Object
from infra.iam.document import Statement, document, on_behalf_of
from infra.names import Names


def key_policy(names: Names, *statements: Statement) -> Object:
    """The policy of a key that only this account's IAM policies open, and these statements."""
    return document(
        {
            "Sid": "DelegateToIam",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{names.account}:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
        *statements,
    )


def telemetry_key_policy(names: Names) -> Object:
    """The policy of the key of log groups and of the topic of alarms.

    CloudWatch Logs names the log group in the encryption context (CloudWatch Logs user guide,
    "Encrypt log data using KMS"); CloudWatch's alarms need the key to publish to an encrypted
    topic (SNS developer guide, "Managing encryption keys", compatibility with AWS services).
    """
    groups = (f"{names.cluster}-*", f"/aws/eks/{names.cluster}/*", f"/aws/rds/*/{names.cluster}-*")
    logs = {
        "Sid": "CloudWatchLogs",
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{names.region}.amazonaws.com"},
        "Action": [
            "kms:Decrypt*",
            "kms:Describe*",
            "kms:Encrypt*",
            "kms:GenerateDataKey*",
            "kms:ReEncrypt*",
        ],
        "Resource": "*",
        "Condition": {
            "ArnLike": {
                "kms:EncryptionContext:aws:logs:arn": [
                    names.arn("logs", f"log-group:{group}") for group in groups
                ]
            }
        },
    }
    alarms = {
        "Sid": "CloudWatchAlarms",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": on_behalf_of(
            names.account, names.arn("cloudwatch", f"alarm:{names.cluster}-*")
        ),
    }
    return key_policy(names, logs, alarms)
