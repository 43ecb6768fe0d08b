"""`slipway status`: each declared endpoint beside what the cluster says of it."""

import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from cli.options import cache_option, examples, root_option, scope_options, unknown

if TYPE_CHECKING:
    from catalog.side import Side
    from cli.workspace import Workspace
    from deploy.status.declared import Declared
    from deploy.status.reader import Reader
    from deploy.status.verdict import Verdicts

UNREACHED: Final = 3
"""The exit status when the cluster cannot be asked."""
REFRESH: Final = 2.0
"""Seconds between two looks of --watch."""

EXAMPLES = examples(
    "slipway status --stack local",
    "slipway status --stack prod --team risk",
    "slipway status --stack dev fraud-detector --watch",
    "slipway status --stack prod --format json | jq -r '.stacks[].endpoints[] | select(.ok|not)'",
)


@click.command(epilog=EXAMPLES)
@root_option
@click.option(
    "--stack",
    metavar="STACK",
    help="The stack.  [default: the local one while it runs, else the only one]",
)
@scope_options
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--watch", is_flag=True, help="Look again until Ctrl-C.")
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)
@click.option(
    "--kubeconfig",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the cluster is.  [default: what the stack exported]",
)
@click.option("--context", metavar="CONTEXT", help="Which context of the kubeconfig.")
@cache_option
def status(
    *,
    root: Path | None,
    stack: str | None,
    team: str | None,
    project: str | None,
    names: tuple[str, ...],
    watch: bool,
    form: str,
    kubeconfig: Path | None,
    context: str | None,
    no_cache: bool,
) -> None:
    """Show what the cluster says of each endpoint, why, and what to do about it.

    What the cluster has and no entry declares is shown as well, and what was changed by hand.

    Exits 0 if every endpoint is ready as declared, 1 if any is not, 2 for a wrong call, and 3 if
    the cluster cannot be asked.
    """
    from cli.options import find_root
    from cli.scope import chosen
    from cli.workspace import open_workspace
    from deploy.status.judge import judge

    folder = find_root(root)
    stack = stack or _default_stack(folder)
    workspace = open_workspace(folder, (stack,) if stack else (), no_cache=no_cache)
    stack = stack or _only(workspace.head)
    chosen(workspace.head, team, project)
    declared = _declared(workspace.head, stack, team, project, names)
    with _told(), _reader(workspace, stack, kubeconfig, context) as reader:

        def look() -> "Verdicts":
            return judge(declared, reader.read(declared))

        verdicts = look()
        _known(declared, verdicts)
        _print(verdicts, form)
        if watch:
            verdicts = _watched(look, verdicts, form)
    if not verdicts.ok:
        raise click.exceptions.Exit(1)


def _reader(
    workspace: "Workspace", stack: str, kubeconfig: Path | None, context: str | None
) -> "Reader":
    from deploy.cluster import access_to, target_of
    from deploy.status.reader import Reader

    def outputs(name: str) -> Mapping[str, Any]:
        from deploy.outputs import outputs_of

        return outputs_of(workspace.root, name)

    target = target_of(workspace.head, stack)
    return Reader(access_to(target, workspace.root, outputs, kubeconfig, context))


def _default_stack(root: Path) -> str | None:
    """The local stack, where there is a control plane of it."""
    from local.place import Place

    return "local" if Place.of(root).kubeconfig.is_file() else None


def _only(side: "Side") -> str:
    stacks = sorted(side.stacks)
    if len(stacks) == 1:
        return stacks[0]
    raise click.UsageError(f"name the stack: --stack {' or --stack '.join(stacks)}")


def _declared(
    side: "Side", stack: str, team: str | None, project: str | None, names: tuple[str, ...]
) -> "Declared":
    """What the entries declare; exits 1 with every error where any has one."""
    from catalog.hosted import hosted
    from cli.workspace import environment_of, fail
    from deploy.status.declared import declared_of

    env = environment_of(side, stack)
    # The stack of one team holds no other's tenants.
    own = side.builder.stacks.teams.get(stack)
    if team and own and team != own:
        raise click.UsageError(f"the stack {stack} is the team {own}'s alone")
    found = hosted(side, env, team or own)
    fail(found.problems)
    return declared_of(found.tenants, env, team=team or own, project=project, names=names)


def _known(declared: "Declared", verdicts: "Verdicts") -> None:
    """A name that is neither declared nor running is a usage error."""
    there = {known for each in verdicts.each for known in (each.name, each.path)}
    for name in sorted(declared.names - there):
        known = {known for _, _, known in declared.known}
        raise unknown("endpoint", name, sorted(known))


@contextmanager
def _told() -> Generator[None, None, None]:
    """Says why a cluster cannot be asked, with an exit status of its own."""
    from deploy.cluster import ClusterError
    from tools.errors import ToolchainError

    try:
        yield
    except (ClusterError, ToolchainError) as error:
        click.echo(f"Error: {error}", err=True)
        raise click.exceptions.Exit(UNREACHED) from error


def _print(verdicts: "Verdicts", form: str) -> None:
    if form == "json":
        from cli.formats.status_json import status_json

        click.echo(status_json((verdicts,)))
        return
    from cli.formats.status_table import status_lines
    from cli.output import emit, width

    emit(status_lines(verdicts, width()))


def _watched(look: "Callable[[], Verdicts]", first: "Verdicts", form: str) -> "Verdicts":
    """Looks again until Ctrl-C; the last look decides. Piped, only what changes is printed."""
    import time

    from deploy.cluster import ClusterError

    is_live = form == "table" and sys.stdout.isatty()
    last = first
    try:
        while True:
            time.sleep(REFRESH)
            try:
                now = look()
            except ClusterError as error:
                click.echo(f"{error}; looking again …", err=True)
                continue
            is_other, last = now.each != last.each, now
            if is_live:
                click.clear()
            if is_live or is_other:
                _print(last, form)
    except KeyboardInterrupt:
        click.echo()
    return last
