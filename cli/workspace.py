"""From a command's options to a survey of the fleet, and errors told the way the user asked."""

import atexit
import gc
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from catalog.disk import Disk
from catalog.errors import Problem
from catalog.side import NoSide, Side
from catalog.survey import Survey, survey
from cli.cache import Cache, open_cache
from cli.options import find_root, unknown

if TYPE_CHECKING:
    from catalog.environment import Environment
    from catalog.verdict import Judge

NO_BASE = "none"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A checkout: its root, its cache, and the fleet in its working tree."""

    root: Path
    cache: Cache
    head: Side

    def survey(self, base: Side | None = None) -> Survey:
        """The state of the fleet; what was found out is kept for the next run."""
        found = survey(self.head, base, self.cache)
        self.cache.save()
        return found


@dataclass(frozen=True, slots=True)
class Base:
    """What a plan compares with; no label where that is an empty fleet."""

    label: str | None
    side: Side


def policy_judge() -> "Judge":
    """The judge of every survey: what breaks a mandatory rule is an error for all commands."""
    from cli.policy import PolicyJudge

    return PolicyJudge()


def open_workspace(root: Path | None, stacks: Sequence[str], *, no_cache: bool) -> Workspace:
    """The checkout at or above here. A stack that does not exist is a usage error."""
    # Nothing here makes cycles worth collecting, and a collection walks every parsed node; the
    # interpreter's last ones pass over what is frozen.
    gc.disable()
    atexit.register(gc.freeze)
    folder = find_root(root)
    cache = open_cache(folder, enabled=not no_cache)
    head = Side(Disk(folder, cache), cache, stacks, policy_judge)
    for stack in stacks:
        if head.stacks and stack not in head.stacks:
            raise unknown("stack", stack, list(head.stacks))
    return Workspace(folder, cache, head)


@contextmanager
def opened_base(workspace: Workspace, name: str | None) -> Generator[Base, None, None]:
    """The fleet at a git ref: the one named, else where the branch left the default branch."""
    from cli.git import GitTree, default_base, named_base

    if name == NO_BASE:
        yield Base(None, NoSide(workspace.cache))
        return
    ref = named_base(workspace.root, name) if name else default_base(workspace.root)
    if ref is None:
        yield Base(None, NoSide(workspace.cache))
        return
    tree = GitTree(workspace.root, ref.commit)
    try:
        yield Base(str(ref), workspace.head.beside(tree))
    finally:
        tree.close()


def environment_of(side: Side, stack: str) -> "Environment":
    """The environment of a stack; exits 1 and tells why where its settings are wrong."""
    stacks = side.builder.stacks
    found = stacks.named(stack)
    if isinstance(found, Problem):
        fail(stacks.problems or (found,))
        raise click.exceptions.Exit(1)
    return found


def fail(problems: Sequence[Problem]) -> None:
    """Tells every error on standard error and exits 1, where there is any."""
    if problems:
        from cli.formats.problems import as_text

        click.echo(as_text(problems), err=True)
        raise click.exceptions.Exit(1)
