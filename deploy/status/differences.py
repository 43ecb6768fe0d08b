"""What of an object is not as it is declared, and who made it so.

Server-side apply keeps for each field who set it (`metadata.managedFields`), so a field that
somebody changed by hand can be told from one that has not been applied yet.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from catalog.objects import Object
from deploy.status.fields import field, moment, rows, table, text

OURS: Final = "pulumi"
"""How the engine's field managers begin: `pulumi-kubernetes-<random>` where it applies on the
server's side, `pulumi-resource-kubernetes` where it updates (pulumi-kubernetes 4)."""
NOT_SET: Final = "not set"
LONGEST: Final = 60

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A field as declared and as found, both as short text, and who set it where that is known."""

    path: str
    declared: str
    found: str
    by: str = ""


def differences(declared: Object, found: Object) -> tuple[Difference, ...]:
    """Fields that we set and that hold something else.

    And fields of the spec that we do not set: others did, or we did once.
    """
    owners = _owners(found)
    result: dict[Path, Difference] = {}
    for part in (("spec",), ("metadata", "labels"), ("metadata", "annotations")):
        want, has = field(declared, *part), field(found, *part)
        for path, left, right in _unequal(want, has, part):
            result[path] = Difference(
                path=_dotted(path), declared=_short(left), found=_short(right),
                by=_owner(path, owners),
            )  # fmt: skip
    for path, by in (_applied(found) | owners).items():
        if path[0] == "spec" and _value(declared, path) is None and path not in result:
            value = _value(found, path)
            if value is not None:
                result[path] = Difference(
                    path=_dotted(path), declared=NOT_SET, found=_short(value), by=by
                )
    return tuple(result[path] for path in sorted(result))


def _unequal(want: object, has: object, path: Path) -> Iterator[tuple[Path, object, object]]:
    """Where something differs. What is only in `has` is a default or somebody's addition."""
    if isinstance(want, Mapping) and (isinstance(has, Mapping) or not want):
        inside: object = cast("object", has)
        for key, value in cast("Mapping[str, object]", want).items():
            yield from _unequal(value, field(inside, key), (*path, str(key)))
    elif isinstance(want, list) and isinstance(has, list):
        left, right = cast("list[object]", want), cast("list[object]", has)
        if len(left) != len(right):
            yield path, left, right
            return
        for at, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from _unequal(one, other, (*path, f"[{_named(one, at)}]"))
    elif want != has and not (want in ("", [], None) and has is None):
        yield path, want, has


def _named(item: object, at: int) -> str:
    """What tells an item of a list: its name where it has one."""
    return text(item, "name") or str(at)


def last_written(obj: Object) -> datetime | None:
    """When anything of the spec was last set; None where that is not known."""
    times = [
        moment(entry, "time")
        for entry in rows(obj, "metadata", "managedFields")
        if not text(entry, "subresource") and "f:spec" in table(entry, "fieldsV1")
    ]
    known = [each for each in times if each is not None]
    return max(known, default=None) or moment(obj, "metadata", "creationTimestamp")


def _owners(obj: Object) -> dict[Path, str]:
    """By path who set a field of the spec, where that is not us."""
    return {path: by for path, by, _ in _set(obj) if not by.startswith(OURS)}


def _applied(obj: Object) -> dict[Path, str]:
    """By path nobody: what we applied. What a webhook adds to that is ours too, as an update."""
    return {path: "" for path, by, how in _set(obj) if by.startswith(OURS) and how == "Apply"}


def _set(obj: Object) -> Iterator[tuple[Path, str, str]]:
    """Each field that is set, with by whom and by which operation."""
    for entry in rows(obj, "metadata", "managedFields"):
        manager = text(entry, "manager")
        if manager and not text(entry, "subresource"):
            for path in _leaves(table(entry, "fieldsV1"), ()):
                yield path, manager, text(entry, "operation")


def _leaves(fields: Mapping[str, object], path: Path) -> Iterator[Path]:
    """The paths of a FieldsV1 set. An item of a list by key ends its path: that is near enough."""
    for key, inside in fields.items():
        if not key.startswith("f:"):
            continue
        here = (*path, key.removeprefix("f:"))
        below = table(inside)
        deeper = [each for each in below if each.startswith("f:")]
        if deeper:
            yield from _leaves(below, here)
        else:
            yield here


def _owner(path: Path, owners: Mapping[Path, str]) -> str:
    """Who set a field, or the whole that it is part of, or any part of it."""
    for owned, by in owners.items():
        shorter = min(len(owned), len(path))
        if owned[:shorter] == path[:shorter]:
            return by
    return ""


def _value(obj: Object, path: Path) -> object:
    return field(obj, *path)


def _dotted(path: Path) -> str:
    return ".".join(path).replace(".[", "[")


def _short(value: object) -> str:
    if value is None:
        return NOT_SET
    told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return told if len(told) <= LONGEST else told[: LONGEST - 1] + "…"
