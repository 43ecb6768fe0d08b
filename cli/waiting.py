"""After an `up`: the endpoints, once they are ready or it is known why they are not."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from cli.output import emit, note, width

if TYPE_CHECKING:
    from cli.deployment import Deployment
    from deploy.status.declared import Declared
    from deploy.status.verdict import Verdicts

PATIENCE: Final = 300.0
"""Seconds. A GPU node is there after three minutes, and a model of some GB is loaded."""


def awaited(deployment: "Deployment", stacks: Sequence[str]) -> None:
    """Waits, prints the table of each stack's endpoints, and exits 1 unless all are ready.

    Of all stacks of the deployment, where none of these has an endpoint.
    """
    from cli.formats.status_table import status_lines, summary
    from deploy.cluster import ClusterError, access_to, target_of
    from deploy.outputs import outputs_of
    from deploy.status.reader import Reader
    from deploy.status.wait import wait

    root, end, ok = deployment.workspace.root, time.monotonic() + PATIENCE, True
    found = {stack: _declared(deployment, stack) for stack in stacks}
    if not any(declared.endpoints for declared in found.values()):
        found = {stack: _declared(deployment, stack) for stack in deployment.stacks}
    for stack, declared in found.items():
        if not declared.endpoints:
            continue
        last: Verdicts | None = None
        try:
            target = target_of(deployment.workspace.head, stack)
            access = access_to(target, root, lambda name: outputs_of(root, name))
            with Reader(access) as reader:
                for last in wait(reader.read, declared, end - time.monotonic()):
                    note(f"{stack}: {summary(last)}")
        except ClusterError as error:
            note(f"{stack} is applied; how its endpoints are cannot be asked here: {error}")
            continue
        if last is not None:
            emit(status_lines(last, width()))
            ok = ok and last.ok
    if not ok:
        raise click.exceptions.Exit(1)


def _declared(deployment: "Deployment", stack: str) -> "Declared":
    from catalog.hosted import hosted
    from deploy.status.declared import declared_of

    side = deployment.workspace.head
    stacks = side.builder.stacks
    env, team = stacks.loaded[stack].value, stacks.teams.get(stack)
    tenants = hosted(side, env, team).tenants if "tenants" in stacks.layers[stack] else ()
    return declared_of(tenants, env, team=team)
