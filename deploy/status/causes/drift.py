"""Why an endpoint that is ready is not what its entry says."""

from collections.abc import Sequence
from typing import Final

from deploy.status.declared import Declared, DeclaredEndpoint
from deploy.status.differences import NOT_SET, Difference
from deploy.status.verdict import Cause, State, Weight

MOST: Final = 3
_NOT_OURS: Final = ", and the entry does not set it"


def drift(
    declared: Declared, endpoint: DeclaredEndpoint, found: Sequence[Difference]
) -> tuple[State, Cause]:
    """Changed by hand where somebody else set a field, else edited since the last up."""
    by_hand = [each for each in found if each.by]
    shown = by_hand or found
    told = "; ".join(
        f"{each.path} is {each.found}"
        + (f", set by {each.by}" if each.by else "")
        + (f", and the entry makes it {each.declared}" if each.declared != NOT_SET else _NOT_OURS)
        for each in shown[:MOST]
    )
    if len(shown) > MOST:
        told += f"; and {len(shown) - MOST} more"
    remedy = f"{declared.command} makes it as declared"
    if by_hand:
        remedy = f"{declared.repair} takes it back; to keep it, write it in {endpoint.file}"
    return State.CHANGED if by_hand else State.OUTDATED, Cause(
        code="changed" if by_hand else "outdated",
        what=told,
        remedy=remedy,
        seen="metadata.managedFields" if by_hand else "spec",
        weight=Weight.LASTING,
    )
