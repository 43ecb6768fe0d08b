"""The whole programs: each stack built once a session, as its own program builds it."""

import gc
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import pulumi

from catalog import pins
from catalog.settings import Settings
from components.tenant import TenantArgs
from infra import layers, tenants
from infra.__main__ import main
from tests.engine import Graph, Recorded, run
from tests.fleets import fleet_files, sklearn
from tests.programs import ROOT, SECRETS, configuration

STACKS = ("dev", "prod")
RELEASE = "kubernetes:helm.sh/v3:Release"

TIERS = ("dev", "staging", "production")


def whole(stack: str, *, preview: bool = False) -> Graph:
    """The graph of a stack of the repository, by its own program from its own file.

    Pins count as resolved, since `up` on a stack that protects its data refuses any that is not.
    """
    return _whole(stack, preview)


@cache
def _whole(stack: str, preview: bool) -> Graph:
    config = configuration((ROOT / f"Pulumi.{stack}.yaml").read_text("utf-8"))
    return _run(lambda: pulumi.run(main), stack=stack, config=config, preview=preview)


def built(
    settings: Settings,
    fleet: tuple[TenantArgs, ...] | None = None,
    *,
    preview: bool = False,
    stacks: Mapping[str, Mapping[str, Any]] | None = None,
) -> Graph:
    """The graph of other settings, with the repository's own tenants unless others are given."""
    if fleet is None:
        fleet = tenants.read(settings) if settings.has("tenants") else ()
    return _run(
        lambda: layers.build(settings, fleet),
        stack=settings.environment.stack,
        config=SECRETS,
        preview=preview,
        stacks=stacks,
    )


def _run(program: Callable[[], object], **how: Any) -> Graph:
    gc.disable()  # A program makes much and drops it all at once; collecting doubles its time.
    try:
        with patch.object(pins, "unresolved", return_value=()):
            return run(program, **how)
    finally:
        gc.enable()


def small_repository(root: Path) -> Path:
    """One project with an endpoint of each tier, below a folder of its own.

    All stay awake: Cloudflare's proxy would not wait for one that has to be woken.
    """
    deployments = {f"in-{tier}": sklearn(tier=tier, scaling={"min": 1}) for tier in TIERS}
    for path, content in fleet_files(deployments).items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    for stack in STACKS:
        file = root / f"Pulumi.{stack}.yaml"
        file.write_text((ROOT / file.name).read_text("utf-8"), "utf-8")
    return root


def text(graph: Graph) -> str:
    """Everything of a graph, a line for each resource, export and call."""
    rows = [{f.name: getattr(r, f.name) for f in fields(r)} for r in graph.resources]
    told = [{"exports": dict(graph.exports)}, *({"call": list(call)} for call in graph.calls)]
    return "\n".join(sorted(json.dumps(row, sort_keys=True, default=_plain) for row in rows + told))


def _plain(value: Any) -> Any:
    return sorted(cast("frozenset[str]", value)) if isinstance(value, frozenset) else repr(value)


def maps(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every map inside of inputs, those around others first."""
    if isinstance(value, dict):
        own = cast("dict[str, Any]", value)
        yield own
        for each in own.values():
            yield from maps(each)
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from maps(each)


def texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text inside of inputs, with the key that it stands at."""
    if isinstance(value, dict):
        for inner, each in cast("dict[str, Any]", value).items():
            yield from texts(each, inner)
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from texts(each, key)
    elif isinstance(value, str):
        yield key, value


class Order:
    """What is made after what, however indirectly: the whole closure at once."""

    def __init__(self, graph: Graph) -> None:
        order = list(reversed(graph.destroy_order()))
        self._place = {each.urn: place for place, each in enumerate(order)}
        self._before: dict[str, int] = {}
        for each in order:
            self._before[each.urn] = self._closed(graph, each.urn)

    def _closed(self, graph: Graph, urn: str) -> int:
        found = 0
        for earlier in graph.after.get(urn, ()):
            if earlier in self._place:
                found |= 1 << self._place[earlier] | self._before[earlier]
            else:  # It is inside a remote component.
                found |= self._closed(graph, earlier)
        return found

    def is_after(self, later: Recorded, earlier: Recorded) -> bool:
        """Whether one is made after another, and so destroyed before it."""
        return bool(self._before[later.urn] >> self._place[earlier.urn] & 1)
