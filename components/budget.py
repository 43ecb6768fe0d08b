"""The AWS budget of the account."""

from dataclasses import dataclass
from typing import Final, Literal

import pulumi
import pulumi_aws as aws

TYPE: Final = "slipway:aws:Budget"

# Percent of the month's limit: spent, and foreseen.
_SPENT: Final = 80
_FORESEEN: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetArgs:
    """Dollars a month, and who is told; a budget takes ten addresses at most."""

    budget: str
    monthly_usd: int
    emails: tuple[str, ...]


class Budget(pulumi.ComponentResource):
    """A monthly limit that warns before it is passed, and forbids nothing.

    It writes to its readers itself: no topic, no key and no confirmation stand between.
    """

    def __init__(
        self, name: str, args: BudgetArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        aws.budgets.Budget(
            f"{name}-month",
            name=args.budget,
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=str(args.monthly_usd),
            limit_unit="USD",
            notifications=[
                _notification("ACTUAL", _SPENT, args.emails),
                _notification("FORECASTED", _FORESEEN, args.emails),
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


def _notification(
    kind: Literal["ACTUAL", "FORECASTED"], percent: int, emails: tuple[str, ...]
) -> aws.budgets.BudgetNotificationArgsDict:
    return {
        "notification_type": kind,
        "comparison_operator": "GREATER_THAN",
        "threshold": percent,
        "threshold_type": "PERCENTAGE",
        "subscriber_email_addresses": sorted(emails),
    }
