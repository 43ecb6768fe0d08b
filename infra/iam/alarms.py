"""Who may publish to the topic of alarms."""

from catalog.objects import Object
from infra.iam.document import document, on_behalf_of
from infra.names import Names

PURPOSE = "alarms"


def topic_policy(names: Names) -> Object:
    """CloudWatch, for the stack's own alarms. The budget writes to its readers directly."""
    return document(
        {
            "Sid": "PublishAlarms",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": names.arn("sns", names.of_stack(PURPOSE)),
            "Condition": on_behalf_of(
                names.account, names.arn("cloudwatch", f"alarm:{names.cluster}-*")
            ),
        }
    )
