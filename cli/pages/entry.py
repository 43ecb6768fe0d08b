"""docs/reference/entry.md: every option, from the types that the loader checks entries with."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter

from catalog.duration import format_duration
from catalog.entry import TierProfile
from catalog.quantity import format_cpu, format_memory
from catalog.quoting import flow
from catalog.scalars import (
    Cpu,
    Domain,
    Duration,
    EnvName,
    ImageReference,
    LabelKey,
    Memory,
    Name,
)
from catalog.schema import Schema, schema_of
from catalog.tiers import TIERS, built_in
from cli.pages.entry_sections import (
    AROUND,
    DEPLOYMENT,
    LAYERS,
    PROJECT,
    SECTIONS,
    SHORT,
    STACK,
    Section,
)
from cli.pages.markdown import anchor, code, joined, page, table, tick, wrapped

INTRO = """\
What may stand in the files of `models/`, and in the settings of a stack. Editors show the same as
you type: the sample files name their schema in the first line. `slipway check` refuses what is not
here, with the nearest right spelling.

- [A project file](#project) and [a deployment](#deployment) are all that a team writes.
- [A team file](#team), [the platform file](#platform), [a stack's settings](#stack) and
  [what it deploys](#deploys) are written once, by those who look after teams and platform.

CPU is in cores or millicores (`2`, `500m`); memory is a whole number with its unit (`2Gi`), and so
is a time (`30s`, `5m`)."""

TIERS_INTRO = """\
What is not written comes from the tier: from the [platform file](#platform) where that says
something, else from this table. A server that needs more CPU or memory than its tier gives
([servers](servers.md)) gets what it needs."""

_OWN: Final = {section.model.__name__: section.path for section in SECTIONS}
"""The section of each block of options."""

_NOT_HERE: Final = {
    "Deployment": "the options of [a deployment](#deployment)",
    "Options": "the options of [a deployment](#deployment)",
    "QuotaAmounts": "`cpu`, `memory` and `accelerators`",
}
"""What is said of a block that has no section under its own name."""

_FIRST: Final = ("model", "framework", "tier", "description", "owner", "serving", "protocol")
"""The options of a deployment that people look for first."""

_LONG_DIGEST: Final = re.compile(r"(sha256:[0-9a-f]{4})[0-9a-f]{60}")


def _patterns(scalar: Any) -> Iterator[str]:
    schema = TypeAdapter[Any](scalar).json_schema()
    yield from (each["pattern"] for each in (schema, *schema.get("anyOf", ())) if "pattern" in each)


_WORDS: Final = {
    pattern: word
    for word, scalar in (
        ("CPU", Cpu), ("memory", Memory), ("time", Duration), ("name", Name),
        ("image", ImageReference), ("domain", Domain), ("name", EnvName), ("name", LabelKey),
    )
    for pattern in _patterns(scalar)
}  # fmt: skip
"""What a text is, by the pattern that it has to match."""

_DEFAULTS: Final[Mapping[str, Callable[[TierProfile], object]]] = {
    "serving": lambda tier: tier.serving,
    "resources.cpu": lambda tier: format_cpu(_of(tier.resources, "cpu")),
    "resources.memory": lambda tier: format_memory(_of(tier.resources, "memory")),
    "scaling.min": lambda tier: _of(tier.scaling, "min"),
    "scaling.max": lambda tier: _of(tier.scaling, "max"),
    "limits.requests": lambda tier: _of(tier.limits, "requests"),
    "timeout": lambda tier: format_duration(tier.timeout or 0),
    "tiers.capacity": lambda tier: tier.capacity,
}


def entry() -> str:
    """The page."""
    return page(
        "The entry",
        "`entry.py`, `options.py`, `environment.py` and `settings.py` of `catalog/`",
        INTRO,
        _sections(PROJECT, 2),
        _sections(DEPLOYMENT[:1], 2),
        "## Tiers at a glance",
        TIERS_INTRO,
        _tiers(),
        "## The blocks of a deployment",
        _sections(DEPLOYMENT[1:], 3),
        _sections(SHORT, 2),
        _sections(AROUND, 2),
        _sections(STACK, 2),
        _sections(LAYERS, 2),
    )


def _sections(sections: tuple[Section, ...], level: int) -> Iterator[str]:
    for section in sections:
        below = section.path.count(".") + (section.path in {"quota", "tiers"})
        heading = section.title if " " in section.title else tick(section.title)
        yield f"{anchor(_slug(section.path) or 'deployment')}\n{'#' * (level + below)} {heading}"
        yield wrapped(section.about or schema_of(section.model)["description"])
        if section.example:
            yield code(section.example)
        yield table(("option", "value", "for example", "meaning"), _options(section))


def _options(section: Section) -> Iterator[tuple[str, str, str, str]]:
    schema = schema_of(section.model)
    required = set(schema.get("required", ()))
    properties: dict[str, Schema] = dict(schema["properties"])
    if section.path == "stack":
        del properties["stack"]
    if not section.path:
        properties = {name: properties[name] for name in (*_FIRST, *properties)}
    for name, node in properties.items():
        path = f"{section.path}.{name}" if section.path else name
        place = "" if path in _OWN.values() else anchor(_slug(path))
        yield (
            f"{place}{tick(name)}",
            _value(node, schema),
            _example(node),
            _meaning(node, schema, needed=name in required),
        )


def _slug(path: str) -> str:
    return path.replace(".", "-").replace("_", "-")


def _value(node: Schema, root: Schema) -> str:
    """What may be written, in words."""
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return _NOT_HERE.get(name) or f"[block](#{_slug(_OWN[name])})"
    if "allOf" in node:
        return _value(node["allOf"][0], root)
    if "enum" in node:
        return joined([tick(flow(word)) for word in node["enum"]])
    if "const" in node:
        return tick(json.dumps(node["const"]))
    if "anyOf" in node:
        found = [_value(each, root) for each in node["anyOf"] if each.get("type") != "null"]
        return "CPU" if "CPU" in found else "; or ".join(dict.fromkeys(found))
    return _of_type(node, root)


def _of_type(node: Schema, root: Schema) -> str:
    kind = node.get("type")
    if kind == "array":
        most = f", up to {node['maxItems']}" if node.get("maxItems", 3) > 3 else ""
        return f"list of {_value(node['items'], root)}{most}"
    if kind == "object":
        return _map(node, root)
    if kind in {"integer", "number"}:
        word = "whole number" if kind == "integer" else "number"
        least, most = node.get("minimum"), node.get("maximum")
        return word if most is None else f"{word}, {least:,} to {most:,}"
    if kind == "boolean":
        return "`true` or `false`"
    return _WORDS.get(node.get("pattern", ""), "text")


def _map(node: Schema, root: Schema) -> str:
    inner: Schema | bool = node.get("additionalProperties", True)
    if isinstance(inner, bool):
        return "any map"
    keys: list[str] = node.get("propertyNames", {}).get("enum", [])
    names = joined([tick(key) for key in keys]) if keys else "name"
    return f"map from {names} to {_value(inner, root)}"


def _example(node: Schema) -> str:
    examples = node.get("examples")
    return "" if not examples or "const" in node else tick(_flow(examples[0]))


def _flow(value: Any) -> str:
    """YAML on one line, ready to paste but for long digests."""
    return _LONG_DIGEST.sub(r"\1…", flow(value))


def _meaning(node: Schema, root: Schema, *, needed: bool) -> str:
    says: str = node.get("description") or _below(node, root)
    default = node.get("default")
    if default not in (None, "", [], {}) and "default" not in says.lower():
        says += f" Default {tick(_flow(default))}."
    return f"**Required.** {says}" if needed else says


def _below(node: Schema, root: Schema) -> str:
    """What the block behind a reference says of itself."""
    reference = node.get("$ref") or node.get("allOf", [{}])[0].get("$ref", "")
    found: Schema = root.get("definitions", {}).get(reference.rpartition("/")[2], {})
    return found.get("description", "")


def _of(block: BaseModel | None, name: str) -> int:
    return vars(block)[name]


def _tiers() -> str:
    profiles = built_in().values()
    rows = (
        (f"[{tick(name)}](#{_slug(name)})", *(tick(show(p)) for p in profiles))
        for name, show in _DEFAULTS.items()
    )
    return table(("", *TIERS), rows)
