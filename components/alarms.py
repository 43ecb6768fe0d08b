"""CloudWatch's alarms and the topic that carries them."""

import json
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from catalog.objects import Object
from components.alarm import Alarm

TYPE: Final = "slipway:aws:Alarms"

_PERIOD_MINUTES: Final = 5
_OPERATORS: Final = {"above": "GreaterThanThreshold", "below": "LessThanThreshold"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmsArgs:
    """`prefix` begins every alarm's name; `emails` are told, once they have confirmed."""

    prefix: str
    topic: str
    policy: Object
    key_arn: pulumi.Input[str]
    emails: tuple[str, ...]
    alarms: tuple[Alarm, ...]


class Alarms(pulumi.ComponentResource):
    """An encrypted topic, its readers, and alarms that say when they begin and when they end.

    A metric that is not reported counts as good: CloudWatch reports sums only where there was
    something to count, and a store that is gone shows in what needs it.
    """

    topic_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        self.topic_arn = self._create_topic(name, args)
        for alarm in args.alarms:
            self._create_alarm(name, args.prefix, alarm)
        self.register_outputs({"topic_arn": self.topic_arn})

    def _create_topic(self, name: str, args: AlarmsArgs) -> pulumi.Output[str]:
        child = pulumi.ResourceOptions(parent=self)
        topic = aws.sns.Topic(
            f"{name}-topic", name=args.topic, kms_master_key_id=args.key_arn, opts=child
        )
        aws.sns.TopicPolicy(
            f"{name}-policy",
            arn=topic.arn,
            policy=json.dumps(args.policy, sort_keys=True),
            opts=child,
        )
        for email in sorted(args.emails):
            aws.sns.TopicSubscription(
                f"{name}-to-{email}",
                topic=topic.arn,
                protocol="email",
                endpoint=email,
                opts=child,
            )
        return topic.arn

    def _create_alarm(self, name: str, prefix: str, alarm: Alarm) -> None:
        aws.cloudwatch.MetricAlarm(
            f"{name}-{alarm.name}",
            name=f"{prefix}-{alarm.name}",
            alarm_description=alarm.remedy,
            namespace=alarm.namespace,
            metric_name=alarm.metric,
            dimensions=alarm.dimensions,
            statistic=alarm.statistic,
            period=_PERIOD_MINUTES * 60,
            evaluation_periods=alarm.minutes // _PERIOD_MINUTES,
            threshold=alarm.threshold,
            comparison_operator=_OPERATORS[alarm.bad],
            treat_missing_data="notBreaching",
            alarm_actions=[self.topic_arn],
            ok_actions=[self.topic_arn],
            opts=pulumi.ResourceOptions(parent=self),
        )
