"""What `slipway up`, `preview` and `destroy` share: from a stack's name to an order and its run."""

import os
import signal
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cli.options import find_root, unknown
from cli.output import emit, note

if TYPE_CHECKING:
    from catalog.side import Side
    from catalog.survey import Survey
    from cli.workspace import Workspace
    from deploy.engine import Engine
    from deploy.operations import Verb
    from deploy.runs import Order
    from deploy.tally import Tally

Command = TypeVar("Command", bound=Callable[..., Any])


def deployment_options(command: Command) -> Command:
    """`--stack` and `--parallel`."""
    parallel = click.option(
        "--parallel",
        type=click.IntRange(1, 64),
        default=max(1, os.cpu_count() or 1),
        show_default="one for each core",
        help="How many stacks at a time.",
    )
    stack = click.option("--stack", required=True, metavar="STACK", help="The stack.")
    return stack(parallel(command))


def yes_option(command: Command) -> Command:
    """`--yes`."""
    return click.option("--yes", is_flag=True, help="Do not ask.")(command)


def all_option(command: Command) -> Command:
    """`--all`."""
    return click.option(
        "--all", "everything", is_flag=True, help="Run stacks that have not changed as well."
    )(command)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A stack of a checkout, those that stand on it, and what was found wrong with none of them."""

    workspace: "Workspace"
    stack: str
    others: tuple[str, ...]
    found: "Survey"

    @property
    def stacks(self) -> tuple[str, ...]:
        """The stack, and those that stand on it."""
        return (self.stack, *self.others)

    @property
    def is_local(self) -> bool:
        """Whether its cluster is the local control plane."""
        return self.workspace.head.stacks[self.stack].cluster == "local"

    def expected(self, stack: str, before: int) -> int:
        """About how many objects a stack has, by its entries and by how many it had `before`."""
        projects = self.found.head[stack].projects
        return max(before, sum(sum(project.objects.values()) for project in projects))

    def digests(self) -> dict[str, str]:
        """Of each stack whose digest says whether there is anything to do."""
        from catalog.applied import applied

        side, kept = self.workspace.head, self.workspace.cache
        stacks = side.stacks
        found = {
            name: applied(side, name, self.workspace.root, kept)
            for name in (self.stack, *self.others)
            if stacks[name].platform or stacks[name].cluster == "local"
        }
        kept.save()
        return found


def opened(root: Path | None, stack: str) -> Deployment:
    """A stack that has no error, nor has any that stands on it; exits 1 and tells them otherwise.

    A stack that does not exist is a usage error.
    """
    from cli.workspace import fail, open_workspace

    folder = find_root(root)
    side = open_workspace(folder, (), no_cache=False).head
    if side.stacks and stack not in side.stacks:
        raise unknown("stack", stack, list(side.stacks))
    others = _standing_on(side, stack)
    workspace = open_workspace(folder, (stack, *others), no_cache=False)
    found = workspace.survey()
    fail(found.problems)
    return Deployment(workspace, stack, others, found)


def _standing_on(side: "Side", stack: str) -> tuple[str, ...]:
    return tuple(sorted(name for name, each in side.stacks.items() if each.platform == stack))


@contextmanager
def told() -> Generator[None, None, None]:
    """What keeps a command from its work is one sentence."""
    from pulumi.automation.errors import CommandError

    from deploy.failures import command_failure
    from local.errors import LocalError
    from tools.errors import ToolchainError

    try:
        yield
    except (LocalError, ToolchainError) as error:
        raise click.ClickException(str(error)) from error
    except CommandError as error:
        raise click.ClickException("\n".join(command_failure("", str(error)).lines())) from error


def engine_for(deployment: Deployment) -> "Engine":
    """The engine of the stack; a local one's control plane runs when this returns."""
    from deploy.engine import local_engine, own_engine

    root = deployment.workspace.root
    if not deployment.is_local:
        return own_engine(root)
    from local import plane
    from local.place import Place

    place = Place.of(root)
    plane.start(place, say=note)
    return local_engine(place)


def publish_artifacts(deployment: Deployment) -> None:
    """What the program uploads in a cloud, for a local control plane that has an S3 server."""
    from local import artifacts
    from local.place import Place

    place = Place.of(deployment.workspace.root)
    if not deployment.is_local or not artifacts.serves(place):
        return
    side = deployment.workspace.head
    for stack in deployment.stacks:
        bucket = side.builder.stacks.loaded[stack].value.bucket
        each = (side.builder.build(at, (stack,)) for at in sorted(side.projects))
        made = (found[stack].built for found in each if isinstance(found, dict) and stack in found)
        tenants = [built.tenant for built in made if built is not None]
        artifacts.publish(place, bucket, side.source, tenants)


def tell_of_the_door(deployment: Deployment) -> None:
    """How an endpoint is called, where a real node runs some."""
    from local.place import Place

    if deployment.is_local and Place.of(deployment.workspace.root).door.exists():
        note("Models that run on this machine answer: slipway call NAME")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What ran, what needed no run, and whether all of it ended well."""

    tallies: Mapping[str, "Tally"]
    unchanged: Sequence[str]
    ok: bool


def carried_out(deployment: Deployment, engine: "Engine", order: "Order") -> Outcome:
    """Runs an order with a display, and prints what came of it."""
    from cli.formats.runs import run_lines
    from cli.progress import shown
    from deploy.operations import Verb
    from deploy.runs import Runs, tallies, unchanged
    from deploy.workspace import stacks

    there = stacks(engine)
    below = deployment.workspace.head.stacks[order.first].platform
    if below in deployment.workspace.head.stacks and not there.get(below, {}).get("resourceCount"):
        raise click.ClickException(
            f"{order.first} stands on {below}, which is not there yet: slipway up --stack {below}"
        )
    same = unchanged(engine, order, there)
    gone = [name for name in order.others if order.verb is Verb.DESTROY and name not in there]
    running = tallies(
        [name for name in order.names if name not in {*same, *gone}],
        lambda name: deployment.expected(name, there.get(name, {}).get("resourceCount", 0)),
    )
    with shown(running) as say:
        runs = Runs(engine, say)
        ok = _until_ended(lambda: runs.run(order, running, there), runs.stopped, say)
    emit(run_lines(running, same, planned=order.verb is Verb.PREVIEW))
    return Outcome(running, same, ok)


def _until_ended(run: Callable[[], bool], stopped: Event, say: Callable[[str, str], None]) -> bool:
    """Ctrl-C reaches the engines as well; they end what they have begun and write it down.

    A workflow that is cancelled tells this process alone, by SIGTERM, so it is handed on.
    """
    with ThreadPoolExecutor(max_workers=1) as pool, _handed_on():
        running = pool.submit(run)
        while True:
            try:
                return running.result()
            except KeyboardInterrupt:
                stopped.set()
                say("slipway", "ending what was begun; once more, and the engine stops at once")


@contextmanager
def _handed_on() -> Generator[None, None, None]:
    from deploy.orphans import interrupt

    def told(_number: int, _frame: object) -> None:
        interrupt()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, told)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def confirmed(question: str, *, yes: bool) -> None:
    """Asks, unless told not to. Where nobody can answer it is a usage error."""
    import sys

    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("there is nobody to ask here: pass --yes")
    click.confirm(question, abort=True)


def ended(outcome: Outcome) -> None:
    """Exits 1 where anything failed."""
    if not outcome.ok:
        raise click.exceptions.Exit(1)


def order_of(
    deployment: Deployment,
    verb: "Verb",
    *,
    parallel: int,
    everything: bool = False,
    repair: bool = False,
) -> "Order":
    """The stack and those that stand on it."""
    from deploy.runs import Order

    return Order(
        verb=verb,
        first=deployment.stack,
        others=deployment.others,
        digests=deployment.digests(),
        everything=everything,
        repair=repair,
        parallel=parallel,
    )
