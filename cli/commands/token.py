"""`slipway token`: what a caller shows at the front door of the local stack."""

from pathlib import Path
from typing import Final

import click

from cli.options import examples, root_option, unknown

MOST_SECONDS: Final = 24 * 3600
LIFETIME: Final = 3600

EXAMPLES = examples(
    "slipway token --team risk",
    "slipway token --client svc-checkout",
    'curl -H "Authorization: Bearer $(slipway token --team risk)" https://…',
)


@click.command(epilog=EXAMPLES)
@root_option
@click.option(
    "--team", "teams", multiple=True, metavar="TEAM", help="The caller's team; repeatable."
)
@click.option("--client", metavar="NAME", help="The caller's own name.  [default: your login]")
@click.option(
    "--seconds",
    type=click.IntRange(1, MOST_SECONDS),
    default=LIFETIME,
    show_default=True,
    help="How long it is good for.",
)
def token(*, root: Path | None, teams: tuple[str, ...], client: str | None, seconds: int) -> None:
    """Print a token for the front door on this machine.

    It is signed by the identity provider of the local control plane and good for nothing else: in
    a cloud your company's provider signs. Without --team it is a caller of no team.
    """
    from cli.deployment import told
    from cli.endpoints import local_stack
    from local import identity

    found = local_stack(root)
    for team in teams:
        if team not in found.teams:
            raise unknown("team", team, list(found.teams))
    with told():
        click.echo(
            identity.token(
                found.place,
                found.environment.identity,
                subject=client or login(),
                teams=teams,
                seconds=seconds,
            )
        )


def login() -> str:
    """Whoever runs this, as the system calls them."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"
