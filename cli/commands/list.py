"""`slipway list`: every endpoint, with its address."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import cache_option, examples, root_option, scope_options, stack_option

if TYPE_CHECKING:
    from catalog.summary import EndpointSummary, ProjectSummary

HEADINGS = ("ENDPOINT", "STACK", "TIER", "FRAMEWORK", "ACCELERATOR", "OWNER", "URL")

EXAMPLES = examples(
    "slipway list",
    "slipway list --team risk --stack prod",
    "slipway list --format json | jq -r '.[].url'",
)


@click.command("list", epilog=EXAMPLES)
@root_option
@stack_option
@scope_options
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)
@cache_option
def list_endpoints(
    *,
    root: Path | None,
    stacks: tuple[str, ...],
    team: str | None,
    project: str | None,
    form: str,
    no_cache: bool,
) -> None:
    """List every endpoint of the fleet with its address."""
    from cli.scope import chosen
    from cli.workspace import fail, open_workspace

    workspace = open_workspace(root, stacks, no_cache=no_cache)
    wanted = set(chosen(workspace.head, team, project))
    found = workspace.survey()
    fail(found.problems)
    pairs = [
        (summary, endpoint)
        for state in found.head.values()
        for summary in state.projects
        if (summary.team, summary.project) in wanted
        for endpoint in summary.endpoints
    ]
    pairs.sort(key=lambda pair: (pair[0].team, pair[0].project, pair[1].name, pair[0].stack))
    if form == "json":
        from cli.formats.problems import dumped

        click.echo(dumped([_plain(*pair) for pair in pairs]))
    else:
        _table(pairs)


def _table(pairs: "list[tuple[ProjectSummary, EndpointSummary]]") -> None:
    from cli.output import Span, aligned, emit

    rows = [[Span(heading, "dim") for heading in HEADINGS]]
    rows += ([Span(text) for text in _cells(*pair)] for pair in pairs)
    emit(aligned(rows, indent=0))


def _cells(project: "ProjectSummary", endpoint: "EndpointSummary") -> Iterator[str]:
    yield f"{project.team}/{project.project}/{endpoint.name}"
    yield project.stack
    yield endpoint.tier
    yield endpoint.framework
    yield f"{endpoint.gpus} {endpoint.accelerator}" if endpoint.gpus else "-"
    yield endpoint.owner
    yield endpoint.url


def _plain(project: "ProjectSummary", endpoint: "EndpointSummary") -> dict[str, object]:
    place = {"team": project.team, "project": project.project, "stack": project.stack}
    return {**place, "namespace": project.namespace, "file": project.file, **asdict(endpoint)}
