"""Fields of objects as a cluster sends them, whatever they hold: nothing here raises.

A status is written by many controllers in many versions. What is not there, or is of another type
than expected, reads as empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from catalog.objects import Object

TRUE: Final = "True"
FALSE: Final = "False"
UNKNOWN: Final = "Unknown"


def field(value: object, *path: str) -> object:
    """What stands at a path of keys; None where there is nothing."""
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = cast("Mapping[str, object]", value).get(key)
    return value


def text(value: object, *path: str) -> str:
    """A string, else ""."""
    found = field(value, *path)
    return found if isinstance(found, str) else ""


def number(value: object, *path: str) -> int | None:
    """A whole number; None where there is none."""
    found = field(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def table(value: object, *path: str) -> Object:
    """A map with text for keys, else an empty one."""
    found = field(value, *path)
    if not isinstance(found, Mapping):
        return {}
    rows = cast("Mapping[Any, Any]", found).items()
    return {key: each for key, each in rows if isinstance(key, str)}


def listed(value: object, *path: str) -> tuple[object, ...]:
    """The items of a list, else none."""
    found = field(value, *path)
    return tuple(cast("list[object]", found)) if isinstance(found, list) else ()


def rows(value: object, *path: str) -> tuple[Object, ...]:
    """The maps of a list that hold anything; whatever else is in it is passed over."""
    found = (table(each) for each in listed(value, *path))
    return tuple(each for each in found if each)


def texts(value: object, *path: str) -> tuple[str, ...]:
    """The strings of a list."""
    return tuple(each for each in listed(value, *path) if isinstance(each, str))


def moment(value: object, *path: str) -> datetime | None:
    """A time as the API writes it, RFC 3339 with a zone; None where there is none."""
    try:
        found = datetime.fromisoformat(text(value, *path))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def name_of(obj: object) -> str:
    """`metadata.name`."""
    return text(obj, "metadata", "name")


def namespace_of(obj: object) -> str:
    """`metadata.namespace`."""
    return text(obj, "metadata", "namespace")


def label(obj: object, key: str) -> str:
    """A label of an object, else ""."""
    return text(obj, "metadata", "labels", key)


def is_leaving(obj: object) -> bool:
    """Whether somebody has asked for an object's deletion."""
    return bool(text(obj, "metadata", "deletionTimestamp"))


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as Kubernetes and Knative write it."""

    type: str
    status: str
    reason: str
    message: str
    since: datetime | None
    is_info: bool = False
    """Whether Ready does not depend on it (Knative's `severity`)."""

    @property
    def said(self) -> str:
        """`PredictorReady is False: RevisionFailed`, in the cluster's own words."""
        return f"{self.type} is {self.status}" + (f": {self.reason}" if self.reason else "")


def conditions(value: object, *path: str) -> tuple[Condition, ...]:
    """The conditions of an object, at `status.conditions` unless a path is given."""
    return tuple(
        Condition(
            text(row, "type"),
            text(row, "status"),
            text(row, "reason"),
            text(row, "message"),
            moment(row, "lastTransitionTime"),
            text(row, "severity") == "Info",
        )
        for row in rows(value, *(path or ("status", "conditions")))
        if text(row, "type")
    )


def condition(value: object, name: str, *path: str) -> Condition | None:
    """One condition by its type."""
    return next((each for each in conditions(value, *path) if each.type == name), None)


def one_line(message: str) -> str:
    """A message that may have many, with single spaces."""
    return " ".join(message.split())
