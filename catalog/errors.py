"""What is wrong with an entry, where it stands, and how to mend it."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace


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
    the tables behind the verdict. `stacks` names those whose settings it depends on, until
    `merged` has told them.
    """

    place: Place
    code: str
    subject: str
    message: str
    remedy: str = ""
    detail: tuple[str, ...] = ()
    severity: str = field(default="error")
    stacks: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """The problem as a person reads it, the place first so that editors can follow it."""
        head = f"{self.place}: {self.code} {self.subject}".rstrip()
        body = [f"    {self.message}", *(f"    {line}" for line in self.detail)]
        if self.remedy:
            body.append(f"    → {self.remedy}")
        return [head, *body]


def merged(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Every problem once, sorted. What several stacks report names them all.

    Tables and sums are those of the first stack: what to mend is the same on every one.
    """
    found: dict[Problem, list[Problem]] = {}
    for each in sorted(problems):
        found.setdefault(replace(each, detail=(), stacks=()), []).append(each)
    return tuple(sorted(_on_stacks(alike) for alike in found.values()))


def _on_stacks(alike: Sequence[Problem]) -> Problem:
    stacks = sorted({stack for problem in alike for stack in problem.stacks})
    if not stacks:
        return alike[0]
    where = f"stack{'s' if len(stacks) > 1 else ''} {all_of(stacks)}"
    return replace(alike[0], message=f"{alike[0].message} ({where})", stacks=())


def nearest(value: str, allowed: Iterable[str]) -> str | None:
    """The allowed spelling closest to `value`, or None when nothing is close."""
    by_folded = {candidate.casefold(): candidate for candidate in allowed}
    found = difflib.get_close_matches(value.casefold(), sorted(by_folded), n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def one_of(allowed: Sequence[str]) -> str:
    """`a, b or c`, for messages."""
    return _listed(allowed, "or")


def all_of(names: Sequence[str]) -> str:
    """`a, b and c`, for messages."""
    return _listed(names, "and")


def _listed(words: Sequence[str], last: str) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def did_you_mean(value: str, allowed: Iterable[str], otherwise: str) -> str:
    """A remedy that names the nearest spelling, or `otherwise` when nothing is close."""
    close = nearest(value, allowed)
    return f"did you mean {close!r}?" if close else otherwise
