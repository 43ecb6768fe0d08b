"""What was applied from this machine, by stack, so that nobody has to ask each of many stacks.

A record holds the digest of what was applied and the time that the backend gave it. It says
something only while the backend still names that time: whatever anybody else applied since, and
whatever was cut short, has another.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import mkstemp


@dataclass(frozen=True, slots=True)
class Record:
    """The digest of a stack that was applied, and the backend's time of it."""

    digest: str
    written: str


def recorded(folder: Path, stack: str) -> Record | None:
    """What is known of a stack; None where nothing is, or nothing that can be read."""
    try:
        return Record(**json.loads((folder / f"{stack}.json").read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def record(folder: Path, stack: str, known: Record) -> None:
    """Keeps it. That it cannot be kept is no error: the stack is then run once more."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = mkstemp(dir=folder, prefix=f".{stack}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(known), file)
        Path(name).replace(folder / f"{stack}.json")
    except OSError:
        return
