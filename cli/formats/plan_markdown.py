"""The plan as a comment on a pull request: a heading, tables, and details that fold away.

GitHub refuses a comment of more than 65,536 characters, so details are left out from the end, and
the comment says so.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from catalog.errors import Problem
from catalog.plan import (
    Action,
    EndpointChange,
    FieldChange,
    ObjectChange,
    Plan,
    ProjectChange,
    StackPlan,
)
from catalog.summary import bill_of
from cli.formats.amounts import bill_line, dollars
from cli.formats.plan_table import quota_cells, settings_moved, totals
from cli.formats.policy import by_rule, heading
from cli.formats.problems import counted, last_line
from cli.output import shortened

MARKER = "<!-- slipway-plan -->"
LONGEST = 60_000
MOST_ROWS = 100
WIDEST_VALUE = 80
_MARKS = {Action.ADD: "**+**", Action.CHANGE: "**~**", Action.REMOVE: "**-**"}
_VERBS = {Action.ADD: "created", Action.CHANGE: "updated", Action.REMOVE: "deleted"}
_SIGNS = {Action.ADD: "+", Action.CHANGE: "!", Action.REMOVE: "-"}


def plan_markdown(plan: Plan) -> str:
    """The whole plan, as far as it fits into a comment."""
    since = f"Compared with {code(plan.base)}." if plan.base else "Compared with an empty fleet."
    happens = "no changes" if plan.is_empty else totals(plan)
    head = [
        MARKER,
        f"### Slipway: {happens}",
        "",
        f"{since} {bill_line(plan.before, plan.after)}.",
        "",
    ]
    return _fitted(head, [*_endpoint_table(plan), *_quota_tables(plan)], _details(plan))


def errors_markdown(problems: Sequence[Problem]) -> str:
    """What is wrong, in place of a plan."""
    head = [MARKER, "### Slipway: the fleet has errors", "", f"{last_line(problems)}.", ""]
    blocks = ["\n".join(["```text", *_unfenced(p.lines()), "```"]) for p in problems]
    return _fitted(head, [], blocks)


def code(text: str) -> str:
    """Text of a user as inline code in a table: nothing in it is markup, a mention or a cell."""
    flat = " ".join(text.split()).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", flat)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{pad}{flat}{pad}{fence}" if flat else "-"


def _fitted(head: Sequence[str], tables: Iterable[str], details: Iterable[str]) -> str:
    """As many details as there is room for, and an honest word on the rest."""
    lines = [*head, *tables]
    size = sum(len(line) + 1 for line in lines)
    left_out = 0
    for block in details:
        if left_out or size + len(block) + 1 > LONGEST - 200:
            left_out += 1
            continue
        lines.append(block)
        size += len(block) + 1
    if left_out:
        what = counted(left_out, "further section")
        lines += ["", f"_{what} left out, for lack of room: `slipway plan --format json` has all._"]
    return "\n".join(lines)


def _endpoint_table(plan: Plan) -> Iterator[str]:
    rows = [
        (stack.stack, project, change)
        for stack in plan.stacks
        for project in stack.projects
        for change in project.endpoints
    ]
    if not rows:
        return
    yield "| | endpoint | stack | what happens | fields | $ a month at most |"
    yield "|---|---|---|---|---|---|"
    size = 0
    for shown, each in enumerate(rows):
        row = _endpoint_row(*each)
        size += len(row)
        if shown == MOST_ROWS or size > LONGEST // 2:
            yield f"\n_… and {counted(len(rows) - shown, 'more endpoint')}._"
            break
        yield row
    yield ""


def _endpoint_row(stack: str, project: ProjectChange, change: EndpointChange) -> str:
    before = bill_of([change.before] if change.before else [])
    after = bill_of([change.after] if change.after else [])
    cells = [
        _MARKS[change.action],
        code(f"{project.team}/{project.project}/{change.name}"),
        code(stack),
        str(change.effect),
        "<br>".join(_told(change.fields, 4)),
        dollars(before, after),
    ]
    return f"| {' | '.join(cells)} |"


def _told(fields: Sequence[FieldChange], most: int) -> Iterator[str]:
    for field in fields[:most]:
        yield f"{code(field.name)} {_value(field.before)} → {_value(field.after)}"
    if len(fields) > most:
        yield f"… and {len(fields) - most} more"


def _value(value: str | None) -> str:
    return "-" if value is None else code(shortened(value, WIDEST_VALUE))


def _quota_tables(plan: Plan) -> Iterator[str]:
    for stack in plan.stacks:
        heading, rows = quota_cells(stack)
        if not rows:
            continue
        yield f"| {' | '.join(heading)} |"
        yield f"|{'---|' * len(heading)}"
        for row in rows:
            yield f"| {' | '.join([*row, *[''] * (len(heading) - len(row))])} |"
        yield ""


def _details(plan: Plan) -> Iterator[str]:
    yield from (_policy(stack) for stack in plan.stacks if stack.advice)
    for stack in plan.stacks:
        for project in stack.projects:
            name = f"{project.team}/{project.project} on {stack.stack}"
            if settings_moved(project):
                told = "\n".join(f"- {line}" for line in _told(project.fields, MOST_ROWS))
                yield _folded(f"Settings of {name}", told)
            if project.objects:
                body = "\n".join(_unfenced(_object_lines(project.objects)))
                yield _folded(f"Objects of {name}: {_counts(project)}", f"```diff\n{body}\n```")


def _policy(stack: StackPlan) -> str:
    """A table of what rules advise; the words are the rules' own, the subjects users'."""
    rows = ["| rule | findings | where | why | what to do |", "|---|---|---|---|---|"]
    for one in by_rule(stack.advice):
        where = [code(f"{each.subject} {each.message}") for each in one.first]
        cells = [
            code(one.rule),
            str(one.count),
            "<br>".join([*where, *filter(None, [one.further])]),
            *(words.replace("|", "\\|") for words in (one.why, one.remedy)),
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return _folded(f"Policy on {stack.stack}: {heading(stack.advice)}", "\n".join(rows))


def _counts(project: ProjectChange) -> str:
    actions = [change.action for change in project.objects]
    counts = {verb: actions.count(action) for action, verb in _VERBS.items()}
    return ", ".join(f"{number} {verb}" for verb, number in counts.items() if number)


def _object_lines(changes: Iterable[ObjectChange]) -> Iterator[str]:
    for change in changes:
        yield f"{_SIGNS[change.action]} {change.kind} {change.name}"
        for field in change.fields:
            if field.before is not None:
                yield f"-   {field.name}: {shortened(field.before, WIDEST_VALUE)}"
            if field.after is not None:
                yield f"+   {field.name}: {shortened(field.after, WIDEST_VALUE)}"


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _unfenced(lines: Iterable[str]) -> list[str]:
    """Lines that cannot end the code block they stand in."""
    return [line.replace("```", "'''") for line in lines]
