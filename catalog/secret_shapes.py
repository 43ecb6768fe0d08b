"""Values that look like secrets. A false alarm costs a reference, a miss costs a rotation."""

import math
import re
from collections import Counter

_KNOWN: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (what, re.compile(pattern, re.ASCII))
    for what, pattern in (
        ("an AWS access key", r"(?<![A-Z0-9])(AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])"),
        ("a Hugging Face token", r"\bhf_[A-Za-z0-9]{20,}\b"),
        ("a GitHub token", r"\b(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})\b"),
        ("a GitLab token", r"\bglpat-[A-Za-z0-9_-]{20,}\b"),
        ("a Slack token", r"\bxox[abprs]-[A-Za-z0-9-]{10,}\b"),
        ("an API key", r"\bsk-[A-Za-z0-9_-]{20,}\b"),
        ("a Google API key", r"\bAIza[A-Za-z0-9_-]{35}\b"),
        ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
        ("a JSON Web Token", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
        ("an address with a password", r"\b[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s@]+@"),
    )
)
_TELLING = re.compile(
    r"(^|_)(password|passwd|pwd|secret|token|api_?key|access_?key|private_?key|credentials?)($|_)",
    re.IGNORECASE | re.ASCII,
)
_OPAQUE = re.compile(r"[A-Za-z0-9+/=_-]{20,}", re.ASCII)
_ENTROPY_BITS = 4.0


def secret_shape(name: str, value: str) -> str | None:
    """What kind of secret a variable seems to hold, or None.

    A name that says so (`DB_PASSWORD`) is enough unless its value is empty, a number or a word
    such as a file name; an opaque value of high entropy is, whatever its name.
    """
    for what, pattern in _KNOWN:
        if pattern.search(value):
            return what
    if _TELLING.search(name) and value and not _harmless(value):
        return "a secret by its name"
    if _OPAQUE.fullmatch(value) and _mixed(value) and _entropy(value) >= _ENTROPY_BITS:
        return "a random secret"
    return None


def _harmless(value: str) -> bool:
    return value.isdigit() or value.lower() in {"true", "false", "none"} or value.startswith("/")


def _mixed(value: str) -> bool:
    kinds = (str.islower, str.isupper, str.isdigit)
    return all(any(kind(character) for character in value) for kind in kinds)


def _entropy(value: str) -> float:
    length = len(value)
    return -sum(n / length * math.log2(n / length) for n in Counter(value).values())
