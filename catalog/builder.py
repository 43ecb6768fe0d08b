"""What resolves one side of a plan: each file is parsed once, a project built on any stack."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from catalog.discover import read_entry
from catalog.entry import PlatformFile, TeamFile
from catalog.environment import Environment
from catalog.errors import Problem
from catalog.fleet import Built, build, tier_problems
from catalog.load import (
    Loaded,
    Stacks,
    known_stacks,
    load_platform,
    load_project,
    load_sound,
    load_team,
)
from catalog.quota import Limit, limit_of
from catalog.resolve import Project
from catalog.tree import FileEntry, Tree
from catalog.verdict import Judge, encode_advice

if TYPE_CHECKING:
    from catalog.side import ProjectId, Side

T = TypeVar("T")
Load: TypeAlias = Callable[[str, bytes], Loaded[T] | list[Problem]]


NO_TEAM = '{"version": "1", "owners": ["unknown"], "cost_center": "unknown", "quota": {}}'
"""What stands for the file of a team while that cannot be used."""


@dataclass(frozen=True, slots=True)
class Found:
    """A project on one stack: what it becomes, which folders were read, and what is wrong."""

    built: Built | None
    folders: tuple[str, ...]
    problems: tuple[Problem, ...]


@cache
def _stacks_of(files: tuple[tuple[str, bytes], ...], teams: tuple[str, ...]) -> Stacks:
    """Kept, because both sides of a plan mostly have the same stacks."""
    from catalog.stacks import stacks_of

    return stacks_of(dict(files), teams)


class Watched:
    """A tree that remembers which folders were looked at."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.seen: set[str] = set()

    def files(self, folder: str) -> list[FileEntry]:
        """See `Tree.files`."""
        self.seen.add(folder)
        return self._tree.files(folder)

    def read(self, path: str) -> bytes:
        """See `Tree.read`."""
        return self._tree.read(path)

    def escapes(self, path: str) -> bool:
        """See `Tree.escapes`."""
        return self._tree.escapes(path)


class Builder:
    """Parses the files of a side. Platform and teams are kept, projects are not."""

    def __init__(self, side: "Side") -> None:
        self._side = side
        self._problems: list[Problem] = []
        self._teams: dict[str, Loaded[TeamFile] | None] = {}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was found wrong with stacks, platform and teams so far."""
        stacks = self.stacks.problems if "stacks" in self.__dict__ else ()
        return (*stacks, *self._problems)

    @cached_property
    def stacks(self) -> Stacks:
        """Every stack's settings."""
        source, teams = self._side.source, tuple(sorted(self._side.found.teams))
        files = tuple((file, source.read(file)) for file in self._side.stack_files)
        if self._side.stacks_are_right:
            return known_stacks(dict(files))
        return _stacks_of(files, teams)

    def stacks_text(self) -> str:
        """What a side needs to know of the stacks, as JSON."""
        platforms = self.stacks.platforms
        rows = [
            [e.stack, e.cluster, e.tiers, platforms.get(e.stack, "")]
            for e in self.stacks.environments
        ]
        return json.dumps(rows, separators=(",", ":"))

    @cached_property
    def platform(self) -> Loaded[PlatformFile] | None:
        """The platform's file, None where it cannot be used."""
        file = self._side.found.platform
        return self._loaded(load_platform, file) if file else None

    def team(self, name: str) -> Loaded[TeamFile] | None:
        """A team's file, None where it cannot be used."""
        if name not in self._teams:
            file = self._side.found.teams.get(name)
            self._teams[name] = self._loaded(load_team, file) if file else None
        return self._teams[name]

    def limits_of(self, name: str) -> dict[str, Limit]:
        """A team's quota on every stack, the platform's where the name is empty."""
        loaded = self.team(name) if name else self.platform
        if loaded is None:
            return {}
        place = loaded.document.place(("quota",), key=True)
        owner, quota, counted = name or "platform", loaded.value.quota, self.stacks.quotas_of
        return {stack: limit_of(owner, place, quota, counted(stack)) for stack in self._side.stacks}

    def project(self, at: "ProjectId") -> Project | list[Problem]:
        """A project with all that it needs, or everything that is wrong with its file.

        Without a problem in its own file an empty list: its team or the platform has them.
        """
        path = self._side.projects[at]
        loaded = self._read(load_project, path.file)
        if isinstance(loaded, list):
            return loaded
        team, platform = self.team(path.team), self.platform
        if team is None or platform is None:
            return []
        return Project(path.team, path.project, loaded, team.value, platform.value)

    @cached_property
    def judge(self) -> Judge | None:
        """The side's judge, if it has one."""
        return self._side.make_judge() if self._side.make_judge else None

    def build(
        self, at: "ProjectId", stacks: Iterable[str], judge: Judge | None = None
    ) -> dict[str, Found] | list[Problem]:
        """A project on each of these stacks, judged or not, or what is wrong with its file."""
        project = self.project(at)
        if isinstance(project, list):
            return sorted({*project, *self._of_the_sound(at, stacks, judge)})
        hosting = self._hosting(project)
        return {stack: self._build(project, stack, hosting, judge) for stack in stacks}

    def _of_the_sound(
        self, at: "ProjectId", stacks: Iterable[str], judge: Judge | None
    ) -> Iterator[Problem]:
        """What the rules find in deployments that are sound, whatever else is at fault around them.

        No rule reads the team's file, so one that cannot be used is no hindrance.
        """
        path = self._side.projects[at]
        raw = read_entry(self._side.source, path.file)
        loaded = None if isinstance(raw, Problem) else load_sound(path.file, raw)
        team, platform = self.team(path.team), self.platform
        if loaded is None or platform is None:
            return
        team_file = team.value if team else TeamFile.model_validate_json(NO_TEAM)
        project = Project(path.team, path.project, loaded, team_file, platform.value)
        yield from self._hosting(project)
        for stack in stacks:
            yield from self._build(project, stack, (), judge).problems

    def _hosting(self, project: Project) -> tuple[Problem, ...]:
        shared = [self.stacks.loaded[name].value for name in self._side.default_stacks]
        return tuple(tier_problems(project, shared, every=not self.stacks.problems))

    def _build(
        self, project: Project, stack: str, hosting: tuple[Problem, ...], judge: Judge | None
    ) -> Found:
        if self.stacks.teams.get(stack) not in {None, project.team}:
            return Found(None, (), hosting)
        watched = Watched(self._side.source)
        env = self.stacks.loaded[stack].value
        teams = frozenset(self._side.found.teams)
        built = build(project, env, teams, watched, self.stacks.quotas_of(stack))
        if built is not None and judge is not None and not built.problems:
            built = _judged(built, judge, project, env)
        problems = (*hosting, *(built.problems if built else ()))
        return Found(built, tuple(sorted(watched.seen)), problems)

    def _read(self, load: Load[T], file: str) -> Loaded[T] | list[Problem]:
        raw = read_entry(self._side.source, file)
        return [raw] if isinstance(raw, Problem) else load(file, raw)

    def _loaded(self, load: Load[T], file: str) -> Loaded[T] | None:
        found = self._read(load, file)
        if isinstance(found, list):
            self._problems += found
            return None
        return found


def _judged(built: Built, judge: Judge, project: Project, env: Environment) -> Built:
    problems, advice = judge(built, project, env)
    summary = replace(built.summary, advice=encode_advice(advice)) if advice else built.summary
    return replace(built, summary=summary, problems=problems)
