"""How inputs differ, and whether that means another thing."""

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2

from tests.cloud.kinds import Kind

_REPLACE = {"ADD": "ADD_REPLACE", "DELETE": "DELETE_REPLACE", "UPDATE": "UPDATE_REPLACE"}


def diff(kind: Kind, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Any:
    """The answer to the engine, place by place."""
    found = provider_pb2.DiffResponse(hasDetailedDiff=True)
    for path, change in _differences(olds, news):
        replaces = any(
            path == each or path.startswith((f"{each}.", f"{each}["))
            for each in kind.replaces.split()
        )
        if replaces:
            found.replaces.append(path)
        found.diffs.append(path.partition(".")[0].partition("[")[0])
        name = _REPLACE[change] if replaces else change
        found.detailedDiff[path].kind = provider_pb2.PropertyDiff.Kind.Value(name)
        found.detailedDiff[path].inputDiff = True
    some = provider_pb2.DiffResponse.DIFF_SOME
    found.changes = some if found.diffs else provider_pb2.DiffResponse.DIFF_NONE
    # There cannot be two of one name (pulumi-terraform-bridge, nameRequiresDeleteBeforeReplace).
    found.deleteBeforeReplace = bool(
        found.replaces and kind.named and olds.get(kind.named) == news.get(kind.named)
    )
    return found


def _differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Where two values differ: paths, each with `ADD`, `DELETE` or `UPDATE`."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            inner = f"{path}.{key}" if path else key
            yield from _differences(old.get(key), new.get(key), inner)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            was, is_ = (each[index] if index < len(each) else None for each in (old, new))
            yield from _differences(was, is_, f"{path}[{index}]")
    elif old != new:
        yield path, "ADD" if old is None else "DELETE" if new is None else "UPDATE"
