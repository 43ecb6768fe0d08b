"""Strict YAML: what it says is what a reviewer reads, and every value knows its place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from catalog import yaml_loader
from catalog.errors import Place, Problem
from catalog.yaml_loader import DEEPEST, MOST_NODES, PLAIN, QUOTED, TooMuchError
from catalog.yaml_plain import Trap, meaning
from catalog.yaml_syntax import syntax_problem
from catalog.yaml_text import HIDDEN, decode, name_of

Path: TypeAlias = tuple[str | int, ...]

_MAY_ANCHOR = re.compile(r"(?:^|[\s\[{,:?-])[&*][^\s*&]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """A file as plain data, with the place of everything in it.

    `base` is where `data` hangs in the file, for documents that are one part of it.
    """

    file: str
    data: Any
    root: Node = field(repr=False, compare=False)
    base: Path = ()

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Where the value at `path` stands, or with `key` the name of the setting.

        For a path that is not there: the name of the nearest setting above it that is.
        """
        node, name = self.root, None
        for part in (*self.base, *path):
            step = _step(node, part)
            if step is None:
                key = True
                break
            name, node = step
        return place_of(self.file, name if key and name is not None else node)

    def node(self, path: Path) -> Node | None:
        """The node at a path, or None when nothing is there."""
        node = self.root
        for part in (*self.base, *path):
            step = _step(node, part)
            if step is None:
                return None
            node = step[1]
        return node


def _step(node: Node, part: str | int) -> tuple[Node, Node] | None:
    """The key and the value of one part of a path."""
    if isinstance(node, MappingNode):
        return next((pair for pair in node.value if pair[0].value == part), None)
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None


def place_of(file: str, node: Node) -> Place:
    """Where a node of a file begins."""
    return Place(file, node.start_mark.line + 1, node.start_mark.column + 1)


def parse(raw: bytes, file: str) -> Document | list[Problem]:
    """A file that holds one mapping and nothing ambiguous, or everything that is wrong with it."""
    document, problems = read(raw, file)
    if document is None or problems:
        return problems
    return document


def read(raw: bytes, file: str) -> tuple[Document | None, list[Problem]]:
    """As `parse`, with the document too where its problems leave the rest readable."""
    text, problems = decode(raw, file)
    if text is None:
        return None, problems
    root, found = compose(text, file)
    problems += found
    if root is None:
        return None, problems
    data, found = construct(root, file)
    return Document(file, data, root), [*problems, *found]


def compose(text: str, file: str) -> tuple[Node | None, list[Problem]]:
    """The one mapping that a text holds, as nodes."""
    try:
        if ("&" in text or "*" in text) and _MAY_ANCHOR.search(text):
            anchored = list(_anchors(text, file))
            if anchored:
                return None, anchored
        return _one_mapping(text, file)
    except yaml.MarkedYAMLError as error:
        return None, [syntax_problem(error, file)]
    except TooMuchError as error:
        return None, [_too_much(error, file)]


def _one_mapping(text: str, file: str) -> tuple[Node | None, list[Problem]]:
    loader = yaml_loader.LOADER(text)
    root = loader.get_node() if loader.check_node() else None
    if root is None:
        return None, [
            Problem(
                Place(file), "SLW106", "", "the file is empty",
                "write the entry, or remove the file; `slipway new` writes one for you",
            )
        ]  # fmt: skip
    problems: list[Problem] = []
    if loader.check_node() and (second := loader.get_node()) is not None:
        problems.append(
            Problem(
                place_of(file, second), "SLW108", "", "a second document begins here",
                "keep one document in a file, and remove the line ---",
            )
        )  # fmt: skip
    if isinstance(root, MappingNode):
        return root, problems
    what = "a list" if isinstance(root, SequenceNode) else "a single value"
    return None, [
        *problems,
        Problem(
            place_of(file, root), "SLW109", "", f"the file holds {what}, not settings",
            'begin with version: "1"',
        ),
    ]  # fmt: skip


def _anchors(text: str, file: str) -> Iterator[Problem]:
    loader = yaml_loader.LOADER(text)
    while loader.check_event():
        event = loader.get_event()
        name: str | None = getattr(event, "anchor", None)
        if name is None:
            continue
        sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
        mark = cast("yaml.Mark", event.start_mark)
        place = Place(file, mark.line + 1, mark.column + 1)
        yield Problem(
            place, "SLW113", "",
            f"{sign}{name} is an {'alias' if sign == '*' else 'anchor'}, and these are not read",
            f"write the values out; text that begins with {sign} needs quotes",
        )  # fmt: skip


def _too_much(error: TooMuchError, file: str) -> Problem:
    place = Place(file) if error.parent is None else place_of(file, error.parent)
    if error.code == "SLW116":
        return Problem(
            place, error.code, "", f"nested deeper than {DEEPEST} levels", "flatten the value"
        )
    return Problem(
        place, error.code, "", f"the file holds more than {MOST_NODES:,} values",
        "split the project, or shorten its examples",
    )  # fmt: skip


def construct(root: Node, file: str) -> tuple[Any, list[Problem]]:
    """Plain data of nodes, with what was ambiguous in them. Ambiguous words stay text."""
    builder = _Builder(file)
    return builder.value(root), builder.problems


class _Builder:
    """Walks nodes once. The path is kept only for the subject of a problem."""

    __slots__ = ("_file", "_path", "problems")

    def __init__(self, file: str) -> None:
        self._file = file
        self._path: list[str] = []
        self.problems: list[Problem] = []

    def value(self, node: Node) -> Any:
        if node.tag == PLAIN:
            result = meaning(node.value)
            return self._trapped(node, result) if isinstance(result, Trap) else result
        if node.tag != QUOTED:
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            self._add(node, "SLW114", f"the tag {tag} is not read", "remove it")
        if isinstance(node, MappingNode):
            return self._mapping(node)
        if isinstance(node, SequenceNode):
            return [self.value(item) for item in node.value]
        if (hidden := HIDDEN.search(node.value)) is not None:
            self._add(
                node, "SLW104", f"the text holds {name_of(hidden[0])}, which nobody sees",
                "remove the escape",
            )  # fmt: skip
        return node.value

    def _mapping(self, node: MappingNode) -> dict[str, Any]:
        result: dict[str, Any] = {}
        seen: dict[str, Node] = {}
        for key, item in node.value:
            if not isinstance(key, ScalarNode):
                self._add(
                    key, "SLW112", "a list or a map cannot name a setting", "use a plain name"
                )
                continue
            name = self._key(key)
            self._path.append(name)
            if name in seen:
                first = seen[name].start_mark.line + 1
                self._add(
                    key, "SLW111", f"{name!r} is set twice: first on line {first}",
                    "keep one of the two",
                )  # fmt: skip
            else:
                seen[name] = key
                result[name] = self.value(item)
            self._path.pop()
        return result

    def _key(self, node: ScalarNode) -> str:
        text: str = node.value
        if node.tag != PLAIN:
            self.value(node)
        elif text == "<<":
            self._add(node, "SLW113", "<< merges another map, and that is not read", "write it out")
        elif not isinstance(meaning(text), str):
            self._add(
                node, "SLW112", f"{text or 'nothing'!r} as a name is not text to every YAML reader",
                f'quote it: "{text}"',
            )  # fmt: skip
        return text

    def _trapped(self, node: Node, trap: Trap) -> str:
        text: str = node.value
        self._add(
            node, "SLW115", f"{text} {trap.why}",
            f'quote it for text: "{text}"; otherwise {trap.instead}',
        )  # fmt: skip
        return text

    def _add(self, node: Node, code: str, message: str, remedy: str) -> None:
        subject = ".".join(self._path[1:] if self._path[:1] == ["deployments"] else self._path)
        place = place_of(self._file, node)
        self.problems.append(Problem(place, code, subject, message, remedy))
