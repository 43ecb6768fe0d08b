"""What became of one stack so far: how far the engine is, what it did, and what went wrong."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from deploy.events import Broken, Event, Said, Step, Thing
from deploy.failures import Failure, failure_of

WAITING: Final = "waiting"
SKIPPED: Final = "not run"


@dataclass(slots=True)
class Tally:
    """Written by the thread that hears the engine, read by whoever shows it.

    `expected` is a guess at the number of things, for a bar; `at` is when it ended, by the clock.
    """

    stack: str
    expected: int = 0
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None
    phase: str = WAITING
    done: int = 0
    doing: dict[Thing, Step] = field(default_factory=dict[Thing, Step])
    counts: Counter[str] = field(default_factory=Counter[str])
    changes: list[Step] = field(default_factory=list[Step])
    failures: list[Failure] = field(default_factory=list[Failure])
    at: datetime | None = None
    why: str = ""

    def hear(self, event: Event) -> None:
        """Takes an event of the engine in."""
        if isinstance(event, Step):
            self._step(event)
        elif isinstance(event, Broken):
            self._fail(Failure(event.thing, event.message))
        else:
            self._said(event)

    def begin(self, phase: str) -> None:
        """Another phase begins, from the start."""
        if self.phase == WAITING:
            self.began = time.monotonic()
        self.phase = phase
        self.done = 0
        self.doing.clear()
        self.counts.clear()
        self.changes.clear()
        self.failures.clear()

    def end(self, phase: str) -> None:
        """Nothing more is heard."""
        self.phase, self.ended, self.at = phase, time.monotonic(), datetime.now(UTC)
        self.doing.clear()

    def skip(self, why: str) -> None:
        """It does not run, for a reason that follows on "not run, "."""
        self.why = why
        self.end(SKIPPED)

    @property
    def current(self) -> Step | None:
        """What has been under way for longest; where one holds up all, that one."""
        return next(iter(tuple(self.doing.values())), None)

    @property
    def seconds(self) -> float:
        """Since it began, until it ended."""
        return (self.ended or time.monotonic()) - self.began

    @property
    def total(self) -> int:
        """How many things there are to be done, as far as is known."""
        return max(self.expected, self.done)

    @property
    def endpoints(self) -> Mapping[str, frozenset[str]]:
        """What was done with things of each endpoint, by `namespace/name`."""
        found: dict[str, set[str]] = {}
        for step in self.changes:
            if step.endpoint:
                found.setdefault(step.endpoint, set()).add(step.action)
        return {name: frozenset(found[name]) for name in sorted(found)}

    def _step(self, step: Step) -> None:
        if step.phase == "begun":
            if step.action != "unchanged":
                self.doing[step.thing] = step
            return
        self.doing.pop(step.thing, None)
        if step.phase != "done":
            return
        self.done += 1
        self.counts[step.action] += 1
        if step.action != "unchanged":
            self.changes.append(step)

    def _said(self, said: Said) -> None:
        failure = failure_of(said)
        if failure is not None:
            self._fail(failure)

    def _fail(self, failure: Failure) -> None:
        if failure not in self.failures:
            self.failures.append(failure)
