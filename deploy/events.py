"""What the engine says while it works, reduced to what is shown and counted.

The engine writes one event a line into a log (pulumi `sdk/go/common/apitype/events.go`).
"""

import json
import re
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Final, TypeAlias

from catalog.objects import Object
from catalog.render.common import PREFIX
from deploy.status.fields import table, text

ACTIONS: Final[Mapping[str, str]] = {
    "create": "created",
    "create-replacement": "replaced",
    "delete": "deleted",
    "import": "created",
    "import-replacement": "replaced",
    "read": "unchanged",
    "same": "unchanged",
    "update": "updated",
}
"""What a step does to its resource. A replacement has more steps, which are not counted again."""

_PAUSE: Final = 0.1
"""Seconds between two looks at a log in which there was nothing new."""
_PHASES: Final = {
    "resOpFailedEvent": "failed",
    "resOutputsEvent": "done",
    "resourcePreEvent": "begun",
}
_INSIDE: Final = ("pulumi:", "slipway:")
"""How the types begin of what is in the engine alone: stacks, providers, our components."""
_COLOURS: Final = re.compile(r"<\{%.*?%\}>")


@dataclass(frozen=True, slots=True)
class Thing:
    """A resource: an object of Kubernetes, or something in a cloud."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Step:
    """A step with a thing that begins, ends or fails; `old` and `new` are its inputs."""

    thing: Thing
    action: str
    phase: str
    old: Object = field(default_factory=Object)
    new: Object = field(default_factory=Object)

    @property
    def endpoint(self) -> str:
        """`namespace/name` of the endpoint that the thing belongs to; empty for all others."""
        inputs = self.new or self.old
        name = text(inputs, "metadata", "labels", f"{PREFIX}/endpoint")
        return f"{text(inputs, 'metadata', 'namespace')}/{name}" if name else ""


@dataclass(frozen=True, slots=True)
class Said:
    """An error; without a thing it is the program's own or the engine's."""

    message: str
    thing: Thing | None


@dataclass(frozen=True, slots=True)
class Broken:
    """A mandatory policy that something breaks; what is only advised, `slipway plan` tells."""

    message: str
    thing: Thing | None


Event: TypeAlias = Step | Said | Broken


def parsed(line: str) -> Event | None:
    """The event of a line of the log; None for what nobody is told, and what is no event."""
    try:
        raw = json.loads(line)
    except ValueError:
        return None
    for key, phase in _PHASES.items():
        if metadata := table(raw, key, "metadata"):
            return _step(metadata, phase)
    said, broken = table(raw, "diagnosticEvent"), table(raw, "policyEvent")
    if text(said, "severity") == "error":
        return Said(_message(said), thing_of(text(said, "urn")))
    if text(broken, "enforcementLevel") == "mandatory":
        return Broken(_message(broken), thing_of(text(broken, "resourceUrn")))
    return None


def thing_of(urn: str) -> Thing | None:
    """The thing that a URN names, if it is outside the engine."""
    parts = urn.split("::", 3)
    kind = parts[2].rpartition("$")[2] if len(parts) == 4 else ""
    if not kind or kind.startswith(_INSIDE):
        return None
    return Thing(kind.rpartition(":")[2], parts[3])


def _step(metadata: Object, phase: str) -> Step | None:
    thing, action = thing_of(text(metadata, "urn")), ACTIONS.get(text(metadata, "op"))
    if thing is None or action is None:
        return None
    old, new = (table(metadata, side, "inputs") for side in ("old", "new"))
    return Step(thing, action, phase, old, new)


def _message(event: Object) -> str:
    return _COLOURS.sub("", text(event, "message")).strip()


@contextmanager
def heard(log: Path, hear: Callable[[Event], object]) -> Generator[None, None, None]:
    """Each event that the engine writes to the log is heard, in a thread of its own.

    When the block ends, all has been heard that was written.
    """
    ended = Flag()
    log.touch()
    reader = Thread(target=_follow, args=(log, ended, hear), daemon=True)
    reader.start()
    try:
        yield
    finally:
        ended.set()
        reader.join()


def _follow(log: Path, ended: Flag, hear: Callable[[Event], object]) -> None:
    begun = ""
    with log.open(encoding="utf-8", errors="replace") as file:
        while True:
            last = ended.is_set()
            for piece in file:
                begun += piece
                # A killed engine leaves half a line.
                if begun.endswith("\n"):
                    line, begun = begun, ""
                    if (event := parsed(line)) is not None:
                        hear(event)
            if last:
                return
            ended.wait(_PAUSE)
