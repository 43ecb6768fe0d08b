"""What rules know of a stack, from its settings and the platform's file."""

from collections.abc import Iterable

from catalog import pins
from catalog.environment import Environment
from policies.rules.rule import Scene


def scene_of(env: Environment, registries: Iterable[str]) -> Scene:
    """The scene of a stack; `registries` are those of `models/platform.yaml`.

    Images come from there, from the stack's mirror, and from where the pin table's rows are. The
    local stack hosts the tier production and is no production: it holds nothing that lasts.
    """
    mirror, digests = env.images.mirror, env.images.digests
    references = [row.reference(mirror, digests) for row in pins.IMAGES]
    upstream = {row.repository.partition("/")[0] for row in pins.IMAGES}
    mirrors = {mirror.partition("/")[0]} if mirror else set[str]()
    return Scene(
        production="production" in env.tiers and env.cluster != "local",
        registries=frozenset({*registries, *upstream, *mirrors}),
        unresolved=frozenset(name for name in references if "@" not in name)
        | frozenset(row.reference() for row in pins.IMAGES if row.digest is None),
    )
