"""Amounts and money in the words of tables."""

from catalog.money import format_usd
from catalog.summary import Bill

ARROW = "→"
_GI = 2**30


def amount(resource: str, value: int) -> str:
    """`12.5` cores, `48Gi`, `4` GPUs."""
    if resource == "cpu":
        return _rounded(value / 1000)
    if resource == "memory" and value:
        return f"{_rounded(value / _GI)}Gi"
    return f"{value:,}"


def _rounded(value: float) -> str:
    """At most one decimal, and that only where it says something."""
    return f"{value:,.1f}".removesuffix(".0")


def moved(before: str, after: str) -> str:
    """`2 → 4`, or `4` where nothing moved."""
    return after if before == after else f"{before} {ARROW} {after}"


def used_of(resource: str, used: tuple[int, int], allowed: tuple[int | None, int | None]) -> str:
    """`10 → 12.5 of 64`, each a value before and after; without a limit only what is used."""
    text = moved(amount(resource, used[0]), amount(resource, used[1]))
    limits = [amount(resource, limit) for limit in allowed if limit is not None]
    return f"{text} of {moved(limits[0], limits[-1])}" if limits else text


def bill_line(before: Bill, after: Bill) -> str:
    """`GPUs 4 → 6 at most · $1,204 → $1,806 a month at most`."""
    gpus = moved(str(before.gpus_at_most), str(after.gpus_at_most))
    return f"GPUs {gpus} at most · {dollars(before, after)} a month at most"


def dollars(before: Bill, after: Bill) -> str:
    """A month at the most replicas."""
    return moved(format_usd(before.cents_at_most), format_usd(after.cents_at_most))
