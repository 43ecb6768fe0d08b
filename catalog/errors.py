"""What is wrong with an entry, where it stands, and how to mend it."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A point in a file. Lines and columns count from 1; 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One error, complete enough to mend without asking anyone.

    `subject` is the field path (`fraud-detector.scaling.max`), `message` says what is wrong with
    the value and what is allowed, `remedy` what to do. `detail` holds lines that show the sum or
    the tables behind the verdict.
    """

    place: Place
    code: str
    subject: str
    message: str
    remedy: str = ""
    detail: tuple[str, ...] = ()
    severity: str = field(default="error")

    def lines(self) -> list[str]:
        """The problem as a person reads it, the place first so that editors can follow it."""
        head = f"{self.place}: {self.code} {self.subject}".rstrip()
        body = [f"    {self.message}", *(f"    {line}" for line in self.detail)]
        if self.remedy:
            body.append(f"    → {self.remedy}")
        return [head, *body]


class CatalogError(Exception):
    """Carries every problem of a run, sorted by place. Raised only at the edge of the core."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(problems))
        super().__init__("\n".join(line for p in self.problems for line in p.lines()))


def nearest(value: str, allowed: Iterable[str]) -> str | None:
    """The allowed spelling closest to `value`, or None when nothing is close."""
    by_folded = {candidate.casefold(): candidate for candidate in allowed}
    found = difflib.get_close_matches(value.casefold(), sorted(by_folded), n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def one_of(allowed: Sequence[str]) -> str:
    """`a, b or c`, for messages."""
    if len(allowed) < 2:
        return "".join(allowed)
    return f"{', '.join(allowed[:-1])} or {allowed[-1]}"


def did_you_mean(value: str, allowed: Iterable[str], otherwise: str) -> str:
    """A remedy that names the nearest spelling, or `otherwise` when nothing is close."""
    close = nearest(value, allowed)
    return f"did you mean {close!r}?" if close else otherwise
