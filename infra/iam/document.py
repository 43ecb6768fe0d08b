"""The form of every IAM document, and the condition that keeps a service to its own errand."""

from collections.abc import Mapping
from typing import Any, Final

from catalog.objects import Object

VERSION: Final = "2012-10-17"

Statement = Mapping[str, Any]


def document(*statements: Statement) -> Object:
    """A policy of these statements, in this order."""
    return {"Version": VERSION, "Statement": [dict(statement) for statement in statements]}


def on_behalf_of(account: str, source_arn: str) -> Object:
    """Conditions under which an AWS service acts for this account's own resource, and no other's.

    Without them another account could have the service act in its stead (IAM user guide, "The
    confused deputy problem").
    """
    return {
        "StringEquals": {"aws:SourceAccount": account},
        "ArnLike": {"aws:SourceArn": source_arn},
    }


def trust(service: str, account: str, source_arn: str) -> Object:
    """The trust policy of a role that an AWS service assumes for a resource of this account."""
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": on_behalf_of(account, source_arn),
        }
    )
