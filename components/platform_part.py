"""One part of the platform, from its description."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import pulumi

from catalog.parts import Fact, Late, Part, Release
from components.chart import Chart, ChartArgs
from components.objects import object_name, register

TYPE: Final = "slipway:kubernetes:PlatformPart"

# Karpenter drains every node of a pool before the pool is gone, each for as long as pods may take
# to end: an hour for a model that serves long requests, and what else the drain waits for.
_DELETE: Final = "90m"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformPartArgs:
    """A part with what it is told of the foundation. `protect` refuses to destroy CRDs."""

    part: Part
    facts: Mapping[Fact, pulumi.Input[str]]
    mirror: str | None = None
    protect: bool = False


class PlatformPart(pulumi.ComponentResource):
    """Releases one after the other, then objects, those of a kind that stand together at once.

    On destroy the order is the reverse, so that node pools drain side by side. `last` is what there
    is to wait for, because all else of the part is before it: naming the component would make a
    dependency on each of its resources.
    """

    last: tuple[pulumi.Resource, ...]

    def __init__(
        self, name: str, args: PlatformPartArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        self._args = args
        before: list[pulumi.Resource] = []
        for release in crds_first(args.part):
            before = [self._create_release(release, before)]
        for _, alike in groupby(args.part.objects, lambda obj: obj["kind"]):
            before = [self._create_object(obj, before) for obj in alike]
        self.last = tuple(before)
        self.register_outputs({})

    def _after(self, before: list[pulumi.Resource]) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=before)

    def _create_release(self, release: Release, before: list[pulumi.Resource]) -> Chart:
        args = self._args
        return Chart(
            release.name,
            ChartArgs(
                release=release,
                values=resolved(release.values, args.facts),
                mirror=args.mirror,
                protect=args.protect,
            ),
            self._after(before),
        )

    def _create_object(self, obj: dict[str, Any], before: list[pulumi.Resource]) -> pulumi.Resource:
        awaited = pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(delete=_DELETE))
        whole = pulumi.ResourceOptions.merge(self._after(before), awaited)
        return register(object_name(obj), resolved(obj, self._args.facts), whole)


def crds_first(part: Part) -> tuple[Release, ...]:
    """The releases in their order. ValueError where one holds CRDs and follows one that does not.

    A release that fails is undone, and what uses a kind cannot be made before the kind.
    """
    charts_began = False
    for release in part.releases:
        if release.holds_crds and charts_began:
            raise ValueError(f"part {part.name}: {release.name} holds CRDs and is not first")
        charts_began = charts_began or not release.holds_crds
    return part.releases


def resolved(value: Any, facts: Mapping[Fact, pulumi.Input[str]]) -> Any:
    """A value with each `Late` replaced by its fact. ValueError where the fact is not known."""
    if isinstance(value, Late):
        if value.fact not in facts:
            raise ValueError(f"the foundation does not tell the {value.fact.value}")
        return pulumi.Output.from_input(facts[value.fact]).apply(value.filled)
    if isinstance(value, Mapping):
        return {key: resolved(inner, facts) for key, inner in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list | tuple):
        return [resolved(inner, facts) for inner in value]  # pyright: ignore[reportUnknownVariableType]
    return value
