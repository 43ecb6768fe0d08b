"""What a rule is: what it reads, what it finds, why, and what to do about it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

from policies.rules.reading import Fields, Json, text


class Severity(StrEnum):
    """How bad it is to let it pass."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


ANY_OBJECT: Final = "*"
"""The kind of rules that read every Kubernetes object."""
POD: Final = "core/Pod"
"""Pods themselves, templates of pods, and the pods that a model's object will become."""
CONTAINER: Final = "container"
"""A container of any of these; init containers are containers too."""
SERVER: Final = "server"
"""The same without init containers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What rules know of the stack beside what they judge.

    `registries` are those that teams' own images may come from, `unresolved` the exact references
    of images whose digest nobody could look up yet. A stack of which nothing is known counts as
    production.
    """

    production: bool = True
    registries: frozenset[str] = frozenset()
    unresolved: frozenset[str] = frozenset()


@dataclass(slots=True)
class Subject:
    """A resource or an object.

    `kind` is a Pulumi type token, or `<group>/<kind>` of a Kubernetes object with `core` for the
    group without a name. `owner` is the pod of a container. Never changed once it is made; not
    frozen, because a plan makes a hundred thousand.
    """

    kind: str
    name: str
    props: Fields
    namespace: str = ""
    tenant: bool = False
    """Whether it stands in the namespace of a tenant."""
    owner: Fields | None = None
    protect: bool = False
    id: str = ""
    pods: Sequence[Fields] | None = None
    """The pods that it becomes, where somebody has made them."""


Check: TypeAlias = Callable[[Subject, Scene], Iterable[str]]
"""What is wrong with a subject, each as a clause about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Every subject of a stack together."""

    by_kind: Mapping[str, tuple[Subject, ...]]
    _by_namespace: dict[tuple[str, str], list[Subject]] = field(
        default_factory=dict[tuple[str, str], list[Subject]], init=False
    )

    def __post_init__(self) -> None:
        for subjects in self.by_kind.values():
            for subject in subjects:
                key = (subject.kind, subject.namespace)
                self._by_namespace.setdefault(key, []).append(subject)

    def all(self, *kinds: str) -> list[Subject]:
        """The subjects of these kinds."""
        return [subject for kind in kinds for subject in self.by_kind.get(kind, ())]

    def within(self, namespace: str, kind: str) -> list[Subject]:
        """The objects of a kind in a namespace."""
        return self._by_namespace.get((kind, namespace), [])

    def tenants(self) -> list[Subject]:
        """The namespaces of tenants."""
        return [one for one in self.by_kind.get("core/Namespace", ()) if one.tenant]


StackCheck: TypeAlias = Callable[[Stack, Scene], Iterable[tuple[Subject, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What people are told of a rule. `sources` are ids of `policies.coverage`."""

    id: str
    title: str
    severity: Severity
    why: str
    remedy: str
    sources: tuple[str, ...]
    mandatory: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule about one subject at a time, of these kinds."""

    about: About
    kinds: tuple[str, ...]
    check: Check


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRule:
    """A rule about what must stand beside what; `kinds` are those that it reads."""

    about: About
    kinds: tuple[str, ...]
    check: StackCheck


def rule(about: About, *kinds: str) -> Callable[[Check], Rule]:
    """Makes a rule of a check."""
    return lambda check: Rule(about=about, kinds=kinds, check=check)


def stack_rule(about: About, *kinds: str) -> Callable[[StackCheck], StackRule]:
    """Makes a rule of a check over the whole stack."""
    return lambda check: StackRule(about=about, kinds=kinds, check=check)


def label(props: Json, name: str) -> str:
    """A label of a Kubernetes object."""
    return text(props, "metadata", "labels", name)


def annotation(props: Json, name: str) -> str:
    """An annotation of a Kubernetes object."""
    return text(props, "metadata", "annotations", name)
