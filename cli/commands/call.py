"""`slipway call`: one prediction from an endpoint on this machine, through its front door."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.options import examples, root_option

if TYPE_CHECKING:
    from catalog.endpoint import Endpoint
    from cli.endpoints import Local
    from local.call import Answer

EXAMPLES = examples(
    "slipway call fraud-detector",
    "slipway call card-screening --example large-nightly-faraway",
    "slipway call risk/payments/card-screening --data request.json",
    "slipway call fraud-detector --team search      refused, as another team is",
)


@click.command(epilog=EXAMPLES)
@root_option
@click.argument("name")
@click.option(
    "--data",
    type=click.File("rb"),
    metavar="FILE",
    help="The request's body; - reads it from standard input.",
)
@click.option("--example", metavar="NAME", help="Which of the entry's examples.")
@click.option("--team", metavar="TEAM", help="Call as this team.  [default: the owner's]")
@click.option("--no-token", is_flag=True, help="Call as nobody.")
def call(
    *,
    root: Path | None,
    name: str,
    data: Any,
    example: str | None,
    team: str | None,
    no_token: bool,
) -> None:
    """Call an endpoint on this machine, as its own team, and print what it answers.

    It sends --data, or an example of the entry, or the file input_example.json that lies beside
    the model. The answer goes to standard output; what is known of the call beside it. Exits 1
    where the answer is an error, or is not what the example expects.
    """
    from cli.deployment import told
    from cli.endpoints import local_stack, named
    from local import identity
    from local.call import GOOD, send

    found = local_stack(root)
    endpoint = named(found.endpoints, name)
    request, expected, tolerance = _request(found, endpoint, data, example)
    with told():
        token = "" if no_token else identity.token(
            found.place, found.environment.identity, subject=_login(),
            teams=(team or endpoint.team,), seconds=600,
        )  # fmt: skip
        answer = send(found.place, endpoint, request, token)
    _tell(answer)
    if answer.status >= GOOD:
        raise click.exceptions.Exit(1)
    if expected is not None:
        _compare(answer, expected, tolerance)


def _login() -> str:
    from cli.commands.token import login

    return login()


def _request(
    found: "Local", endpoint: "Endpoint", data: Any, example: str | None
) -> tuple[bytes, Any, float]:
    """The body, and what the answer should be where that is known."""
    if data is not None:
        return data.read(), None, 0.0
    if endpoint.examples or example:
        row = _example(endpoint, example)
        return json.dumps(row.request).encode(), row.expect, row.tolerance or 0.0
    from catalog.artifact import input_example

    if kept := input_example(found.tree, endpoint):
        return kept, None, 0.0
    where = f"models/{endpoint.team}/{endpoint.project}.yaml"
    raise click.UsageError(
        f"{endpoint.name} has no example to send: give --data FILE, or write examples in {where}, "
        "or lay input_example.json beside the model"
    )


def _example(endpoint: "Endpoint", name: str | None) -> Any:
    from cli.options import unknown

    rows = {row.name or f"example-{n}": row for n, row in enumerate(endpoint.examples, 1)}
    if name is None:
        return endpoint.examples[0]
    if name not in rows:
        raise unknown("example", name, list(rows))
    return rows[name]


def _tell(answer: "Answer") -> None:
    from cli.output import note

    click.echo(answer.text)
    by = f", answered by {answer.revision}" if answer.revision else ""
    note(f"{answer.status} in {answer.milliseconds:.0f} ms{by}, trace {answer.trace}")


def _compare(answer: "Answer", expected: Any, tolerance: float) -> None:
    from cli.output import note
    from local.call import differences

    found = list(differences(json.loads(answer.text), expected, tolerance))
    if not found:
        note("As the example expects.")
        return
    raise click.ClickException("\n".join(["This is not what the example expects:", *found]))
