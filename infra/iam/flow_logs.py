"""The role that carries the VPC's flow logs to CloudWatch.

Source: VPC user guide, "IAM role for publishing flow logs to CloudWatch Logs", without the right
to create log groups: ours is made beforehand, encrypted and with a retention.
"""

from catalog.objects import Object
from infra.iam.document import document, trust
from infra.names import Names

PURPOSE = "flow-logs"


def flow_logs_trust(names: Names) -> Object:
    """Only flow logs of this account and region assume the role."""
    return trust("vpc-flow-logs.amazonaws.com", names.account, names.arn("ec2", "vpc-flow-log/*"))


def flow_logs_policy(names: Names) -> Object:
    """Writes streams of the one log group."""
    group = names.arn("logs", f"log-group:{names.of_stack(PURPOSE)}")
    return document(
        {
            "Sid": "FindTheGroup",
            "Effect": "Allow",
            "Action": "logs:DescribeLogGroups",
            # It lists, and IAM scopes it to no group.
            "Resource": "*",
        },
        {
            "Sid": "WriteItsStreams",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            "Resource": [group, f"{group}:*"],
        },
    )
