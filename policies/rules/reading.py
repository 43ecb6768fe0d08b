"""How rules read what they judge: total on any JSON, and silent on what is not known yet.

A property that is missing or of a wrong type reads as empty. A value that the engine will know
only later stands as `UNKNOWN`; a rule that reads it ends with `NotKnownYet`, and the judge then
says nothing more.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

Json: TypeAlias = Any
"""What `json.loads` returns, or `UNKNOWN` anywhere in it."""

Fields: TypeAlias = Mapping[str, Any]

NOTHING: Final[Fields] = {}


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
"""A value that a preview does not know."""


class NotKnownYet(Exception):  # noqa: N818 - no error: the rule has nothing to say yet.
    """A rule came to a value that is not known."""


def at(value: Json, *path: str) -> Json:
    """The value below these keys, None where there is none."""
    for key in path:
        if not isinstance(value, dict):
            if value is UNKNOWN:
                raise NotKnownYet
            return None
        # Without a cast, whose call would be a tenth of what judging costs.
        value = value.get(key)  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if value is UNKNOWN:
        raise NotKnownYet
    return value  # pyright: ignore[reportUnknownVariableType] - as above.


def fields(value: Json, *path: str) -> Fields:
    """The object below these keys."""
    found = at(value, *path)
    return cast("dict[str, Json]", found) if isinstance(found, dict) else NOTHING


def items(value: Json, *path: str) -> Sequence[Json]:
    """The elements of the list below these keys."""
    found = at(value, *path)
    return cast("list[Json]", found) if isinstance(found, list) else ()


def objects(value: Json, *path: str) -> list[Fields]:
    """The objects in the list below these keys."""
    found: list[Fields] = []
    for item in items(value, *path):
        if isinstance(item, dict):
            found.append(item)  # pyright: ignore[reportUnknownArgumentType] - as above.
        elif item is UNKNOWN:
            raise NotKnownYet
    return found


def text(value: Json, *path: str) -> str:
    """The text below these keys."""
    # `at` once more, since its call would be another tenth: half of all reading is of texts.
    for key in path:
        if not isinstance(value, dict):
            if value is UNKNOWN:
                raise NotKnownYet
            return ""
        value = value.get(key)  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if value is UNKNOWN:
        raise NotKnownYet
    return value if isinstance(value, str) else ""


def texts(value: Json, *path: str) -> list[str]:
    """The texts in the list below these keys; a lone text is a list of one, as in IAM documents."""
    found = at(value, *path)
    if isinstance(found, str):
        return [found]
    listed = cast("list[Json]", found) if isinstance(found, list) else []
    if any(item is UNKNOWN for item in listed):
        raise NotKnownYet
    return [item for item in listed if isinstance(item, str)]


def whole(value: Json, *path: str) -> int | None:
    """The whole number below these keys."""
    found = at(value, *path)
    if isinstance(found, float) and found.is_integer():
        return int(found)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def true(value: Json, *path: str) -> bool:
    """Whether the value below these keys is true, as JSON or as Pulumi's text for it."""
    found = at(value, *path)
    return found is True or found == "true"


def document(value: Json, *path: str) -> Fields:
    """The JSON document that stands as a text, or as an object, below these keys."""
    found = at(value, *path)
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except (ValueError, RecursionError):
            return NOTHING
    return cast("dict[str, Json]", found) if isinstance(found, dict) else NOTHING


def statements(value: Json, *path: str) -> list[Fields]:
    """The statements of an IAM document; a lone one is a list of one."""
    found = at(document(value, *path), "Statement")
    return [cast("dict[str, Json]", found)] if isinstance(found, dict) else objects(found)
