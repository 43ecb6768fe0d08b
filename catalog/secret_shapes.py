"""Values that look like secrets. A false alarm costs a reference, a miss costs a rotation."""

import re
from itertools import pairwise

_KNOWN: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (what, re.compile(pattern, re.ASCII))
    for what, pattern in (
        ("an AWS access key", r"(?<![A-Z0-9])(AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])"),
        ("a Hugging Face token", r"\bhf_[A-Za-z0-9]{20,}\b"),
        ("a GitHub token", r"\b(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})\b"),
        ("a GitLab token", r"\bglpat-[A-Za-z0-9_-]{20,}\b"),
        ("a Slack token", r"\bxox[abprs]-[A-Za-z0-9-]{10,}\b"),
        ("a Slack webhook", r"\bhooks\.slack\.com/(services|workflows)/\w"),
        ("an API key", r"\bsk-(?=[\w-]*[0-9])(?=[\w-]*[A-Z])[\w-]{20,}"),
        ("a Google API key", r"\bAIza[A-Za-z0-9_-]{35}\b"),
        ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
        ("a JSON Web Token", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
        ("an address with a password", r"\b[a-z][a-z0-9+.-]*://[^/\s:@]*:(?!\$[({])[^/\s@]+@"),
    )
)
_TELLING = re.compile(
    r"(^|_)(password|passwd|passphrase|pass(?=_?[0-9]*$)|pwd|secret|token|credentials?|"
    r"(api|access|private|signing|encryption|master)_?key)(_|[0-9]*$)",
    re.ASCII,
)
_ABOUT = re.compile(
    r"_(name|path|file|dir|id|arn|url|uri|host|endpoint|type|class|format|header|field|claim|prefix|"
    r"suffix|limit|count|size|length|ttl|seconds|timeout|enabled|region|version|algorithm|issuer|"
    r"provider|backend|store|manager)$",
    re.ASCII,
)
"""Endings of names that say something about a secret: where it is, how long it lives."""
_HARMLESS = re.compile(
    r"-?[0-9.]+|true|false|yes|no|on|off|none|null|auto|\.{0,2}/.*|https?://.*|arn:.*|\$[({].*|[<\[].*[>\]]",
    re.IGNORECASE | re.ASCII,
)
"""Numbers, switches, paths, addresses, references, and marks such as `<pad>`."""
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])", re.ASCII)
_OPAQUE = re.compile(r"[A-Za-z0-9+/=_-]{20,}", re.ASCII)
_LEAST_TURNS = 0.4
"""The share of neighbours of different kinds: 0.6 in random text, below 0.3 in `CamelCaseWords`."""


def known_secret(text: str) -> str | None:
    """What kind of secret stands in a text, by the forms that its issuers give it."""
    return next((what for what, pattern in _KNOWN if pattern.search(text)), None)


def secret_shape(name: str, value: str) -> str | None:
    """What kind of secret a variable seems to hold, or None.

    A name that says so (`DB_PASSWORD`) is enough, unless its value is a number, a path or a switch;
    an opaque value in which small letters, capitals and digits take turns is, whatever its name.
    """
    known = known_secret(value)
    if known is not None:
        return known
    value = value.removeprefix("Bearer ")
    lower = _HUMP.sub("_", name).lower()
    telling = _TELLING.search(lower) and not _ABOUT.search(lower)
    if telling and value.strip() and not _HARMLESS.fullmatch(value.strip()):
        return "a secret, to judge by its name"
    if _OPAQUE.fullmatch(value) and _random(value):
        return "a random secret"
    return None


def _random(text: str) -> bool:
    """Whether a text is none that a person would write."""
    kinds = [(c.isdigit() + 2 * c.isupper(), c.isalnum()) for c in text]
    pairs = [(a, b) for (a, one), (b, other) in pairwise(kinds) if one and other]
    turns = sum(a != b for a, b in pairs)
    small_capital_and_digit = len({kind for kind, counts in kinds if counts}) == 3
    return small_capital_and_digit and turns >= _LEAST_TURNS * len(pairs)
