"""Lines of styled text: coloured by Rich on a terminal, plain and aligned when piped.

Rich is imported for a terminal only, since it costs more than a whole plan of an unchanged fleet.
"""

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import click

ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line and its style, in Rich's words (`green`, `bold`, `dim`)."""

    text: str
    style: str = ""


Line = Sequence[Span]
Row = Sequence[Span]


def plain(line: Line) -> str:
    """A line without its styles."""
    return "".join(span.text for span in line).rstrip()


def aligned(rows: Sequence[Row], *, indent: int = 2, gap: int = 2) -> Iterator[Line]:
    """Rows as lines whose columns begin below each other; the last column is never padded."""
    columns = max((len(row) for row in rows), default=0)
    widths = [
        max((len(row[at].text) for row in rows if at < len(row) - 1), default=0)
        for at in range(columns)
    ]
    for row in rows:
        line = [Span(" " * indent)]
        for at, span in enumerate(row):
            last = at == len(row) - 1
            padding = "" if last else " " * (widths[at] - len(span.text) + gap)
            line += [span, Span(padding)]
        yield line


def shortened(text: str, most: int) -> str:
    """One line of at most so many characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1] + ELLIPSIS


def emit(lines: Iterable[Line]) -> None:
    """Prints lines to standard output."""
    if not coloured():
        click.echo("\n".join(plain(line) for line in lines))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for line in lines:
        text = Text.assemble(*((span.text, span.style) for span in line))
        # A narrow terminal wraps by itself; a cut line could lose its price.
        console.print(text, soft_wrap=True)


def width() -> int:
    """Characters of a line; where no terminal says how many, so many that addresses fit."""
    return shutil.get_terminal_size((160, 24)).columns


def coloured() -> bool:
    """Whether standard output is a terminal that wants colours (https://no-color.org)."""
    wanted = os.environ.get("TERM") != "dumb" and not os.environ.get("NO_COLOR")
    return wanted and sys.stdout.isatty()


def note(message: str) -> None:
    """One line beside the result, on standard error."""
    click.echo(message, err=True)
