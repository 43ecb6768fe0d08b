"""What somebody changed of what we wrote."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

Key: TypeAlias = Callable[[str], str | None]
"""For the path of a list, the field by which its entries are told apart; None for their order."""


def in_order(_path: str) -> None:
    """Lists are the same when they are as long, and their entries one after the other."""


def differences(ours: Any, theirs: Any, key: Key = in_order, path: str = "") -> Iterator[str]:
    """Every field of ours that is not there as we wrote it; fields of others are passed over.

    A quantity counts as text: 1 and 1000m differ, as they do for the engine. Where entries have a
    key, others may stand between ours.
    """
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        yield from _in_map(ours, theirs, key, path)
    elif isinstance(ours, list) and isinstance(theirs, list):
        yield from _in_list(ours, theirs, key, path)
    elif type(ours) is not type(theirs) or ours != theirs:
        yield f"{path}: {ours!r} has become {theirs!r}"


def _in_map(
    ours: Mapping[str, Any], theirs: Mapping[str, Any], key: Key, path: str
) -> Iterator[str]:
    for name, value in ours.items():
        if name in theirs:
            yield from differences(value, theirs[name], key, f"{path}.{name}")
        else:
            yield f"{path}.{name}: {value!r} is gone"


def _in_list(ours: list[Any], theirs: list[Any], key: Key, path: str) -> Iterator[str]:
    named = key(path)
    if named is not None:
        yield from _in_map(_by(named, ours), _by(named, theirs), key, path)
    elif len(ours) != len(theirs):
        yield f"{path}: {ours!r} has become {theirs!r}"
    else:
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(one, other, key, f"{path}[{index}]")


def _by(named: str, entries: list[Any]) -> dict[str, Any]:
    return {f"[{entry[named]}]": entry for entry in entries}
