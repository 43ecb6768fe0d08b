"""What changes between two states of a fleet, as plain data that every format prints.

Pure, and cheap to import: an unchanged fleet is planned from summaries alone, without the schema.
What happens to an endpoint is decided in `catalog/diff.py`.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from catalog.quota import Level, QuotaTree
from catalog.summary import Bill, EndpointSummary, ProjectSummary, decode_row
from catalog.verdict import Advice


class Action(StrEnum):
    """What a reader of the plan sees first, of an endpoint or an object."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


class Effect(StrEnum):
    """What a change means for callers and pods, the heaviest first.

    - added, destroyed: the endpoint and its address come, or go for good.
    - replaced: another upstream object; the old one is deleted, so there is a gap.
    - new address: callers of the old one find nothing there any more.
    - new revision: new pods take over from the old ones, without a gap.
    - scaling only: the same containers, more or fewer of them.
    - access only: who may call and how much; pods are not touched.
    - metadata only: descriptions, alerts and documentation.
    """

    ADDED = "added"
    DESTROYED = "destroyed"
    REPLACED = "replaced"
    ADDRESS = "new address"
    REVISION = "new revision"
    SCALING = "scaling only"
    ACCESS = "access only"
    METADATA = "metadata only"


WEIGHT: Mapping[Effect, int] = {effect: rank for rank, effect in enumerate(Effect)}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A setting before and after, as the entry writes it; None where it was not set."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointChange:
    """What happens to one endpoint on one stack."""

    action: Action
    effect: Effect
    fields: tuple[FieldChange, ...]
    before: EndpointSummary | None
    after: EndpointSummary | None

    @property
    def name(self) -> str:
        """The endpoint's name, which a change never touches."""
        return self._either.name

    @property
    def _either(self) -> EndpointSummary:
        found = self.after or self.before
        if found is None:
            raise ValueError("a change has a side")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectChange:
    """What happens to one Kubernetes object; fields are JSON pointers with JSON values."""

    action: Action
    api_version: str
    kind: str
    namespace: str
    name: str
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectChange:
    """What happens to one project on one stack; `fields` are those of the project and its team."""

    stack: str
    team: str
    project: str
    action: Action
    fields: tuple[FieldChange, ...]
    endpoints: tuple[EndpointChange, ...]
    objects: tuple[ObjectChange, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing would happen in the cluster."""
        return not (self.endpoints or self.objects)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaLine:
    """One resource at one level of the quota tree; an `allowed` of None is unlimited."""

    level: str
    name: str
    resource: str
    used_before: int
    used_after: int
    allowed_before: int | None
    allowed_after: int | None

    @property
    def changed(self) -> bool:
        """Whether use or quota differ."""
        return (self.used_before, self.allowed_before) != (self.used_after, self.allowed_after)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackState:
    """Everything of one side on one stack."""

    projects: tuple[ProjectSummary, ...] = ()
    quotas: QuotaTree | None = None

    @property
    def bill(self) -> Bill:
        """Of all projects."""
        return sum((p.bill for p in self.projects), Bill())


@dataclass(frozen=True, slots=True, kw_only=True)
class StackPlan:
    """What happens on one stack, and what is advised for the projects that change."""

    stack: str
    projects: tuple[ProjectChange, ...]
    quotas: tuple[QuotaLine, ...]
    before: Bill
    after: Bill
    advice: tuple[Advice, ...] = ()
    totals: Mapping[Action, int] = field(default_factory=dict[Action, int])

    def count(self, action: Action) -> int:
        """How many endpoints are added, changed or removed."""
        return self.totals.get(action, 0)

    def objects(self, action: Action) -> dict[str, int]:
        """How many objects of each kind are created, updated or deleted."""
        kinds = Counter(o.kind for p in self.projects for o in p.objects if o.action is action)
        return dict(sorted(kinds.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What happens on every stack. `base` names what was compared with, None an empty fleet."""

    base: str | None
    stacks: tuple[StackPlan, ...]

    def count(self, action: Action) -> int:
        """How many endpoints are added, changed or removed, on all stacks."""
        return sum(stack.count(action) for stack in self.stacks)

    @property
    def before(self) -> Bill:
        """The bill of all stacks as it was."""
        return sum((stack.before for stack in self.stacks), Bill())

    @property
    def after(self) -> Bill:
        """The bill of all stacks as it will be."""
        return sum((stack.after for stack in self.stacks), Bill())

    @property
    def is_empty(self) -> bool:
        """Whether nothing would happen in any cluster."""
        return not any(stack.projects for stack in self.stacks)


def make_plan(
    base_name: str | None,
    base: Mapping[str, StackState],
    head: Mapping[str, StackState],
    changes: Iterable[ProjectChange],
) -> Plan:
    """The plan of going from `base` to `head`; `changes` are those of the projects that differ."""
    by_stack: dict[str, list[ProjectChange]] = {}
    for change in changes:
        if not change.is_empty:
            by_stack.setdefault(change.stack, []).append(change)
    stacks = (
        _stack_plan(
            stack,
            base.get(stack, StackState()),
            head.get(stack, StackState()),
            by_stack.get(stack, ()),
        )
        for stack in sorted({*base, *head})
    )
    return Plan(base=base_name, stacks=tuple(stacks))


def _stack_plan(
    stack: str, base: StackState, head: StackState, changes: Sequence[ProjectChange]
) -> StackPlan:
    ordered = tuple(sorted(changes, key=lambda c: (c.team, c.project)))
    return StackPlan(
        stack=stack,
        projects=ordered,
        quotas=tuple(_quota_lines(base.quotas, head.quotas)),
        before=base.bill,
        after=head.bill,
        advice=_advice(head, ordered),
        totals=Counter(e.action for p in ordered for e in p.endpoints),
    )


def _advice(head: StackState, changes: Sequence[ProjectChange]) -> tuple[Advice, ...]:
    changed = {(change.team, change.project) for change in changes}
    if not changed:
        return ()
    projects = (p for p in head.projects if (p.team, p.project) in changed)
    return tuple(sorted(advice for project in projects for advice in project.advised))


def _quota_lines(base: QuotaTree | None, head: QuotaTree | None) -> Iterable[QuotaLine]:
    """Every level and resource of either side, the head's order first."""
    before = {(level.kind, level.name): level for level in base.levels()} if base else {}
    after = {(level.kind, level.name): level for level in head.levels()} if head else {}
    for kind, name in {**after, **before}:
        old = before.get((kind, name), _NO_LEVEL)
        new = after.get((kind, name), _NO_LEVEL)
        named = {*old.used, *new.used, *old.allowed, *new.allowed} - {"cpu", "memory"}
        for resource in ("cpu", "memory", *sorted(named)):
            yield QuotaLine(
                level=kind,
                name=name,
                resource=resource,
                used_before=old.used.get(resource, 0),
                used_after=new.used.get(resource, 0),
                allowed_before=old.allowed.get(resource),
                allowed_after=new.allowed.get(resource),
            )


_NO_LEVEL = Level("", "", {}, {})


def change_to_text(change: ProjectChange) -> str:
    """A change as one line that `change_from_text` reads back."""
    return json.dumps(asdict(change), ensure_ascii=False, separators=(",", ":"))


def change_from_text(text: str) -> ProjectChange:
    """The inverse of `change_to_text`."""
    data: dict[str, Any] = json.loads(text)
    data["action"] = Action(data["action"])
    data["fields"] = _fields(data["fields"])
    data["endpoints"] = tuple(_endpoint_change(row) for row in data["endpoints"])
    data["objects"] = tuple(_object_change(row) for row in data["objects"])
    return ProjectChange(**data)


def _fields(rows: Iterable[Mapping[str, Any]]) -> tuple[FieldChange, ...]:
    return tuple(FieldChange(**row) for row in rows)


def _endpoint_change(row: Mapping[str, Any]) -> EndpointChange:
    return EndpointChange(
        action=Action(row["action"]),
        effect=Effect(row["effect"]),
        fields=_fields(row["fields"]),
        before=decode_row(row["before"]) if row["before"] else None,
        after=decode_row(row["after"]) if row["after"] else None,
    )


def _object_change(row: dict[str, Any]) -> ObjectChange:
    row["action"] = Action(row["action"])
    row["fields"] = _fields(row["fields"])
    return ObjectChange(**row)
