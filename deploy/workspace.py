"""The stacks in a backend: which there are, and made where they are missing.

Through Pulumi's Automation API, and never with a change of the checkout.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from pulumi.automation.errors import StackAlreadyExistsError

from catalog.stacks import load_environments
from deploy.engine import PROJECT, Engine, project


def run(
    engine: Engine, *args: str, at: Path | None = None, say: Callable[[str], object] | None = None
) -> str:
    """What a command of Pulumi's prints. Raises its CommandError."""
    folder = str(at or engine.root)
    return engine.command.run([*args], folder, engine.environment, on_output=say).stdout


def stacks(engine: Engine) -> dict[str, Mapping[str, Any]]:
    """The project's stacks in the backend by name, as `pulumi stack ls` tells of them."""
    rows: list[dict[str, Any]] = json.loads(run(engine, "stack", "ls", "--json"))
    return {row["name"].rpartition("/")[2]: row for row in rows}


def local_stacks(root: Path) -> tuple[str, ...]:
    """The stacks whose cluster is the local control plane, by their files."""
    found = load_environments(root).environments
    return tuple(sorted(env.stack for env in found if env.cluster == "local"))


def ensure(engine: Engine, names: Iterable[str], there: Collection[str]) -> None:
    """Makes the local stacks that are not `there`; those of a cloud are their owner's to make."""
    missing = sorted(set(names) - set(there))
    if engine.place is None or not missing:
        return
    folder = project(engine.place)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n", "utf-8")
    for name in missing:
        try:
            run(engine, "stack", "init", name, "--no-select", at=folder)
        except StackAlreadyExistsError:  # Another run was faster.
            continue
