"""What must hold between the stacks of one repository: each domain, bucket and tenant has one."""

from collections.abc import Collection, Iterator, Mapping
from ipaddress import IPv4Network
from itertools import combinations
from typing import Final

from catalog.errors import Problem, all_of, did_you_mean, one_of
from catalog.stack import NAMESPACE, Stack
from catalog.stack_rules import is_local

_OF_THE_PLATFORM: Final = ("domain", "region", "bucket", "cluster", "certificate_issuer")
_BLOCKS_OF_THE_PLATFORM: Final = ("identity", "gateway")
"""What a stack of tenants alone has from the stack that holds its platform."""


def neighbour_problems(stacks: Mapping[str, Stack], names: Collection[str]) -> Iterator[Problem]:
    """What is wrong between stacks. `names` has those too whose file could not be read."""
    by_name = [stacks[name] for name in sorted(stacks)]
    for stack in by_name:
        yield from _platform(stack, stacks, names)
    for first, second in combinations(by_name, 2):
        if home(first) == home(second):
            yield from _shared_tenants(first, second)
        elif _has_home(first, names) and _has_home(second, names):
            yield from _shared_setting(first, second, "domain", "SLW804")
            if first.settings.has("foundation") and second.settings.has("foundation"):
                yield from _shared_setting(first, second, "bucket", "SLW820")
            yield from _one_plane(first, second)
        yield from _overlap(first, second)
        yield from _shared_zone(first, second)


def team_problems(stack: Stack, teams: Collection[str]) -> Iterator[Problem]:
    """What is wrong where the stack's team is none of those below `models/`."""
    team = stack.settings.team
    if team is not None and team not in teams:
        yield stack.problem(
            ("team",), "SLW828", f"there is no team {team!r} below models/",
            did_you_mean(team, teams, f"teams are {one_of(sorted(teams))}"),
        )  # fmt: skip


def home(stack: Stack) -> str:
    """The stack of this repository whose platform a stack uses; else what it says."""
    named = stack.settings.platform_stack
    if named is None or stack.settings.layers not in {(), ("tenants",)}:
        return stack.name
    _, project, target = named.split("/")
    return target if f"{project}:" == NAMESPACE else named


def _has_home(stack: Stack, names: Collection[str]) -> bool:
    """Whether it is known whose platform a stack uses; else that is the error to mend first."""
    env, target = stack.settings.environment, home(stack)
    if stack.settings.layers != ("tenants",) or (env is not None and env.cluster == "local"):
        return True
    return "/" in target or (target != stack.name and target in names)


def _platform(
    stack: Stack, stacks: Mapping[str, Stack], names: Collection[str]
) -> Iterator[Problem]:
    target = home(stack)
    if target == stack.name or "/" in target:
        return
    if target not in names:
        known = sorted(name for name in names if name != stack.name)
        yield stack.problem(
            ("platform_stack",), "SLW806",
            f"there is no stack {target!r}; known: {one_of(known) or 'none'}",
            did_you_mean(target, known, f"add Pulumi.{target}.yaml, or name another stack"),
        )  # fmt: skip
        return
    other = stacks.get(target)
    if other is None:
        return
    if other.settings.layers and not other.settings.has("platform"):
        yield stack.problem(
            ("platform_stack",), "SLW821", f"stack {target} holds no platform",
            "name the stack that does, or add platform to its layers",
        )  # fmt: skip
    yield from _differing(stack, other)


def _differing(stack: Stack, other: Stack) -> Iterator[Problem]:
    env, theirs = stack.settings.environment, other.settings.environment
    if env is None or theirs is None:
        return
    for name in _OF_THE_PLATFORM:
        if not (stack.is_sound("environment", name) and other.is_sound("environment", name)):
            continue
        mine, its = vars(env)[name], vars(theirs)[name]
        if mine != its:
            yield stack.problem(
                ("environment", name), "SLW821",
                f"the {name} is that of the platform's stack {other.name}, which is {its}",
                f"write {name}: {its}",
            )  # fmt: skip
    for name in _BLOCKS_OF_THE_PLATFORM:
        if not (stack.is_sound("environment", name) and other.is_sound("environment", name)):
            continue
        if vars(env)[name] != vars(theirs)[name]:
            yield stack.problem(
                ("environment", name), "SLW821",
                f"the {name} is that of the platform's stack {other.name}, and this one differs",
                f"write {name} as in Pulumi.{other.name}.yaml",
            )  # fmt: skip
    more = [tier for tier in env.tiers if tier not in theirs.tiers]
    if more and stack.is_sound("environment", "tiers") and other.is_sound("environment", "tiers"):
        yield stack.problem(
            ("environment", "tiers"), "SLW821",
            f"the platform's stack {other.name} does not host {one_of(more)}, only "
            f"{all_of(theirs.tiers)}",
            f"write tiers of those, or add {all_of(more)} to the tiers of {other.name}",
        )  # fmt: skip


def _shared_tenants(first: Stack, second: Stack) -> Iterator[Problem]:
    for each in (first, second):
        if not (each.settings.has("tenants") and each.is_sound("team")):
            return
    teams = (first.settings.team, second.settings.team)
    if None not in teams and teams[0] != teams[1]:
        return
    # Told where the platform is somebody else's: that is the stack which came later.
    stack, other = (first, second) if first.settings.platform_stack else (second, first)
    whose = f"of team {other.settings.team}" if other.settings.team else "of every team"
    yield stack.problem(
        ("team",) if stack.settings.team else ("layers",), "SLW821",
        f"stack {other.name} holds the tenants {whose} already, and two stacks would move them "
        "to and fro",
        f"take tenants out of the layers of {other.name}, or give each stack a team of its own",
    )  # fmt: skip


def _one_plane(first: Stack, second: Stack) -> Iterator[Problem]:
    """A checkout has one local control plane, with one platform on it."""
    if not all(is_local(each) and each.settings.layers for each in (first, second)):
        return
    yield second.problem(
        ("layers",), "SLW837",
        f"stack {first.name} is on the local control plane already, and a checkout has one",
        f"write layers: [tenants] and slipway:platform_stack: organization/slipway/{first.name}, "
        "or remove one of the two files",
    )  # fmt: skip


def _shared_setting(first: Stack, second: Stack, name: str, code: str) -> Iterator[Problem]:
    if not (first.is_sound("environment", name) and second.is_sound("environment", name)):
        return
    one, other = first.settings.environment, second.settings.environment
    if one is None or other is None or vars(one)[name] != vars(other)[name]:
        return
    yield second.problem(
        ("environment", name), code,
        f"{vars(one)[name]} is already the {name} of stack {first.name}",
        f"give every stack a {name} of its own",
    )  # fmt: skip


def _overlap(first: Stack, second: Stack) -> Iterator[Problem]:
    one, other = first.settings.foundation, second.settings.foundation
    if one is None or other is None or one.account != other.account:
        return
    for name in ("account", "vpc_cidr"):
        if not (first.is_sound("foundation", name) and second.is_sound("foundation", name)):
            return
    theirs, mine = IPv4Network(one.vpc_cidr), IPv4Network(other.vpc_cidr)
    if mine.overlaps(theirs):
        yield second.problem(
            ("foundation", "vpc_cidr"), "SLW822",
            f"{mine} overlaps {theirs} of stack {first.name} in the same account: the two could "
            "never be connected, and a VPC keeps its addresses for life",
            f"write a network beside it, such as {_beside(theirs, mine.prefixlen)}",
        )  # fmt: skip


def _shared_zone(first: Stack, second: Stack) -> Iterator[Problem]:
    one, other = first.settings.edge, second.settings.edge
    if one is None or other is None or one.zone != other.zone:
        return
    for name in ("zone", "zone_rules"):
        if not (first.is_sound("edge", name) and second.is_sound("edge", name)):
            return
    if one.zone_rules and other.zone_rules:
        yield second.problem(
            ("edge", "zone_rules"), "SLW830",
            f"stack {first.name} owns the rules of this zone already, and a zone has them once",
            "write zone_rules: false in one of the two, the less important",
        )  # fmt: skip


def _beside(taken: IPv4Network, length: int) -> IPv4Network:
    """The next network of that length in 10.0.0.0/8 that is free of another."""
    within = IPv4Network("10.0.0.0/8").subnets(new_prefix=length)
    after = (each for each in within if not each.overlaps(taken) and each > taken)
    return next(after, IPv4Network(f"10.0.0.0/{length}"))
