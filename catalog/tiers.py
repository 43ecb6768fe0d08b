"""What each tier means when `models/platform.yaml` says nothing else."""

from functools import cache
from typing import TypeAlias

from catalog.entry import TierProfile
from catalog.options import Limits, Resources, Scaling
from catalog.words import Tier

TIERS: tuple[Tier, ...] = ("dev", "staging", "production")
"""In the order of promotion."""

Profiles: TypeAlias = dict[Tier, TierProfile]

_SECOND = 1_000
_GI = 2**30


@cache
def built_in() -> Profiles:
    """The defaults of the tiers, in the types of the schema."""
    limits = Limits(requests=100)
    return {
        "dev": TierProfile.model_construct(
            serving="knative",
            resources=Resources.model_construct(cpu=500, memory=_GI),
            scaling=Scaling.model_construct(min=0, max=1),
            limits=limits,
            timeout=120 * _SECOND,
            capacity="spot",
        ),
        "staging": TierProfile.model_construct(
            serving="knative",
            resources=Resources.model_construct(cpu=500, memory=_GI),
            scaling=Scaling.model_construct(min=0, max=2),
            limits=limits,
            timeout=120 * _SECOND,
            capacity="spot",
        ),
        "production": TierProfile.model_construct(
            serving="knative",
            resources=Resources.model_construct(cpu=1_000, memory=2 * _GI),
            scaling=Scaling.model_construct(min=2, max=4),
            limits=limits,
            timeout=60 * _SECOND,
            capacity="on-demand",
        ),
    }
