"""A KMS key under a name of its own."""

import json
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from catalog.objects import Object

TYPE: Final = "slipway:aws:Key"

# The longest that KMS waits, and its default (KMS API reference, ScheduleKeyDeletion): a key that
# is gone takes with it all that it encrypts.
_WAIT_DAYS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyArgs:
    """`alias` is without `alias/`; `protect` keeps the key when the stack goes."""

    alias: str
    description: str
    policy: Object
    protect: bool = False


class Key(pulumi.ComponentResource):
    """One symmetric key, renewed every year by KMS, and its alias."""

    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: KeyArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(
            parent=self, protect=args.protect, retain_on_delete=args.protect
        )
        key = aws.kms.Key(
            f"{name}-key",
            description=args.description,
            policy=json.dumps(args.policy, sort_keys=True),
            is_enabled=True,
            enable_key_rotation=True,
            deletion_window_in_days=_WAIT_DAYS,
            opts=child,
        )
        aws.kms.Alias(f"{name}-alias", name=f"alias/{args.alias}", target_key_id=key.id, opts=child)
        self.arn = key.arn
        self.register_outputs({"arn": self.arn})
