"""Units as people write them, and the amount that they mean."""

import re
from typing import Any

_AMOUNT = re.compile(r"([0-9]+)([A-Za-z]*)", re.ASCII)
_TIME_UNITS = {
    "": "s", "s": "s", "sec": "s", "secs": "s", "second": "s", "seconds": "s", "ms": "ms",
    "msec": "ms", "m": "m", "min": "m", "mins": "m", "minute": "m", "minutes": "m",
    "h": "h", "hour": "h", "hours": "h",
}  # fmt: skip
_MEMORY_UNITS = {
    "": "Gi", "k": "Ki", "kb": "Ki", "kib": "Ki", "ki": "Ki", "m": "Mi", "mb": "Mi", "mib": "Mi",
    "mi": "Mi", "g": "Gi", "gb": "Gi", "gib": "Gi", "gi": "Gi", "t": "Ti", "tb": "Ti", "ti": "Ti",
}  # fmt: skip


MANY_GIB = 64
"""A bare number from here on is meant in Mi: few replicas have so many Gi."""


def nearest_amount(value: Any, *, of_time: bool) -> str | None:
    """The nearest right spelling of a duration or of an amount of memory, where there is one."""
    match = _AMOUNT.fullmatch(str(value).replace(" ", ""))
    by_unit = _TIME_UNITS if of_time else _MEMORY_UNITS
    if match is None or match[2].casefold() not in by_unit:
        return None
    unit = by_unit[match[2].casefold()]
    if not match[2] and unit == "Gi" and int(match[1]) >= MANY_GIB:
        unit = "Mi"
    return f"{match[1]}{unit}"
