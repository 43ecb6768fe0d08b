"""The Markdown that every page is written in: stable to the byte, readable as plain text."""

import re
from collections.abc import Iterable, Iterator, Sequence
from textwrap import fill

_CODE = re.compile(r"(`[^`]*`)")
_PLACEHOLDER = re.compile(r"(?<!\\)<(?!a id=|/a>)([a-z][a-z -]*>)")
SOURCE = "<!-- Made by `make docs` from {source}; edit that instead. -->"


def page(title: str, source: str, *blocks: str | Iterable[str]) -> str:
    """A page with a heading, and its blocks a blank line apart."""
    parts = [SOURCE.format(source=source), f"# {title}", *_flat(blocks)]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """A table; the columns of `right` are numbers, aligned to the right."""
    rule = ["--:" if at in right else "---" for at in range(len(head))]
    return "\n".join(f"| {' | '.join(_cells(row))} |" for row in (head, rule, *rows))


def code(text: str, language: str = "yaml") -> str:
    """A block of code."""
    return f"```{language}\n{text.rstrip()}\n```"


def anchor(name: str) -> str:
    """A place that links can lead to."""
    return f'<a id="{name}"></a>'


def tick(value: object) -> str:
    """A value as code."""
    return f"`{value}`"


def joined(words: Sequence[str], last: str = "or") -> str:
    """Words as people list them."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def wrapped(text: str) -> str:
    """A paragraph in lines of a width that reads well as plain text."""
    return fill(plain(text), 100, break_long_words=False, break_on_hyphens=False)


def plain(text: str) -> str:
    """Text in which `<name>` is shown as it is; outside of code Markdown takes it for HTML."""
    parts = _CODE.split(text)
    return "".join(
        part if at % 2 else _PLACEHOLDER.sub(r"\\<\1", part) for at, part in enumerate(parts)
    )


def _cells(row: Sequence[str]) -> Iterator[str]:
    for cell in row:
        yield " ".join(plain(cell).replace("|", "\\|").split())


def _flat(blocks: Iterable[str | Iterable[str]]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, str):
            yield block
        else:
            yield from block
