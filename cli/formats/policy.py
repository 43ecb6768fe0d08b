"""What rules advise, as a plan tells it: by rule, since one word of why is enough for all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from catalog.verdict import Advice
from cli.formats.problems import counted

MOST_SUBJECTS = 2


@dataclass(frozen=True, slots=True)
class Advised:
    """What one rule found: how often, and where first."""

    rule: str
    count: int
    first: tuple[Advice, ...]

    @property
    def further(self) -> str:
        """`and 3 more`, or nothing."""
        more = self.count - len(self.first)
        return f"and {more:,} more" if more else ""

    @property
    def why(self) -> str:
        """Why there is such a rule."""
        return self.first[0].why

    @property
    def remedy(self) -> str:
        """What to do."""
        return self.first[0].remedy


def by_rule(advice: Sequence[Advice]) -> Iterator[Advised]:
    """Sorted advice, one rule after the other."""
    for rule, each in groupby(advice, key=lambda one: one.rule):
        found = tuple(each)
        yield Advised(rule, len(found), found[:MOST_SUBJECTS])


def heading(advice: Sequence[Advice]) -> str:
    """`3 findings, advice only`."""
    return f"{counted(len(advice), 'finding')}, advice only"


def advice_data(advice: Sequence[Advice]) -> list[dict[str, Any]]:
    """Advice as JSON; `line` and `column` are 0 for the file as a whole."""
    return [
        {
            "rule": one.rule,
            "subject": one.subject,
            "message": one.message,
            "why": one.why,
            "remedy": one.remedy,
            "file": one.place.file,
            "line": one.place.line,
            "column": one.place.column,
        }
        for one in advice
    ]
