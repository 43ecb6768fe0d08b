"""What a stack's programs need of it beyond what a plan needs."""

from collections.abc import Iterator

from catalog.errors import Place, Problem
from catalog.settings import CLOUDFLARE_KEY
from catalog.stack import Stack, full_key


def program_problems(stack: Stack, *, has_token: bool) -> Iterator[Problem]:
    """Why nothing can be deployed with these settings."""
    settings = stack.settings
    if "layers" not in stack.told:
        local = settings.environment is not None and settings.environment.cluster == "local"
        yield stack.problem(
            ("layers",), "SLW826", "the stack has no slipway:layers, so it holds nothing",
            "add slipway:layers: [tenants]"
            if local
            else "add slipway:layers: [foundation, platform, edge, tenants]",
        )  # fmt: skip
    if not has_token and (settings.has("platform") or settings.has("edge")):
        yield token_problem(stack.name, stack.document.place((CLOUDFLARE_KEY,)))


def token_problem(stack: str, place: Place) -> Problem:
    """The token of Cloudflare is not there."""
    key = full_key(CLOUDFLARE_KEY)
    return Problem(
        place, "SLW827", key,
        "certificates are proven by DNS and records written with a token of Cloudflare, and the "
        "stack has none",
        f"pulumi config set --secret {key} --stack {stack}",
    )  # fmt: skip
