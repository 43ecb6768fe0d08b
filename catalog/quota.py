"""Quotas, platform ⊇ team ⊇ project, on one stack: who uses what, and who has room.

A deployment counts with the whole footprint of its pods at its most replicas plus the surge of a
rollout, so what passes here is never refused by a ResourceQuota in the middle of a rollout.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from catalog.endpoint import Amounts, Endpoint, total
from catalog.entry import Quota, QuotaAmounts
from catalog.errors import Place, Problem
from catalog.quantity import format_cpu, format_memory


@dataclass(frozen=True, slots=True)
class Use:
    """What one endpoint needs: a replica's footprint, its most replicas, the rollout's surge."""

    name: str
    place: Place
    replica: Amounts
    replicas: int
    surge: int
    beside: Amounts = Amounts()

    @property
    def amounts(self) -> Amounts:
        """The whole, with what runs beside the replicas."""
        return self.replica * (self.replicas + self.surge) + self.beside


@dataclass(frozen=True, slots=True)
class ProjectUse:
    """A project's endpoints, and the quota that the project sets itself, if any."""

    team: str
    project: str
    place: Place
    uses: tuple[Use, ...]
    quota: Amounts | None
    quota_kinds: frozenset[str]

    @property
    def needs(self) -> Amounts:
        """What its endpoints need."""
        return total(use.amounts for use in self.uses)

    @property
    def reserved(self) -> Amounts:
        """What it takes from its team: its quota where it sets one, else its needs."""
        if self.quota is None:
            return self.needs
        needs = self.needs
        return Amounts(
            self.quota.cpu if "cpu" in self.quota_kinds else needs.cpu,
            self.quota.memory if "memory" in self.quota_kinds else needs.memory,
            self.quota.accelerators if "accelerators" in self.quota_kinds else needs.accelerators,
        )


@dataclass(frozen=True, slots=True)
class Limit:
    """A quota of a platform or a team, with the line that sets it."""

    name: str
    place: Place
    allowed: Mapping[str, int]
    closed: bool
    """Whether a GPU kind that is not named is forbidden."""


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the tree with what is used of it, for the plan's table."""

    name: str
    kind: str
    allowed: Mapping[str, int]
    used: Mapping[str, int]


def surge_of(endpoint: Endpoint) -> int:
    """Replicas that a rollout runs beside the old ones.

    Knative brings a new revision to its least replicas, at least one, before it lets the old go; a
    Deployment's `maxSurge` is a quarter, rounded up.
    """
    if endpoint.serving == "knative":
        return max(1, endpoint.scaling.min)
    return ceil(endpoint.scaling.max / 4)


def amounts_of(quota: Quota, stack: str) -> QuotaAmounts:
    """The amounts of a quota on one stack: what the stack says, else what the quota says."""
    other = quota.stacks.get(stack)
    if other is None:
        return quota
    return QuotaAmounts.model_construct(
        cpu=quota.cpu if other.cpu is None else other.cpu,
        memory=quota.memory if other.memory is None else other.memory,
        accelerators=quota.accelerators if other.accelerators is None else other.accelerators,
    )


def limit_of(name: str, place: Place, quota: Quota, stack: str) -> Limit:
    """A quota as the tree compares it: resources by name, absent ones unlimited."""
    amounts = amounts_of(quota, stack)
    allowed: dict[str, int] = {}
    if amounts.cpu is not None:
        allowed["cpu"] = amounts.cpu
    if amounts.memory is not None:
        allowed["memory"] = amounts.memory
    for kind, count in sorted((amounts.accelerators or {}).items()):
        allowed[kind] = count
    return Limit(name, place, allowed, closed=amounts.accelerators is not None)


def flat(amounts: Amounts) -> dict[str, int]:
    """Amounts by resource name: cpu, memory, and each accelerator that is not zero."""
    counted = {kind: count for kind, count in sorted(amounts.accelerators.items()) if count}
    return {"cpu": amounts.cpu, "memory": amounts.memory, **counted}


def show(resource: str, amount: int) -> str:
    """An amount with its unit: `12` CPU, `48Gi`, `4` GPUs."""
    if resource == "cpu":
        return format_cpu(amount)
    return format_memory(amount) if resource == "memory" else str(amount)


@dataclass(frozen=True, slots=True)
class QuotaTree:
    """The quotas of one stack and everything that counts against them."""

    stack: str
    platform: Limit
    teams: Mapping[str, Limit]
    projects: Sequence[ProjectUse]

    def levels(self) -> Iterator[Level]:
        """Platform, then each team with its projects: what is used of what is allowed."""
        everything = total(p.reserved for p in self.projects)
        yield Level("platform", "platform", self.platform.allowed, flat(everything))
        for team, limit in sorted(self.teams.items()):
            mine = [p for p in self.projects if p.team == team]
            yield Level(team, "team", limit.allowed, flat(total(p.reserved for p in mine)))
            for p in sorted(mine, key=lambda p: p.project):
                yield Level(
                    f"{team}/{p.project}", "project", flat(p.reserved), flat(p.needs)
                )

    def problems(self) -> Iterator[Problem]:
        """Every level that does not hold what counts against it."""
        for p in self.projects:
            yield from self._project(p)
        for team, limit in sorted(self.teams.items()):
            mine = sorted((p for p in self.projects if p.team == team), key=lambda p: p.project)
            yield from self._over(limit, "SLW602", f"team {team}", _project_lines(mine))
        yield from self._over(self.platform, "SLW603", "the platform", self._team_lines())
        yield from self._granted()

    def _project(self, p: ProjectUse) -> Iterator[Problem]:
        if p.quota is None:
            return
        allowed = {k: v for k, v in flat(p.quota).items() if k in p.quota_kinds}
        closed = "accelerators" in p.quota_kinds
        if closed:
            allowed |= {k: v for k, v in flat(p.quota).items() if k not in {"cpu", "memory"}}
        limit = Limit(p.project, p.place, allowed, closed)
        yield from self._over(limit, "SLW601", f"project {p.project}", _use_lines(p.uses))

    def _over(
        self, limit: Limit, code: str, who: str, parts: Sequence[tuple[str, Amounts]]
    ) -> Iterator[Problem]:
        used = flat(total(amounts for _, amounts in parts))
        for resource, amount in used.items():
            unnamed = 0 if limit.closed and resource not in {"cpu", "memory"} else None
            allowed = limit.allowed.get(resource, unnamed)
            if allowed is None or amount <= allowed:
                continue
            yield Problem(
                place=limit.place,
                code=code,
                subject=f"quota.{resource} on stack {self.stack}",
                message=f"{who} needs {show(resource, amount)} of {resource} and has "
                f"{show(resource, allowed)}: {show(resource, amount - allowed)} too much",
                remedy=self._remedy(code, resource, amount - allowed),
                detail=_sum_lines(resource, parts, amount),
            )

    def _remedy(self, code: str, resource: str, missing: int) -> str:
        lenders = [
            f"{team} has {show(resource, room)} to spare"
            for team, room in self._headroom(resource)
            if room >= missing
        ]
        what = {
            "SLW601": "lower max replicas or resources, or raise the project's quota",
            "SLW602": "lower max replicas or resources, or ask for a larger team quota",
            "SLW603": "lower a team's use, or raise the platform's quota",
        }[code]
        return f"{what}; {', '.join(lenders[:3])}" if lenders else f"{what}; no team has that much to spare"

    def _headroom(self, resource: str) -> list[tuple[str, int]]:
        rooms: list[tuple[str, int]] = []
        for team, limit in self.teams.items():
            used = flat(total(p.reserved for p in self.projects if p.team == team))
            rooms.append((team, limit.allowed.get(resource, 0) - used.get(resource, 0)))
        return sorted(rooms, key=lambda room: (-room[1], room[0]))

    def _team_lines(self) -> list[tuple[str, Amounts]]:
        return [
            (f"team {team}", total(p.reserved for p in self.projects if p.team == team))
            for team in sorted(self.teams)
        ]

    def _granted(self) -> Iterator[Problem]:
        for resource, allowed in self.platform.allowed.items():
            grants = {t: limit.allowed.get(resource, 0) for t, limit in sorted(self.teams.items())}
            granted = sum(grants.values())
            if granted > allowed:
                yield Problem(
                    place=self.platform.place,
                    code="SLW604",
                    subject=f"quota.{resource} on stack {self.stack}",
                    message=f"the teams are promised {show(resource, granted)} of {resource}, the "
                    f"platform has {show(resource, allowed)}",
                    remedy="lower a team's quota, or raise the platform's",
                    detail=tuple(
                        f"{show(resource, amount):>10}  team {team}"
                        for team, amount in grants.items()
                        if amount
                    ),
                )


def _use_lines(uses: Iterable[Use]) -> list[tuple[str, Amounts]]:
    return [
        (f"{use.name} ({use.place}): {use.replicas} replicas + {use.surge} in rollout", use.amounts)
        for use in uses
    ]


def _project_lines(projects: Iterable[ProjectUse]) -> list[tuple[str, Amounts]]:
    lines: list[tuple[str, Amounts]] = []
    for p in projects:
        if p.quota is None:
            lines += _use_lines(p.uses)
        else:
            lines.append((f"project {p.project} ({p.place}): its quota", p.reserved))
    return lines


def _sum_lines(
    resource: str, parts: Sequence[tuple[str, Amounts]], whole: int
) -> tuple[str, ...]:
    rows = [(flat(amounts).get(resource, 0), label) for label, amounts in parts]
    shown = [f"{show(resource, amount):>10}  {label}" for amount, label in rows if amount]
    return (*shown, f"{show(resource, whole):>10}  together")
