"""What must hold of a file's bytes before they are YAML: nothing that a reviewer cannot see."""

import re
import unicodedata

from catalog.errors import Place, Problem

LARGEST_FILE = 256 * 1024
"""Bytes. The largest honest entry file, of 200 deployments, is a fifth of it."""

MOST_LINES_NAMED = 20
"""A binary file would otherwise fill the screen."""

HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xa0\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891"
    "\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800"
    "\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff\ud800-\udfff]"
)
"""Control, format and zero-width characters, and spaces that look like the plain one.

From the Unicode categories Cc, Cf, Cs, Zl, Zp and Zs and the property Default_Ignorable_Code_Point;
the ideographic space and the emoji presentation selector are seen, and stay.
"""

_LONE_RETURN = re.compile(r"\r(?!\n)")


def decode(raw: bytes, file: str) -> tuple[str | None, list[Problem]]:
    """The text of a file, and what is wrong with it. None where reading on would mislead.

    Lines may end in CRLF, as some editors leave them; a lone CR is refused, because viewers differ
    on whether it ends a line.
    """
    if len(raw) > LARGEST_FILE:
        return None, [too_large(file, len(raw))]
    problems: list[Problem] = []
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None, [_not_utf8(Place(file, 1, 1), "the file is UTF-16")]
    if raw.startswith(b"\xef\xbb\xbf"):
        raw = raw[3:]
        problems.append(
            Problem(
                Place(file, 1, 1), "SLW103", "", "the file begins with a byte order mark",
                "save it as UTF-8 without BOM",
            )
        )  # fmt: skip
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return None, [*problems, _bad_byte(raw, error.start, file)]
    unseen = [*_hidden(text, file), *_tabs(text, file)]
    if unseen:
        return None, [*problems, *unseen]
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    return text, problems


def too_large(file: str, size: int) -> Problem:
    """A file that is refused by its size alone, and need not be read for it."""
    return Problem(
        Place(file), "SLW107", "",
        f"the file has {size:,} bytes; at most {LARGEST_FILE:,} are read",
        "split the project, or keep data below artifacts/",
    )  # fmt: skip


def name_of(character: str) -> str:
    """`U+202E RIGHT-TO-LEFT OVERRIDE`, for messages."""
    name = unicodedata.name(character, "a control character")
    return f"U+{ord(character):04X} {name}"


def _not_utf8(place: Place, message: str) -> Problem:
    return Problem(place, "SLW102", "", message, "save the file as UTF-8")


def _bad_byte(raw: bytes, offset: int, file: str) -> Problem:
    line = raw.count(b"\n", 0, offset) + 1
    column = len(raw[raw.rfind(b"\n", 0, offset) + 1 : offset].decode("utf-8")) + 1
    return _not_utf8(
        Place(file, line, column), f"byte {offset} is 0x{raw[offset]:02X}, which is not UTF-8"
    )


def _at(text: str, index: int, file: str) -> Place:
    return Place(file, text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))


def _hidden(text: str, file: str) -> list[Problem]:
    """The first unseen character of every line, up to a limit."""
    found: dict[int, Problem] = {}
    for match in (*HIDDEN.finditer(text), *_LONE_RETURN.finditer(text)):
        place = _at(text, match.start(), file)
        if len(found) == MOST_LINES_NAMED:
            break
        found.setdefault(
            place.line,
            Problem(
                place, "SLW104", "",
                f"{name_of(match[0])} looks like nothing or like a plain space",
                "delete the character, or type the line again",
            ),
        )  # fmt: skip
    return sorted(found.values())


def _tabs(text: str, file: str) -> list[Problem]:
    """One problem for all tabs. YAML forbids them in indentation only, and readers differ."""
    first = text.find("\t")
    if first < 0:
        return []
    lines = [n for n, line in enumerate(text.split("\n"), 1) if "\t" in line]
    shown = ", ".join(map(str, lines[1:MOST_LINES_NAMED]))
    return [
        Problem(
            _at(text, first, file), "SLW105", "", "a tab character; YAML is indented with spaces",
            'indent with two spaces; inside double quotes write "\\t"',
            (f"also on line {shown}",) if shown else (),
        )
    ]  # fmt: skip
