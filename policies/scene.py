"""What rules know of a stack, from its settings and the platform's file."""

from collections.abc import Iterable

from catalog import pins
from catalog.environment import Environment
from catalog.registries import UPSTREAM
from policies.rules.rule import Scene


def scene_of(env: Environment, registries: Iterable[str]) -> Scene:
    """The scene of a stack; `registries` are those of `models/platform.yaml`.

    Images come from there, from what the stack has for the registries of the pin table's rows, and
    from these. The
    local stack hosts the tier production and is no production: it holds nothing that lasts.
    """
    references = [env.registries.image(row) for row in pins.IMAGES]
    return Scene(
        production="production" in env.tiers and env.cluster != "local",
        registries=frozenset({*registries, *UPSTREAM.of_images, *env.registries.of_images}),
        unresolved=frozenset(name for name in references if "@" not in name)
        | frozenset(row.reference() for row in pins.IMAGES if row.digest is None),
    )
