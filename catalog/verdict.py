"""What rules outside the core say of a project: what stops a change, and what is only advised.

The core imports no such rules; who opens a side brings a judge along.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Protocol, TypeAlias

from catalog.errors import Place, Problem

if TYPE_CHECKING:
    from catalog.environment import Environment
    from catalog.fleet import Built
    from catalog.resolve import Project


@dataclass(frozen=True, slots=True, order=True)
class Advice:
    """What would be better, by a rule that stops nothing: `message` is a clause about `subject`."""

    rule: str
    subject: str
    message: str
    why: str
    remedy: str
    place: Place


Verdict: TypeAlias = tuple[tuple[Problem, ...], tuple[Advice, ...]]


class Judge(Protocol):
    """A pure function of what the records of a side are kept under."""

    def __call__(self, built: "Built", project: "Project", env: "Environment", /) -> Verdict:
        """What is wrong with a project of one stack whose objects are rendered, each sorted."""
        ...


def broken(advice: Advice, stack: str) -> Problem:
    """The same said by a rule that stops a change."""
    return Problem(
        advice.place, "SLW901", f"{advice.rule} {advice.subject}",
        advice.message, advice.remedy, detail=(advice.why,), stacks=(stack,),
    )  # fmt: skip


def encode_advice(advice: Iterable[Advice]) -> str:
    """Sorted advice on one project's file as JSON that `decode_advice` reads; empty without any."""
    rows = [
        [*words, [[a.subject, a.message, a.place.line, a.place.column] for a in alike]]
        for words, alike in groupby(advice, key=lambda a: (a.rule, a.why, a.remedy))
    ]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")) if rows else ""


def decode_advice(rows: str, file: str) -> Iterator[Advice]:
    """The inverse of `encode_advice`."""
    for rule, why, remedy, found in json.loads(rows) if rows else ():
        for subject, message, line, column in found:
            yield Advice(rule, subject, message, why, remedy, Place(file, line, column))
