"""`slipway preview`: what the engine would do with a stack, field by field."""

from pathlib import Path

import click

from cli.deployment import all_option, deployment_options
from cli.options import examples, root_option

EXAMPLES = examples(
    "slipway preview --stack local",
    "slipway preview --stack prod",
)


@click.command(epilog=EXAMPLES)
@root_option
@deployment_options
@all_option
def preview(*, root: Path | None, stack: str, parallel: int, everything: bool) -> None:
    """Show what `slipway up` would do: objects, and fields that change.

    What an entry's change means for its endpoint is what `slipway plan` says. Exits 1 if any entry
    has an error, or the engine cannot tell.
    """
    from cli.deployment import carried_out, ended, engine_for, opened, order_of, told
    from deploy.operations import Verb

    deployment = opened(root, stack)
    with told():
        order = order_of(deployment, Verb.PREVIEW, parallel=parallel, everything=everything)
        outcome = carried_out(deployment, engine_for(deployment), order)
    ended(outcome)
