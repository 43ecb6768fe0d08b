"""From the files of a repository to what a plan needs, by the cheapest way that is exact.

Only what changed is resolved. Everything else is taken from what earlier runs kept, under a key
over all that it depends on: the stack's settings, the platform, the team, the names of all teams,
the project file, and whatever was read from the tree while it was built. This module and all that
it imports is cheap to import; `catalog/builder.py`, which is not, comes in when there is something
to resolve.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from catalog.errors import Problem
from catalog.names import namespace_problems
from catalog.plan import ProjectChange, StackState, change_from_text
from catalog.quota import QuotaTree
from catalog.side import Kept, ProjectId, Record, Side
from catalog.work import Answer, Question, answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Everything that was found out about a fleet, and about the one it is compared with."""

    head: Mapping[str, StackState]
    base: Mapping[str, StackState]
    changes: Sequence[ProjectChange]
    problems: tuple[Problem, ...]
    base_problems: tuple[Problem, ...]


Records: TypeAlias = dict[str, dict[ProjectId, Record]]


def survey(head: Side, base: Side | None, kept: Kept) -> Survey:
    """The state of every chosen stack, and what differs from `base` where there is one."""
    records: Records = {stack: {} for stack in head.chosen}
    base_records: Records = {stack: {} for stack in base.chosen} if base else {}
    changes: list[ProjectChange] = []
    problems, base_problems = [*head.problems()], [*base.problems()] if base else []
    open_questions: list[Question] = []
    for question in _questions(head, base):
        answer = _known(question, head, base, kept)
        if answer is None:
            open_questions.append(question)
        else:
            _take(question, answer, records, base_records, changes)
    for question, answer in answers(open_questions, head, base):
        for key, text in answer.keep:
            kept.put(key, text)
        problems += answer.problems
        base_problems += answer.base_problems
        _take(question, answer, records, base_records, changes)
    head_states = _states(head, records)
    problems += namespace_problems(sorted(head.projects.values()))
    problems += [p for state in head_states.values() if state.quotas for p in state.quotas.problems()]
    return Survey(
        head=head_states,
        base=_states(base, base_records) if base else {},
        changes=changes,
        problems=tuple(sorted(set(problems))),
        base_problems=tuple(sorted(set(base_problems))),
    )
