"""Which fields of an object change, by their paths."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias, cast

Change: TypeAlias = tuple[str, Any, Any]
"""A path as `kubectl explain` writes it, what stood there, and what is to."""

_INSIDE: Final = "__"
"""How the provider's own inputs begin."""


def changed_fields(old: Any, new: Any, path: str = "") -> Iterator[Change]:
    """The smallest parts that differ, in the order of their names; None where there is nothing."""
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _of_maps(cast("Mapping[str, Any]", old), cast("Mapping[str, Any]", new), path)
    elif isinstance(old, list) and isinstance(new, list):
        before, after = cast("list[Any]", old), cast("list[Any]", new)
        if len(before) != len(after):
            yield path, before, after
            return
        for number, pair in enumerate(zip(before, after, strict=True)):
            yield from changed_fields(*pair, f"{path}[{number}]")
    else:
        yield path, old, new


def _of_maps(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[Change]:
    for key in sorted({*old, *new}):
        if not key.startswith(_INSIDE):
            yield from changed_fields(old.get(key), new.get(key), _below(path, key))


def _below(path: str, key: str) -> str:
    name = f"[{key}]" if "." in key or "/" in key else key
    return name if not path else f"{path}{'' if name != key else '.'}{name}"
