"""Lays the stand-ins out as plugins, where the engine finds them without asking any network."""

import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from tests.cloud.store import FOLDER, Store

ROOT = Path(__file__).parents[2]
PACKAGES = ("aws", "cloudflare", "eks")


def plugins(folder: Path) -> Mapping[str, str]:
    """The environment in which the engine takes the stand-ins for the real providers.

    `PULUMI_HOME` is a new one inside the folder, the account is in `account` there.
    """
    home = folder / "home"
    for package in PACKAGES:
        add_plugin(home, package, f'exec "{sys.executable}" -P -m tests.cloud.{package} "$@"')
    return {"PULUMI_HOME": str(home), FOLDER: str(account(folder))}


def account(folder: Path) -> Path:
    """Where the account of the stand-ins of a folder is."""
    return folder / "account"


def store(folder: Path) -> Store:
    """The account of the stand-ins of a folder."""
    return Store(account(folder))


def add_plugin(home: Path, package: str, command: str) -> None:
    """A provider that is a shell command, at the version that the program's SDK asks for."""
    wanted = version(f"pulumi-{package}")
    place = home / "plugins" / f"resource-{package}-v{wanted}"
    place.mkdir(parents=True, exist_ok=True)
    script = place / f"pulumi-resource-{package}"
    script.write_text(f'#!/bin/sh\nexport PYTHONPATH="{ROOT}"\n{command}\n', "utf-8")
    script.chmod(0o755)
