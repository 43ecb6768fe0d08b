"""Quotas, platform ⊇ team ⊇ project, on one stack: who uses what, and who has room.

A deployment counts with the whole footprint of its pods at its most replicas plus the surge of a
rollout, so a ResourceQuota leaves room for one. Under full load a Knative rollout may want both
revisions at their most for a while; it waits for room then, and goes on.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from math import ceil
from typing import TYPE_CHECKING

from catalog.amounts import Amounts, total
from catalog.errors import Place, Problem, all_of

if TYPE_CHECKING:
    from catalog.endpoint import Endpoint
    from catalog.entry import Quota
    from catalog.summary import EndpointSummary, ProjectSummary


@dataclass(frozen=True, slots=True)
class Allowance:
    """The amounts that a quota names; None is unlimited."""

    cpu: int | None = None
    memory: int | None = None
    accelerators: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """A quota of a platform or a team, with the line that sets it."""

    name: str
    place: Place
    allowed: Mapping[str, int]
    closed: bool
    """Whether a GPU kind that is not named is forbidden."""

    def most(self, resource: str) -> int | None:
        """How much of a resource there is, None where nothing bounds it."""
        unnamed = 0 if self.closed and resource not in {"cpu", "memory"} else None
        return self.allowed.get(resource, unnamed)


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the tree with what is used of it, for the plan's table."""

    name: str
    kind: str
    allowed: Mapping[str, int]
    used: Mapping[str, int]


def surge_of(endpoint: "Endpoint") -> int:
    """Replicas that a rollout runs beside the old ones.

    Knative brings a new revision to its least replicas, at least one, before it lets the old go; a
    Deployment's `maxSurge` is a quarter, rounded up.
    """
    if endpoint.serving == "knative":
        return max(1, endpoint.scaling.min)
    return ceil(endpoint.scaling.max / 4)


def amounts_of(quota: "Quota", stack: str) -> Allowance:
    """The amounts of a quota on one stack: what the stack says, else what the quota says."""
    other = quota.stacks.get(stack)
    layers = (quota,) if other is None else (other, quota)
    kinds = next((q.accelerators for q in layers if q.accelerators is not None), None)
    return Allowance(
        next((q.cpu for q in layers if q.cpu is not None), None),
        next((q.memory for q in layers if q.memory is not None), None),
        None if kinds is None else {str(kind): count for kind, count in kinds.items()},
    )


def limit_of(name: str, place: Place, quota: "Quota", stack: str) -> Limit:
    """A quota as the tree compares it: resources by name, absent ones unlimited."""
    amounts = amounts_of(quota, stack)
    allowed: dict[str, int] = {}
    if amounts.cpu is not None:
        allowed["cpu"] = amounts.cpu
    if amounts.memory is not None:
        allowed["memory"] = amounts.memory
    allowed |= dict(sorted((amounts.accelerators or {}).items()))
    return Limit(name, place, allowed, closed=amounts.accelerators is not None)


def flat(amounts: Amounts) -> dict[str, int]:
    """Amounts by resource name: cpu, memory, and each accelerator that is not zero."""
    counted = {kind: count for kind, count in sorted(amounts.accelerators.items()) if count}
    return {"cpu": amounts.cpu, "memory": amounts.memory, **counted}


Parts = Sequence[tuple[str, Amounts]]


@dataclass(frozen=True)
class QuotaTree:
    """The quotas of one stack and everything that counts against them."""

    stack: str
    platform: Limit
    teams: Mapping[str, Limit]
    projects: "Sequence[ProjectSummary]"

    @cached_property
    def _by_team(self) -> "dict[str, list[ProjectSummary]]":
        ordered = sorted(self.projects, key=lambda p: (p.team, p.project))
        found = {team: list(group) for team, group in groupby(ordered, key=lambda p: p.team)}
        return {team: found.get(team, []) for team in sorted(self.teams)}

    @cached_property
    def _of_teams(self) -> dict[str, Amounts]:
        return {
            team: total(p.reserved for p in projects) for team, projects in self._by_team.items()
        }

    def levels(self) -> Iterator[Level]:
        """Platform, then each team with its projects: what is used of what is allowed."""
        everything = flat(total(self._of_teams.values()))
        yield Level("platform", "platform", self.platform.allowed, everything)
        for team, projects in self._by_team.items():
            yield Level(team, "team", self.teams[team].allowed, flat(self._of_teams[team]))
            for p in projects:
                yield Level(f"{team}/{p.project}", "project", flat(p.reserved), flat(p.needs))

    def problems(self) -> Iterator[Problem]:
        """Every level that does not hold what counts against it."""
        for team, projects in self._by_team.items():
            for p in projects:
                yield from self._project(p)
            used = self._of_teams[team]
            for resource, allowed in _excess(self.teams[team], used):
                parts = _project_lines(projects)
                yield self._over(
                    self.teams[team], "SLW602", f"team {team}", resource, allowed, parts
                )
        teams = [(f"team {team}", amounts) for team, amounts in self._of_teams.items()]
        for resource, allowed in _excess(self.platform, total(self._of_teams.values())):
            yield self._over(self.platform, "SLW603", "the platform", resource, allowed, teams)
        yield from self._granted()

    def _project(self, p: "ProjectSummary") -> Iterator[Problem]:
        if p.quota is None:
            return
        allowed = {k: v for k, v in flat(p.quota).items() if k in p.quota_kinds}
        closed = "accelerators" in p.quota_kinds
        if closed:
            allowed |= {k: v for k, v in flat(p.quota).items() if k not in {"cpu", "memory"}}
        limit = Limit(p.project, p.place, allowed, closed)
        for resource, most in _excess(limit, p.needs):
            parts = _use_lines(p)
            yield self._over(limit, "SLW601", f"project {p.project}", resource, most, parts)

    def _over(
        self, limit: Limit, code: str, who: str, resource: str, allowed: int, parts: Parts
    ) -> Problem:
        used = flat(total(amounts for _, amounts in parts))[resource]
        most, least, over = _alike(resource, used, allowed, used - allowed)
        return Problem(
            place=limit.place,
            code=code,
            subject=f"quota.{resource}",
            message=f"{who} needs {most} {_unit(resource, most)}, and its quota has {least}: "
            f"{over} too much",
            remedy=self._remedy(code, resource, used - allowed),
            detail=_sum_lines(resource, parts, used),
            stacks=(self.stack,),
        )

    def _remedy(self, code: str, resource: str, missing: int) -> str:
        if code == "SLW603":
            return "lower a team's use, or raise the platform's quota"
        what = {
            "SLW601": "lower scaling.max or resources, or raise the project's quota",
            "SLW602": "lower scaling.max or resources, or ask for a larger team quota",
        }[code]
        lenders = [
            f"team {team} has {amount} {_unit(resource, amount)} to spare"
            for team, room in self._headroom(resource)
            for amount in _alike(resource, room)
            if room >= missing
        ]
        return f"{what}; {all_of(lenders[:3]) or 'no team has that much to spare'}"

    def _headroom(self, resource: str) -> list[tuple[str, int]]:
        rooms = [
            (team, self.teams[team].allowed.get(resource, 0) - flat(used).get(resource, 0))
            for team, used in self._of_teams.items()
        ]
        return sorted(rooms, key=lambda room: (-room[1], room[0]))

    def _granted(self) -> Iterator[Problem]:
        named = {kind for limit in self.teams.values() for kind in limit.allowed}
        for resource in sorted(named):
            allowed = self.platform.most(resource)
            grants = {t: limit.allowed.get(resource, 0) for t, limit in sorted(self.teams.items())}
            granted = sum(grants.values())
            if allowed is not None and granted > allowed:
                there, least, *each = _alike(resource, granted, allowed, *grants.values())
                rows = zip(each, grants, strict=True)
                yield Problem(
                    place=self.platform.place,
                    code="SLW604",
                    subject=f"quota.{resource}",
                    message=f"the teams are promised {there} {_unit(resource, there)}, and the "
                    f"platform's quota has {least}",
                    remedy="lower a team's quota, or raise the platform's",
                    detail=(
                        *(
                            f"{amount:>10}  team {team} ({self.teams[team].place})"
                            for amount, team in rows
                            if grants[team]
                        ),
                        f"{there:>10}  together",
                    ),
                    stacks=(self.stack,),
                )


def _excess(limit: Limit, used: Amounts) -> Iterator[tuple[str, int]]:
    """Each resource that is used beyond its limit, with the limit."""
    for resource, amount in flat(used).items():
        allowed = limit.most(resource)
        if allowed is not None and amount > allowed:
            yield resource, allowed


def _use_lines(project: "ProjectSummary") -> list[tuple[str, Amounts]]:
    return [(_use_line(project, e), e.needs) for e in project.endpoints]


def _use_line(project: "ProjectSummary", e: "EndpointSummary") -> str:
    place = Place(project.file, e.line, e.column)
    replicas = "1 replica" if e.most == 1 else f"{e.most} replicas"
    return f"{e.name} ({place}): {replicas} + {e.surge} in a rollout"


def _project_lines(projects: "Iterable[ProjectSummary]") -> list[tuple[str, Amounts]]:
    lines: list[tuple[str, Amounts]] = []
    for p in projects:
        if p.quota is None:
            lines += _use_lines(p)
        else:
            lines.append((f"project {p.project} ({p.place})", p.reserved))
    return lines


def _sum_lines(resource: str, parts: Parts, whole: int) -> tuple[str, ...]:
    rows = [(flat(amounts).get(resource, 0), label) for label, amounts in parts]
    labels = [*(label for amount, label in rows if amount), "together"]
    shown = _alike(resource, *(amount for amount, _ in rows if amount), whole)
    return tuple(f"{text:>10}  {label}" for text, label in zip(shown, labels, strict=True))


def _unit(resource: str, amount: str) -> str:
    """What is counted, behind its number."""
    gpus = f"{resource} GPU" if amount == "1" else f"{resource} GPUs"
    return {"cpu": "CPU", "memory": "of memory"}.get(resource, gpus)


def _alike(resource: str, *amounts: int) -> list[str]:
    """Amounts of one sum in one unit, exactly, so that a reader can add them up."""
    if resource == "cpu":
        return [f"{amount / 1_000:.15g}" for amount in amounts]
    if resource != "memory":
        return [str(amount) for amount in amounts]
    units = (("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10), ("", 1))
    name, size = next(u for u in units if not any(amount % u[1] for amount in amounts))
    return [f"{amount // size}{name}" for amount in amounts]
