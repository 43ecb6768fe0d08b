"""`slipway plan`: what a change does, means, needs and costs."""

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from cli.options import cache_option, examples, root_option, stack_option

if TYPE_CHECKING:
    from catalog.plan import Plan
    from catalog.survey import Survey
    from cli.workspace import Base

FORMATS = ("table", "markdown", "json", "sarif")

EXAMPLES = examples(
    "slipway plan",
    "slipway plan --stack prod --base origin/main",
    "slipway plan --format markdown > comment.md",
    "slipway plan --detailed-exitcode && echo nothing to do",
)


@click.command(epilog=EXAMPLES)
@root_option
@stack_option
@click.option(
    "--base",
    metavar="REF",
    help="Compare with this commit; none compares with an empty fleet.  [default: where the branch "
    "left the default branch]",
)
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option(
    "--detailed-exitcode", is_flag=True, help="Exit 2 if anything changes, 0 if nothing does."
)
@cache_option
def plan(
    *,
    root: Path | None,
    stacks: tuple[str, ...],
    base: str | None,
    form: str,
    detailed_exitcode: bool,
    no_cache: bool,
) -> None:
    """Show what the working tree changes against a git commit.

    Endpoints that are added, changed and removed, and what each change means; quota used of
    allowed; GPUs and dollars a month; what policies advise. Exits 1 if any entry has an error.
    """
    from catalog.plan import make_plan
    from cli.workspace import open_workspace, opened_base

    try:
        workspace = open_workspace(root, stacks, no_cache=no_cache)
    except click.UsageError as error:
        if detailed_exitcode:
            # There 2 says that something changes.
            raise click.ClickException(error.format_message()) from error
        raise
    with opened_base(workspace, base) as past:
        found = workspace.survey(past.side)
    _tell_about_base(past, found, named=base is not None)
    if found.problems:
        _failed(found, form, workspace.root)
    result = make_plan(past.label, found.base, found.head, found.changes)
    _print(result, form, workspace.root)
    if detailed_exitcode and not result.is_empty:
        raise click.exceptions.Exit(2)


def _tell_about_base(past: "Base", found: "Survey", *, named: bool) -> None:
    from cli.formats.problems import counted
    from cli.output import note

    if past.label is None and not named:
        note("no commit to compare with here, so everything is shown as added")
    if found.base_problems:
        count = counted(len(found.base_problems), "error")
        first = found.base_problems[0].place
        note(
            f"the base, {past.label}, has {count} itself (the first at {first}); entries that "
            "could not be read there are shown as added"
        )


def _failed(found: "Survey", form: str, root: Path) -> NoReturn:
    from cli.formats.problems import as_sarif
    from cli.git import prefix_of
    from cli.workspace import fail

    if form == "markdown":
        from cli.formats.plan_markdown import errors_markdown

        click.echo(errors_markdown(found.problems))
    elif form == "json":
        from cli.formats.plan_json import errors_json

        click.echo(errors_json(found.problems))
    elif form == "sarif":
        click.echo(as_sarif(found.problems, prefix_of(root)))
    else:
        fail(found.problems)
    raise click.exceptions.Exit(1)


def _print(result: "Plan", form: str, root: Path) -> None:
    if form == "table":
        from cli.formats.plan_table import plan_lines
        from cli.output import emit

        emit(plan_lines(result))
    elif form == "markdown":
        from cli.formats.plan_markdown import plan_markdown

        click.echo(plan_markdown(result))
    elif form == "json":
        from cli.formats.plan_json import plan_json

        click.echo(plan_json(result))
    else:
        from cli.formats.problems import as_sarif
        from cli.git import prefix_of

        # What two stacks are told of one endpoint is one note in its margin.
        advice = sorted({advice for stack in result.stacks for advice in stack.advice})
        click.echo(as_sarif((), prefix_of(root), advice))
