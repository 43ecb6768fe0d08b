"""Money as tables show it."""


def format_usd(cents: int) -> str:
    """Whole dollars, `$1,234` or `-$1,234`; what is less than one but not nothing is `<$1`."""
    sign = "-" if cents < 0 else ""
    if 0 < abs(cents) < 100:
        return f"{sign}<$1"
    return f"{sign}${(abs(cents) + 50) // 100:,}"
