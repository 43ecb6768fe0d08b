"""What is being made, how far it is and how long it takes: live on a terminal, else as lines."""

import math
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Step:
    """Something to make: `make` is given what to call with a word on what it is doing."""

    title: str
    whole: str
    """The title with all that is in it, for those who do not watch."""
    minutes: float
    make: Callable[[Callable[[str], None]], None]


class _Display(Protocol):
    def begin(self, number: int) -> None: ...
    def note(self, words: str) -> None: ...
    def end(self, number: int, seconds: float) -> None: ...


def run(steps: Sequence[Step]) -> None:
    """One after the other: the compiler itself uses all cores."""
    if not steps:
        return
    with _display(steps) as display:
        for number, step in enumerate(steps):
            display.begin(number)
            begun = time.monotonic()
            step.make(display.note)
            display.end(number, time.monotonic() - begun)


def say(line: str) -> None:
    """One line on standard error."""
    print(f"tools: {line}", file=sys.stderr, flush=True)


def usual(minutes: float) -> str:
    """How long something usually takes, as people say it."""
    if minutes < 1:
        return f"{60 * minutes:.0f} seconds"
    return "a minute" if minutes == 1 else f"{math.ceil(minutes)} minutes"


@contextmanager
def _display(steps: Sequence[Step]) -> Generator[_Display]:
    if not sys.stderr.isatty() or find_spec("rich") is None:
        yield _Lines(steps)
        return
    from tools.progress_live import live  # rich is only needed on a terminal

    with live(steps) as display:
        yield display


class _Lines:
    """For logs: a line when something begins and one when it is made."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps

    def begin(self, number: int) -> None:
        step, total = self._steps[number], len(self._steps)
        place = f", {number + 1} of {total}" if total > 1 else ""
        say(f"making {step.whole}: about {usual(step.minutes)} the first time{place}")

    def note(self, words: str) -> None:
        if words.startswith("waiting"):
            say(words)

    def end(self, number: int, seconds: float) -> None:
        say(f"made {self._steps[number].title} in {seconds:.0f} s")
