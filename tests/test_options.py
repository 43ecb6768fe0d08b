"""Every option of an entry: none is ignored, none is read in two ways, none leaks a secret."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from jsonschema import Draft7Validator

from catalog.endpoint import Endpoint
from catalog.entry import Deployment
from catalog.environment import Environment
from catalog.load import Loaded, load_project
from catalog.schema import schemas
from tests.fleets import (
    DEV,
    ENVIRONMENTS,
    FILE,
    IMAGE,
    NAMESPACE,
    TEAM,
    One,
    build_one,
    project_yaml,
    read_fleet,
    sklearn,
)
from tests.option_strategies import Entry, Mode
from tests.strategies import (
    Around,
    Generated,
    graphs,
    in_tiers,
    llms,
    projects,
    served,
)
from tests.yaml_dump import dump

OTHER = "other"
MODES: tuple[Mode, ...] = ("knative", "standard", "awake", "asleep", "graph")
FREE = frozenset({"env", "examples", "labels", "lineage", "request", "secrets", "steps"})
"""Maps and lists whose inner names are the team's own."""


@st.composite
def entries(draw: DrawFn) -> tuple[Environment, Entry]:
    """An entry that fits its mode, with the stack that it is for."""
    env = draw(st.sampled_from(ENVIRONMENTS))
    around = Around(env, NAMESPACE, (TEAM,))
    mode = draw(st.sampled_from(MODES))
    if mode == "graph":
        entry = draw(graphs(around, (OTHER,)))
    elif mode in {"knative", "standard"}:
        entry = draw(served(around, mode))
    else:
        entry = draw(llms(around, mode))
    return env, draw(in_tiers(entry, mode, around))


def _built(entry: Entry, env: Environment) -> One | None:
    """The endpoint beside another of the same tiers; None where the entry is refused."""
    tier = entry["tier"]
    beside = sklearn(tier=dict.fromkeys(tier) if isinstance(tier, dict) else tier)
    text = project_yaml({"fraud": entry, OTHER: beside})
    if not isinstance(load_project(FILE, text.encode()), Loaded):
        return None
    one = build_one(entry, env, others={OTHER: beside})
    return None if one.problems else one


def _settings(entry: Entry, base: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in entry.items():
        if name == "tier":
            continue
        yield (*base, name)
        if isinstance(value, dict) and name not in FREE:
            yield from _settings(value, (*base, name))


def _without(entry: Entry, path: tuple[str, ...]) -> Entry:
    less = copy.deepcopy(entry)
    inner = less
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return less


def _meaning(endpoint: Endpoint) -> Endpoint:
    """What an endpoint is, less its line, and less what only decides its size and place."""
    facts = endpoint.llm
    sized = {"layers": None, "kv_heads": None, "head_dim": None, "tensor_parallel": None}
    scaling = endpoint.scaling
    if scaling.min == scaling.max and endpoint.serving == "standard":
        scaling = replace(scaling, metric="", target=0, window=None)
    return replace(
        endpoint,
        place=replace(endpoint.place, line=0, column=0),
        placement=None,
        llm=None if facts is None else facts.model_copy(update=sized),
        scaling=scaling,
    )


@settings(max_examples=50)
@given(entries())
def test_an_option_that_means_something_changes_what_is_rendered(
    drawn: tuple[Environment, Entry],
) -> None:
    env, entry = drawn
    whole = _built(entry, env)
    if whole is None:
        return
    for path in _settings(entry):
        less = _built(_without(entry, path), env)
        if less is not None and whole.objects == less.objects:
            assert _meaning(whole.endpoint) == _meaning(less.endpoint), f"{path} is ignored"


LLM = {"parameters": "1.5B", "concurrency": 2}
STEPS = [{"deployment": OTHER}]
BASES: dict[str, Entry] = {
    "knative": sklearn(),
    "grpc": sklearn(protocol="grpc"),
    "standard": sklearn(serving="standard", scaling={"max": 4}),
    "fixed": sklearn(serving="standard", scaling={"min": 2, "max": 2}),
    "gpu": sklearn(framework="onnx", model="pvc://c/m", resources={"gpu": 1}),
    "custom": {"framework": "custom", "tier": "dev", "container": {"image": IMAGE}},
    "asleep": sklearn(framework="vllm", model="hf://o/n@abc1234", llm=LLM),
    "awake": sklearn(framework="vllm", model="hf://o/n@abc1234", llm=LLM, scaling={"min": 1}),
    "graph": {"tier": "staging", "graph": {"type": "sequence", "steps": STEPS}},
}
PART = {"image": IMAGE}
TIME = {"start": "0 8 * * *", "end": "0 9 * * *", "replicas": 3}
MORE: list[tuple[str, Any]] = [
    ("access", {"clients": ["svc-a"]}),
    ("batching", {"max_size": 8, "max_delay": "7ms"}),
    ("cache", {"weights": {"size": "1Gi"}}),
    ("container", {**PART, "args": ["--fast"], "port": 8500}),
    ("description", "What it is for"),
    ("env", {"LOG_LEVEL": "info"}),
    ("examples", [{"request": {"a": 1}}]),
    ("explainer", {**PART, "max": 2}),
    ("framework", "sklearn"),
    ("graph", {"type": "ensemble", "steps": STEPS}),
    ("labels", {"use": "fraud"}),
    ("limits", {"requests": 7}),
    ("lineage", {"commit": "9f2c1ab"}),
    ("llm", {**LLM, "context": 4096}),
    ("llm", {**LLM, "layers": 28}),
    ("logging", {"payload": "all"}),
    ("model", "mlflow://churn/3"),
    ("model", f"oci://{IMAGE}"),
    ("owner", "Somebody else"),
    ("protocol", "both"),
    ("protocol", "grpc"),
    ("resources", {"cpu": "3"}),
    ("resources", {"memory": "20Gi"}),
    ("resources", {"gpu": 2, "accelerator": "l40s"}),
    ("scaling", {"max": 4, "metric": "rps"}),
    ("scaling", {"max": 4, "metric": "memory"}),
    ("scaling", {"max": 4, "target": 33}),
    ("scaling", {"max": 4, "window": "2m"}),
    ("scaling", {"min": 1, "max": 4, "schedule": [TIME]}),
    ("secrets", {"A_TOKEN": "a/b"}),
    ("serving", "standard"),
    ("serving", "knative"),
    ("slo", {"availability": 99}),
    ("slo", {"latency_percent": 95}),
    ("timeout", "77s"),
    ("transformer", {**PART, "env": {"A": "1"}}),
]
"""Each option with a value that is nobody's default."""


@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
def test_an_option_is_honoured_or_refused_in_every_mode(base: Entry) -> None:
    plain = _built(base, DEV)
    assert plain is not None
    for name, value in MORE:
        for entry in ({**base, name: value}, {**base, "tier": {base["tier"]: {name: value}}}):
            more = _built(entry, DEV)
            if more is not None and more.objects == plain.objects:
                assert _meaning(more.endpoint) == _meaning(plain.endpoint), f"{name} is ignored"


def test_every_option_is_tried_in_every_mode() -> None:
    assert {name for name, _ in MORE} == set(Deployment.model_fields) - {"tier"}


def test_every_option_is_drawn_somewhere(sample: list[Generated]) -> None:
    seen: set[str] = set()
    for fleet in sample:
        for project in read_fleet(fleet.files).projects:
            for entry in project.loaded.value.deployments.values():
                seen |= entry.model_fields_set
    assert seen == set(Deployment.model_fields)


ODD: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-3, 2_000)
    | st.sampled_from([0.5, -1.0, {}, [], {"x": 1}, ["a"], "x" * 70, "Ünï", "a b", ""])
    | st.sampled_from(["no", "1", "1e3", "7B", "0B", "1Gi", "2.5Gi", "500m", "30s", "rest"])
)


def _paths(value: Any, base: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        if key not in {"request", "expect"}:
            yield (*base, key)
            yield from _paths(inner, (*base, key))


@st.composite
def nearly_projects(draw: DrawFn) -> Entry:
    """A project file that is valid, or was before up to two places of it were spoilt."""
    around = Around(draw(st.sampled_from(ENVIRONMENTS)), NAMESPACE, (TEAM,))
    data = copy.deepcopy(draw(projects(around)))
    for _ in range(draw(st.integers(0, 2))):
        *parents, last = draw(st.sampled_from(list(_paths(data)) or [("version",)]))
        inner: Any = data
        for key in parents:
            inner = inner[key]
        how = draw(st.sampled_from(["drop", "replace", "add"]))
        if how == "replace":
            inner[last] = draw(ODD)
        elif how == "drop":
            inner.pop(last, None) if isinstance(inner, dict) else inner.pop(last)
        elif isinstance(inner, dict):
            inner["surplus"] = draw(ODD)
    return data


VALIDATOR = Draft7Validator(schemas()["project"])


@settings(max_examples=60)
@given(nearly_projects())
def test_the_schema_of_editors_accepts_what_the_loader_accepts(data: Entry) -> None:
    found = load_project(FILE, dump(data).encode())
    assert VALIDATOR.is_valid(data) == isinstance(found, Loaded), found


@pytest.mark.parametrize("text", ["0B", "0.0M", "07B", "1.2345B", "0.0005B", "7", "7b", "999999B"])
def test_a_number_of_parameters_that_cannot_be_counted_is_refused_when_read(text: str) -> None:
    entry = {**BASES["asleep"], "llm": {"parameters": text}}
    assert _built(entry, DEV) is None
    assert not isinstance(load_project(FILE, project_yaml({"m": entry}).encode()), Loaded)


@pytest.mark.parametrize("text", ["7B", "0.5B", "1.55B", "0.001M", "350M", "99999B"])
def test_a_number_of_parameters_may_be_as_small_or_large_as_it_can_be_counted(text: str) -> None:
    entry = {**BASES["asleep"], "llm": {"parameters": text}}
    assert isinstance(load_project(FILE, project_yaml({"m": entry}).encode()), Loaded)
    build_one(entry)


SENTINEL = "AKIA" + "Q7ZSLIPWAY7Q7ZZ7"
REFUSED: dict[str, Entry] = {
    "env": sklearn(env={"NOTE": SENTINEL}),
    "env of a tier": sklearn(tier={"staging": {"env": {"NOTE": SENTINEL}}}),
    "transformer": sklearn(transformer={"image": IMAGE, "env": {"NOTE": SENTINEL}}),
    "explainer": sklearn(explainer={"image": IMAGE, "env": {"NOTE": SENTINEL}}),
    "arguments of a transformer": sklearn(
        transformer={"image": IMAGE, "args": [f"--id={SENTINEL}"]}
    ),
    "arguments of an explainer": sklearn(explainer={"image": IMAGE, "args": [SENTINEL]}),
    "arguments of a container": {
        "framework": "custom",
        "tier": "dev",
        "container": {"image": IMAGE, "args": ["--id", SENTINEL]},
    },
}


@pytest.mark.parametrize("entry", REFUSED.values(), ids=REFUSED)
def test_a_secret_in_plain_text_is_refused_and_shown_nowhere(entry: Entry) -> None:
    one = build_one(entry)
    assert one.codes == ["SLW516"]
    assert one.objects == ()
    told = json.dumps([problem.lines() for problem in one.problems])
    assert SENTINEL not in told
    assert SENTINEL not in repr(one.built.summary)


def test_a_secret_by_reference_shows_its_name_alone() -> None:
    one = build_one(sklearn(secrets={"DB_PASSWORD": "database/password"}))
    assert one.problems == ()
    external = one.get("ExternalSecret")
    assert external["spec"]["data"][0]["remoteRef"]["key"] == f"{NAMESPACE}/database"
