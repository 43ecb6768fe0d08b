"""What a check knows and how it reports."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile

from catalog.endpoint import Endpoint
from catalog.entry import PlatformFile
from catalog.environment import Environment
from catalog.errors import Place, Problem
from catalog.field_errors import subject_of
from catalog.layers import Path
from catalog.resolve import Draft


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a rule may know besides the endpoint: the stack, the platform, the neighbours."""

    env: Environment
    platform: PlatformFile
    teams: frozenset[str]
    siblings: Mapping[str, Endpoint]


NAMES = {"graph": "a graph", "llm": "an LLM endpoint", "model": "a model"}
"""How messages call an endpoint by its kind."""

Rule = Callable[[Draft, Surroundings], Iterator[Problem]]


def problem(
    draft: Draft,
    code: str,
    path: Path,
    message: str,
    remedy: str,
    detail: tuple[str, ...] = (),
    stack: str | None = None,
) -> Problem:
    """A problem at the setting `path`; `stack` where that stack's settings decide."""
    return Problem(
        place=place_of(draft, path),
        code=code,
        subject=subject_of((draft.endpoint.name, *path)),
        message=message,
        remedy=remedy,
        detail=detail,
        stacks=(stack,) if stack else (),
    )


def place_of(draft: Draft, path: Path) -> Place:
    """Where the team wrote the setting, else what holds it, else the deployment's name."""
    names = [str(part) for part in takewhile(lambda part: isinstance(part, str), path)]
    below = path[len(names) :]
    while names:
        written = draft.layers.find(*names)[1].path
        if written is not None:
            return draft.layers.document.place((*written, *below))
        names, below = names[:-1], ()
    return draft.endpoint.place
