"""Durations as entries write them: `500ms`, `30s`, `5m`, `2h`."""

import re

_FORM = re.compile(r"(0|[1-9][0-9]{0,8})(ms|s|m|h)", re.ASCII)
_MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}


def parse_duration(text: str) -> int:
    """Milliseconds. Raises ValueError unless `text` is one whole number and one unit."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration such as 500ms, 30s, 5m or 2h")
    return int(match[1]) * _MILLISECONDS[match[2]]


def format_duration(milliseconds: int) -> str:
    """The shortest exact form: 90000 is `90s`, 120000 is `2m`."""
    for unit in ("h", "m", "s"):
        size = _MILLISECONDS[unit]
        if milliseconds and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms" if milliseconds else "0s"


def gateway_duration(milliseconds: int) -> str:
    """The Gateway API's form (GEP-2257) that Go prints back unchanged: whole seconds or ms."""
    if milliseconds % 1_000 == 0:
        return f"{milliseconds // 1_000}s"
    return f"{milliseconds}ms"
