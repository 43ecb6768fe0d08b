"""`slipway check`: every error of every entry, in one run."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import cache_option, examples, root_option, stack_option

if TYPE_CHECKING:
    from catalog.survey import Survey

FORMATS = ("text", "json", "sarif", "github")

EXAMPLES = examples(
    "slipway check",
    "slipway check --stack prod",
    "slipway check --format github       in a workflow, for notes in the margin",
    "slipway check --format sarif > slipway.sarif",
)


@click.command(epilog=EXAMPLES)
@root_option
@stack_option
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@cache_option
def check(*, root: Path | None, stacks: tuple[str, ...], form: str, no_cache: bool) -> None:
    """Show every error of every entry, with its place and its remedy.

    Names, models, placement, quotas, policies: what plan refuses is refused here. Exits 1 if
    anything is wrong.
    """
    from cli.workspace import open_workspace

    workspace = open_workspace(root, stacks, no_cache=no_cache)
    found = workspace.survey()
    click.echo(_formatted(found, form, workspace.root))
    if found.problems:
        raise click.exceptions.Exit(1)


def success(found: "Survey") -> str:
    """`24 deployments in 8 projects of 4 teams: no errors (stacks dev, prod)`."""
    from cli.formats.problems import counted

    projects = [project for state in found.head.values() for project in state.projects]
    # A deployment that several stacks host is one deployment.
    deployments = {(p.namespace, row["name"]) for p in projects for row in json.loads(p.rows)}
    return (
        f"{counted(len(deployments), 'deployment')} in "
        f"{counted(len({p.namespace for p in projects}), 'project')} of "
        f"{counted(len({p.team for p in projects}), 'team')}: no errors "
        f"({'stack' if len(found.head) == 1 else 'stacks'} {', '.join(found.head)})"
    )


def _formatted(found: "Survey", form: str, root: Path) -> str:
    from cli.formats.problems import as_github, as_sarif, as_text

    if form == "text":
        return as_text(found.problems) if found.problems else success(found)
    if form == "json":
        from cli.formats.plan_json import check_json

        return check_json(found.problems)
    from cli.git import prefix_of

    if form == "sarif":
        return as_sarif(found.problems, prefix_of(root))
    return as_github(found.problems, prefix_of(root))
