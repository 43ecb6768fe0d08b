"""What a stack's programs need of it beyond what a plan needs."""

from collections.abc import Collection, Iterator
from typing import Final

from catalog.errors import Place, Problem
from catalog.settings import DNS_KEY, EDGE_KEY, TOKENS
from catalog.stack import Stack, full_key
from catalog.stack_rules import is_local, no_layers

UNSET: Final = "SLW827"
"""The code of a secret that is not there."""
_WHY: Final = {
    DNS_KEY: "certificates are proven by DNS, with a token that may edit the zone's DNS",
    EDGE_KEY: "records and rules are written at Cloudflare with a token of the zone",
}


def program_problems(stack: Stack, secrets: Collection[str]) -> Iterator[Problem]:
    """Why nothing can be deployed with these settings. `secrets` are the keys of those that are."""
    settings, local = stack.settings, is_local(stack)
    if "layers" not in stack.told:
        layers = "[platform, tenants]" if local else "[foundation, platform, edge, tenants]"
        yield no_layers(stack, layers)
    for layer, key in TOKENS.items():
        if settings.has(layer) and key not in secrets and not local:
            yield token_problem(stack.name, key, stack.document.place((key,)))


def token_problem(stack: str, key: str, place: Place) -> Problem:
    """A token of Cloudflare is not there."""
    return Problem(
        place, UNSET, full_key(key), f"{_WHY[key]}, and the stack has none",
        f"pulumi config set --secret {full_key(key)} --stack {stack}",
    )  # fmt: skip
