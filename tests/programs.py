"""The settings that the repository's own stacks have, for tests of the programs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from catalog.settings import DNS_KEY, EDGE_KEY, TOKENS, Settings
from infra.names import Names
from infra.parts.part import Context

ROOT = Path(__file__).parents[1]
TOKEN = "a-t0ken-0f-n0-zone"  # noqa: S105 - it stands for one.
SECRETS = {EDGE_KEY: TOKEN, DNS_KEY: "an0ther-t0ken-f0r-dns"}


def settings(stack: str, **changed: Any) -> Settings:
    """The settings of a stack; any key may be another."""
    found = _keys((ROOT / f"Pulumi.{stack}.yaml").read_text("utf-8"))
    found["environment"] = {**found["environment"], "stack": stack}
    found = {key: value for key, value in found.items() if key not in TOKENS.values()}
    return Settings.model_validate({**found, **changed})


def context(stack: str, **changed: Any) -> Context:
    """What the platform's parts are made from on a stack."""
    found = settings(stack, **changed)
    account = found.foundation.account if found.foundation else "000000000000"
    return Context(found, Names.of(found.environment, account))


def configuration(text: str) -> dict[str, str]:
    """What the engine tells a program of a stack's file, with its tokens."""
    return told({**SECRETS, **_keys(text)})


def told(keys: Mapping[str, Any]) -> dict[str, str]:
    """Keys without their namespace as the engine hands them over: text as it is, else JSON."""
    return {
        f"slipway:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in keys.items()
        if value is not None
    }


def _keys(text: str) -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load(text)["config"]
    return {
        key.removeprefix("slipway:"): value
        for key, value in config.items()
        if key.startswith("slipway:")
    }
