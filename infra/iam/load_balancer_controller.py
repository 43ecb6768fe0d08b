"""What the AWS Load Balancer Controller does for a TargetGroupBinding, and nothing else.

The balancer, its listeners, target groups and security groups are made by these programs, so the
controller only keeps the targets. Read from aws-load-balancer-controller v3
`pkg/targetgroupbinding/{resource_manager,targets_manager}.go`, `pkg/networking/
networking_manager.go` and `webhooks/elbv2/targetgroupbinding_mutator.go`: without
`spec.networking` it looks at the cluster's security groups and changes none.
"""

from infra.iam.document import Statement
from infra.names import Names


def statements(names: Names) -> tuple[Statement, ...]:
    """Registers pods in the stack's own target groups."""
    return (
        {
            "Sid": "Look",
            "Effect": "Allow",
            "Action": [
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeVpcs",
                "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeTargetHealth",
            ],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": names.region}},
        },
        {
            "Sid": "KeepTargets",
            "Effect": "Allow",
            "Action": [
                "elasticloadbalancing:DeregisterTargets",
                "elasticloadbalancing:RegisterTargets",
            ],
            "Resource": names.arn("elasticloadbalancing", f"targetgroup/{names.cluster}-*/*"),
        },
    )
