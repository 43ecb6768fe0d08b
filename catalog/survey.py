"""From the files of a repository to what a plan needs, by the cheapest way that is exact.

Only what changed is resolved. Everything else is taken from what earlier runs kept, under a key
over all that it depends on: the stack's settings, the platform, the team, the names of all teams,
the project file, and whatever was read from the tree while it was built. This module and all that
it imports is cheap to import; `catalog/work.py`, which is not, comes in when there is something to
resolve.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from catalog.errors import Problem, merged
from catalog.namespaces import namespace_problems
from catalog.plan import ProjectChange, StackState, change_from_text
from catalog.quota import QuotaTree
from catalog.side import Kept, ProjectId, Record, Side, change_key
from catalog.summary import ProjectSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Everything that was found out about a fleet, and about the one it is compared with."""

    head: Mapping[str, StackState]
    base: Mapping[str, StackState]
    changes: tuple[ProjectChange, ...]
    problems: tuple[Problem, ...]
    base_problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """A project on one stack, as far as earlier runs have kept it."""

    stack: str
    head: Record | None
    base: Record | None
    change: str | None
    complete: bool


def survey(head: Side, base: Side | None, kept: Kept) -> Survey:
    """The state of every chosen stack, and what differs from `base` where there is one."""
    problems, base_problems = list(head.problems), list(base.problems) if base else []
    everything = sorted({*head.projects, *(base.projects if base else ())})
    known = {at: list(_known(at, head, base, kept)) for at in everything}
    unknown = [at for at in everything if not all(k.complete for k in known[at]) or not known[at]]
    if unknown:
        from catalog.work import answers

        for at, answer in zip(unknown, answers(unknown, head, base), strict=True):
            for key, text in answer.keep.items():
                kept.put(key, text)
            problems += answer.problems
            base_problems += answer.base_problems
            known[at] = list(_known(at, head, base, kept))
    found = [each for at in everything for each in known[at]]
    after = _states(head, [(k.stack, k.head) for k in found])
    problems += namespace_problems(head.projects.values())
    problems += (p for state in after.values() if state.quotas for p in state.quotas.problems())
    return Survey(
        head=after,
        base=_states(base, [(k.stack, k.base) for k in found]) if base else {},
        changes=tuple(change_from_text(k.change) for k in found if k.change),
        problems=merged(problems),
        base_problems=merged(base_problems),
    )


def _known(at: ProjectId, head: Side, base: Side | None, kept: Kept) -> Iterator[_Known]:
    stacks = {*(head.chosen if at in head.projects else ())}
    if base is not None and at in base.projects:
        stacks |= {*base.chosen}
    for stack in sorted(stacks):
        now, sure = _record(at, head, stack)
        was, sure_too = _record(at, base, stack)
        change = None
        complete = sure and sure_too
        hosts = (now and now.summary) or (was and was.summary)
        if base is not None and hosts and (now and now.key) != (was and was.key):
            change = kept.get(change_key(now.key if now else "", was.key if was else ""))
            complete = complete and change is not None
        yield _Known(stack, now, was, change, complete)


def _record(at: ProjectId, side: Side | None, stack: str) -> tuple[Record | None, bool]:
    """What is kept of a project on a stack, and whether that is all there is to know."""
    if side is None or at not in side.projects or stack not in side.chosen:
        return None, True
    key = side.key(at, stack)
    record = side.record(key) if key else None
    return record, record is not None


def _states(side: Side, found: list[tuple[str, Record | None]]) -> dict[str, StackState]:
    projects: dict[str, list[ProjectSummary]] = {stack: [] for stack in side.chosen}
    for stack, record in found:
        if record is not None and record.summary is not None:
            projects[stack].append(record.summary)
    return {stack: _state(side, stack, tuple(each)) for stack, each in projects.items()}


def _state(side: Side, stack: str, projects: tuple[ProjectSummary, ...]) -> StackState:
    limits = dict(side.limits.get(stack, {}))
    platform = limits.pop("", None)
    quotas = QuotaTree(stack, platform, limits, projects) if platform else None
    return StackState(projects=projects, quotas=quotas)
