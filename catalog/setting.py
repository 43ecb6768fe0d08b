"""What the schema says of one setting, found by its path: for messages, once something is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel

from catalog.schema import Schema, schema_of


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of a file, by everything that the schema says of it."""

    root: Schema
    node: Schema

    @property
    def names(self) -> tuple[str, ...]:
        """The settings below it, sorted."""
        below = {name for branch in self._branches() for name in branch.get("properties", {})}
        return tuple(sorted(below))

    @property
    def words(self) -> tuple[str, ...]:
        """The words or numbers that are allowed, in the order of the schema."""
        allowed = self._first("enum")
        if allowed is None:
            const = self._first("const")
            allowed = [] if const is None else [const]
        return tuple(str(word) for word in allowed)

    @property
    def key_words(self) -> tuple[str, ...]:
        """The names that are allowed in a map of fixed names."""
        names: Schema = self._first("propertyNames") or {}
        return tuple(names.get("enum", ()))

    @property
    def example(self) -> Any:
        """A right value, or None."""
        examples = self.node.get("examples") or self._first("examples") or [None]
        return examples[0]

    @property
    def says(self) -> str:
        """The first sentence of the description."""
        text: str = self.node.get("description") or self._first("description") or ""
        return text.split(". ")[0].rstrip(".")

    def range(self, least: str, most: str) -> tuple[Any, Any]:
        """Two bounds by their names in JSON Schema; None where there is none."""
        return self._first(least), self._first(most)

    def below(self, part: str | int) -> "Setting":
        """The setting one step down the path; an empty one where the schema knows none."""
        for branch in self._branches():
            if isinstance(part, int):
                found = branch.get("items")
            else:
                found = branch.get("properties", {}).get(part) or branch.get("additionalProperties")
            if isinstance(found, dict):
                return Setting(self.root, cast("Schema", found))
        return Setting(self.root, {})

    def _first(self, keyword: str) -> Any:
        return next((b[keyword] for b in self._branches() if keyword in b), None)

    def _branches(self) -> Iterator[Schema]:
        waiting = [self.node]
        while waiting:
            node = waiting.pop(0)
            if "$ref" in node:
                node = self.root["definitions"][node["$ref"].rpartition("/")[2]]
            yield node
            waiting += [*node.get("allOf", ()), *node.get("anyOf", ())]


def setting_at(model: type[BaseModel], path: tuple[str | int, ...]) -> Setting:
    """What the schema of a file says of the setting at a path."""
    root = schema_of(model)
    setting = Setting(root, root)
    for part in path:
        setting = setting.below(part)
    return setting
