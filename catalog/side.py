"""One side of a plan: a tree of files with everything that is known of it before it is resolved.

Cheap to import, and cheap to use where an earlier run has kept what it found.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from catalog.discover import STACK_FILE, Found, ProjectPath, discover
from catalog.errors import Place, Problem
from catalog.memory import MemoryTree
from catalog.quota import Limit
from catalog.summary import ProjectSummary, from_line
from catalog.tree import Tree

if TYPE_CHECKING:
    from catalog.builder import Builder
    from catalog.verdict import Judge

ProjectId: TypeAlias = tuple[str, str]
"""Team and project."""


class Source(Tree, Protocol):
    """A tree that also knows its top folder, and git's name for the content of each file."""

    def top(self) -> Sequence[str]:
        """The names of the files at the root itself."""
        ...

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


@dataclass(frozen=True, slots=True)
class Stack:
    """What has to be known of a stack before any entry is resolved on it.

    `platform` is the stack that holds its platform, empty where that is itself.
    """

    name: str
    cluster: str
    tiers: tuple[str, ...]
    platform: str


@dataclass(frozen=True, slots=True)
class Record:
    """A project on one stack as it was found, None where the stack hosts nothing of it.

    `key` names everything that it depends on, what was read while it was built included.
    """

    key: str
    summary: ProjectSummary | None


NOTHING_HOSTED = "-"


def change_key(head: str, base: str) -> str:
    """The key of what differs between two records by their keys, empty where there is none."""
    return digest("change", head, base)


def digest(*parts: str) -> str:
    """A name for these texts in this order, none of which holds a NUL."""
    whole = "\0".join(parts)
    return hashlib.sha256(whole.encode("utf-8", "surrogateescape")).hexdigest()[:40]


class Side:
    """A tree of files, the stacks that are asked for, and what is known of both."""

    def __init__(
        self,
        source: Source,
        kept: Kept,
        wanted: Iterable[str] = (),
        judge: "Callable[[], Judge] | None" = None,
    ) -> None:
        """`judge` makes the judge when there is something to be judged."""
        self.source = source
        self.make_judge = judge
        self._kept = kept
        self._wanted = frozenset(wanted)
        self.stacks_are_right = False
        self._signatures: dict[str, str] = {}
        self._records: dict[str, Record] = {}

    def beside(self, source: Source) -> "Side":
        """Another tree, asked the same. Most records are the same, and are decoded once."""
        other = Side(source, self._kept, self._wanted, self.make_judge)
        other._records = self._records
        return other

    @cached_property
    def found(self) -> Found:
        """The entry files."""
        return discover(self.source)

    @cached_property
    def projects(self) -> dict[ProjectId, ProjectPath]:
        """The project files by team and project."""
        return {(path.team, path.project): path for path in self.found.projects}

    @cached_property
    def stacks(self) -> dict[str, Stack]:
        """Every stack whose settings could be read."""
        files = (f"{file} {self.source.blob(file)}" for file in self.stack_files)
        key = digest("stacks", *files, *sorted(self.found.teams))
        kept = self._kept.get(key)
        self.stacks_are_right = kept is not None
        if kept is None:
            kept = self.builder.stacks_text()
            if not self.builder.stacks.problems:
                self._kept.put(key, kept)
        rows: list[list[Any]] = json.loads(kept)
        return {
            name: Stack(name, cluster, tuple(tiers), platform)
            for name, cluster, tiers, platform in rows
        }

    @cached_property
    def stack_files(self) -> tuple[str, ...]:
        """`Pulumi.<stack>.yaml` of every stack, and files that are meant to be one."""
        return tuple(name for name in sorted(self.source.top()) if STACK_FILE.fullmatch(name))

    @cached_property
    def default_stacks(self) -> tuple[str, ...]:
        """Every stack with a platform of its own that is shared, else the local ones.

        A stack of tenants alone holds what its platform's stack would, so it is no stack more.
        """
        own = tuple(name for name, stack in self.stacks.items() if not stack.platform)
        shared = tuple(name for name in own if self.stacks[name].cluster != "local")
        return shared or own or tuple(self.stacks)

    @cached_property
    def chosen(self) -> tuple[str, ...]:
        """The stacks that are asked for and exist, sorted."""
        if self._wanted:
            return tuple(sorted(self._wanted & set(self.stacks)))
        return self.default_stacks

    @cached_property
    def limits(self) -> dict[str, dict[str, Limit]]:
        """The quotas by stack: the platform's under "", each team's under its name.

        Empty where the platform's file cannot be read; a team whose file cannot be is left out.
        """
        files = {"": self.found.platform, **self.found.teams}
        by_name = {name: self._limits_of(name, file) for name, file in files.items() if file}
        if not by_name.get(""):
            return {}
        return {
            stack: {name: known[stack] for name, known in by_name.items() if stack in known}
            for stack in self.stacks
        }

    def _limits_of(self, name: str, file: str) -> dict[str, Limit]:
        stacks = (f"{stack.name} {stack.platform}" for stack in self.stacks.values())
        key = digest("limits", name, file, self.source.blob(file), *stacks)
        kept = self._kept.get(key)
        if kept is None:
            found = self.builder.limits_of(name)
            if not found:
                return {}
            kept = json.dumps({stack: asdict(limit) for stack, limit in found.items()})
            self._kept.put(key, kept)
        rows: dict[str, dict[str, Any]] = json.loads(kept)
        for row in rows.values():
            row["place"] = Place(**row["place"])
        return {stack: Limit(**row) for stack, row in rows.items()}

    @cached_property
    def builder(self) -> "Builder":
        """What resolves entries; made only where something has to be resolved."""
        from catalog.builder import Builder

        return Builder(self)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the files around the projects."""
        _ = self.limits
        resolved = self.builder.problems if "builder" in self.__dict__ else ()
        return (*self.found.problems, *resolved)

    def key(self, project: ProjectId, stack: str) -> str | None:
        """A name for what a project on a stack depends on, as far as its file's text says."""
        path = self.projects.get(project)
        if path is None or stack not in self.chosen or not self.found.platform:
            return None
        team = self.found.teams.get(path.team)
        if team is None:
            return None
        blob = self.source.blob
        return digest(self._around[stack], path.file, blob(path.file), blob(team))

    @cached_property
    def _around(self) -> dict[str, str]:
        """By stack what every project depends on: platform, teams, and the tiers of all stacks."""
        platform, blob = self.found.platform, self.source.blob
        shared = (
            # What nobody judged says nothing of what a judge would find.
            "judged" if self.make_judge else "project",
            blob(platform) if platform else "",
            " ".join(self.found.teams),
            *(f"{name} {','.join(self.stacks[name].tiers)}" for name in self.default_stacks),
        )
        return {
            stack: digest(*shared, stack, blob(f"Pulumi.{stack}.yaml")) for stack in self.chosen
        }

    def record(self, key: str) -> Record | None:
        """What was kept of a project under its key."""
        folders = self._kept.get(self.reads_key(key))
        if folders is None:
            return None
        full = self.full_key(key, json.loads(folders))
        line = self._kept.get(full)
        if line is None:
            return None
        if full not in self._records:
            summary = None if line == NOTHING_HOSTED else from_line(line)
            self._records[full] = Record(full, summary)
        return self._records[full]

    @staticmethod
    def reads_key(key: str) -> str:
        """Where the folders are kept that were read for a project."""
        return f"reads {key}"

    @staticmethod
    def reads_text(folders: Iterable[str]) -> str:
        """The folders as a line."""
        return json.dumps(tuple(folders), ensure_ascii=False)

    def full_key(self, key: str, folders: Iterable[str]) -> str:
        """A key with what is in the folders that were read; the same where there were none."""
        read = [self.signature(folder) for folder in folders]
        return digest(key, *read) if read else key

    def size(self, file: str) -> int:
        """The bytes of an entry file; 0 where it cannot be read, which whoever parses it tells."""
        try:
            return len(self.source.read(file))
        except OSError:
            return 0

    def signature(self, folder: str) -> str:
        """A name for the paths and the contents of everything below a folder."""
        if folder not in self._signatures:
            entries = (
                f"{e.path} {'link' if e.is_symlink else self.source.blob(e.path)}"
                for e in self.source.files(folder)
            )
            self._signatures[folder] = digest(*entries)
        return self._signatures[folder]


class NoSide(Side):
    """A side with nothing in it, to compare with where there is no past."""

    def __init__(self, kept: Kept) -> None:
        super().__init__(MemoryTree({}), kept)
        self.stacks = {}
        self.found = Found(None, {}, (), ())
