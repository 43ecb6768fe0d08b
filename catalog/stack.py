"""A stack by its settings, each with its place."""

from dataclasses import dataclass
from typing import Final

from catalog.errors import Problem
from catalog.settings import SoundSettings
from catalog.spelling import Path
from catalog.yaml_document import Document

NAMESPACE: Final = "slipway:"
"""What the keys begin with. It is the name of the project in Pulumi.yaml too."""


def full_key(name: str) -> str:
    """`slipway:foundation`: a key as Pulumi writes it."""
    return f"{NAMESPACE}{name}"


def dotted(path: Path) -> str:
    """`slipway:foundation.admins[0]`: a path as people say it."""
    parts = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return full_key(parts.removeprefix("."))


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack with its sound settings, and the document for the places of problems.

    `told` names the keys that are there, right or wrong; at the `faulty` paths the settings hold
    something else than what is written.
    """

    name: str
    settings: SoundSettings
    document: Document
    told: frozenset[str]
    faulty: frozenset[Path] = frozenset()

    def is_sound(self, *path: str) -> bool:
        """Whether a setting, with all above and below it, is what is written."""
        return not any(each[: len(path)] == path[: len(each)] for each in self.faulty)

    def problem(self, path: Path, code: str, message: str, remedy: str) -> Problem:
        """A problem at a setting; at its key where it is a part of the stack."""
        place = self.document.place(path, key=len(path) == 1)
        return Problem(place, code, dotted(path), message, remedy)
