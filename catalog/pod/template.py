"""The few Go template actions that our runtimes and presets use.

KServe runs whole Go templates over a container's JSON; an action that is not one of these is
refused, never left in the text, so that what is checked is what the cluster will run.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, cast

from catalog.objects import Object

LONGEST_NAME = 63
_HASH_LENGTH = 32
_HEAD = LONGEST_NAME - _HASH_LENGTH

_ACTION = re.compile(r"\{\{(?P<body>.*?)\}\}", re.DOTALL)
_FIELD = re.compile(r"(\.[A-Za-z_][A-Za-z0-9_]*)+")
_CHILD = re.compile(r"ChildName (?P<parent>[.A-Za-z0-9_]+) [`\"](?P<suffix>[-a-z0-9]+)[`\"]")


def expand(value: Any, scope: Mapping[str, Any]) -> Any:
    """`value` with every action replaced. Scope names are Go's: `Name`, `Labels`, `ObjectMeta`."""
    if isinstance(value, str):
        if "{{" not in value:
            return value
        return _ACTION.sub(lambda match: _evaluate(match["body"].strip(), scope), value)
    if isinstance(value, list):
        return [expand(item, scope) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: expand(item, scope) for key, item in cast("Object", value).items()}
    return value


def metadata_scope(metadata: Object) -> Mapping[str, Any]:
    """An object's metadata as a template sees it (`isvcutils.ReplacePlaceholders`)."""
    return {
        "Name": metadata["name"],
        "Namespace": metadata.get("namespace", ""),
        "Labels": metadata.get("labels", {}),
        "Annotations": metadata.get("annotations", {}),
    }


def child_name(parent: str, suffix: str) -> str:
    """`parent` + `suffix`, hashed in the middle where it would pass 63 characters.

    knative.dev/pkg `kmeta/names.go` (`ChildName`), for suffixes of up to 30 characters, which all
    of upstream's are.
    """
    if len(suffix) >= _HEAD:
        raise ValueError(f"suffix {suffix!r} is longer than {_HEAD - 1} characters")
    if len(parent) + len(suffix) <= LONGEST_NAME:
        return parent + suffix
    digest = hashlib.md5(parent.encode(), usedforsecurity=False).hexdigest()
    return parent[: _HEAD - len(suffix)] + digest + suffix


def _evaluate(body: str, scope: Mapping[str, Any]) -> str:
    if child := _CHILD.fullmatch(body):
        return child_name(_evaluate(child["parent"], scope), child["suffix"])
    if _FIELD.fullmatch(body) is None:
        raise ValueError(f"template action {{{{{body}}}}} is not one that is evaluated here")
    value: Any = scope
    for name in body[1:].split("."):
        holder = cast("Object", value) if isinstance(value, dict) else {}
        value = holder.get(name)
    return "<no value>" if value is None else str(value)
