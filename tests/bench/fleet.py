"""A fleet of ten thousand deployments, as a large company would write it, in its own repository.

50 teams x 4 projects x 50 deployments over all frameworks, tiers and options. Nothing in it is
random: two runs write the same bytes.
"""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

from tests.bench.recipes import RECIPES

AREAS: Final = (
    "ads", "billing", "catalog", "checkout", "fraud",
    "logistics", "marketing", "search", "support", "travel",
)  # fmt: skip
MARKETS: Final = ("apac", "benelux", "dach", "iberia", "nordics")
PROJECTS: Final = ("growth", "operations", "quality", "research")
PLACES: Final = ("home", "abroad")
TIERS: Final = ("dev", "staging", "production")
BUCKETS: Final = {
    "dev": "example-slipway-dev-models",
    "staging": "example-slipway-dev-models",
    "production": "example-slipway-prod-models",
}

DIGEST: Final = "sha256:" + "3f" * 32

STACK: Final = """\
config:
  slipway:environment:
    tiers: [{tiers}]
    domain: {domain}
    region: eu-west-1
    bucket: {bucket}
    identity:
      issuer: https://login.example.com/
      jwks: https://login.example.com/.well-known/jwks.json
"""

PLATFORM_STACK: Final = "organization/platform/prod"

TENANTS_ALONE: Final = f"""\
    one_tier: true
  slipway:layers: [tenants]
  slipway:platform_stack: {PLATFORM_STACK}
"""

PLATFORM: Final = """\
version: "1"
registries: [registry.example.com]
quota:
  cpu: 200000
  memory: 800Ti
tiers:
  production:
    limits: {requests: 300}
"""

TEAM: Final = """\
version: "1"
owners: [{team}-ml, {team}-oncall]
cost_center: cc-{number}
quota:
  cpu: 4000
  memory: 16Ti
  accelerators: {{t4: 400, l40s: 400}}
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How many teams there are, of as many projects, of as many deployments."""

    teams: int
    projects: int
    deployments: int

    @property
    def entries(self) -> int:
        """How many deployments there are."""
        return self.teams * self.projects * self.deployments


WHOLE: Final = Size(50, 4, 50)


def write_fleet(root: Path, size: Size = WHOLE) -> None:
    """Writes the fleet below `root` and commits it."""
    for path, text in files(size):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    git(root, "init", "--quiet", "--initial-branch=main")
    commit(root)


def commit(root: Path) -> None:
    """Commits all that is there."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=Fleet")


def git(root: Path, *arguments: str) -> None:
    """Runs git with nobody's settings."""
    nobody = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for role in ("AUTHOR", "COMMITTER"):
        nobody |= {f"GIT_{role}_NAME": "bench", f"GIT_{role}_EMAIL": "bench@example.com"}
    settings = ("-c", "core.fsmonitor=false", "-c", "gc.auto=0")
    subprocess.run(
        ["git", "-C", root, *settings, *arguments], check=True, env={**os.environ, **nobody}
    )


def files(size: Size) -> Iterator[tuple[str, str]]:
    """Every file of the fleet with its text."""
    yield "Pulumi.dev.yaml", _stack("dev, staging", "dev.example.com", BUCKETS["dev"])
    yield "Pulumi.prod.yaml", _stack("production", "example.com", BUCKETS["production"])
    yield "models/platform.yaml", PLATFORM
    teams = team_names(size)
    for number, team in enumerate(teams):
        yield f"models/{team}/team.yaml", TEAM.format(team=team, number=1000 + 10 * number)
        other = teams[(number + 1) % len(teams)]
        for project in PROJECTS[: size.projects]:
            yield (
                f"models/{team}/{project}.yaml",
                _project(team, project, size.deployments, number, other),
            )


def files_of_one_stack(size: Size) -> Iterator[tuple[str, str]]:
    """The same deployments on one stack of tenants alone, named `models`, that hosts every tier."""
    bucket = BUCKETS["production"]
    stack = _stack(", ".join(TIERS), "example.com", bucket)
    yield "Pulumi.models.yaml", stack + TENANTS_ALONE
    for path, text in files(size):
        if path.startswith("models/"):
            yield path, text.replace(BUCKETS["dev"], bucket)


def team_names(size: Size) -> list[str]:
    """The teams: an area and a market."""
    return [f"{area}-{market}" for area in AREAS for market in MARKETS][: size.teams]


def _stack(tiers: str, domain: str, bucket: str) -> str:
    return STACK.format(tiers=tiers, domain=domain, bucket=bucket)


def _project(team: str, project: str, deployments: int, number: int, other: str) -> str:
    parts = [f'version: "1"\ndescription: {project.capitalize()} of {team}\ndeployments:\n']
    for index in range(deployments):
        kind, recipe = RECIPES[index % len(RECIPES)]
        place = PLACES[index // len(RECIPES)]
        tier = TIERS[(index + number) % len(TIERS)]
        text = Template(recipe).substitute(
            name=f"{kind}-{place}",
            place=place,
            tier=tier,
            prefix=f"s3://{BUCKETS[tier]}/{team}-{project}",
            other=other,
            number=1 + number % 9,
            digest=DIGEST,
        )
        parts.append(f"\n  {kind}-{place}:\n{text}")
    return "".join(parts)
