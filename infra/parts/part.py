"""What every part of the platform is made from, and the words it is said in."""

from dataclasses import dataclass, field

from catalog.parts import Fact, Identity, Late, Part, Release, Values
from catalog.quota import Allowance
from catalog.settings import Settings
from infra.names import Names

__all__ = ["Context", "Fact", "Identity", "Late", "Part", "Release", "Values"]


@dataclass(frozen=True, slots=True)
class Context:
    """What every part is made from.

    `quota` is the platform's on this stack, `registries` are those of `models/platform.yaml` that
    teams' own images may come from.
    """

    settings: Settings
    names: Names
    quota: Allowance = field(default_factory=Allowance)
    registries: tuple[str, ...] = ()
