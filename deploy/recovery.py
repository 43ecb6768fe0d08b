"""What a killed run left behind: a lock, and steps of which nobody knows how they ended."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from catalog.objects import Object
from deploy.engine import Engine
from deploy.events import thing_of
from deploy.status.fields import rows, text
from deploy.workspace import run, settings_of


def unlock(engine: Engine, stack: str) -> None:
    """Takes the locks away. Raises CommandError."""
    run(engine, "cancel", "--yes", "--stack", stack)


@dataclass(frozen=True, slots=True)
class Pending:
    """A step that began; `id` is what the resource is called, where that is known."""

    urn: str
    creating: bool
    id: str

    def __str__(self) -> str:
        return str(thing_of(self.urn) or self.urn)


def pending(engine: Engine, stack: str) -> tuple[Pending, ...]:
    """The steps of which the state does not know how they ended."""
    state = json.loads(run(engine, "stack", "export", "--stack", stack))
    return tuple(_pending(each) for each in rows(state, "deployment", "pending_operations"))


def _pending(operation: Object) -> Pending:
    urn, known = text(operation, "resource", "urn"), text(operation, "resource", "id")
    named = ("resource", "inputs", "metadata")
    # What the provider calls an object (pulumi-kubernetes `pkg/provider`, fqName).
    parts = (text(operation, *named, "namespace"), text(operation, *named, "name"))
    own = "/".join(filter(None, parts)) if _is_object(urn) else ""
    return Pending(urn, text(operation, "type") == "creating", known or own)


def _is_object(urn: str) -> bool:
    own = urn.split("::", 3)[2].rpartition("$")[2]
    return own.startswith("kubernetes:") and not own.startswith("kubernetes:helm.sh")


def settle(engine: Engine, stack: str, steps: Sequence[Pending]) -> tuple[Pending, ...]:
    """Looks at what the steps were about and writes down what is there. Raises CommandError.

    Returns those that only a person can settle: something was being made in a cloud, which may
    have given it a name that nobody heard.
    """
    known = [step for step in steps if step.id or not step.creating]
    args = [part for step in known for part in ("--target", step.urn)]
    for step in known:
        if step.creating:
            args += ["--import-pending-creates", step.urn, "--import-pending-creates", step.id]
    if known:
        args += settings_of(engine, stack)
        run(engine, "refresh", "--yes", "--skip-preview", "--stack", stack, *args)
    return tuple(step for step in steps if step not in known)
