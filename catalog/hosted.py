"""Every project that a stack hosts, ready to be made, or everything that is wrong with them."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.environment import Environment
from catalog.errors import Problem, merged
from catalog.fleet import Built, build, tier_problems
from catalog.namespaces import namespace_problems
from catalog.quota import QuotaTree
from catalog.side import ProjectId, Side


@dataclass(frozen=True, slots=True)
class Hosted:
    """The projects in the order of their names; none where anything is wrong."""

    tenants: tuple[Built, ...]
    problems: tuple[Problem, ...]


class NothingKept:
    """For a run that asks each question once."""

    def get(self, key: str) -> str | None:
        """See `Kept.get`."""
        del key

    def put(self, key: str, text: str) -> None:
        """See `Kept.put`."""


def hosted(side: Side, env: Environment, team: str | None = None) -> Hosted:
    """The tenants of a stack, of one team alone where it is named.

    The entries of other teams are not read then, so the platform's quota is not counted: that is
    `slipway check`'s to do, over all of them.
    """
    built: list[Built] = []
    problems: list[Problem] = []
    teams = frozenset(side.found.teams)
    for at in sorted(side.projects):
        if team not in {None, at[0]}:
            continue
        project = side.builder.project(at)
        if isinstance(project, list):
            problems += _of_the_file(side, at, env.stack)
            continue
        problems += tier_problems(project, (env,), every=False)
        one = build(project, env, teams, side.source, side.builder.stacks.quotas_of(env.stack))
        if one is not None:
            problems += one.problems
            built.append(one)
    problems += [*side.problems, *namespace_problems(side.projects.values())]
    if not problems:
        problems += _over_quota(side, env.stack, team, built)
    return Hosted((), merged(problems)) if problems else Hosted(tuple(built), ())


def _of_the_file(side: Side, at: ProjectId, stack: str) -> Sequence[Problem]:
    """Everything that is wrong in a file that cannot be used, its sound deployments included."""
    found = side.builder.build(at, (stack,) if stack in side.stacks else ())
    return found if isinstance(found, list) else ()


def _over_quota(
    side: Side, stack: str, team: str | None, built: Sequence[Built]
) -> Sequence[Problem]:
    limits = dict(side.limits.get(stack, {}))
    platform = limits.pop("", None)
    if platform is None:
        return ()
    teams = {name: limit for name, limit in limits.items() if team in {None, name}}
    summaries = [one.summary for one in built]
    return tuple(QuotaTree(stack, platform, teams, summaries).problems())
