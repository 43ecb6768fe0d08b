"""What a check knows and how it reports."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from catalog.endpoint import Endpoint
from catalog.entry import PlatformFile
from catalog.environment import Environment
from catalog.errors import Problem
from catalog.resolve import Draft


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a rule may know besides the endpoint: the stack, the platform, the neighbours."""

    env: Environment
    platform: PlatformFile
    teams: frozenset[str]
    siblings: Mapping[str, Endpoint]


Rule = Callable[[Draft, Surroundings], Iterator[Problem]]


def problem(
    draft: Draft,
    code: str,
    names_: tuple[str, ...],
    message: str,
    remedy: str,
    detail: tuple[str, ...] = (),
) -> Problem:
    """A problem at the setting `names_`, or at the deployment where the team wrote none."""
    return Problem(
        place=draft.layers.place(*names_),
        code=code,
        subject=".".join((draft.endpoint.name, *names_)),
        message=message,
        remedy=remedy,
        detail=detail,
    )
