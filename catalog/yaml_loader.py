"""YAML text to nodes, by libyaml where PyYAML has it, with limits that stop a bomb in time."""

from collections.abc import Callable
from typing import Protocol, cast

import yaml
from yaml.composer import Composer
from yaml.nodes import Node
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

DEEPEST = 20
MOST_NODES = 50_000
PLAIN, QUOTED = "plain", "quoted"
"""Instead of tags: whether a scalar stands without quotes. A mapping or sequence is `QUOTED`."""


class TooMuchError(Exception):
    """The document nests deeper, or holds more, than is read."""

    def __init__(self, code: str, parent: Node | None) -> None:
        self.code = code
        self.parent = parent


class _Resolver:
    """Marks scalars as plain or quoted, and stops before a bomb costs time or the C stack."""

    depth = 0
    nodes = 0

    def descend_resolver(self, parent: Node | None, _index: object) -> None:
        self.depth += 1
        self.nodes += 1
        if self.depth > DEEPEST + 1:
            raise TooMuchError("SLW116", parent)
        if self.nodes > MOST_NODES:
            raise TooMuchError("SLW117", parent)

    def ascend_resolver(self) -> None:
        self.depth -= 1

    def resolve(self, _kind: object, _value: object, implicit: object) -> str:
        return PLAIN if implicit == (True, False) else QUOTED


class PureLoader(Reader, Scanner, Parser, Composer, _Resolver):
    """The same reading without libyaml, eight times slower."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)


class Loader(Protocol):
    """What is used of a PyYAML loader."""

    def check_node(self) -> bool:
        """Whether another document follows."""
        ...

    def get_node(self) -> Node | None:
        """The root of the next document."""
        ...

    def check_event(self) -> bool:
        """Whether another event follows."""
        ...

    def get_event(self) -> yaml.Event:
        """The next event."""
        ...


def _fastest() -> Callable[[str], Loader]:
    """The parser of libyaml where PyYAML was built with it."""
    if not yaml.__with_libyaml__:
        return cast("Callable[[str], Loader]", PureLoader)
    from yaml import cyaml

    parser: type = vars(cyaml)["CParser"]
    return cast("Callable[[str], Loader]", type("FastLoader", (parser, _Resolver), {}))


LOADER = _fastest()
