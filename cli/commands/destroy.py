"""`slipway destroy`: a stack with all that it holds, and first those that stand on it."""

from pathlib import Path

import click

from cli.deployment import deployment_options, yes_option
from cli.options import examples, root_option

EXAMPLES = examples(
    "slipway destroy --stack local",
    "slipway destroy --stack dev-risk    one team's tenants",
)


@click.command(epilog=EXAMPLES)
@root_option
@deployment_options
@yes_option
def destroy(*, root: Path | None, stack: str, parallel: int, yes: bool) -> None:
    """Take a stack away with all that it holds, and first those that stand on it.

    What is protected stays, and is named. The local control plane goes on running; slipway local
    down takes that away.
    """
    from cli.deployment import carried_out, confirmed, ended, engine_for, opened, order_of, told
    from cli.output import note
    from deploy.operations import Verb

    deployment = opened(root, stack)
    with told():
        if deployment.is_local and not _runs(deployment.workspace.root):
            note("The local control plane does not run, so there is nothing to destroy.")
            return
        names = ", ".join((*deployment.others, stack))
        confirmed(f"Destroy {names}, with every endpoint and all data?", yes=yes)
        order = order_of(deployment, Verb.DESTROY, parallel=parallel)
        outcome = carried_out(deployment, engine_for(deployment), order)
    ended(outcome)


def _runs(root: Path) -> bool:
    from local import plane
    from local.place import Place

    return bool(plane.health(Place.of(root)).parts)
