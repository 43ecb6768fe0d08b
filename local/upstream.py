"""Objects of upstream's own manifests, read once from the pinned modules and then from the cache.

Reading megabytes of YAML takes longer than starting an API server.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, cast

from catalog.objects import Object
from tools import golang, manifests
from tools.cache import cache, digest

_PROSE: Final = ("description", "example", "externalDocs")


def objects(module: str, *patterns: str) -> tuple[Object, ...]:
    """Every object of the files that match in a module of tools/sources.json.

    Schemas of CRDs come without their prose. ToolchainError where the module cannot be had, or a
    pattern matches nothing.
    """
    kept = _kept(module, patterns)
    if not kept.exists():
        _keep(kept, _read(module, patterns))
    return tuple(cast("list[Object]", json.loads(kept.read_bytes())))


def _kept(module: str, patterns: Iterable[str]) -> Path:
    source = next(each for each in golang.sources() if each.module == module)
    readers = [Path(__file__).read_text("utf-8"), Path(manifests.__file__).read_text("utf-8")]
    key = digest([source.module, source.version, source.sum, *patterns, *readers])
    return cache() / "manifests" / f"{key}.json"


def _keep(kept: Path, found: list[Object]) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    part = kept.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps(found), "utf-8")
    part.replace(kept)


def _read(module: str, patterns: Iterable[str]) -> list[Object]:
    folder = golang.folders(module)[module]
    found: list[Object] = []
    for pattern in patterns:
        for path in manifests.expand(folder, pattern):
            for obj in manifests.documents(path):
                if obj["kind"] == "CustomResourceDefinition":
                    for version in obj["spec"]["versions"]:
                        _strip(version["schema"]["openAPIV3Schema"])
                found.append(obj)
    return found


def _strip(schema: dict[str, Any]) -> None:
    """Without prose, which is two thirds of it, and which the server would index in vain."""
    for key in _PROSE:
        schema.pop(key, None)
    for below in ("properties", "patternProperties", "definitions"):
        for each in schema.get(below, {}).values():
            _strip(each)
    for below in ("items", "additionalProperties", "not"):
        if isinstance(schema.get(below), dict):
            _strip(schema[below])
    for below in ("allOf", "anyOf", "oneOf"):
        for each in schema.get(below, ()):
            _strip(each)
