"""What a stand-in knows of a type, and what a rule of its API looks like."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.cloud.store import Account, Thing, at
from tests.engine_graph import UNKNOWN_ON_THE_WIRE as UNKNOWN

Phase = Literal["check", "create", "update", "delete"]
Form = Literal["form", "range", "one", "there", "held", "document", "principal"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a provider works, and the tags that it gives to everything."""

    account: str = "111111111111"
    region: str = "eu-west-1"
    tags: Mapping[str, str] = field(default_factory=dict[str, str])

    def arn(self, service: str, resource: str, *, region: bool = True) -> str:
        """An ARN of the account."""
        return f"arn:aws:{service}:{self.region if region else ''}:{self.account}:{resource}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a provider about one thing; `old` is the thing as it is, `serial` its number."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    account: Account
    place: Place
    serial: int = 0
    old: Thing | None = None

    def get(self, path: str) -> Any:
        """An input by its dotted path; None where it is absent or not known yet."""
        return known(at(self.inputs, path))

    def text(self, path: str) -> str:
        """An input that is text."""
        return str(self.get(path) or "")

    def numbered(self, prefix: str) -> str:
        """An id as EC2 makes them."""
        return f"{prefix}-{self.serial:017x}"

    def others(self) -> Iterator[Thing]:
        """The other things of the type."""
        return (thing for thing in self.account.of(self.type) if thing is not self.old)


def known(value: Any) -> Any:
    """The value without what is not known yet."""
    if isinstance(value, list):
        return [each for each in value if each != UNKNOWN]
    return None if value == UNKNOWN else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A type. `outputs` are told beside the inputs, `id` among them; `along` is made with it.

    `named` is the input that names it in its account, `needs` and `replaces` are inputs, by dotted
    paths and separated by blanks: those that it cannot be without, and those whose change means
    another thing. `renewed` are outputs that an update tells anew.
    """

    outputs: Callable[[Call], dict[str, Any]] = lambda _call: {}
    named: str = ""
    needs: str = ""
    replaces: str = ""
    renewed: str = ""
    tagged: bool = True
    within: tuple[str, str] = ("", "")
    """Type of the thing, and the own input with the id, of what takes this one along."""
    along: Callable[[Call, Thing], list[Thing]] = lambda _call, _thing: []
    left: Callable[[Call], list[Thing]] = lambda _call: []
    """What stays in the account when it is deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One refusal: `finds` says in words what is wrong, or nothing.

    `source` is where the API says so. `waits` is for what the real provider tries again for a
    while, because IAM's changes take time to be known everywhere.
    """

    what: str
    types: tuple[str, ...]
    on: tuple[Phase, ...]
    code: str
    source: str
    finds: Callable[[Call], str | None]
    waits: bool = False
    form: Form | None = None
    """The form of refusal that it has, if any, and the input that it is about."""
    path: str = ""
    target: tuple[str, str] = ("", "")
    """Type and property of what such an input names."""


class RefusedError(Exception):
    """What the API answers instead of doing what it was asked."""

    def __init__(self, code: str, message: str, *, waits: bool = False) -> None:
        super().__init__(f"{code}: {message}")
        self.waits = waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A provider: its types, its rules, and what it answers when asked."""

    name: str
    kinds: Mapping[str, Kind]
    rules: tuple[Rule, ...]
    answers: Mapping[str, Callable[[Mapping[str, Any], Place], dict[str, Any]]]

    def judge(self, phase: Phase, call: Call) -> None:
        """Raises RefusedError for the first rule that the call breaks."""
        for rule in self.rules:
            if phase in rule.on and call.type in rule.types:
                found = rule.finds(call)
                if found is not None:
                    raise RefusedError(rule.code, found, waits=rule.waits)
