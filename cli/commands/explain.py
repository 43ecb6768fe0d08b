"""`slipway explain`: what an error means, or why an endpoint's objects are as they are."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from cli.options import examples, root_option, stack_option, unknown
from cli.output import Line, Span, emit

if TYPE_CHECKING:
    from catalog.explain import Explained
    from catalog.side import Side
    from cli.workspace import Workspace

_CODE = re.compile(r"(?:SLW)?([0-9]{3})", re.IGNORECASE)

Hosted: TypeAlias = tuple[str, str, str, str]
"""Stack, team, project and name of an endpoint."""

EXAMPLES = examples(
    "slipway explain SLW301",
    "slipway explain card-screening",
    "slipway explain risk/payments/card-screening --stack prod",
)


@click.command(epilog=EXAMPLES)
@click.argument("subject", metavar="NAME|CODE")
@root_option
@stack_option
def explain(*, subject: str, root: Path | None, stacks: tuple[str, ...]) -> None:
    """Explain an error's code, or every generated field of an endpoint.

    An endpoint is named as in the plan: card-screening, or team/project/name where several
    projects have one of that name.
    """
    number = _CODE.fullmatch(subject)
    if number is not None:
        click.echo(_code(f"SLW{number[1]}").rstrip())
        return
    from cli.workspace import fail, open_workspace

    workspace = open_workspace(root, stacks, no_cache=False)
    fail(workspace.survey().problems)
    for stack, team, project, name in _found(workspace, subject):
        emit(_lines(stack, explained(workspace.head, stack, (team, project), name)))


def _code(code: str) -> str:
    from catalog.codes import CODES, explain_code

    if code not in CODES:
        raise click.UsageError(f"there is no error {code}; docs/reference/errors.md has them all")
    return explain_code(code)


def _endpoints(workspace: "Workspace") -> list[Hosted]:
    return [
        (stack, project.team, project.project, endpoint.name)
        for stack, state in workspace.survey().head.items()
        for project in state.projects
        for endpoint in project.endpoints
    ]


def _called(subject: str, everything: Iterable[Hosted]) -> list[Hosted]:
    return [each for each in everything if subject in {each[3], "/".join(each[1:])}]


def _found(workspace: "Workspace", subject: str) -> list[Hosted]:
    """The endpoint on every chosen stack."""
    from catalog.errors import all_of, one_of
    from cli.workspace import open_workspace

    everything = _endpoints(workspace)
    found = _called(subject, everything)
    if not found:
        elsewhere = open_workspace(workspace.root, (), no_cache=False)
        hosts = dict.fromkeys(each[0] for each in _called(subject, _endpoints(elsewhere)))
        if hosts:
            on, off = all_of(list(hosts)), one_of(workspace.head.chosen)
            raise click.UsageError(f"{subject} is on {on}, not on {off}")
        raise unknown("endpoint", subject, sorted({each[3] for each in everything}))
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
