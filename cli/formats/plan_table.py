"""The plan as a person reads it: what happens, what it means, whether it fits, what it costs."""

from collections.abc import Iterator, Sequence

from catalog.plan import Action, EndpointChange, FieldChange, Plan, ProjectChange, StackPlan
from catalog.summary import Bill, EndpointSummary, bill_of
from cli.formats.amounts import bill_line, dollars, moved, used_of
from cli.formats.policy import Advised, by_rule, heading
from cli.formats.problems import counted
from cli.output import Line, Row, Span, aligned, shortened

MARKS = {
    Action.ADD: Span("+", "green"),
    Action.CHANGE: Span("~", "yellow"),
    Action.REMOVE: Span("-", "red"),
}
MOST_ENDPOINTS = 60
MOST_FIELDS = 12
MOST_TEAMS = 12
WIDEST_VALUE = 48


def plan_lines(plan: Plan) -> Iterator[Line]:
    """The whole plan; the last line sums it up."""
    for stack in plan.stacks:
        yield from _stack(stack, in_full=plan.is_empty)
    if plan.is_empty or any(stack.projects for stack in plan.stacks):
        yield [Span("quota counts a rollout under way", "dim")]
    yield [Span(summary(plan), "bold")]


def summary(plan: Plan) -> str:
    """`Plan since main (abc1234): 2 to add, 0 to change, 0 to remove · ` and the bill."""
    since = f" since {plan.base}" if plan.base else ""
    happens = f"No changes{since}" if plan.is_empty else f"Plan{since}: {totals(plan)}"
    return f"{happens} · {bill_line(plan.before, plan.after)}"


def totals(plan: Plan | StackPlan) -> str:
    """`2 to add, 1 to change, 0 to remove`."""
    return ", ".join(f"{plan.count(action)} to {action}" for action in Action)


def settings_moved(change: ProjectChange) -> bool:
    """Whether a project goes on and its own or its team's settings differ."""
    return change.action is Action.CHANGE and bool(change.fields)


def _stack(stack: StackPlan, *, in_full: bool) -> Iterator[Line]:
    happens = totals(stack) if stack.projects else "no changes"
    yield [Span(stack.stack, "bold"), Span(f" · {happens}", "dim")]
    if stack.projects:
        yield []
        yield from _changes(stack)
        yield from _objects(stack)
        yield from _policy(stack)
    if stack.projects or in_full:
        yield []
        yield from aligned(_quota_rows(stack))
    yield []


def _changes(stack: StackPlan) -> Iterator[Line]:
    pairs = [(project, change) for project in stack.projects for change in project.endpoints]
    shown = pairs[:MOST_ENDPOINTS]
    heads = list(aligned([_head(project, change) for project, change in shown]))
    for head, (_, change) in zip(heads, shown, strict=True):
        yield head
        yield from _fields(change.fields)
    if len(pairs) > len(shown):
        more = counted(len(pairs) - len(shown), "more endpoint")
        yield [Span(f"  … and {more}; --format json shows all", "dim")]
    for project in stack.projects:
        if settings_moved(project):
            mark = MARKS[Action.CHANGE]
            yield [Span(f"  {mark.text} {project.team}/{project.project}", mark.style)]
            yield from _fields(project.fields)


def _head(project: ProjectChange, change: EndpointChange) -> Row:
    mark = MARKS[change.action]
    return [
        Span(f"{mark.text} {project.team}/{project.project}/{change.name}", mark.style),
        Span(str(change.effect), "bold" if change.action is Action.CHANGE else ""),
        *(Span(text, "dim") for text in _about(change)),
    ]


def _about(change: EndpointChange) -> Iterator[str]:
    """What it is, how many replicas, what it costs at most and on how many GPUs."""
    side = change.after or change.before
    if side is None:
        return
    before, after = _bill(change.before), _bill(change.after)
    if change.action is not Action.CHANGE:
        before = after = _bill(side)
    yield f"{side.framework}, {side.tier}"
    yield f"{side.least} to {side.most} replicas"
    price = f"{dollars(before, after)} a month"
    if before.gpus_at_most or after.gpus_at_most:
        gpus = moved(str(before.gpus_at_most), str(after.gpus_at_most))
        price += f", GPUs {gpus} ({side.accelerator})"
    yield price


def _bill(side: EndpointSummary | None) -> Bill:
    return bill_of([side] if side else [])


def _fields(fields: Sequence[FieldChange]) -> Iterator[Line]:
    rows = [
        [
            Span(field.name),
            Span(_value(field.before), "red" if field.before else "dim"),
            Span("→", "dim"),
            Span(_value(field.after), "green" if field.after else "dim"),
        ]
        for field in fields[:MOST_FIELDS]
    ]
    yield from aligned(rows, indent=6)
    if len(fields) > MOST_FIELDS:
        yield [Span(f"      … and {counted(len(fields) - MOST_FIELDS, 'more field')}", "dim")]


def _value(value: str | None) -> str:
    return "(not set)" if value is None else shortened(value, WIDEST_VALUE) or '""'


def _objects(stack: StackPlan) -> Iterator[Line]:
    counts = {
        verb: sum(stack.objects(action).values())
        for verb, action in (
            ("created", Action.ADD),
            ("updated", Action.CHANGE),
            ("deleted", Action.REMOVE),
        )
    }
    said = ", ".join(f"{number:,} {verb}" for verb, number in counts.items() if number)
    yield []
    yield [Span(f"  objects: {said}", "dim")]


def _policy(stack: StackPlan) -> Iterator[Line]:
    """For each rule how often and where first, and below it why and what to do."""
    if not stack.advice:
        return
    yield []
    yield [Span(f"  policy: {heading(stack.advice)}", "yellow")]
    rules = list(by_rule(stack.advice))
    rows = ([Span(one.rule), Span(str(one.count)), Span(_where(one))] for one in rules)
    for one, line in zip(rules, aligned(list(rows), indent=4), strict=True):
        yield line
        yield [Span(f"      {one.why}", "dim")]
        yield [Span(f"      → {one.remedy}")]


def _where(one: Advised) -> str:
    where = ", ".join(each.subject for each in one.first)
    return f"{where}, {one.further}" if one.further else where


def quota_cells(stack: StackPlan) -> tuple[list[str], list[list[str]]]:
    """The quota table as texts: its heading, then a row for each level that matters here.

    Those are the platform, every team that the plan touches (without changes, every team), and
    projects that are touched; teams beyond a screenful are counted, not shown.
    """
    lines = [line for line in stack.quotas if line.level != "project"]
    touched = {line.name for line in lines if line.changed} or {line.name for line in lines}
    touched |= {project.team for project in stack.projects} | {"platform"}
    names = [line.name for line in lines if line.name in touched and line.resource == "cpu"]
    shown = names[: MOST_TEAMS + 1]
    used = {line.resource: line for line in lines if line.used_before or line.used_after}
    resources = [r for r in ("cpu", "memory") if lines] + sorted(set(used) - {"cpu", "memory"})
    cell = {(line.name, line.resource): line for line in lines}
    rows = [
        [
            name,
            *(
                used_of(
                    resource,
                    (line.used_before, line.used_after),
                    (line.allowed_before, line.allowed_after),
                )
                if (line := cell.get((name, resource))) is not None
                else ""
                for resource in resources
            ),
        ]
        for name in shown
    ]
    if len(names) > len(shown):
        rows.append([f"… and {counted(len(names) - len(shown), 'more team')}"])
    return [f"quota on {stack.stack}", *resources], rows


def _quota_rows(stack: StackPlan) -> list[Row]:
    heading, rows = quota_cells(stack)
    head = [Span(text, "dim") for text in heading]
    return [head, *([Span(text) for text in row] for row in rows)]
