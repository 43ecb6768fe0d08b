"""Objects as text: in the order in which they are applied, the same bytes for the same objects.

The YAML is written here because PyYAML takes ten times as long, wraps long lines and gives a list
that two objects share an anchor. What it writes reads back equal; a property test holds it to that.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from catalog.objects import Object, identity

ORDER = (
    "Namespace", "ResourceQuota", "LimitRange",
    "ServiceAccount", "ClusterRole", "Role", "RoleBinding",
    "NetworkPolicy", "PeerAuthentication", "AuthorizationPolicy",
    "ExternalSecret", "ConfigMap", "LocalModelNamespaceCache",
    "InferenceService", "LLMInferenceService", "InferenceGraph",
    "PodDisruptionBudget", "ScaledObject", "VerticalPodAutoscaler",
    "Certificate", "ListenerSet", "ReferenceGrant",
    "Backend", "HTTPRoute", "AIGatewayRoute", "SecurityPolicy", "BackendTrafficPolicy",
    "PodMonitor", "PrometheusRule",
)  # fmt: skip
"""Kinds as they need each other: walls first, then what runs, then the door to it."""

_RANK = {kind: rank for rank, kind in enumerate(ORDER)}

_PLAIN = re.compile(r"[A-Za-z_/.][A-Za-z0-9_/.@+-]*(:[A-Za-z0-9_/.@+-]+)*", re.ASCII)
"""Text that needs no quotes: it is neither a number nor any other YAML syntax, in no version."""

_WORDS = re.compile(
    r"(?:y|yes|n|no|true|false|on|off|null|~|\.|\.\.\.|\.inf|\.nan|---)", re.IGNORECASE
)
_NUMBER_LIKE = re.compile(r"[.+-]*[0-9_.]*(?:e[+-]?[0-9]*)?", re.IGNORECASE)
_BLOCK = re.compile(r"(?![ \n])[\x20-\x7e\n\u00a1-\u024f\u2010-\u2027\u2190-\u22ff]+(?<![ \n])\n?")
"""Text of several lines that a block shows as it is, with one newline at the end or none."""
_ESCAPED = re.compile(r"[\x7f-\xa0\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


def in_order(objects: Iterable[Object]) -> list[Object]:
    """Objects in the order of `ORDER`, those of unknown kinds last; then by identity."""
    return sorted(objects, key=lambda obj: (_RANK.get(obj["kind"], len(ORDER)), identity(obj)))


def as_list(objects: Sequence[Object]) -> Object:
    """Objects as the one object that kubectl reads from JSON."""
    return {"apiVersion": "v1", "kind": "List", "items": list(objects)}


def as_yaml(objects: Iterable[Object]) -> str:
    """A document for each object, keys in the order in which they were made."""
    return "".join(f"---\n{document}" for document in map(to_yaml, objects))


def to_yaml(value: Object) -> str:
    """One document in block style, without anchors or tags."""
    return "\n".join(_mapping(value, "")) + "\n"


def _mapping(value: dict[str, Any], indent: str) -> Iterator[str]:
    for key, inner in value.items():
        yield from _entry(f"{indent}{_text(key)}:", inner, indent, f"{indent}  ")


def _sequence(value: Sequence[Any], indent: str) -> Iterator[str]:
    for inner in value:
        if isinstance(inner, dict | list) and inner:
            lines = _block(cast("Any", inner), f"{indent}  ")
            yield f"{indent}- {next(lines).lstrip(' ')}"
            yield from lines
        else:
            yield from _entry(f"{indent}-", inner, f"{indent}  ", f"{indent}  ")


def _entry(head: str, value: Any, list_indent: str, indent: str) -> Iterator[str]:
    """What stands behind `head`: on its line, or below it."""
    if isinstance(value, dict) and value:
        yield head
        yield from _mapping(cast("dict[str, Any]", value), indent)
    elif isinstance(value, list | tuple) and value:
        yield head
        yield from _sequence(cast("Sequence[Any]", value), list_indent)
    elif isinstance(value, str) and "\n" in value and _BLOCK.fullmatch(value):
        yield f"{head} |" if value.endswith("\n") else f"{head} |-"
        lines = value.removesuffix("\n").split("\n")
        yield from (f"{indent}{line}" if line else "" for line in lines)
    else:
        yield f"{head} {_scalar(value)}"


def _block(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, dict):
        return _mapping(cast("dict[str, Any]", value), indent)
    return _sequence(value, indent)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    # What is left is as YAML has it from JSON: numbers, true, null, and empty collections.
    return json.dumps(value)


def _text(value: str) -> str:
    """Text as plain as it can be: bare where no YAML parser takes it for anything else."""
    if (
        _PLAIN.fullmatch(value)
        and not _WORDS.fullmatch(value)
        and not _NUMBER_LIKE.fullmatch(value)
    ):
        return value
    return _ESCAPED.sub(lambda m: f"\\u{ord(m[0]):04x}", json.dumps(value, ensure_ascii=False))
