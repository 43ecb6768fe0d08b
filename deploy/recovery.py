"""What a killed run left behind: a lock, steps of which nobody knows how they ended, orphans."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from catalog.objects import Object
from deploy.engine import Engine
from deploy.events import Thing, thing_of
from deploy.journal import made as made_by
from deploy.locks import Lock
from deploy.status.fields import rows, text
from deploy.workspace import run, settings_of
from local.apply import Api, ApiError


def unlock(place: Path, locks: Iterable[Lock]) -> None:
    """Takes these locks away from a backend of files, and none that was made since."""
    for lock in locks:
        for file in (place / ".pulumi" / "locks").rglob(lock.file):
            file.unlink(missing_ok=True)


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
    made = [step for step in known if step.creating]
    # What is not in the state yet cannot be a target.
    args = [] if made else [part for step in known for part in ("--target", step.urn)]
    for step in made:
        args += ["--import-pending-creates", step.urn, "--import-pending-creates", step.id]
    if known:
        args += settings_of(engine, stack)
        run(engine, "refresh", "--yes", "--skip-preview", "--stack", stack, *args)
    return tuple(step for step in steps if step not in known)


def sweep(engine: Engine, stack: str, journals: Sequence[Path]) -> tuple[Thing, ...]:
    """Takes away what killed runs made and the state does not know; then the journals go.

    To be called when a run has ended well, of a local stack. Raises CommandError.
    """
    state = json.loads(run(engine, "stack", "export", "--stack", stack))
    known = {text(each, "urn") for each in rows(state, "deployment", "resources")}
    orphans = {urn: obj for urn, obj in made_by(journals).items() if urn not in known}
    gone = [
        thing for urn, obj in orphans.items() if (thing := thing_of(urn)) and _deleted(engine, obj)
    ]
    for journal in journals:
        journal.unlink(missing_ok=True)
    return tuple(gone)


def _deleted(engine: Engine, obj: Object) -> bool:
    """Whether it was there."""
    api = Api.of(Path(engine.environment["KUBECONFIG"]))
    try:
        api.request("DELETE", api.path(obj))
    except LookupError:  # Nobody serves such a kind, so it was never made.
        return False
    except ApiError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return False
    finally:
        api.close()
    return True
