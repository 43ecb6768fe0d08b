"""The JSON Schemas: valid draft-07, current on disk, and of one mind with the loader."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from jsonschema import Draft7Validator

from catalog.load import Loaded, load_platform, load_project, load_team
from catalog.schema import schema_texts, write_schemas
from catalog.schema import schemas as made_schemas
from catalog.stacks import load_environment
from catalog.yaml_document import Document, parse
from tests.bad_inputs.case import Case
from tests.bad_inputs.cases import SCHEMA, STACKS
from tests.bad_inputs.repository import RIGHT
from tests.bad_inputs.stack_settings import SETTINGS

ROOT = Path(__file__).parent.parent
SCHEMAS = made_schemas()
LOADERS: dict[str, Callable[[str, bytes], object]] = {
    "project": load_project,
    "team": load_team,
    "platform": load_platform,
    "environment": lambda file, raw: load_environment(file.split(".")[1], raw),
}
BEYOND_JSON_SCHEMA = {
    "gpu as a fraction": "3.0 is an integer to JSON Schema",
    "stack's name": "the name of a file",
    "a proxy without certificates": "a rule between two settings",
    "a namespace with a capital": "a namespace that could be somebody else's",
    "a namespace with a typo": "a namespace that could be somebody else's",
}


def kind_of(file: str) -> str:
    if file.startswith("Pulumi."):
        return "environment"
    name = file.rsplit("/", 1)[-1]
    return {"team.yaml": "team", "platform.yaml": "platform"}.get(name, "project")


def is_valid(schema: dict[str, Any], data: Any) -> bool:
    validator: Any = Draft7Validator(schema)
    return validator.is_valid(data)


def accepts(kind: str, text: str) -> bool:
    document = parse(text.encode(), "file.yaml")
    assert isinstance(document, Document), document
    return is_valid(SCHEMAS[kind], document.data)


def texts_of(case: Case) -> list[tuple[str, str]]:
    return [(file, text) for file, text in case.files.items() if isinstance(text, str)]


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_a_schema_is_valid_draft_07(kind: str):
    Draft7Validator.check_schema(SCHEMAS[kind])
    text = json.dumps(SCHEMAS[kind])
    assert "$defs" not in text
    assert "prefixItems" not in text


def test_schemas_on_disk_are_current():
    on_disk = {p.name: p.read_text(encoding="utf-8") for p in (ROOT / "schemas").glob("*.json")}
    assert on_disk == schema_texts()


def test_writing_schemas_twice_changes_nothing(tmp_path: Path):
    paths = write_schemas(tmp_path / "schemas")
    before = [(path.read_bytes(), path.stat().st_mtime_ns) for path in paths]
    assert [
        (p.read_bytes(), p.stat().st_mtime_ns) for p in write_schemas(paths[0].parent)
    ] == before


def nodes(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [node for item in cast("list[Any]", schema) for node in nodes(item)]
    if not isinstance(schema, dict):
        return []
    node = cast("dict[str, Any]", schema)
    return [node, *(n for key, v in node.items() if key != "examples" for n in nodes(v))]


def maps_of_settings(kind: str) -> list[dict[str, Any]]:
    return [node for node in nodes(SCHEMAS[kind]) if node.get("type") == "object"]


@pytest.mark.parametrize("kind", ["platform", "project", "team"])
def test_every_setting_is_described_and_every_map_of_settings_is_closed(kind: str):
    for node in maps_of_settings(kind):
        settings = node.get("properties", {})
        assert [name for name, setting in settings.items() if "description" not in setting] == []
        assert not settings or node["additionalProperties"] is False


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_every_example_and_default_is_valid(kind: str):
    whole = SCHEMAS[kind]
    for node in (s for m in maps_of_settings(kind) for s in m.get("properties", {}).values()):
        rule = {**node, "definitions": whole["definitions"]}
        for value in (*node.get("examples", ()), *(node[k] for k in node.keys() & {"default"})):
            assert is_valid(rule, value), (value, node)


@pytest.mark.parametrize("file", sorted(RIGHT))
def test_what_loads_is_accepted(file: str):
    assert accepts(kind_of(file), str(RIGHT[file]))


@pytest.mark.parametrize("file", sorted(ROOT.glob("models/**/*.yaml")), ids=str)
def test_the_sample_fleet_is_accepted(file: Path):
    assert accepts(kind_of(file.as_posix()), file.read_text(encoding="utf-8"))


def test_the_short_form_is_accepted():
    assert accepts("project", "model: {name: a, version: v1, framework: onnx}")
    assert accepts("project", "model: {name: a, uri: 's3://b/p', framework: onnx, tier: dev}")


OF_THE_SCHEMA = [
    case for case in SETTINGS if all(code.startswith("SLW2") for code, _, _ in case.expected)
]


@pytest.mark.parametrize("case", [*SCHEMA, *STACKS, *OF_THE_SCHEMA], ids=lambda case: case.id)
def test_schema_and_loader_agree(case: Case):
    for file, text in texts_of(case):
        if case.id in BEYOND_JSON_SCHEMA or isinstance(parse(text.encode(), file), list):
            continue
        kind = kind_of(file)
        loads = isinstance(LOADERS[kind](file, text.encode()), Loaded)
        assert accepts(kind, text) == loads, (file, text)


VALUES: tuple[Any, ...] = (
    None, True, 0, 1, 3, -1, 0.5, 99.5, 10**6, "", "1", "a", "A", "a-b", "a_b", "-", "99.5", "2Gi",
    "500m",     "0.5", "30s", "5m", "dev", "rest", "knative", "l4", "7B", "x/y", "1e3Gi", "[]",
    [], ["a"], [1], {}, {"a": "b"}, {"A": 1}, {"max": 3}, {"dev": None}, {"dev": {"scaling": {}}},
    "registry.example.com/a@sha256:" + "0" * 64, "https://a.example.com/x", "a" * 64, "a" * 1025,
)  # fmt: skip


def settings() -> list[tuple[str, ...]]:
    """The path of every setting of a deployment, two levels deep."""
    definitions = SCHEMAS["project"]["definitions"]
    paths: list[tuple[str, ...]] = []
    for name, node in definitions["Deployment"]["properties"].items():
        paths.append((name,))
        branches = (*node.get("anyOf", ()), *node.get("allOf", ()))
        references = [branch["$ref"] for branch in branches if "$ref" in branch]
        for reference in references:
            below = definitions[reference.rpartition("/")[2]]["properties"]
            paths += [(name, inner) for inner in below]
    return paths


@pytest.mark.parametrize("path", settings(), ids=".".join)
def test_schema_and_loader_agree_on_every_setting(path: tuple[str, ...]):
    schema = SCHEMAS["project"]
    for value in VALUES:
        deployment: dict[str, Any] = {"tier": "dev"}
        inner: Any = value
        for name in reversed(path[1:]):
            inner = {name: inner}
        deployment[path[0]] = inner
        data = {"version": "1", "deployments": {"a": deployment}}
        raw = json.dumps(data, ensure_ascii=True).encode()
        loads = isinstance(load_project("p.yaml", raw), Loaded)
        assert is_valid(schema, data) == loads, (path, value)


def test_a_hidden_character_is_refused_by_both():
    schema = SCHEMAS["project"]
    for text, right in (("a b\nc", True), ("a\u200bb", False), ("a\u202eb", False), ("\0", False)):
        data = {"version": "1", "deployments": {"a": {"tier": "dev", "owner": text}}}
        raw = json.dumps(data).encode()
        assert is_valid(schema, data) == right
        assert isinstance(load_project("p.yaml", raw), Loaded) == right
