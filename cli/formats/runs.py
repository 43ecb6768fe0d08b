"""What a run did, stack by stack: counts, endpoints, fields, and what went wrong."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from cli.formats.problems import counted
from cli.output import Line, Span, aligned, shortened
from cli.progress import clock
from deploy.fields import changed_fields

if TYPE_CHECKING:
    from deploy.events import Step
    from deploy.failures import Failure
    from deploy.tally import Tally

ACTIONS: Final = ("created", "updated", "replaced", "deleted")
STYLES: Final = {"created": "green", "updated": "yellow", "replaced": "magenta", "deleted": "red"}
MARKS: Final = {"created": "+", "updated": "~", "replaced": "±", "deleted": "-"}
TO_BE: Final = {
    "created": "to create", "updated": "to update", "replaced": "to replace",
    "deleted": "to delete",
}  # fmt: skip
MOST_ENDPOINTS: Final = 12
WIDEST: Final = 60


def run_lines(
    tallies: Mapping[str, "Tally"], unchanged: Sequence[str], *, planned: bool = False
) -> Iterator[Line]:
    """A block for each stack that ran, then what needed no run; `planned` is for previews."""
    for tally in tallies.values():
        yield _head(tally, planned=planned)
        if planned:
            yield from _fields(tally)
        else:
            yield from _endpoints(tally)
        yield from _failures(tally)
    if unchanged:
        names = ", ".join(unchanged) if len(unchanged) <= MOST_ENDPOINTS else ""
        told = f"unchanged since they were applied: {counted(len(unchanged), 'stack')}"
        yield [Span(f"{told}{f' ({names})' if names else ''}", "dim")]


def _head(tally: "Tally", *, planned: bool) -> Line:
    if tally.why:
        return [Span("- ", "yellow"), Span(tally.stack, "bold"), Span(f"  not run, {tally.why}")]
    words = TO_BE if planned else dict(zip(ACTIONS, ACTIONS, strict=True))
    counts = [f"{tally.counts[each]} {words[each]}" for each in ACTIONS if tally.counts[each]]
    nothing = "nothing to do" if planned else "nothing changed"
    told = ", ".join(counts) or ("" if tally.failures else nothing)
    same = tally.counts["unchanged"]
    told += f"{', ' if told else ''}{same} unchanged" if same else ""
    mark = Span("✗ ", "red") if tally.failures or tally.phase == "failed" else Span("✓ ", "green")
    return [mark, Span(tally.stack, "bold"), Span(f"  {told}  {clock(tally.seconds)}")]


def _endpoints(tally: "Tally") -> Iterator[Line]:
    found = tally.endpoints
    if len(found) > MOST_ENDPOINTS:
        yield [Span(f"  of {counted(len(found), 'endpoint')}", "dim")]
        return
    yield from aligned(
        [[Span(name), Span(", ".join(sorted(done)), "dim")] for name, done in found.items()]
    )


def _fields(tally: "Tally") -> Iterator[Line]:
    for step in sorted(tally.changes, key=lambda each: (each.thing.name, each.thing.kind)):
        yield [Span(f"  {MARKS[step.action]} ", STYLES[step.action]), Span(str(step.thing))]
        if step.action in {"updated", "replaced"}:
            yield from _changed(step)


def _changed(step: "Step") -> Iterator[Line]:
    rows = [
        [Span(path), Span(f"{_value(before)} → {_value(after)}", "dim")]
        for path, before, after in changed_fields(step.old, step.new)
    ]
    yield from aligned(rows, indent=6)


def _value(value: Any) -> str:
    if value is None:
        return "(none)"
    return shortened(value if isinstance(value, str) else json.dumps(value), WIDEST)


def _failures(tally: "Tally") -> Iterator[Line]:
    alike: dict[tuple[str, str], list[Failure]] = {}
    for failure in tally.failures:
        alike.setdefault((failure.message, failure.remedy), []).append(failure)
    for found in alike.values():
        first, *rest = found[0].lines([each.thing for each in found if each.thing])
        for number, line in enumerate(first.splitlines()):
            yield [Span(f"  {line}" if number == 0 else f"    {line}", "red")]
        yield from ([Span(line)] for line in rest)
