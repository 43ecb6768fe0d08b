"""`slipway local`: the control plane on this machine."""

import shlex
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import examples, find_root, root_option, unknown

if TYPE_CHECKING:
    from cli.output import Span
    from local.place import Place
    from local.plane import Health

EXAMPLES = examples(
    "slipway local up",
    'eval "$(slipway local env)"         kubectl and pulumi use it from here on',
    "slipway local logs kube-apiserver",
    "slipway local down",
)
LINES = 40


@click.group(epilog=EXAMPLES)
def local() -> None:
    """The control plane on this machine: a real API server and the real controllers.

    Each checkout has one of its own, in a sandbox that nothing leaves. All that it has is in one
    folder of the cache, and goes with it.
    """


@local.command()
@root_option
def up(*, root: Path | None) -> None:
    """Start it, unless it runs already.

    What it runs and is not here yet is built, which takes a while the first time.
    """
    from cli.output import note
    from local import plane

    place = _place(root)
    with _told():
        plane.start(place, say=note)
    note("The local control plane runs. Its cluster: slipway local env")


@local.command()
@root_option
def down(*, root: Path | None) -> None:
    """Stop it, and remove all that it has.

    That is its cluster, and with it the state of the stack `local`.
    """
    from cli.output import note
    from deploy.orphans import end_below
    from local import plane

    place = _place(root)
    end_below(place.folder)
    with _told():
        there = plane.stop(place, say=note)
    note("The local control plane is gone." if there else "The local control plane does not run.")


@local.command()
@root_option
def status(*, root: Path | None) -> None:
    """Show how each of its processes is.

    Exit status 1 where something is not as it should be.
    """
    from cli.output import aligned, emit
    from local import plane

    health = plane.health(_place(root))
    if not health.parts:
        raise click.ClickException("The local control plane does not run: slipway local up")
    emit(aligned(list(_rows(health)), indent=0))
    if not health.good:
        raise click.ClickException(_wrong(health))


@local.command()
@click.argument("process", required=False)
@click.option(
    "--lines", default=LINES, show_default=True, type=click.IntRange(min=1), help="How many."
)
@root_option
def logs(*, process: str | None, lines: int, root: Path | None) -> None:
    """Print the end of a process's log.

    Without a name it prints where each log is.
    """
    place = _place(root)
    found = {path.stem: path for path in sorted(place.logs.glob("*.log"))}
    if not found:
        raise click.ClickException(f"There are no logs in {place.logs}.")
    if process is None:
        click.echo("\n".join(map(str, found.values())))
        return
    if process not in found:
        raise unknown("process", process, list(found))
    text = found[process].read_text("utf-8", "replace")
    click.echo("\n".join(text.splitlines()[-lines:]))


@local.command()
@root_option
def env(*, root: Path | None) -> None:
    """Print what kubectl and pulumi need to use it.

    The output is for the shell: eval "$(slipway local env)"
    """
    from cli.deployment import told
    from deploy.engine import environment
    from local import plane

    place = _place(root)
    if not plane.health(place).parts:
        raise click.ClickException("The local control plane does not run: slipway local up")
    with told():
        variables = environment(place)
    for name, value in sorted(variables.items()):
        click.echo(f"export {name}={shlex.quote(value)}")


def _place(root: Path | None) -> "Place":
    from local.place import Place

    return Place.of(find_root(root))


@contextmanager
def _told() -> Generator[None, None, None]:
    """What goes wrong is an error of the command."""
    from local.errors import LocalError
    from tools.errors import ToolchainError

    try:
        yield
    except (LocalError, ToolchainError) as error:
        raise click.ClickException(str(error)) from error


def _rows(health: "Health") -> "Iterator[Sequence[Span]]":
    from cli.output import Span

    yield [Span(heading, "dim") for heading in ("PROCESS", "STATE", "SINCE")]
    for part in health.parts:
        word = part.state.word.lower()
        if part.state.runs:
            word = "ready" if part.answers else "no answer"
        style = "green" if part.good else "red"
        yield [Span(part.name), Span(word, style), Span(part.state.said)]


def _wrong(health: "Health") -> str:
    if not health.complete:
        return "The local control plane is still starting, or its start was cut short."
    return f"Not ready: {', '.join(health.bad)}. See slipway local logs {health.bad[0]}"
