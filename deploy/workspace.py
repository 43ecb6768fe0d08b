"""The stacks in a backend: which there are, and made where they are missing.

Through Pulumi's Automation API, and never with a change of the checkout.
"""

import json
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from threading import get_ident
from typing import Any, Final

from pulumi.automation.errors import StackAlreadyExistsError

from catalog.stacks import load_environments
from deploy.engine import PROJECT, SALT, Engine

KEY: Final = "encryptionsalt:"


def run(
    engine: Engine, *args: str, at: Path | None = None, say: Callable[[str], object] | None = None
) -> str:
    """What a command of Pulumi's prints. Raises its CommandError."""
    folder = str(at or engine.root)
    return engine.command.run([*args], folder, engine.environment, on_output=say).stdout


def stacks(engine: Engine) -> dict[str, Mapping[str, Any]]:
    """The project's stacks in the backend by name, as `pulumi stack ls` tells of them."""
    rows: list[dict[str, Any]] = json.loads(run(engine, "stack", "ls", "--json"))
    # Of two organizations' stacks of one name, `--stack` means that which is named without one.
    rows.sort(key=lambda row: "/" not in row["name"])
    return {row["name"].rpartition("/")[2]: row for row in rows}


def local_stacks(root: Path) -> tuple[str, ...]:
    """The stacks whose cluster is the local control plane, by their files."""
    found = load_environments(root).environments
    return tuple(sorted(env.stack for env in found if env.cluster == "local"))


def ensure(engine: Engine, names: Iterable[str], there: Collection[str]) -> None:
    """Makes the local stacks that are not `there`; those of a cloud are their owner's to make."""
    if engine.copies is None:
        return
    for name in sorted(set(names) - set(there)):
        settings_of(engine, name)
        try:
            run(engine, "stack", "init", name, "--no-select", at=engine.copies)
        except StackAlreadyExistsError:  # Another run was faster.
            continue


def settings_of(engine: Engine, stack: str) -> tuple[str, ...]:
    """The arguments by which the engine reads the settings of a stack.

    Those of a local stack are copied beside a Pulumi.yaml of their own, with the key: what a file
    lacks of it Pulumi would write into the checkout.
    """
    if engine.copies is None:
        return ()
    engine.copies.mkdir(parents=True, exist_ok=True)
    _write(engine.copies / "Pulumi.yaml", f"name: {PROJECT}\nruntime: python\n")
    text = (engine.root / f"Pulumi.{stack}.yaml").read_text("utf-8")
    keyed = text if KEY in text else f"{text.rstrip()}\n{KEY} {SALT}\n"
    copy = engine.copies / f"Pulumi.{stack}.yaml"
    _write(copy, keyed)
    return ("--config-file", str(copy))


def _write(path: Path, text: str) -> None:
    """In one step, since another run may be reading it."""
    part = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}")
    part.write_text(text, "utf-8")
    part.replace(path)
