"""What a node's role must be allowed in order to pull through the image cache."""

from catalog.objects import Object
from infra.names import Names


def pull_through_statement(names: Names) -> Object:
    """The first pull from a repository creates it, in the puller's name.

    Source: ECR user guide, "IAM permissions required to sync an upstream registry". Pulling, and
    the import of an image that is not there yet, are in AmazonEC2ContainerRegistryPullOnly.
    """
    return {
        "Sid": "CreateCachedRepositories",
        "Effect": "Allow",
        "Action": "ecr:CreateRepository",
        "Resource": names.arn("ecr", f"repository/{names.cluster}/*"),
    }
