"""Objects as text: in the order in which they are applied, the same bytes for the same objects.

The YAML is written here because PyYAML takes ten times as long, wraps long lines and gives a list
that two objects share an anchor. What it writes reads back equal; a property test holds it to that.
"""

import json
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
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


def as_list(objects: Iterable[Object]) -> str:
    """Objects as the one List that kubectl reads from JSON, each on a line of its own.

    So two renders can be compared line by line; and indented, JSON takes Python ten times as long.
    """
    lines = ",\n".join(json.dumps(obj, ensure_ascii=False) for obj in objects)
    return f'{{"apiVersion": "v1", "kind": "List", "items": [\n{lines}\n]}}\n'


def as_yaml(objects: Iterable[Object]) -> str:
    """A document for each object, keys in the order in which they were made."""
    return "".join(f"---\n{document}" for document in map(to_yaml, objects))


def to_yaml(value: Object) -> str:
    """One document in block style, without anchors or tags."""
    lines: list[str] = []
    _mapping(value, "", lines)
    return "\n".join(lines) + "\n"


def _mapping(value: dict[str, Any], indent: str, lines: list[str]) -> None:
    for key, inner in value.items():
        _entry(f"{indent}{_text(key)}:", inner, indent, f"{indent}  ", lines)


def _sequence(value: Sequence[Any], indent: str, lines: list[str]) -> None:
    inside = f"{indent}  "
    for inner in value:
        if isinstance(inner, dict | list) and inner:
            first = len(lines)
            _block(cast("Any", inner), inside, lines)
            lines[first] = f"{indent}- {lines[first][len(inside) :]}"
        else:
            _entry(f"{indent}-", inner, inside, inside, lines)


def _entry(head: str, value: Any, list_indent: str, indent: str, lines: list[str]) -> None:
    """What stands behind `head`: on its line, or below it."""
    if isinstance(value, dict | list | tuple) and value:
        lines.append(head)
        _block(cast("Any", value), indent if isinstance(value, dict) else list_indent, lines)
    elif isinstance(value, str) and "\n" in value and _BLOCK.fullmatch(value):
        lines.append(f"{head} |" if value.endswith("\n") else f"{head} |-")
        text = value.removesuffix("\n").split("\n")
        lines += [f"{indent}{line}" if line else "" for line in text]
    else:
        lines.append(f"{head} {_scalar(value)}")


def _block(value: Any, indent: str, lines: list[str]) -> None:
    if isinstance(value, dict):
        _mapping(cast("dict[str, Any]", value), indent, lines)
    else:
        _sequence(value, indent, lines)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    # What is left is as YAML has it from JSON: numbers, true, null, and empty collections.
    return json.dumps(value)


@lru_cache(maxsize=4096)
def _text(value: str) -> str:
    """Text as plain as it can be: bare where no YAML parser takes it for anything else."""
    if (
        _PLAIN.fullmatch(value)
        and not _WORDS.fullmatch(value)
        and not _NUMBER_LIKE.fullmatch(value)
    ):
        return value
    return _ESCAPED.sub(lambda m: f"\\u{ord(m[0]):04x}", json.dumps(value, ensure_ascii=False))
