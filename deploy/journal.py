"""What runs of local stacks do, kept while they last: the state is written once, as one ends.

Pulumi writes the whole state of a stack before and after each step, which is nine tenths of what
an `up` of the sample fleet costs. A local stack's is written when its run ends, well or not. What
a killed run did is in its event log, which stays behind: the next run looks at all that the state
knows of, and takes away what the killed one made and nobody wants any more.
"""

import fcntl
import json
import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from catalog.objects import Object
from deploy.events import Thing, thing_of
from deploy.status.fields import table, text

WRITTEN_ONCE: Final = {"PULUMI_SKIP_CHECKPOINTS": "true"}
"""What the engine is told of a run with a journal."""
_BEGUN: Final = "resourcePreEvent"
_ENDED: Final = ("resOutputsEvent", "resOpFailedEvent")


@dataclass(slots=True)
class Journal:
    """The events of a run; `over` once the engine has ended by itself."""

    path: Path
    over: bool = False


@contextmanager
def opened(folder: Path, stack: str) -> Generator[Journal, None, None]:
    """A journal for a run, which goes when the block ends and the run is over."""
    folder.mkdir(parents=True, exist_ok=True)
    journal = Journal(folder / f"{stack}.{os.getpid()}.{os.urandom(4).hex()}")
    with journal.path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield journal
        if journal.over:
            journal.path.unlink()


def journals(folder: Path | None, stack: str) -> tuple[Path, ...]:
    """The journals of runs that last or were killed: of none is the state what is there."""
    return () if folder is None else tuple(sorted(folder.glob(f"{stack}.*")))


def left_behind(folder: Path | None, stack: str) -> tuple[Path, ...]:
    """The journals of runs that were killed: nobody holds them any more."""
    return tuple(path for path in journals(folder, stack) if _is_free(path))


def _is_free(path: Path) -> bool:
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def unfinished(journals: Iterable[Path]) -> tuple[Thing, ...]:
    """What the runs had begun and did not end."""
    found: dict[str, Thing] = {}
    for key, metadata in _steps(journals):
        urn = text(metadata, "urn")
        thing = thing_of(urn)
        if key == _BEGUN and thing:
            found[urn] = thing
        else:
            found.pop(urn, None)
    return tuple(found.values())


def made(journals: Iterable[Path]) -> dict[str, Object]:
    """What the runs made or had begun to make, by URN: the objects of Kubernetes."""
    found: dict[str, Object] = {}
    for key, metadata in _steps(journals):
        obj, urn = table(metadata, "new", "inputs"), text(metadata, "urn")
        creates = text(metadata, "op").startswith("create")
        if key == _BEGUN and creates and thing_of(urn) and "kind" in obj:
            found[urn] = obj
    return found


def _steps(journals: Iterable[Path]) -> Iterator[tuple[str, Object]]:
    for journal in journals:
        for line in journal.read_text("utf-8", "replace").splitlines():
            try:
                event = json.loads(line)
            except ValueError:  # The last line of a killed engine.
                continue
            for key in (_BEGUN, *_ENDED):
                if metadata := table(event, key, "metadata"):
                    yield key, metadata
