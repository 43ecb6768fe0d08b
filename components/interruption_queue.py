"""The queue by which AWS tells Karpenter of nodes that are about to go."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import pulumi
import pulumi_aws as aws

from catalog.objects import Object

TYPE: Final = "slipway:aws:InterruptionQueue"

# karpenter-provider-aws v1.14 getting-started/cloudformation.yaml: source and kind of each event.
_EVENTS: Final = MappingProxyType(
    {
        "capacity-reservation": (
            "aws.ec2",
            "EC2 Capacity Reservation Instance Interruption Warning",
        ),
        "health": ("aws.health", "AWS Health Event"),
        "rebalance": ("aws.ec2", "EC2 Instance Rebalance Recommendation"),
        "spot": ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
        "state-change": ("aws.ec2", "EC2 Instance State-change Notification"),
    }
)
# A warning that is older than this warns of nothing any more.
_SECONDS: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptionQueueArgs:
    """`queue` is its name, `prefix` begins the names of the rules, `policy` says who sends."""

    queue: str
    prefix: str
    policy: Object


class InterruptionQueue(pulumi.ComponentResource):
    """Spot interruptions, health events and the like, minutes before a node is lost.

    Encrypted by SQS's own key: EventBridge could use one of KMS only by a policy of its own, for
    messages that name an instance and nothing else.
    """

    def __init__(
        self, name: str, args: InterruptionQueueArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        queue = aws.sqs.Queue(
            f"{name}-queue",
            name=args.queue,
            message_retention_seconds=_SECONDS,
            sqs_managed_sse_enabled=True,
            opts=child,
        )
        aws.sqs.QueuePolicy(
            f"{name}-policy",
            queue_url=queue.id,
            policy=json.dumps(args.policy, sort_keys=True),
            opts=child,
        )
        for event, (source, kind) in _EVENTS.items():
            self._create_rule(f"{name}-{event}", f"{args.prefix}-{event}", source, kind, queue.arn)
        self.register_outputs({"arn": queue.arn})

    def _create_rule(
        self, name: str, rule_name: str, source: str, kind: str, queue: pulumi.Output[str]
    ) -> None:
        child = pulumi.ResourceOptions(parent=self)
        pattern: Mapping[str, list[str]] = {"detail-type": [kind], "source": [source]}
        rule = aws.cloudwatch.EventRule(
            name,
            name=rule_name,
            description=kind,
            event_pattern=json.dumps(pattern, sort_keys=True),
            opts=child,
        )
        aws.cloudwatch.EventTarget(f"{name}-target", rule=rule.name, arn=queue, opts=child)
