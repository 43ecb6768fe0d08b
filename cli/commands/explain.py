"""`slipway explain`: what an error means, or why an endpoint's objects are as they are."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import examples, root_option, stack_option, unknown
from cli.output import Line, Span, emit

if TYPE_CHECKING:
    from catalog.explain import Explained
    from catalog.side import Side
    from cli.workspace import Workspace

_CODE = re.compile(r"SLW[0-9]{3}", re.IGNORECASE)

EXAMPLES = examples(
    "slipway explain SLW301",
    "slipway explain fraud-detector",
    "slipway explain risk/cards/fraud-detector --stack prod",
)


@click.command(epilog=EXAMPLES)
@click.argument("subject", metavar="NAME|CODE")
@root_option
@stack_option
def explain(*, subject: str, root: Path | None, stacks: tuple[str, ...]) -> None:
    """Explain an error's code, or every generated field of an endpoint.

    An endpoint is named as in the plan: fraud-detector, or team/project/name where several
    projects have one of that name.
    """
    if _CODE.fullmatch(subject):
        click.echo(_code(subject.upper()).rstrip())
        return
    from cli.workspace import fail, open_workspace

    workspace = open_workspace(root, stacks, no_cache=False)
    fail(workspace.survey().problems)
    for stack, team, project, name in _found(workspace, subject):
        emit(_lines(stack, explained(workspace.head, stack, (team, project), name)))


def _code(code: str) -> str:
    from catalog.codes import CODES, explain_code

    if code not in CODES:
        raise unknown("error", code, list(CODES))
    return explain_code(code)


def _found(workspace: "Workspace", subject: str) -> list[tuple[str, str, str, str]]:
    """The endpoint on every chosen stack, as (stack, team, project, name)."""
    everything = [
        (stack, project.team, project.project, endpoint.name)
        for stack, state in workspace.survey().head.items()
        for project in state.projects
        for endpoint in project.endpoints
    ]
    found = [each for each in everything if subject in {each[3], "/".join(each[1:])}]
    if not found:
        names = sorted({each[3] for each in everything})
        raise unknown("endpoint", subject, names)
    paths = sorted({"/".join(each[1:]) for each in found})
    if len(paths) > 1:
        raise click.UsageError(f"several endpoints are called {subject}: {', '.join(paths)}")
    return found


def explained(side: "Side", stack: str, at: tuple[str, str], name: str) -> "Iterator[Explained]":
    """Every generated field of one endpoint on one stack."""
    from catalog.explain import explain_objects
    from catalog.resolve import drafts

    project, found = side.builder.project(at), side.builder.build(at, (stack,))
    built = None if isinstance(found, list) else found[stack].built
    if isinstance(project, list) or built is None:
        return iter(())
    env = side.builder.stacks.loaded[stack].value
    draft = next(d for d in drafts(project, env, side.source) if d.endpoint.name == name)
    objects = [
        obj
        for obj in built.objects
        if obj["metadata"].get("labels", {}).get("slipway.dev/endpoint") == name
    ]
    return explain_objects(objects, draft.layers, env, side.found.teams[at[0]])


def _lines(stack: str, fields: "Iterable[Explained]") -> Iterator[Line]:
    """A heading for each object, and below it a line for each field."""
    by_object: dict[tuple[str, str], list[Explained]] = {}
    for field in fields:
        by_object.setdefault((field.kind, field.name), []).append(field)
    for (kind, name), each in by_object.items():
        yield [Span(f"{kind} {name}", "bold"), Span(f" on {stack}", "dim")]
        for field in each:
            yield [Span(f"  {field.path}: "), Span(field.value, "green"), Span(_why(field), "dim")]
        yield []


def _why(field: "Explained") -> str:
    said = ": ".join(part for part in (", ".join(field.origins), field.rule) if part)
    return f"  ({said})" if said else ""
