"""`slipway render`: the exact Kubernetes objects."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import cache_option, examples, root_option, scope_options, stack_option

if TYPE_CHECKING:
    from catalog.objects import Object
    from catalog.side import ProjectId, Side

EXAMPLES = examples(
    "slipway render --stack dev",
    "slipway render --team risk --project payments --stack prod",
    "slipway render --stack dev | kubectl apply --server-side -f -",
    "slipway render --stack dev -o json | jq -r .items[].kind",
)


@click.command(epilog=EXAMPLES)
@root_option
@stack_option
@scope_options
@click.option(
    "-o", "--output", "form", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True
)
@cache_option
def render(
    *,
    root: Path | None,
    stacks: tuple[str, ...],
    team: str | None,
    project: str | None,
    form: str,
    no_cache: bool,
) -> None:
    """Print the exact Kubernetes objects, in the order in which kubectl apply takes them.

    The same files always give the same bytes. Nothing is printed if any entry has an error. Of
    several stacks each begins with a comment; in JSON each is a List under its name.
    """
    from cli.scope import chosen
    from cli.workspace import fail, open_workspace

    workspace = open_workspace(root, stacks, no_cache=no_cache)
    wanted = chosen(workspace.head, team, project)
    fail(workspace.survey().problems)
    objects = _objects(workspace.head, wanted)
    click.echo(_as_json(objects) if form == "json" else _as_yaml(objects), nl=False)


def _objects(side: "Side", projects: "Sequence[ProjectId]") -> "dict[str, list[Object]]":
    """The objects of these projects by stack."""
    objects: dict[str, list[Object]] = {stack: [] for stack in side.chosen}
    for at in projects:
        found = side.builder.build(at, side.chosen)
        # The survey has told of every problem, so there is none here.
        for stack, each in found.items() if isinstance(found, dict) else ():
            objects[stack] += each.built.objects if each.built else ()
    return objects


def _as_yaml(objects: "Mapping[str, list[Object]]") -> str:
    from catalog.manifests import as_yaml, in_order

    several = len(objects) > 1
    return "".join(
        (f"# stack {stack}\n" if several else "") + as_yaml(in_order(each))
        for stack, each in objects.items()
    )


def _as_json(objects: "Mapping[str, list[Object]]") -> str:
    from catalog.manifests import as_list, in_order

    lists = {stack: as_list(in_order(each)) for stack, each in objects.items()}
    if len(lists) == 1:
        return next(iter(lists.values()))
    return (
        "{" + ",".join(f'\n"{stack}": {text.rstrip()}' for stack, text in lists.items()) + "\n}\n"
    )
