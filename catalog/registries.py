"""Where a stack's images come from, instead of the registries that the pin table names."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from catalog.pins import IMAGES, Image


def _none() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Registries:
    """A registry for everything, or one for some of the upstream registries; both keep paths.

    `mirror` takes the place of every registry and may have `digests` of its own by row name: a
    copy that drops platforms hashes differently, and one that is `rebuilt` has none of upstream's.
    `by_host` replaces a registry by a prefix, as of
    a pull-through cache, which keeps digests.
    """

    mirror: str | None = None
    by_host: Mapping[str, str] = field(default_factory=_none)
    digests: Mapping[str, str] = field(default_factory=_none)
    rebuilt: bool = False

    def registry(self, host: str) -> str:
        """What stands before an image's path in the stead of an upstream registry."""
        return self.mirror or self.by_host.get(host, host)

    def repository(self, name: str) -> str:
        """A repository that names its registry (`docker.io/library/redis`), tag or not."""
        host, _, path = name.partition("/")
        return f"{self.registry(host)}/{path}"

    def image(self, row: Image) -> str:
        """What a pod names."""
        repository = self.repository(row.repository)
        return replace(row, repository=repository, digest=self._digest(row)).reference()

    def _digest(self, row: Image) -> str | None:
        if self.mirror is None:
            return row.digest
        return self.digests.get(row.name, None if self.rebuilt else row.digest)

    @property
    def of_images(self) -> frozenset[str]:
        """What the pin table's images begin with, before the path that upstream gave them."""
        return frozenset(self.registry(row.repository.partition("/")[0]) for row in IMAGES)


UPSTREAM: Final = Registries()
