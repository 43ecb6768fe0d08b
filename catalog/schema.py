"""The JSON Schema of the entry files, for editors and for messages: draft-07, made from the types.

Draft-07 is what the YAML language servers of common editors understand.
"""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias, cast

from pydantic import BaseModel

from catalog.entry import PlatformFile, ProjectFile, TeamFile
from catalog.short_form import ShortFile

Schema: TypeAlias = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"


@cache
def schema_of(model: type[BaseModel]) -> Schema:
    """The schema of a model in draft-07, without what only repeats the names of fields."""
    made = model.model_json_schema()
    definitions = {name: _draft07(body) for name, body in made.pop("$defs", {}).items()}
    result = _draft07(made)
    if definitions:
        result["definitions"] = dict(sorted(definitions.items()))
    return result


def _draft07(node: Any) -> Any:
    if isinstance(node, list):
        return [_draft07(item) for item in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    result: Schema = {}
    for key, value in cast("Schema", node).items():
        if key in {"const", "default", "enum", "examples"}:
            result[key] = value
        elif key == "properties":
            result[key] = {name: _draft07(body) for name, body in value.items()}
        elif key == "$ref":
            result[key] = value.replace("#/$defs/", "#/definitions/")
        elif key != "title":
            result[key] = _draft07(value)
    return _open_reference(_closed_map(_honest_default(result)))


def _honest_default(node: Schema) -> Schema:
    """Drops a default that is None or in the core's own units: it would be no valid entry."""
    default = node.get("default")
    parsed = isinstance(default, int) and node.get("type") not in {"integer", "number", "boolean"}
    if default is None or parsed:
        node.pop("default", None)
    return node


def _closed_map(node: Schema) -> Schema:
    """Turns names by pattern, which let any other name pass, into a rule for all names."""
    patterns: Schema = node.pop("patternProperties", {})
    for pattern, body in patterns.items():
        node["additionalProperties"] = body
        node["propertyNames"] = {**node.get("propertyNames", {}), "pattern": pattern}
    return node


def _open_reference(node: Schema) -> Schema:
    """Draft-07 ignores what stands beside a `$ref`."""
    if "$ref" in node and len(node) > 1:
        return {"allOf": [{"$ref": node.pop("$ref")}], **node}
    return node


def _project() -> Schema:
    """Either form of a project file; the key `model` at the top tells them apart."""
    standard, short = dict(schema_of(ProjectFile)), dict(schema_of(ShortFile))
    definitions = {**standard.pop("definitions"), **short.pop("definitions")}
    return {
        "description": standard["description"],
        "type": "object",
        "if": {"required": ["model"], "not": {"required": ["deployments"]}},
        "then": {"$ref": "#/definitions/ShortFile"},
        "else": {"$ref": "#/definitions/ProjectFile"},
        "definitions": dict(
            sorted({**definitions, "ShortFile": short, "ProjectFile": standard}.items())
        ),
    }


def _environment() -> Schema:
    """A stack's file. Keys of other namespaces are Pulumi's, as is how it keeps a secret."""
    from catalog.environment import CONFIG_KEY
    from catalog.settings import TOKENS, Settings
    from catalog.stack import NAMESPACE, full_key

    inner = schema_of(Settings)
    definitions = dict(inner["definitions"])
    stack: Schema = dict(definitions["Environment"])
    stack["properties"] = {k: v for k, v in stack["properties"].items() if k != "stack"}
    stack["required"] = [name for name in stack["required"] if name != "stack"]
    definitions["Environment"] = stack
    secret = {"type": "object", "required": ["secure"], "additionalProperties": {"type": "string"}}
    keys = {full_key(name): node for name, node in inner["properties"].items()}
    for token in TOKENS.values():
        keys[full_key(token)] = {**secret, "description": "Set by `pulumi config set --secret`."}
    config = {
        "type": "object",
        "required": [CONFIG_KEY],
        "properties": dict(sorted(keys.items())),
        "propertyNames": {
            "anyOf": [{"enum": sorted(keys)}, {"pattern": f"^(?!{NAMESPACE})[^:]+:"}]
        },
    }
    return {
        "description": "The settings of a stack: `Pulumi.<stack>.yaml`.",
        "type": "object",
        "required": ["config"],
        "properties": {"config": config},
        "definitions": definitions,
    }


_MADE: dict[str, tuple[str, Callable[[], Schema]]] = {
    "environment": ("Slipway stack settings", _environment),
    "platform": ("Slipway platform", lambda: schema_of(PlatformFile)),
    "project": ("Slipway project", _project),
    "team": ("Slipway team", lambda: schema_of(TeamFile)),
}


def schemas() -> dict[str, Schema]:
    """Every schema by the kind of file that it describes: environment, platform, project, team."""
    return {
        kind: {"$schema": DRAFT, "title": title, **make()}
        for kind, (title, make) in sorted(_MADE.items())
    }


def schema_texts() -> dict[str, str]:
    """The schema files by name, as they are committed."""
    return {
        f"{kind}.schema.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for kind, schema in schemas().items()
    }


def write_schemas(folder: Path) -> list[Path]:
    """Writes the schema files that differ from what is there. Returns all their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    for name, text in schema_texts().items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
        paths.append(path)
    return paths
