"""The status of a stack as a person reads it: each endpoint, why, and what to do."""

import textwrap
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from cli.formats.problems import counted
from cli.output import Line, Span, aligned
from deploy.status.verdict import State, Verdict, Verdicts

MARKS: Final = {
    State.READY: Span("✓", "green"),
    State.ASLEEP: Span("✓", "green"),
    State.ROLLING: Span("~", "cyan"),
    State.WAITING: Span("…", "yellow"),
    State.OUTDATED: Span("~", "yellow"),
    State.CHANGED: Span("~", "yellow"),
    State.BROKEN: Span("✗", "red"),
    State.MISSING: Span("✗", "red"),
    State.UNDECLARED: Span("?", "magenta"),
}
INDENT: Final = 6
NARROWEST: Final = 40


def status_lines(verdicts: Verdicts, width: int) -> Iterator[Line]:
    """The whole table, wrapped at `width` characters; the last line sums it up."""
    yield [Span(verdicts.stack, "bold")]
    yield []
    notes = [_note(verdict, verdicts.taken) for verdict in verdicts.each]
    heads = list(aligned([_head(verdict) for verdict in verdicts.each]))
    room = width - max(map(_length, heads), default=0)
    urls = all(
        len(note or verdict.url) <= room for note, verdict in zip(notes, verdicts.each, strict=True)
    )
    for verdict, head, note in zip(verdicts.each, heads, notes, strict=True):
        told = note or (verdict.url if urls else "")
        yield [*head, Span(told, "dim")] if len(told) <= room else head
        if len(told) > room:
            yield from _wrapped(told, "dim", width)
        yield from _why(verdict, width)
    if verdicts.each:
        yield []
    for note in verdicts.notes:
        yield from _wrapped(f"not seen: {note}", "dim", width, indent=0)
    yield from _wrapped(summary(verdicts), "bold", width, indent=0)


def summary(verdicts: Verdicts) -> str:
    """`31 endpoints: 29 Ready, 1 Asleep, 1 Broken`."""
    counts = verdicts.counts
    total = counted(sum(counts.values()), "endpoint")
    told = ", ".join(f"{number:,} {state}" for state, number in counts.items())
    return f"{total}: {told}" if told else "no endpoint is declared or running"


def _head(verdict: Verdict) -> list[Span]:
    mark = MARKS[verdict.state]
    return [
        Span(f"{mark.text} {verdict.path}", mark.style),
        Span(str(verdict.state), "" if verdict.ok else "bold"),
        Span(_replicas(verdict), "dim"),
        Span(""),
    ]


def _length(line: Line) -> int:
    return sum(len(span.text) for span in line)


def _replicas(verdict: Verdict) -> str:
    if verdict.ready is None or verdict.wanted is None or verdict.state is State.ASLEEP:
        return ""
    return f"{verdict.ready} of {verdict.wanted}"


def _note(verdict: Verdict, now: datetime) -> str:
    """What is under way and for how long, where that matters."""
    parts = [verdict.progress] if verdict.progress else []
    if verdict.since is not None and not verdict.ok:
        parts.append(f"for {duration((now - verdict.since).total_seconds())}")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3 h`, `2 d`; a clock that runs ahead of the cluster's shows no minus."""
    left = max(0, int(seconds))
    for most, size, unit in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if left < most:
            return f"{left // size} {unit}"
    return f"{left // 86_400} d"


def _why(verdict: Verdict, width: int) -> Iterator[Line]:
    """Below an endpoint: the condition in the cluster's words, each cause, and what to do."""
    is_told = any(cause.code == "unknown" for cause in verdict.causes)
    if verdict.condition and not is_told:
        yield from _wrapped(verdict.condition, "dim", width)
    for cause in verdict.causes:
        yield from _wrapped(cause.what, "", width)
        yield from _wrapped(cause.remedy, "cyan", width, lead="→ ")


def _wrapped(
    text: str, style: str, width: int, *, indent: int = INDENT, lead: str = ""
) -> Iterator[Line]:
    """A sentence below each other, its first line led by a sign."""
    room = max(width, NARROWEST) - indent - len(lead)
    lines = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)
    for at, line in enumerate(lines):
        yield [Span(" " * indent), Span(lead if at == 0 else " " * len(lead)), Span(line, style)]
