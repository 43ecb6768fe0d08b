"""How far the engine is with each stack: a table that moves on a terminal, lines elsewhere."""

import os
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from cli.output import note, shortened

if TYPE_CHECKING:
    from rich.console import RenderableType

    from deploy.tally import Tally

EVERY: Final = 10.0
"""Seconds between two lines about a stack where nobody sees a table."""
SHOWN: Final = 12
"""Stacks that a table shows; of more, those that wait or have ended are counted only."""
_DOING: Final[Mapping[str, str]] = {
    "created": "creating", "deleted": "deleting", "replaced": "replacing",
    "updated": "updating",
}  # fmt: skip
_STILL: Final = frozenset({"done", "failed", "not run", "waiting"})

Say = Callable[[str, str], None]


def clock(seconds: float) -> str:
    """`1:05`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"


@contextmanager
def shown(tallies: Mapping[str, "Tally"]) -> Generator[Say, None, None]:
    """Shows the tallies until the block ends. What is yielded tells a line about one stack."""
    plain = os.environ.get("TERM") == "dumb" or not sys.stderr.isatty()
    with _lines(tallies) if plain else _table(tallies) as say:
        yield say


@contextmanager
def _lines(tallies: Mapping[str, "Tally"]) -> Generator[Say, None, None]:
    ended = threading.Event()
    thread = threading.Thread(target=_tell, args=(tallies, ended), daemon=True)
    thread.start()
    try:
        yield lambda stack, line: note(f"{stack}: {line}")
    finally:
        ended.set()
        thread.join()


def _tell(tallies: Mapping[str, "Tally"], ended: threading.Event) -> None:
    """A line whenever a stack begins or ends something, and now and then in between."""
    told: dict[str, tuple[str, float]] = {}
    while True:
        last = ended.wait(0.2)
        for name, tally in tallies.items():
            phase, when = told.get(name, ("waiting", 0.0))
            now, since = tally.phase, time.monotonic() - when
            if now != phase or (now not in _STILL and since >= EVERY):
                note(f"{name}: {_progress(tally)}")
                told[name] = (now, time.monotonic())
        if last:
            return


def _progress(tally: "Tally") -> str:
    if tally.phase in _STILL:
        return f"{tally.phase}, {clock(tally.seconds)}" if tally.ended else tally.phase
    if not tally.done:
        return tally.phase
    told = f"{tally.phase}, {tally.done} of {tally.total} objects, {clock(tally.seconds)}"
    return f"{told}, {now}" if (now := _under_way(tally)) else told


def _under_way(tally: "Tally") -> str:
    """`deleting Namespace risk-fraud`."""
    step = tally.current
    return f"{_DOING[step.action]} {step.thing}" if step else ""


@contextmanager
def _table(tallies: Mapping[str, "Tally"]) -> Generator[Say, None, None]:
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True, highlight=False, no_color=bool(os.environ.get("NO_COLOR")))
    live = Live(
        get_renderable=lambda: rows(tallies, console.width),
        console=console,
        refresh_per_second=4,
        transient=True,
    )
    with live:
        yield lambda stack, line: console.print(f"{stack}: {line}", markup=False)


def rows(tallies: Mapping[str, "Tally"], width: int) -> "RenderableType":
    """A row for each stack; of very many, for those that move."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    moving = [each for each in tallies.values() if each.phase not in _STILL]
    seen = list(tallies.values()) if len(tallies) <= SHOWN else moving[:SHOWN]
    for tally in seen:
        style = _STYLES.get(tally.phase, "cyan")
        counted = f"{tally.done}/{tally.total}" if tally.done else ""
        room = max(20, width - 50)
        now = shortened(_under_way(tally), room)
        grid.add_row(
            Text(tally.stack, style="bold"), Text(tally.phase, style=style), counted,
            clock(tally.seconds), Text(now, style="dim"),
        )  # fmt: skip
    if len(tallies) > SHOWN:
        ended = sum(each.ended is not None for each in tallies.values())
        grid.add_row(Text(f"{ended} of {len(tallies)} stacks"), "", "", "", "")
    return grid


_STYLES: Final = {"done": "green", "failed": "red", "not run": "yellow", "waiting": "dim"}
