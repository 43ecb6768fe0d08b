"""The settings that the repository's own stacks have, for tests of the programs."""

from pathlib import Path
from typing import Any

import yaml

from catalog.settings import Settings
from infra.names import Names
from infra.parts.part import Context

ROOT = Path(__file__).parents[1]


def settings(stack: str, **changed: Any) -> Settings:
    """The settings of a stack; any key may be another."""
    config: dict[str, Any] = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    found = {key.removeprefix("slipway:"): value for key, value in config.items()}
    found["environment"] = {**found["environment"], "stack": stack}
    return Settings.model_validate({**found, **changed})


def context(stack: str, **changed: Any) -> Context:
    """What the platform's parts are made from on a stack."""
    found = settings(stack, **changed)
    account = found.foundation.account if found.foundation else "000000000000"
    return Context(found, Names.of(found.environment, account))
