"""Fleets of one recipe for the real engine, on one stack or with a stack for each team."""

from collections.abc import Iterator
from string import Template
from typing import Final

from tests.bench.fleet import PLATFORM, TEAM, Size, team_names

BASE: Final = "local"
"""The stack on the local control plane; those of teams stand on it."""

PROJECTS: Final = ("growth", "quality")
BUCKET: Final = "slipway-bench-models"
LEAST, MOST = "min: 1, max: 2", "min: 1, max: 3"

_STACK: Final = f"""\
config:
  slipway:environment:
    cluster: local
    tiers: [dev, staging, production]
    one_tier: true
    domain: slipway.localhost
    region: eu-west-1
    bucket: {BUCKET}
    certificate_issuer: local-ca
    identity:
      issuer: https://issuer.slipway.localhost/
      jwks: https://issuer.slipway.internal/jwks.json
  slipway:layers: [{{layers}}]
"""
_OF_A_TEAM: Final = f"""\
  slipway:team: {{team}}
  slipway:platform_stack: organization/slipway/{BASE}
"""
_ENTRY: Final = Template(
    """
  m$number:
    model: s3://$bucket/$namespace/m$number/1/
    framework: sklearn
    tier: staging
    scaling: {$scaling}
"""
)


def one_stack(size: Size) -> Iterator[tuple[str, str]]:
    """Every file of a fleet whose tenants are all on one stack."""
    yield f"Pulumi.{BASE}.yaml", _STACK.format(layers="tenants")
    yield from _models(size)


def stacks_of_teams(size: Size) -> Iterator[tuple[str, str]]:
    """The same with a stack for each team, on one that holds the platform."""
    yield f"Pulumi.{BASE}.yaml", _STACK.format(layers="platform")
    for team in team_names(size):
        yield f"Pulumi.{team}.yaml", _STACK.format(layers="tenants") + _OF_A_TEAM.format(team=team)
    yield from _models(size)


def edited(text: str) -> str:
    """A project with one of its deployments scaled further, or back."""
    old, new = (LEAST, MOST) if MOST not in text else (MOST, LEAST)
    return text.replace(old, new, 1)


def first_project(size: Size) -> str:
    """The file of a project."""
    return f"models/{team_names(size)[0]}/{PROJECTS[0]}.yaml"


def _models(size: Size) -> Iterator[tuple[str, str]]:
    yield "models/platform.yaml", PLATFORM
    for number, team in enumerate(team_names(size)):
        yield f"models/{team}/team.yaml", TEAM.format(team=team, number=1000 + 10 * number)
        for project in PROJECTS[: size.projects]:
            yield f"models/{team}/{project}.yaml", _project(f"{team}-{project}", size.deployments)


def _project(namespace: str, deployments: int) -> str:
    entries = (
        _ENTRY.substitute(bucket=BUCKET, namespace=namespace, number=number, scaling=LEAST)
        for number in range(deployments)
    )
    return f'version: "1"\ndeployments:\n{"".join(entries)}'
