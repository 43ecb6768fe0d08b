"""Where each setting of a deployment comes from: the nearest layer that says something wins."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from catalog.entry import Deployment, Options, TierProfile
from catalog.errors import Place
from catalog.words import Tier
from catalog.yaml_document import Document

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was written: a path in the project file, or the tier, or nowhere."""

    layer: str
    path: Path | None = None


@dataclass(frozen=True)
class Layers:
    """A deployment on one tier: what the tier overrides, the entry, the platform, the built-ins."""

    document: Document
    name: str
    tier: Tier
    deployment: Deployment
    override: Options | None
    profile: TierProfile | None
    fallback: TierProfile

    @cached_property
    def _stack(self) -> tuple[tuple[object, str, Path | None], ...]:
        base: Path = ("deployments", self.name)
        return (
            (self.override, f"tier.{self.tier}", (*base, "tier", self.tier)),
            (self.deployment, "entry", base),
            (self.profile, f"models/platform.yaml, tier {self.tier}", None),
            (self.fallback, f"default of tier {self.tier}", None),
        )

    def find(self, *names: str) -> tuple[Any, Origin]:
        """The value of a setting and where it stands; None where no layer says anything."""
        for layer, label, base in self._stack:
            value = _reach(layer, names)
            if value is not None:
                return value, Origin(label, None if base is None else (*base, *names))
        return None, Origin("rule")

    def get(self, *names: str) -> Any:
        """The value of a setting; None where no layer says anything."""
        for layer, _, _ in self._stack:
            value = _reach(layer, names)
            if value is not None:
                return value
        return None

    def written(self, *names: str) -> bool:
        """Whether the team itself wrote the setting."""
        return self.find(*names)[1].path is not None

    def merged(self, name: str) -> dict[str, str]:
        """A map whose keys are settled one by one, sorted."""
        result: dict[str, str] = {}
        for layer, _, _ in reversed(self._stack):
            value = _reach(layer, (name,))
            if isinstance(value, Mapping):
                result.update(value)  # pyright: ignore[reportUnknownArgumentType]
        return dict(sorted(result.items()))

    def place(self, *names: str | int) -> Place:
        """Where the team wrote a setting, else where the deployment begins."""
        path = self.find(*[n for n in names if isinstance(n, str)])[1].path
        if path is None:
            return self.document.place(("deployments", self.name), key=True)
        return self.document.place(path)

    def map_place(self, name: str, key: str) -> Place:
        """Where the key of a map was written."""
        for layer, _, base in self._stack:
            value = _reach(layer, (name,))
            if base is not None and isinstance(value, Mapping) and key in value:
                return self.document.place((*base, name, key))
        return self.place(name)


def _reach(layer: object, names: tuple[str, ...]) -> Any:
    """The layer's own field or key, and its, and so on; None where one is absent or not set."""
    for name in names:
        if layer is None:
            return None
        # Where a model keeps its fields. Of a field that it has not, getattr would have pydantic
        # search and raise, which was a tenth of the time of a whole plan.
        fields = cast("Mapping[str, Any]", layer) if isinstance(layer, dict) else vars(layer)
        layer = fields.get(name)
    return layer
