"""The way into the account."""

import pulumi
import pulumi_aws as aws

from catalog.environment import Environment
from infra.names import TAGS_MANAGED_BY


def aws_provider(env: Environment, account: pulumi.Input[str]) -> aws.Provider:
    """A provider of one region that refuses every account but one, and tags all it makes."""
    return aws.Provider(
        "aws",
        region=env.region,
        allowed_account_ids=[account],
        default_tags={
            "tags": {"slipway.dev/managed-by": TAGS_MANAGED_BY, "slipway.dev/stack": env.stack}
        },
    )
