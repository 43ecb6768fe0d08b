"""One Helm chart that renders a fleet's objects from values: the peer of `plan` and `render`.

It is made from the objects themselves and is the leanest chart that can give them. Owners (tenants
and endpoints) whose objects have one structure share a template. What is the same for all of them
is written in it; what differs is a value, once for each owner however often it occurs. There is
not one condition, lookup or helper, and nothing is left to default, so a chart that people would
write, which computes all this from an entry, takes Helm longer than this one.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

from catalog.objects import Object

Leaf: TypeAlias = str | int | float | bool | None

CHART: Final = """\
apiVersion: v2
name: fleet
description: Every object of a synthetic fleet, from values.
type: application
version: 0.1.0
"""
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9._/-]*")
MARK: Final = "\0"
"""Stands around a word in a text; no YAML holds it."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A tenant or an endpoint: the words that its texts are made of, and its objects."""

    words: Mapping[str, str]
    objects: Sequence[Object]


Structure: TypeAlias = Any
"""Nested tuples of what a value holds, leaves as their numbers: equal where templates are."""


class Outline:
    """An owner's objects as a structure and leaves."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.leaves: list[Leaf] = []
        self.paths: list[str] = []
        self._words = sorted(owner.words.items(), key=lambda word: -len(word[1]))
        self.structure: Structure = tuple(self._structure(obj, "") for obj in owner.objects)

    def pattern(self, at: int) -> Leaf:
        """A leaf with the owner's words marked in it."""
        leaf = self.leaves[at]
        return self._marked(leaf) if isinstance(leaf, str) else leaf

    def _structure(self, value: Any, path: str) -> Structure:
        """What a value holds: a tuple for a map or a list, the number of a leaf else."""
        if isinstance(value, dict) and value:
            inner = cast("dict[str, Any]", value)
            return (
                dict,
                *((self._marked(key), self._structure(inner[key], key)) for key in inner),
            )
        if isinstance(value, list) and value:
            return (list, *[self._structure(item, path) for item in cast("list[Any]", value)])
        if isinstance(value, dict | list):
            return "{}" if isinstance(value, dict) else "[]"
        self.leaves.append(value)
        self.paths.append(path)
        return len(self.leaves) - 1

    def _marked(self, text: str) -> str:
        for name, word in self._words:
            if word in text:
                text = text.replace(word, f"{MARK}{name}{MARK}")
        return text


def write_chart(folder: Path, owners: Iterable[Owner]) -> None:
    """Writes the chart of these owners."""
    alike: dict[Structure, list[Outline]] = {}
    for owner in owners:
        outline = Outline(owner)
        alike.setdefault(outline.structure, []).append(outline)
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(CHART, encoding="utf-8")
    with (folder / "values.yaml").open("w", encoding="utf-8") as values:
        for number, (structure, group) in enumerate(alike.items()):
            name = f"group{number}"
            texts, columns = _columns(group)
            objects = "".join(f"---\n{_yaml(obj, texts, '')}" for obj in structure)
            text = f"{{{{- range .Values.{name} }}}}\n{objects}{{{{- end }}}}\n"
            (folder / "templates" / f"{name}.yaml").write_text(text, encoding="utf-8")
            values.write(f"{name}:\n")
            values.writelines(_row(outline, columns) for outline in group)


def _columns(group: Sequence[Outline]) -> tuple[list[str], dict[str, int]]:
    """What a template holds for each leaf, and which leaves are values under which name."""
    first = group[0]
    texts: list[str] = []
    columns: dict[str, int] = {}
    seen: dict[tuple[Leaf, ...], str] = {}
    for at, column in enumerate(zip(*(outline.leaves for outline in group), strict=True)):
        kinds: set[type[Leaf]] = {type(leaf) for leaf in column}
        if len(kinds) == 1 and len(set(column)) == 1:
            texts.append(_literal(column[0]))
        elif len({outline.pattern(at) for outline in group}) == 1:
            texts.append(_literal(first.pattern(at)))
        else:
            if column not in seen:
                seen[column] = _name(first.paths[at], columns)
                columns[seen[column]] = at
            texts.append(_reference(seen[column], kinds))
    return texts, columns


def _name(path: str, taken: Mapping[str, int]) -> str:
    """What is left of a key as a name, with a number where it is taken."""
    base = "".join(c for c in path if c.isalnum() and c.isascii()) or "value"
    name, number = f"_{base}", 1
    while name in taken:
        number += 1
        name = f"_{base}{number}"
    return name


def _reference(name: str, kinds: set[type[Leaf]]) -> str:
    if kinds == {str}:
        return f"{{{{ .{name} | quote }}}}"
    # Helm reads every number as a float64, which prints a million as 1e+06.
    return f"{{{{ .{name} | {'int64' if kinds == {int} else 'toJson'} }}}}"


def _literal(pattern: Leaf) -> str:
    """A leaf that is the same for all, its words taken from the values."""
    text = json.dumps(pattern, ensure_ascii=False).replace("{{", '{{ "{{" }}')
    parts = text.split(json.dumps(MARK)[1:-1])
    return "".join(f"{{{{ .{p} }}}}" if at % 2 else p for at, p in enumerate(parts))


def _yaml(structure: Structure, texts: Sequence[str], indent: str) -> str:
    """Block style, as a person would indent it."""
    lines: list[str] = []
    if structure[0] is dict:
        for key, inner in structure[1:]:
            name = _literal(key)
            plain = name[1:-1] if _PLAIN.fullmatch(name[1:-1]) else name
            lines.append(f"{indent}{plain}:{_value(inner, texts, f'{indent}  ')}")
    else:
        for inner in structure[1:]:
            block = _value(inner, texts, f"{indent}  ")
            lines.append(f"{indent}-{block if block[0] == ' ' else ' ' + block.lstrip()}")
    return "".join(lines)


def _value(structure: Structure, texts: Sequence[str], indent: str) -> str:
    if isinstance(structure, int):
        return f" {texts[structure]}\n"
    if isinstance(structure, str):
        return f" {structure}\n"
    return f"\n{_yaml(structure, texts, indent)}"


def _row(outline: Outline, columns: Mapping[str, int]) -> str:
    values = {**outline.owner.words, **{n: outline.leaves[at] for n, at in columns.items()}}
    lines = (f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in values.items())
    return f"- {'  '.join(lines)}"
