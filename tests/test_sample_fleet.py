"""The sample fleet is what people copy from: it is valid everywhere and shows every option."""

import re
from collections.abc import Iterator
from functools import cache
from inspect import get_annotations
from itertools import chain
from math import prod
from pathlib import Path
from typing import Any, cast, get_args

import pytest
from pydantic import BaseModel

from catalog import entry, words
from catalog.fleet import tier_problems
from catalog.model_uri import SCHEMES
from catalog.stacks import load_environments
from tests.fleets import Fleet, read_fleet

ROOT = Path(__file__).parents[1]
MODELS = ROOT / "models"
ENTRIES = sorted(MODELS.rglob("*.yaml"))
ARTIFACTS = sorted(path for path in MODELS.glob("*/artifacts/**/*") if path.is_file())
STACKS = load_environments(ROOT).loaded
LARGEST_ARTIFACT = 32 * 1024


@cache
def fleet() -> Fleet:
    files = {path.relative_to(ROOT).as_posix(): path for path in MODELS.rglob("*")}
    return read_fleet({name: path.read_bytes() for name, path in files.items() if path.is_file()})


@cache
def deployments() -> dict[str, entry.Deployment]:
    return {
        f"{project.namespace}/{name}": deployment
        for project in fleet().projects
        for name, deployment in project.loaded.value.deployments.items()
    }


def options() -> Iterator[entry.Options]:
    """Every deployment, and every override of one of its tiers."""
    for deployment in deployments().values():
        yield deployment
        if isinstance(deployment.tier, dict):
            yield from (override for override in deployment.tier.values() if override)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every model class that a field's annotation names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument)


def schema_of(model: type[BaseModel], known: set[type[BaseModel]]) -> set[type[BaseModel]]:
    """The model with all that its fields hold, and all that those hold."""
    if model not in known:
        known.add(model)
        for field in model.model_fields.values():
            for inner in models_in(field.annotation):
                schema_of(inner, known)
    return known


def fields_of(model: type[BaseModel]) -> Iterator[str]:
    """A model's fields by the class that declares them, so that a base counts once."""
    for name in model.model_fields:
        owner = next(base for base in model.__mro__ if name in get_annotations(base))
        yield f"{owner.__name__}.{name}"


def written_in(value: Any) -> Iterator[str]:
    """The fields that a loaded value sets, in all that it holds."""
    if isinstance(value, BaseModel):
        names = dict(zip(type(value).model_fields, fields_of(type(value)), strict=True))
        for name in value.model_fields_set:
            yield names[name]
            yield from written_in(getattr(value, name))
    elif isinstance(value, dict):
        for inner in cast("dict[str, Any]", value).values():
            yield from written_in(inner)
    elif isinstance(value, tuple):
        for inner in cast("tuple[Any, ...]", value):
            yield from written_in(inner)


@pytest.mark.parametrize("stack", ["dev", "local", "prod"])
def test_nothing_is_wrong_with_it_on_any_stack(stack: str) -> None:
    built = fleet().build(STACKS[stack].value)
    found = [*built.quotas.problems(), *(p for one in built.tenants for p in one.problems)]
    assert [line for problem in found for line in problem.lines()] == []
    assert built.objects


def test_every_tier_has_one_stack() -> None:
    stacks = [loaded.value for loaded in STACKS.values()]
    assert [p for project in fleet().projects for p in tier_problems(project, stacks)] == []


def test_every_deployment_is_on_some_stack() -> None:
    on_stacks = {
        f"{built.tenant.namespace}/{endpoint.name}"
        for stack in ("dev", "prod")
        for built in fleet().build(STACKS[stack].value).tenants
        for endpoint in built.tenant.endpoints
    }
    assert on_stacks == set(deployments())


def test_it_is_as_large_as_a_company() -> None:
    assert len(fleet().teams) >= 5
    assert len(fleet().projects) >= 9
    assert len(deployments()) >= 24


def test_every_field_of_the_schema_is_used() -> None:
    roots = (entry.PlatformFile, entry.TeamFile, entry.ProjectFile)
    schema = {
        name for root in roots for model in schema_of(root, set()) for name in fields_of(model)
    }
    values = [fleet().platform, *fleet().teams.values(), *(p.loaded for p in fleet().projects)]
    assert schema - {name for loaded in values for name in written_in(loaded.value)} == set()


def test_every_framework_is_used() -> None:
    used = {deployment.framework for deployment in deployments().values()}
    assert set(get_args(words.Framework)) <= used


def test_every_tier_serving_mode_protocol_and_metric_is_resolved() -> None:
    endpoints = [
        endpoint
        for stack in ("dev", "prod")
        for built in fleet().build(STACKS[stack].value).tenants
        for endpoint in built.tenant.endpoints
    ]
    assert {e.tier for e in endpoints} == set(get_args(words.Tier))
    assert {e.serving for e in endpoints} == set(get_args(words.Serving))
    assert {e.protocol for e in endpoints} == set(get_args(words.Protocol))
    assert {e.scaling.metric for e in endpoints} == set(get_args(words.Metric))
    assert {e.kind for e in endpoints} == {"graph", "llm", "model"}
    assert {e.scaling.min == 0 for e in endpoints if e.llm} == {True, False}


def test_every_kind_of_graph_is_used() -> None:
    used = {d.graph.type for d in deployments().values() if d.graph}
    assert used == {"ensemble", "sequence", "splitter", "switch"}


def test_every_kind_of_payload_logging_is_used() -> None:
    assert {o.logging.payload for o in options() if o.logging} == {"all", "request", "response"}


def test_models_come_from_everywhere_a_model_may() -> None:
    used = {o.model.partition("://")[0] for o in options() if o.model and "://" in o.model}
    assert used == set(SCHEMES)


def test_the_first_entry_is_five_lines() -> None:
    lines = (MODELS / "risk/fraud.yaml").read_text(encoding="utf-8").splitlines()
    assert lines == [
        "# yaml-language-server: $schema=../../schemas/project.schema.json",
        'version: "1"',
        "deployments:",
        "  fraud-detector:",
        "    model: ./artifacts/fraud-detector/",
        "    framework: sklearn",
        "    tier: staging",
    ]


def test_several_entries_say_no_more_than_they_must() -> None:
    least = {"model", "framework", "tier"}
    assert sum(d.model_fields_set == least for d in deployments().values()) >= 5


def test_one_file_is_in_the_short_form() -> None:
    short = [p for p in ENTRIES if re.search(r"^model:$", p.read_text("utf-8"), re.MULTILINE)]
    assert [path.relative_to(MODELS).as_posix() for path in short] == ["supply/photos.yaml"]


@pytest.mark.parametrize("path", ENTRIES, ids=lambda p: p.relative_to(MODELS).as_posix())
def test_a_file_names_its_schema_to_editors(path: Path) -> None:
    kind = path.stem if path.name in {"platform.yaml", "team.yaml"} else "project"
    up = "../" * len(path.relative_to(ROOT).parts[:-1])
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    assert first == f"# yaml-language-server: $schema={up}schemas/{kind}.schema.json"


def test_only_example_hosts_are_named() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in ENTRIES)
    hosts = set(re.findall(r"(?:https|oci)://([^/\s]+)|image: ([^/\s]+)", text))
    assert {host or image for host, image in hosts} <= {
        "login.example.com",
        "registry.example.com",
        "traffic.example.com",
    }


def test_weights_of_the_hub_are_named_by_commit() -> None:
    hub = [o.model for o in options() if o.model and o.model.startswith("hf://")]
    assert len(hub) >= 5
    assert all(re.search(r"@[0-9a-f]{40}$", model) for model in hub)


@pytest.mark.parametrize("path", ARTIFACTS, ids=lambda p: p.parent.name)
def test_an_artifact_is_small_and_text(path: Path) -> None:
    content = path.read_bytes()
    assert content.isascii()
    assert content.endswith(b"\n")
    assert len(content) <= LARGEST_ARTIFACT


def test_every_artifact_is_served() -> None:
    served = {
        fleet_path
        for project in fleet().projects
        for deployment in project.loaded.value.deployments.values()
        if deployment.model and deployment.model.startswith("./")
        for fleet_path in (ROOT / project.folder / deployment.model).iterdir()
    }
    assert {path.resolve() for path in served} == set(ARTIFACTS)


@pytest.mark.parametrize("where", [w for w, d in deployments().items() if d.examples])
def test_examples_speak_the_open_inference_protocol(where: str) -> None:
    examples = deployments()[where].examples or ()
    answers = [(example.expect or {}).get("outputs", []) for example in examples]
    for tensor in chain(*(example.request["inputs"] for example in examples), *answers):
        assert set(tensor) == {"name", "shape", "datatype", "data"}
        assert prod(tensor["shape"]) == len(tensor["data"])


def test_examples_have_names_of_their_own() -> None:
    for deployment in deployments().values():
        names = [example.name for example in deployment.examples or ()]
        assert len(names) == len(set(names))
