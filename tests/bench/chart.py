"""One Helm chart that renders a fleet's objects from values: the peer of `plan` and `render`.

It is made from the objects themselves and is the leanest chart that can give them. Owners (tenants
and endpoints) whose objects have one structure share a template. What is the same for all of them
is written in it; what differs is a value, once for each owner however often it occurs. There is
not one condition, lookup or helper, and nothing is left to default, so a chart that people would
write, which computes all this from an entry, takes Helm longer than this one.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
MARK: Final = "\0"
"""Stands around a word in a text; no YAML holds it."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A tenant or an endpoint: the words that its texts are made of, and its objects."""

    words: Mapping[str, str]
    objects: Sequence[Object]


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a leaf in a structure."""

    index: int
    path: tuple[str, ...]


Structure: TypeAlias = Any
"""Nested tuples of what a value holds, with a Slot at each leaf; hashable, so that it groups."""


class Outline:
    """An owner's objects as a structure and leaves."""

    def __init__(self, owner: Owner) -> None:
        self._words = sorted(owner.words.items(), key=lambda word: -len(word[1]))
        self.leaves: list[Leaf] = []
        self.patterns: list[Leaf] = []
        self.structure: Structure = tuple(self._structure(obj, ()) for obj in owner.objects)

    def _structure(self, value: Any, path: tuple[str, ...]) -> Structure:
        if isinstance(value, dict) and value:
            inner = cast("dict[str, Any]", value)
            keys = {key: self._pattern(key) for key in inner}
            return (
                dict,
                *((text, self._structure(inner[key], (*path, key))) for key, text in keys.items()),
            )
        if isinstance(value, list) and value:
            items = cast("list[Any]", value)
            return (list, *(self._structure(item, path) for item in items))
        if isinstance(value, dict | list):
            return "{}" if isinstance(value, dict) else "[]"
        self.leaves.append(value)
        self.patterns.append(self._pattern(value) if isinstance(value, str) else value)
        return Slot(len(self.leaves) - 1, path)

    def _pattern(self, text: str) -> str:
        for name, word in self._words:
            text = text.replace(word, f"{MARK}{name}{MARK}")
        return text


def write_chart(folder: Path, owners: Iterable[Owner]) -> None:
    """Writes the chart of these owners."""
    alike: dict[Structure, list[tuple[Owner, Outline]]] = {}
    for owner in owners:
        outline = Outline(owner)
        alike.setdefault(_without_paths(outline.structure), []).append((owner, outline))
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(CHART, encoding="utf-8")
    with (folder / "values.yaml").open("w", encoding="utf-8") as values:
        for number, group in enumerate(alike.values()):
            name = f"group{number}"
            template, rows = _template(group)
            text = f"{{{{- range .Values.{name} }}}}\n{template}{{{{- end }}}}\n"
            (folder / "templates" / f"{name}.yaml").write_text(text, encoding="utf-8")
            values.write(f"{name}:\n")
            values.writelines(_row(row) for row in rows)


def _without_paths(structure: Structure) -> Structure:
    if isinstance(structure, Slot):
        return structure.index
    if isinstance(structure, tuple):
        return tuple(_without_paths(item) for item in cast("tuple[Any, ...]", structure))
    return structure


def _template(
    group: Sequence[tuple[Owner, Outline]],
) -> tuple[str, Iterator[dict[str, Leaf]]]:
    """The template of owners of one structure, and the values of each."""
    first = group[0][1]
    slots = list(_slots(first.structure))
    texts: list[str] = []
    named: dict[str, int] = {}
    seen: dict[tuple[Leaf, ...], str] = {}
    for slot in slots:
        patterns = {(type(o.patterns[slot.index]), o.patterns[slot.index]) for _, o in group}
        if len(patterns) == 1:
            texts.append(_literal(first.patterns[slot.index]))
            continue
        column = tuple(outline.leaves[slot.index] for _, outline in group)
        if column not in seen:
            seen[column] = _name(slot.path, named)
            named[seen[column]] = slot.index
        texts.append(_reference(seen[column], column))
    rows = (
        {**owner.words, **{name: outline.leaves[at] for name, at in named.items()}}
        for owner, outline in group
    )
    objects = cast("tuple[Structure, ...]", first.structure)
    return "".join(f"---\n{_yaml(obj, texts, '')}" for obj in objects), rows


def _slots(structure: Structure) -> Iterator[Slot]:
    if isinstance(structure, Slot):
        yield structure
    elif isinstance(structure, tuple):
        for item in cast("tuple[Any, ...]", structure):
            yield from _slots(item)


def _name(path: Sequence[str], taken: Mapping[str, int]) -> str:
    """The last word of a path that makes a name, with a number where it is taken."""
    base = "".join(c for c in path[-1] if c.isalnum() and c.isascii()) or "value"
    name, number = f"_{base}", 1
    while name in taken:
        number += 1
        name = f"_{base}{number}"
    return name


def _reference(name: str, column: Sequence[Leaf]) -> str:
    if all(isinstance(value, str) for value in column):
        return f"{{{{ .{name} | quote }}}}"
    if all(type(value) is int for value in column):
        # Helm reads every number as a float64, which prints a million as 1e+06.
        return f"{{{{ .{name} | int64 }}}}"
    return f"{{{{ .{name} | toJson }}}}"


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
            lines.append(f"{indent}{_literal(key)}:{_value(inner, texts, f'{indent}  ')}")
    else:
        for inner in structure[1:]:
            block = _value(inner, texts, f"{indent}  ")
            lines.append(f"{indent}-{block if block[0] == ' ' else ' ' + block.lstrip()}")
    return "".join(lines)


def _value(structure: Structure, texts: Sequence[str], indent: str) -> str:
    if isinstance(structure, Slot):
        return f" {texts[structure.index]}\n"
    if isinstance(structure, str):
        return f" {structure}\n"
    return f"\n{_yaml(structure, texts, indent)}"


def _row(row: Mapping[str, Leaf]) -> str:
    lines = (f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in row.items())
    return f"- {'  '.join(lines)}"
