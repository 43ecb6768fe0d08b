"""The repository's own stacks as the engine would run them."""

import json
from pathlib import Path
from typing import Any

import pulumi
import yaml

from catalog.settings import CLOUDFLARE_KEY, Settings
from infra.__main__ import main

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "slipway:"


def config_of(stack: str) -> dict[str, str]:
    """What the engine tells a stack's program of `Pulumi.<stack>.yaml`, with a token."""
    config: dict[str, Any] = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    told = {key: value for key, value in config.items() if key.startswith(PREFIX)}
    told[f"{PREFIX}{CLOUDFLARE_KEY}"] = "token"
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in told.items()}


def settings_of(stack: str, **other: Any) -> Settings:
    """The settings of a stack, some of them others; None leaves a key out."""
    found = {
        key.removeprefix(PREFIX): json.loads(value)
        for key, value in config_of(stack).items()
        if value.startswith(("{", "["))
    }
    whole = {key: value for key, value in {**found, **other}.items() if value is not None}
    whole["environment"] = {"stack": stack, **whole["environment"]}
    return Settings.model_validate(whole)


def program() -> None:
    """The program of the stack that runs; for `tests.engine.run`."""
    pulumi.run(main)
