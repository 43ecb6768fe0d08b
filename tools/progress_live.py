"""The display of `tools.progress` on a terminal."""

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from tools.progress import Step, usual


@contextmanager
def live(steps: Sequence[Step]) -> Generator["_Table"]:
    """A table that moves while something is made and stays when all is done."""
    table = _Table(steps)
    with Live(get_renderable=table.render, console=Console(stderr=True), refresh_per_second=4):
        yield table


class _Table:
    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps
        self._seconds: dict[int, float] = {}
        self._now = -1
        self._words = ""
        self._begun = self._all_begun = time.monotonic()
        self._spinner = Spinner("dots")

    def begin(self, number: int) -> None:
        self._now, self._words, self._begun = number, "", time.monotonic()

    def note(self, words: str) -> None:
        self._words = words

    def end(self, number: int, seconds: float) -> None:
        self._seconds[number] = seconds

    def render(self) -> RenderableType:
        rows = Table.grid(padding=(0, 1))
        for number, step in enumerate(self._steps):
            rows.add_row(*self._row(number, step))
        if len(self._seconds) == len(self._steps):
            return Group(rows, self._total())
        words = Text(f"  {self._words}", style="dim", no_wrap=True, overflow="ellipsis")
        return Group(rows, words, self._total())

    def _row(self, number: int, step: Step) -> tuple[RenderableType, ...]:
        usually = Text(f"about {usual(step.minutes)}", style="dim")
        if number in self._seconds:
            return Text("✓", style="green"), step.title, _clock(self._seconds[number]), ""
        if number == self._now:
            return self._spinner, step.title, _clock(time.monotonic() - self._begun), usually
        return Text("·", style="dim"), Text(step.title, style="dim"), "", usually

    def _total(self) -> Text:
        whole = usual(sum(step.minutes for step in self._steps))
        passed = _clock(time.monotonic() - self._all_begun)
        done = f"{len(self._seconds)} of {len(self._steps)}"
        return Text(f"{done} made in {passed}; the first time about {whole} on two cores")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"
