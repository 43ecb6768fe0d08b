"""`slipway up`: a stack as its entries say, and those that stand on it."""

from pathlib import Path

import click

from cli.deployment import all_option, deployment_options, yes_option
from cli.options import examples, root_option

EXAMPLES = examples(
    "slipway up --stack local",
    "slipway up --stack prod",
    "slipway up --stack dev --yes        in a workflow",
    "slipway up --stack local --repair   after somebody changed something by hand",
)


@click.command(epilog=EXAMPLES)
@root_option
@deployment_options
@yes_option
@all_option
@click.option(
    "--repair", is_flag=True, help="Look at the cluster first; take back what others have changed."
)
@click.option("--no-wait", is_flag=True, help="Do not wait until the endpoints are ready.")
def up(
    *,
    root: Path | None,
    stack: str,
    parallel: int,
    yes: bool,
    everything: bool,
    repair: bool,
    no_wait: bool,
) -> None:
    """Make a stack what its entries say, and then those that stand on it.

    Nothing is applied while any entry has an error. Stacks whose objects are as they were applied
    last are not run. Ends with the endpoints, once they are ready. Exits 1 if anything failed.
    """
    from cli.deployment import (
        carried_out,
        confirmed,
        ended,
        engine_for,
        opened,
        order_of,
        publish_artifacts,
        tell_of_the_door,
        told,
    )
    from cli.waiting import awaited
    from deploy.operations import Verb

    deployment = opened(root, stack)
    with told():
        engine = engine_for(deployment)
        if not deployment.is_local:
            # Policies judge every resource here, before the first is applied.
            preview = order_of(
                deployment, Verb.PREVIEW, parallel=parallel, everything=everything, repair=repair
            )
            ended(carried_out(deployment, engine, preview))
            confirmed(f"Apply this to {stack}?", yes=yes)
        order = order_of(
            deployment, Verb.UP, parallel=parallel, everything=everything, repair=repair
        )
        publish_artifacts(deployment)
        outcome = carried_out(deployment, engine, order)
    ended(outcome)
    if not no_wait:
        awaited(deployment, tuple(outcome.tallies))
    tell_of_the_door(deployment)
