"""What a stack's file says below `config` in the namespace of Slipway, every value with its place.

Keys of other namespaces are Pulumi's own, and so are the values that it has encrypted.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from catalog.environment import CONFIG_KEY
from catalog.errors import Place, Problem, nearest, one_of
from catalog.secret_shapes import known_secret
from catalog.settings import TOKENS, Settings
from catalog.spelling import folded
from catalog.stack import NAMESPACE, dotted, full_key
from catalog.yaml_document import Document, Path, compose, construct, place_of
from catalog.yaml_text import decode

PLAIN_KEYS: Final = tuple(Settings.model_fields)
SECRET_KEYS: Final = tuple(sorted(TOKENS.values()))
EMPTY: Final = "SLW106"
"""The code of a file without anything in it."""
ENCRYPTED: Final = "SLW809"
"""The code of a setting that only Pulumi can read."""


@dataclass(frozen=True, slots=True)
class StackFile:
    """The keys of the namespace by their names without it, and what is wrong with the text.

    `unread` names the keys of which nothing is known but that they are there: something in them is
    a Pulumi secret, or the name is misspelt.
    """

    document: Document
    problems: tuple[Problem, ...] = ()
    unread: frozenset[str] = frozenset()


def read_stack_file(file: str, raw: bytes) -> StackFile | list[Problem]:
    """The keys of a file, or why there are none to read."""
    text, problems = decode(raw, file)
    root, found = compose(text, file) if text is not None else (None, [])
    if any(each.code == EMPTY for each in found):
        found = [_no_settings(Place(file), "the file says nothing")]
    problems = [*problems, *found]
    if root is None:
        return sorted(problems)
    config = Document(file, None, root).node(("config",))
    keys = _Keys(file)
    ours = keys.of(config) if isinstance(config, MappingNode) else []
    mapping = MappingNode(root.tag, ours, (config or root).start_mark, (config or root).end_mark)
    data, wrong = construct(mapping, file)
    document = Document(file, data, mapping)
    if not isinstance(data.get("environment"), dict):
        if "environment" not in keys.unread:
            problems.append(_no_environment(Document(file, None, root), config))
        return sorted([*problems, *keys.problems])
    wrong = [replace(p, subject=full_key(p.subject)) for p in wrong]
    return StackFile(document, (*problems, *keys.problems, *wrong), frozenset(keys.unread))


def _no_environment(whole: Document, config: Node | None) -> Problem:
    place = whole.place(("config", CONFIG_KEY))
    if config is None:
        return _no_settings(place, "the file has no config:, below which a stack's keys stand")
    return _no_settings(place, f"the stack has no {CONFIG_KEY} below config")


def _no_settings(place: Place, message: str) -> Problem:
    return Problem(
        place, "SLW801", CONFIG_KEY, message,
        f"add {CONFIG_KEY} below config:, with tiers, domain, region, bucket and identity",
    )  # fmt: skip


_PREFIX: Final = re.compile(r"slipway($|[./_-]+)", re.IGNORECASE)


def _is_ours(key: str) -> bool:
    """Whether a key is meant for Slipway; Pulumi reads one without a namespace as the project's."""
    namespace, colon, _ = key.partition(":")
    return not colon or nearest(namespace, [NAMESPACE[:-1]]) is not None


def _name_of(key: str) -> str:
    _, colon, name = key.partition(":")
    return name if colon else _PREFIX.sub("", key)


class _Keys:
    """Picks the keys of the namespace that are known; the others become problems."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.problems: list[Problem] = []
        self.unread: set[str] = set()

    def of(self, config: MappingNode) -> list[tuple[Node, Node]]:
        """The pairs of known keys, their names without the namespace."""
        found: list[tuple[Node, Node]] = []
        for key, value in config.value:
            if isinstance(key, ScalarNode) and _is_ours(key.value):
                name = _name_of(key.value)
                if self._is_known(key, name, value) and not self._is_secret(name, value):
                    node = ScalarNode(key.tag, name, key.start_mark, key.end_mark)
                    found.append((node, value))
        return found

    def _is_known(self, key: ScalarNode, name: str, value: Node) -> bool:
        known = (*PLAIN_KEYS, *SECRET_KEYS)
        if name in known and key.value.startswith(NAMESPACE):
            return True
        alike = next((each for each in known if folded(each) == folded(name)), nearest(name, known))
        self.unread |= {alike} if alike else set()
        allowed = one_of([full_key(each) for each in known])
        otherwise = f"keys are {allowed}"
        if not name and isinstance(value, MappingNode):
            otherwise = "write slipway: before each of the keys, side by side below config"
        self._add(
            key, "SLW204", key.value, f"{key.value!r} is no key of Slipway",
            f"did you mean {full_key(alike)!r}?" if alike else otherwise,
        )  # fmt: skip
        if alike in SECRET_KEYS and not _encrypted(value):
            self._is_secret(alike, value)
        return False

    def _is_secret(self, name: str, value: Node) -> bool:
        """Whether a value is, or holds, something that only Pulumi can read."""
        if name in SECRET_KEYS:
            command = f"pulumi config set --secret {full_key(name)}"
            if isinstance(value, ScalarNode) and _is_empty(value):
                self._add(value, "SLW827", full_key(name), "the secret is empty", command)
            elif not _encrypted(value):
                self._add(
                    value, "SLW808", full_key(name),
                    "a secret stands here in plain text, for everyone who reads the repository",
                    f"replace it where it was made, then {command}",
                )  # fmt: skip
            return True
        for path, node in _secrets(value, (name,)):
            self.unread.add(name)
            self.problems.append(encrypted_problem(place_of(self._file, node), path))
        return name in self.unread

    def _add(self, node: Node, code: str, subject: str, message: str, remedy: str) -> None:
        place = place_of(self._file, node)
        self.problems.append(Problem(place, code, subject, message, remedy))


def encrypted_problem(place: Place, path: Path) -> Problem:
    """A setting is encrypted. Its value is not known here, and not told where it is."""
    whole, flag = dotted(path), " --path" if len(path) > 1 else ""
    return Problem(
        place, ENCRYPTED, whole,
        "the value is encrypted, and a setting is plain: plans and reviews read it",
        f"pulumi config set --plaintext{flag} '{whole}' VALUE",
    )  # fmt: skip


def _is_empty(node: ScalarNode) -> bool:
    return node.tag.endswith(":null") or not node.value.strip()


def _encrypted(node: Node) -> bool:
    return isinstance(node, MappingNode) and [
        key.value for key, _ in node.value
    ] == ["secure"]  # fmt: skip


def _secrets(node: Node, path: Path) -> Iterator[tuple[Path, Node]]:
    if _encrypted(node):
        yield path, node
        return
    for part, below in _below(node):
        yield from _secrets(below, (*path, part))


def plain_secrets(document: Document) -> Iterator[Problem]:
    """Texts that have the form of a secret. They are not repeated."""
    for path, text in _texts(document.data, ()):
        what = known_secret(text)
        if what is not None:
            yield Problem(
                document.place(path), "SLW808", dotted(path),
                f"{what} stands here in plain text, for everyone who reads the repository",
                "replace it where it was made, and keep the new one in AWS Secrets Manager",
            )  # fmt: skip


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, below in cast("dict[str, Any]", value).items():
            yield from _texts(below, (*path, name))
    elif isinstance(value, list):
        for number, below in enumerate(cast("list[Any]", value)):
            yield from _texts(below, (*path, number))


def _below(node: Node) -> Iterator[tuple[str | int, Node]]:
    if isinstance(node, MappingNode):
        pairs = ((key, value) for key, value in node.value if isinstance(key, ScalarNode))
        yield from ((key.value, value) for key, value in pairs)
    elif isinstance(node, SequenceNode):
        yield from enumerate(node.value)
