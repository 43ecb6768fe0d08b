"""From the files of a repository to what a plan needs, by the cheapest way that is exact.

Only what changed is resolved. Everything else is taken from what earlier runs kept, under a key
over all that it depends on: the stack's settings, the platform, the team, the names of all teams,
the project file, and whatever was read from the tree while it was built. This module and all that
it imports is cheap to import; `catalog/builder.py`, which is not, comes in when there is something
to resolve.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from catalog.discover import Found, ProjectPath
from catalog.errors import Place, Problem
from catalog.quota import Limit, QuotaTree
from catalog.summary import ProjectSummary, from_line
from catalog.tree import FileEntry, Tree


class Source(Tree, Protocol):
    """A tree that also knows git's name for the content of each file."""

    def blob(self, path: str) -> str:
        """The object id of a regular file."""
        ...


class Kept(Protocol):
    """What earlier runs found out: a line of text by key."""

    def get(self, key: str) -> str | None:
        """What was kept, if anything."""
        ...

    def put(self, key: str, text: str) -> None:
        """Keeps a line that is not empty."""
        ...


def digest(*parts: str) -> str:
    """A name for exactly these texts in this order."""
    whole = hashlib.sha256("\0".join(f"{len(part)}:{part}" for part in parts).encode())
    return whole.hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class Stack:
    """What has to be known of a stack before any entry is resolved on it."""

    name: str
    file: str
    blob: str
    cluster: str
    tiers: tuple[str, ...]
    one_tier: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """The quotas of one stack."""

    platform: Limit
    teams: Mapping[str, Limit]


@dataclass(frozen=True, slots=True)
class Record:
    """A project on one stack as it was found; `inputs` are the folders that were looked at."""

    inputs: Mapping[str, str]
    summary: ProjectSummary | None


def to_text(record: Record, line: str) -> str:
    """A record as one line; `line` is its summary's, empty where the stack hosts nothing."""
    return f"{json.dumps(record.inputs, separators=(',', ':'))}\t{line}"


def from_text(text: str) -> Record:
    """The inverse of `to_text`."""
    inputs, _, line = text.partition("\t")
    return Record(json.loads(inputs), from_line(line) if line else None)
