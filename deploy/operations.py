"""One run of the engine over one stack: what it is asked for, and how it ended."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pulumi.automation.errors import CommandError

from deploy.engine import Engine
from deploy.events import Event, event_log
from deploy.workspace import settings_of

POLICIES: Final = "policies"
"""The pack's folder, in the repository."""


class Verb(StrEnum):
    """What is done with a stack."""

    UP = "up"
    PREVIEW = "preview"
    DESTROY = "destroy"


@dataclass(frozen=True, slots=True)
class Ended:
    """How the engine ended; `told` is what it printed where it failed."""

    failed: bool
    told: str = ""


_AT_ONCE: Final = ("--yes", "--skip-preview")
_ARGS: Final = {Verb.UP: _AT_ONCE, Verb.PREVIEW: (), Verb.DESTROY: _AT_ONCE}


def operate(
    engine: Engine, stack: str, verb: Verb, hear: Callable[[Event], object], *, repair: bool = False
) -> Ended:
    """Runs the engine to its end. Policies judge whatever is to be there.

    With `repair` it looks at the cluster first, and takes back what others have changed.
    """
    args = [verb.value, "--stack", stack, *_ARGS[verb]]
    args += settings_of(engine, stack)
    args += ["--suppress-outputs", "--suppress-progress", "--color", "never"]
    # Without it the engine knows no --event-log.
    environment = {**engine.environment, "PULUMI_DEBUG_COMMANDS": "true"}
    if verb is not Verb.DESTROY:
        args += ["--policy-pack", str(engine.root / POLICIES)]
    if repair:
        args.append("--refresh")
        environment["PULUMI_K8S_ENABLE_PATCH_FORCE"] = "true"
    with event_log(hear) as log:
        args += ["--event-log", str(log), "--exec-kind", "auto.local"]
        try:
            engine.command.run(args, str(engine.root), environment)
        except CommandError as error:
            return Ended(failed=True, told=str(error))
    return Ended(failed=False)
