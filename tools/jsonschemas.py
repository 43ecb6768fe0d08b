"""Strict JSON Schemas (draft 4, kubeconform's default) of Kubernetes kinds.

Two sources: `CustomResourceDefinition`s, and the OpenAPI 3 documents that Kubernetes publishes in
`api/openapi-spec/v3`. Strict means that a field which an API server would prune or report as
unknown is an error. What only an API server can judge, CEL rules above all, is not in them, and
no default is filled in first: an object has to be as an API server would show it.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

Schema: TypeAlias = dict[str, Any]

TEMPLATE: Final = "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"
"""Where kubeconform finds a kind below the schemas' folder; the core group's folder is `v1`."""

_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_QUANTITY: Final = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_REF: Final = "#/components/schemas/"
_PROSE: Final = ("default", "description", "example", "externalDocs", "title")

# The grammar in the description of Quantity, which OpenAPI leaves at "string or number".
_QUANTITY_SCHEMA: Final[Schema] = {
    "oneOf": [
        {"type": "number"},
        {
            "type": "string",
            "pattern": r"^[+-]?(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$",
        },
    ]
}


def strict(schema: Mapping[str, Any], *, bare: bool) -> Schema:
    """The schema without prose and extensions, closed to fields that it does not name.

    `bare` says whether an object that names no field at all takes none: it does in a CRD, where
    pruning drops them, and it takes any in the OpenAPI of the built-in kinds.
    """
    out = _plain(schema)
    if "properties" in schema:
        fields: Mapping[str, Schema] = schema["properties"]
        out["properties"] = {name: strict(field, bare=bare) for name, field in fields.items()}
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            out[key] = strict(schema[key], bare=bare)
    if schema.get("x-kubernetes-embedded-resource"):
        # Its type and metadata are checked as at the root, and not pruned.
        types = (("apiVersion", "string"), ("kind", "string"), ("metadata", "object"))
        out.setdefault("properties", {}).update({name: {"type": kind} for name, kind in types})
    if _closed(schema, bare=bare):
        out["additionalProperties"] = False
    return out


def _closed(schema: Mapping[str, Any], *, bare: bool) -> bool:
    if schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema:
        return False
    return "properties" in schema or (bare and schema.get("type") == "object")


def _plain(schema: Mapping[str, Any]) -> Schema:
    """Every keyword in draft 4's own terms; the fields below are left as they were.

    The branches of allOf, anyOf, oneOf and not only narrow what the schema around them allows, so
    they are never closed.
    """
    out: Schema = {
        key: value
        for key, value in schema.items()
        if key not in _PROSE and key != "nullable" and not key.startswith("x-kubernetes-")
    }
    if schema.get("x-kubernetes-int-or-string") and "anyOf" not in schema:
        out["type"] = ["integer", "string"]
    if schema.get("nullable"):
        _admit_null(out)
    if "$ref" in out:
        out["$ref"] = "#/definitions/" + out["$ref"].removeprefix(_REF)
    for key in ("allOf", "anyOf", "oneOf"):
        if key in out:
            out[key] = [_plain(branch) for branch in out[key]]
    if "not" in out:
        out["not"] = _plain(out["not"])
    if list(out) == ["allOf"] and len(out["allOf"]) == 1:
        return out["allOf"][0]
    return out


def _admit_null(schema: Schema) -> None:
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]


def _references(schema: Any) -> Iterator[str]:
    match schema:
        case {"$ref": str(name)}:
            yield name.removeprefix("#/definitions/")
        case dict():
            for value in cast("Schema", schema).values():
                yield from _references(value)
        case list():
            for item in cast("list[Any]", schema):
                yield from _references(item)
        case _:
            pass


def _with_definitions(schema: Schema, known: Mapping[str, Schema]) -> Schema:
    """The schema and every definition that it reaches, so that one file is whole."""
    reached: dict[str, Schema] = {}
    waiting = list(_references(schema))
    while waiting:
        if (name := waiting.pop()) not in reached:
            reached[name] = known[name]
            waiting.extend(_references(known[name]))
    return {**schema, "definitions": dict(sorted(reached.items()))} if reached else schema


def _shared(schema: Schema) -> tuple[Schema, dict[str, Schema]]:
    """The schema with each repeated object moved to a definition.

    CRDs spell out the pod template wherever it occurs, InferenceService six times, and compiling
    a schema is most of kubeconform's work: nine tenths of that one are repetitions.
    """
    names: dict[str, str] = {}
    definitions: dict[str, Schema] = {}
    seen = Counter(json.dumps(node, sort_keys=True) for node in _objects(schema))

    def reference(node: Schema) -> Schema:
        key = json.dumps(node, sort_keys=True)
        if "properties" not in node or seen[key] == 1:
            return rewritten(node)
        if key not in names:
            names[key] = f"shared{len(names)}"
            definitions[names[key]] = rewritten(node)
        return {"$ref": f"#/definitions/{names[key]}"}

    def rewritten(node: Schema) -> Schema:
        out = dict(node)
        if "properties" in node:
            out["properties"] = {key: reference(field) for key, field in node["properties"].items()}
        for key in ("items", "additionalProperties"):
            if isinstance(node.get(key), dict):
                out[key] = reference(node[key])
        return out

    return rewritten(schema), definitions


def _objects(schema: Schema) -> Iterator[Schema]:
    """Every schema that names fields, the outermost first."""
    if "properties" in schema:
        yield schema
    below = [*schema.get("properties", {}).values()]
    below += [schema[key] for key in ("items", "additionalProperties") if key in schema]
    for child in below:
        if isinstance(child, dict):
            yield from _objects(cast("Schema", child))


def builtin(documents: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """The kinds of Kubernetes' OpenAPI documents by file name, and the definitions they use.

    Types that serve many groups (DeleteOptions, WatchEvent, …) are no objects, and have no file.
    """
    raw: dict[str, Schema] = {}
    for document in documents:
        raw.update(document.get("components", {}).get("schemas", {}))
    definitions = {name: strict(schema, bare=False) for name, schema in raw.items()}
    definitions[_QUANTITY] = _QUANTITY_SCHEMA
    files: dict[str, Schema] = {}
    for name, schema in raw.items():
        kinds = schema.get("x-kubernetes-group-version-kind", ())
        if len(kinds) == 1:
            file = _file(kinds[0]["group"], kinds[0]["version"], kinds[0]["kind"])
            files[file] = _with_definitions(definitions[name], definitions)
    return files, definitions


def custom(
    definition: Mapping[str, Any], definitions: Mapping[str, Schema]
) -> Iterator[tuple[str, Schema]]:
    """A file name and a schema for each version of a CRD that an API server would serve.

    A CRD says nothing of metadata but, at times, how long a name may be, so ObjectMeta is put
    beside it.
    """
    spec = definition["spec"]
    for version in spec["versions"]:
        if not version["served"]:
            continue
        root = version["schema"]["openAPIV3Schema"]
        schema, shared = _shared(strict(root, bare=True))
        narrowed = _plain(root.get("properties", {}).get("metadata", {}))
        fields = schema.setdefault("properties", {})
        fields["metadata"] = {"allOf": [narrowed, {"$ref": f"#/definitions/{_META}"}]}
        fields.setdefault("apiVersion", {"type": "string"})
        fields.setdefault("kind", {"type": "string"})
        schema["required"] = sorted({*schema.get("required", ()), "metadata"})
        file = _file(spec["group"], version["name"], spec["names"]["kind"])
        yield file, _with_definitions(schema, {**definitions, **shared})


def _file(group: str, version: str, kind: str) -> str:
    names = {
        "Group": group or version,
        "ResourceKind": kind.lower(),
        "ResourceAPIVersion": version,
    }
    return re.sub(r"{{\.(\w+)}}", lambda match: names[match[1]], TEMPLATE)


def write(folder: Path, files: Mapping[str, Schema]) -> None:
    """One compact file for each schema."""
    for name, schema in sorted(files.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(schema, separators=(",", ":"), sort_keys=True), encoding="utf-8")
