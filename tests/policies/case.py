"""A bad case: one change of the world, and exactly what its rule then says."""

import copy
from dataclasses import dataclass, replace
from typing import Any, Final

from catalog.objects import Object
from policies.subjects import Resource
from tests.policies.world import World

GONE: Final = object()
"""The value of a field, or of a whole resource, that is taken away."""


@dataclass(frozen=True, slots=True)
class Bad:
    """`where` leads to a field of `thing`, its keys parted by blanks; without one, all of it.

    `says` are the messages of `rule` on the changed world, in order.
    """

    rule: str
    thing: str
    where: str
    value: Any
    says: tuple[str, ...]

    def apply(self, world: World) -> World:
        """The world with the change."""
        if not self.where:
            return {key: one for key, one in world.items() if key != self.thing}
        return {**world, self.thing: changed(world[self.thing], self.where, self.value)}


def bad(rule: str, thing: str, where: str, value: Any, *says: str) -> Bad:
    """A case in one line."""
    return Bad(rule, thing, where, value, says)


def changed(resource: Resource, where: str, value: Any) -> Resource:
    """A copy in which the field has the value; `protect` is the resource's own option."""
    if where == "protect":
        return replace(resource, protect=value)
    props: Object = copy.deepcopy(dict(resource.props))
    *parents, last = where.split(" ")
    at: Any = props
    for key in parents:
        at = at[int(key)] if isinstance(at, list) else at.setdefault(key, {})
    if value is GONE:
        del at[last]
    elif isinstance(at, list):
        at.insert(int(last), value) if int(last) == len(at) else at.__setitem__(int(last), value)
    else:
        at[last] = value
    return replace(resource, props=props)
