"""The registry of rules, and the judge: each subject meets only the rules of its kind."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from catalog.objects import Object
from policies.exemptions import exempt
from policies.rules import ALL
from policies.rules.reading import NotKnownYet
from policies.rules.rule import (
    ANY_OBJECT,
    CONTAINER,
    SERVER,
    About,
    Rule,
    Scene,
    Stack,
    StackRule,
    Subject,
)
from policies.rules.serving import WORKLOADS as MODELS
from policies.rules.workloads import DERIVED
from policies.subjects import (
    PodNotDerived,
    Resource,
    of_object,
    of_resource,
    within,
)

# It finds nothing by itself: `judge_subject` does, which makes the pods.
_DERIVED: Final = Rule(about=DERIVED, kinds=MODELS, check=lambda _subject, _scene: ())

RULES: Final[tuple[Rule | StackRule, ...]] = tuple(
    sorted((*ALL, _DERIVED), key=lambda rule: rule.about.id)
)
"""Every rule, by id."""

_ABOUT: Final = {rule.about.id: rule.about for rule in RULES}


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """That a subject breaks a rule: what is wrong, and what to do. Plain text, ready to keep."""

    subject: str
    rule: str
    message: str
    remedy: str
    mandatory: bool

    @property
    def about(self) -> About:
        """The rule's own words."""
        return _ABOUT[self.rule]


def judge(resources: Iterable[Resource], scene: Scene) -> tuple[Finding, ...]:
    """What is wrong with the resources of a stack, sorted."""
    return _judge([of_resource(resource) for resource in resources], scene)


def judge_objects(objects: Iterable[Object], scene: Scene) -> tuple[Finding, ...]:
    """What is wrong with Kubernetes objects and the pods that they become, sorted.

    Rules about what must stand beside what see these objects only: give all of a tenant together.
    """
    return _judge([of_object(obj) for obj in objects], scene)


def _judge(subjects: list[Subject], scene: Scene) -> tuple[Finding, ...]:
    return tuple(sorted(finding for _, finding in judge_together(subjects, scene)))


def judge_together(subjects: Sequence[Subject], scene: Scene) -> Iterator[tuple[Subject, Finding]]:
    """What is wrong with subjects, alone and together, each with the one that it is about."""
    for subject in subjects:
        for finding in judge_subject(subject, scene):
            yield subject, finding
    by_name = {subject.name: subject for subject in subjects}
    stack = stack_of(subjects)
    for rule in STACK_RULES:
        for finding in judge_stack(rule, stack, scene):
            yield by_name[finding.subject], finding


def judge_subject(subject: Subject, scene: Scene) -> Iterator[Finding]:
    """What is wrong with one subject, its pods and their containers."""
    excused = exempt(subject.name)
    for finding in _judge_with_pods(subject, scene):
        if finding.rule not in excused:
            yield finding


def _judge_with_pods(subject: Subject, scene: Scene) -> Iterator[Finding]:
    yield from _apply(subject, scene)
    try:
        for part in within(subject):
            yield from _apply(part, scene)
    except PodNotDerived:
        yield _finding(DERIVED, subject, "nobody can tell which pods it becomes")
    except NotKnownYet:
        return


def judge_stack(rule: StackRule, stack: Stack, scene: Scene) -> list[Finding]:
    """What one rule finds in a whole stack."""
    found: list[Finding] = []
    try:
        for subject, message in rule.check(stack, scene):
            found.append(_finding(rule.about, subject, message))
    except NotKnownYet:
        pass
    return found


def stack_of(subjects: Iterable[Subject]) -> Stack:
    """The subjects by kind, in order."""
    by_kind: dict[str, list[Subject]] = {}
    for subject in subjects:
        by_kind.setdefault(subject.kind, []).append(subject)
    return Stack(by_kind={kind: tuple(of_kind) for kind, of_kind in by_kind.items()})


def _apply(subject: Subject, scene: Scene) -> Iterator[Finding]:
    for rule in rules_of(subject.kind):
        try:
            for message in rule.check(subject, scene):
                yield _finding(rule.about, subject, message)
        except NotKnownYet:
            continue


def _finding(about: About, subject: Subject, message: str) -> Finding:
    return Finding(subject.name, about.id, message, about.remedy, about.mandatory)


_SINGLE: Final = tuple(rule for rule in RULES if isinstance(rule, Rule))
STACK_RULES: Final = tuple(rule for rule in RULES if isinstance(rule, StackRule))


@cache
def rules_of(kind: str) -> tuple[Rule, ...]:
    """The rules for one subject of a kind."""
    kinds = {kind}
    if kind == SERVER:
        kinds.add(CONTAINER)
    elif "/" in kind and ":" not in kind and kind != "helm.sh/Release":
        kinds.add(ANY_OBJECT)
    return tuple(rule for rule in _SINGLE if kinds & set(rule.kinds))
