"""From the pinned modules' manifests to the folder of JSON schemas."""

import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tools import golang, jsonschemas
from tools.errors import ToolchainError


def write_schemas(folder: Path) -> None:
    """One schema for each kind and version that is served; two of the same are refused."""
    if find_spec("yaml") is None:
        raise ToolchainError(
            "Making the schemas reads YAML, and PyYAML is missing from this Python. Run this with "
            ".venv/bin/python, or install what requirements.lock names."
        )
    found = golang.folders()
    paths = [
        path
        for source in golang.sources()
        for pattern in source.manifests
        for path in expand(found[source.module], pattern)
    ]
    openapi = [json.loads(path.read_bytes()) for path in paths if path.suffix == ".json"]
    files, definitions = jsonschemas.builtin(openapi)
    for path in paths:
        for definition in _definitions(path) if path.suffix == ".yaml" else ():
            for name, schema in jsonschemas.custom(definition, definitions):
                if name in files:
                    raise ToolchainError(f"{name} is defined twice, the second time in {path}.")
                files[name] = schema
    jsonschemas.write(folder, files)


def expand(folder: Path, pattern: str) -> list[Path]:
    """A pattern that matches nothing is an error: a moved file must not drop kinds in silence."""
    if found := sorted(folder.glob(pattern)):
        return found
    raise ToolchainError(f"{folder.name}: nothing matches {pattern}; see tools/sources.json.")


def _definitions(path: Path) -> Iterator[dict[str, Any]]:
    for document in documents(path):
        if document["kind"] == "CustomResourceDefinition":
            yield document


def documents(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file of YAML, as the API server would read them."""
    import yaml  # only this needs it, and only when something is made of them

    class Loader(yaml.CSafeLoader):
        """Reads a bare `=`, which YAML 1.1 reserves, as text: it is a value of an enum."""

    def text(_: Loader, node: yaml.ScalarNode) -> str:
        return str(node.value)

    Loader.add_constructor("tag:yaml.org,2002:value", text)
    for document in yaml.load_all(path.read_bytes(), Loader):
        if document:
            yield document
