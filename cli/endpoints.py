"""One endpoint of the local stack, by the name that people use."""

from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from cli.options import find_root, unknown

if TYPE_CHECKING:
    from catalog.endpoint import Endpoint
    from catalog.environment import Environment
    from catalog.tree import Tree
    from local.place import Place

STACK: Final = "local"


class Local(NamedTuple):
    """The stack `local` of a checkout, read without an error."""

    place: "Place"
    environment: "Environment"
    endpoints: "tuple[Endpoint, ...]"
    teams: tuple[str, ...]
    tree: "Tree"


def local_stack(root: Path | None) -> Local:
    """What it holds; exits 1 with every error where an entry has one."""
    from catalog.hosted import hosted
    from cli.workspace import environment_of, fail, open_workspace
    from local.place import Place

    folder = find_root(root)
    side = open_workspace(folder, (STACK,), no_cache=False).head
    env = environment_of(side, STACK)
    found = hosted(side, env, None)
    fail(found.problems)
    endpoints = tuple(each for built in found.tenants for each in built.tenant.endpoints)
    teams = tuple(sorted({built.tenant.team for built in found.tenants}))
    return Local(Place.of(folder), env, endpoints, teams, side.source)


def named(endpoints: "tuple[Endpoint, ...]", name: str) -> "Endpoint":
    """The endpoint of a name, or of `team/project/name` where several have it.

    A usage error where there is none, or more than one.
    """
    paths = {f"{each.team}/{each.project}/{each.name}": each for each in endpoints}
    if name in paths:
        return paths[name]
    found = [path for path, each in paths.items() if each.name == name]
    if not found:
        raise unknown("endpoint", name, sorted({each.name for each in endpoints}))
    if len(found) > 1:
        raise click.UsageError(f"{len(found)} endpoints are called {name}: {' or '.join(found)}")
    return paths[found[0]]
