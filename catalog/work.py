"""Resolving what no earlier run has kept, in as many processes as it pays."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from catalog.builder import Found
from catalog.diff import project_change
from catalog.errors import Problem
from catalog.plan import change_to_text
from catalog.side import NOTHING_HOSTED, ProjectId, Side, change_key
from catalog.summary import to_line

WORTH_A_PROCESS = 64 * 1024
"""Bytes of project files, some 300 entries, from which a second process pays for its start."""


@dataclass(slots=True)
class Answer:
    """What resolving a project gave: lines worth keeping, and what is wrong on either side."""

    keep: dict[str, str] = field(default_factory=dict[str, str])
    problems: list[Problem] = field(default_factory=list[Problem])
    base_problems: list[Problem] = field(default_factory=list[Problem])


def answers(open_: Sequence[ProjectId], head: Side, base: Side | None) -> Iterator[Answer]:
    """Resolves projects, in their order."""
    size = sum(_size(side, at) for at in open_ for side in (head, base) if side)
    processes = min(_cores(), size // WORTH_A_PROCESS + 1, len(open_))
    if processes > 1:
        yield from _side_by_side(processes, open_, head, base)
    else:
        yield from (resolve(at, head, base) for at in open_)


def _cores() -> int:
    """Cores of this process; one where a process cannot be forked."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def _side_by_side(
    processes: int, open_: Sequence[ProjectId], head: Side, base: Side | None
) -> Iterator[Answer]:
    # Imported here, since a plan of a single edit has no use for them.
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # What a judge imports is then in every process, once.
    _ = head.builder.judge
    chunk = max(1, len(open_) // (processes * 8))
    with ProcessPoolExecutor(
        processes, get_context("fork"), initializer=_remember, initargs=(head, base)
    ) as pool:
        yield from pool.map(_resolve_remembered, open_, chunksize=chunk)


def resolve(at: ProjectId, head: Side, base: Side | None) -> Answer:
    """A project on every chosen stack of both sides, with what differs between them."""
    answer = Answer()
    new = _found(head, at, head.chosen, answer, answer.problems)
    if base is None or answer.problems:
        return answer
    stacks = [stack for stack in base.chosen if not _same(at, stack, head, base, new.get(stack))]
    old = _found(base, at, stacks, answer, answer.base_problems)
    for stack in sorted({*head.chosen, *stacks}):
        now, was = new.get(stack), old.get(stack)
        if stack in base.chosen and stack not in stacks:
            continue
        if was and was.problems:
            was = None
        if (now and now.built) or (was and was.built):
            key = change_key(_full(head, at, stack, now), _full(base, at, stack, was))
            change = project_change(stack, was and was.built, now and now.built)
            answer.keep[key] = change_to_text(change)
    return answer


def _found(
    side: Side, at: ProjectId, stacks: Sequence[str], answer: Answer, problems: list[Problem]
) -> dict[str, Found]:
    """A project of one side by stack; what is right is kept, what is wrong is told."""
    if at not in side.projects:
        return {}
    found = side.builder.build(at, stacks, side.builder.judge)
    if isinstance(found, list):
        problems += found
        return {}
    for stack, each in found.items():
        problems += each.problems
        key = side.key(at, stack)
        if key is None or each.problems:
            continue
        line = to_line(each.built.summary) if each.built else NOTHING_HOSTED
        answer.keep[side.reads_key(key)] = side.reads_text(each.folders)
        answer.keep[side.full_key(key, each.folders)] = line
    return found


def _same(at: ProjectId, stack: str, head: Side, base: Side, found: Found | None) -> bool:
    """Whether the base is what the head is, so that resolving one of them is enough."""
    key = head.key(at, stack)
    if found is None or found.problems or key is None or key != base.key(at, stack):
        return False
    return head.full_key(key, found.folders) == base.full_key(key, found.folders)


def _full(side: Side, at: ProjectId, stack: str, found: Found | None) -> str:
    key = side.key(at, stack)
    return side.full_key(key, found.folders) if found and key else ""


def _size(side: Side, at: ProjectId) -> int:
    path = side.projects.get(at)
    return side.size(path.file) if path else 0


_sides: list[tuple[Side, Side | None]] = []
"""What a worker process works on, since a fork has it already and a pipe need not carry it."""


def _remember(head: Side, base: Side | None) -> None:
    _sides[:] = [(head, base)]


def _resolve_remembered(at: ProjectId) -> Answer:
    head, base = _sides[0]
    return resolve(at, head, base)
