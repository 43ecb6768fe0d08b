"""What an unquoted YAML word means: one spelling for each value, and text for everything else.

YAML 1.1 and 1.2 disagree on the spellings refused here (https://yaml.org/type/ and section 10.3.2
of the YAML 1.2.2 specification), so that what a reviewer reads may not be what a program gets.
"""

import re
from dataclasses import dataclass

VALUES: dict[str, bool | None] = {"true": True, "false": False, "null": None, "": None}
NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(?P<fraction>\.[0-9]{1,17})?", re.ASCII)
_STARTS_NUMBER = frozenset("0123456789+-.")
_TRUTH = {"yes": "true", "on": "true", "y": "true", "true": "true"}
_FALSITY = {"no": "false", "off": "false", "n": "false", "false": "false"}
_WORDS: dict[str, str] = {
    spelling: meaning
    for word, meaning in {**_TRUTH, **_FALSITY, "null": "null"}.items()
    for spelling in (word, word.capitalize(), word.upper())
    if spelling not in VALUES
} | {"~": "null"}
_TRAPS = re.compile(
    r"""(?P<base>[-+]?0[xob][0-9a-f_]+)
    |(?P<zero>[-+]?0[0-9_]+(\.[0-9_]*)?)
    |(?P<underscore>[-+]?[0-9][0-9]*_[0-9_]*(\.[0-9_]*)?)
    |(?P<clock>[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)
    |(?P<date>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?)
    |(?P<endless>[-+]?\.(inf|nan))
    |(?P<exponent>[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)e[-+]?[0-9]+)
    |(?P<bare>\+[0-9]+\.?[0-9]*|[-+]?\.[0-9]+|[-+]?[0-9]+\.)
    |(?P<long>[-+]?[0-9]+(\.[0-9]+)?)""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
_EXPLAINED = {
    "base": "is a number in another base to some YAML readers and text to others",
    "zero": "begins with 0, and is octal to some YAML readers and decimal to others",
    "underscore": "is a number to some YAML readers and text to others",
    "clock": "is base 60 to some YAML readers and text to others",
    "date": "is a date to some YAML readers and text to others",
    "endless": "is no finite number",
    "exponent": "is a number to some YAML readers and text to others",
    "bare": "is a number to some YAML readers and text to others",
    "long": "has more digits than a number keeps exactly",
}


@dataclass(frozen=True, slots=True)
class Trap:
    """Why an unquoted word is refused, and what to write for the value that is not text."""

    why: str
    instead: str


def meaning(text: str) -> str | int | float | bool | Trap | None:
    """The value of an unquoted scalar."""
    if text in VALUES:
        return VALUES[text]
    if text[0] in _STARTS_NUMBER:
        return _numeric(text)
    word = _WORDS.get(text)
    if word is not None:
        return Trap(f"is {word} to some YAML readers and text to others", f"write {word}")
    return text


def _numeric(text: str) -> str | int | float | Trap:
    match = NUMBER.fullmatch(text)
    if match is not None:
        return int(text) if match["fraction"] is None else float(text)
    trap = _TRAPS.fullmatch(text)
    if trap is None:
        return text
    return Trap(_EXPLAINED[trap.lastgroup or "long"], "write it in plain decimal digits")
