"""One run of the engine over one stack: what it is asked for, and how it ended."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from pulumi.automation.errors import CommandError

from deploy import orphans
from deploy.engine import Engine
from deploy.events import Event, Step, heard
from deploy.journal import WRITTEN_ONCE, opened
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
    """How the engine ended; `told` is what it printed where it failed.

    Where that is `unsure` the state may not know all that was done.
    """

    failed: bool
    told: str = ""
    unsure: bool = False


_AT_ONCE: Final = ("--yes", "--skip-preview")
_ARGS: Final = {Verb.UP: _AT_ONCE, Verb.PREVIEW: (), Verb.DESTROY: _AT_ONCE}


def operate(
    engine: Engine,
    stack: str,
    verb: Verb,
    hear: Callable[[Event], object],
    *,
    refresh: bool = False,
    force: bool = False,
) -> Ended:
    """Runs the engine to its end. Policies judge whatever is to be there.

    With `refresh` it looks first at what is really there, and with `force` takes back the fields
    that others have set.
    """
    args = [verb.value, "--stack", stack, *_ARGS[verb], *settings_of(engine, stack)]
    args += ["--suppress-outputs", "--suppress-progress", "--color", "never"]
    # Without it the engine knows no --event-log.
    environment = {**engine.environment, "PULUMI_DEBUG_COMMANDS": "true"}
    if verb is not Verb.DESTROY:
        args += ["--policy-pack", str(engine.root / POLICIES)]
    if refresh:
        args.append("--refresh")
    if force:
        environment["PULUMI_K8S_ENABLE_PATCH_FORCE"] = "true"
    if engine.journals is None and verb is Verb.DESTROY:
        # What is protected is refused here, before anything else has been deleted.
        planned = [arg for arg in args if arg not in _AT_ONCE]
        ended = _logged(engine, [*planned, "--preview-only"], environment, _errors(hear))
        if ended.failed:
            return ended
    if engine.journals is None or verb is Verb.PREVIEW:
        return _logged(engine, args, environment, hear)
    with opened(engine.journals, stack) as journal:
        ended = _run(engine, args, {**environment, **WRITTEN_ONCE}, journal.path, hear)
        journal.over = not ended.unsure
    return ended


def _errors(hear: Callable[[Event], object]) -> Callable[[Event], object]:
    """Hears what is wrong, and none of the steps."""
    return lambda event: None if isinstance(event, Step) else hear(event)


def _logged(
    engine: Engine,
    args: Sequence[str],
    environment: Mapping[str, str],
    hear: Callable[[Event], object],
) -> Ended:
    with TemporaryDirectory(prefix="slipway-") as folder:
        return _run(engine, args, environment, Path(folder) / "events", hear)


def _run(
    engine: Engine,
    args: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    hear: Callable[[Event], object],
) -> Ended:
    whole = [*args, "--event-log", str(log), "--exec-kind", "auto.local"]
    # The provider leaves kubeconfigs with credentials in TMPDIR.
    with TemporaryDirectory(prefix="slipway-") as scratch, heard(log, hear):
        own = {"TMPDIR": scratch, orphans.NAME: str(log)}
        try:
            engine.command.run(whole, str(engine.root), {**environment, **own})
        except CommandError as error:
            orphans.end(str(log))
            told = str(error)
            return Ended(failed=True, told=told, unsure=bool(_UNSURE.search(told)))
    return Ended(failed=False)


_UNSURE: Final = re.compile(
    r"(?m)^ ?code: -\d+$|^panic: |^fatal error: |goroutine \d+ \["
    r"|error reading from server: EOF|transport is closing|failed to save snapshot"
)
"""A signal, which is a negative exit status, a crash, a provider that was lost, or a full disk: the
engine wrote nothing down, or does not know what became of the last that it asked for."""
