"""The values of a release that its chart does not know."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias, cast

from catalog.errors import nearest
from catalog.parts import Release

FOLDER = Path(__file__).parent / "chart_keys"
OPEN = 1
ANY = "*"
"""Beside the keys that a mapping names: it may hold others."""

Keys: TypeAlias = "Mapping[str, Keys | int]"


def known_keys(chart: str) -> tuple[str, Keys]:
    """The version that a chart's index was made from, and its keys."""
    found = json.loads((FOLDER / f"{chart}.json").read_text())
    return found["version"], found["keys"]


def unknown_values(release: Release) -> list[str]:
    """Each value that the chart does not know, by its path, with the nearest that it does."""
    _, keys = known_keys(release.chart)
    return list(_unknown(release.values, keys, ()))


def _unknown(values: Mapping[str, Any], keys: Keys, path: tuple[str, ...]) -> Iterator[str]:
    for key, value in values.items():
        here = (*path, key)
        known = keys.get(key)
        if known is None and ANY in keys:
            continue
        if known is None:
            close = nearest(key, keys)
            yield ".".join(here) + (f" (nearest: {close})" if close else "")
        elif isinstance(known, Mapping):
            if isinstance(value, Mapping):
                yield from _unknown(cast("Mapping[str, Any]", value), known, here)
            elif value is not None:
                yield f"{'.'.join(here)} (the chart has keys below it)"
        elif known != OPEN and isinstance(value, Mapping) and value:
            yield f"{'.'.join(here)} (the chart has one value there)"
