"""Resolving what no earlier run has kept, in as many processes as the machine has cores."""

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from catalog.errors import Problem
from catalog.plan import ProjectChange
from catalog.side import ProjectId, Side, digest, record_text

if TYPE_CHECKING:
    from catalog.builder import Found

WORTH_A_PROCESS = 64 * 1024
"""Bytes of project files, some 300 entries, from which a process saves more than its start."""


@dataclass(frozen=True, slots=True)
class Question:
    """A project that has to be resolved on some stacks."""

    project: ProjectId
    stacks: tuple[str, ...]


@dataclass(slots=True)
class Answer:
    """What resolving a project gave.

    `keep` holds what is worth keeping; problems and changes are not part of it where a side is
    wrong. `head` and `base` are texts of records by stack.
    """

    keep: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    changes: list[ProjectChange] = field(default_factory=list[ProjectChange])
    problems: list[Problem] = field(default_factory=list[Problem])
    base_problems: list[Problem] = field(default_factory=list[Problem])
