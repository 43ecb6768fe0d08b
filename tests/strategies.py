"""Entries that are valid by construction: how they are served first, then options that fit it.

Everything is plain data as a team would write it, so that `tests/yaml_dump.py` and the loader are
always in the loop.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from catalog import names
from catalog.environment import Environment
from tests.fleets import ENVIRONMENTS, IMAGE, REGISTRY, Files, artifact_files, platform_yaml
from tests.option_strategies import (
    ACCELERATORS,
    BATCHING,
    COMMIT,
    ON_GPU,
    SERVED,
    Entry,
    Mode,
    common,
    env_names,
    environment_variables,
    label_values,
    labels,
    names_of,
    part,
    resources,
    secret_references,
    some,
    words,
)
from tests.yaml_dump import dump


@dataclass(frozen=True, slots=True)
class Around:
    """Where an entry will stand: the stack, the namespace, the teams of the fleet."""

    env: Environment
    namespace: str
    teams: tuple[str, ...]

    def model(self, framework: str) -> SearchStrategy[str]:
        """An address that the framework's server can read there."""
        kinds = [
            f"./artifacts/{framework}",
            f"s3://{self.env.bucket}/{self.namespace}/shared/{framework}",
            f"hf://example/{framework}@{COMMIT}",
            "pvc://models/v1",
            f"oci://{REGISTRY}/models/{framework}@sha256:" + "7" * 64,
        ]
        if framework != "vllm":
            kinds.append(f"mlflow://{framework}/3")
        return st.sampled_from(kinds)


@st.composite
def served(draw: DrawFn, around: Around, mode: Mode) -> Entry:
    """A model on one of the platform's servers, or a server of the team's own."""
    framework = draw(st.sampled_from(SERVED))
    gpu = framework in ON_GPU and draw(st.booleans())
    extras = {e for e in ("transformer", "explainer", "batching", "logging") if draw(st.booleans())}
    several = _protocols(framework, mode, transformed="transformer" in extras)
    protocol = draw(st.sampled_from(several))
    options = {
        **common(mode, teams=around.teams),
        "env": environment_variables,
        "secrets": st.dictionaries(
            env_names.map(lambda n: f"S_{n}"), secret_references, min_size=1, max_size=2
        ),
    }
    found = some(draw, options, framework=framework, protocol=protocol)
    if gpu or draw(st.booleans()):
        found["resources"] = draw(resources(gpu=gpu))
    if framework != "custom" or draw(st.booleans()):
        found["model"] = draw(around.model(framework))
    if framework == "custom":
        found["container"] = draw(_container())
    if mode == "standard" and (protocol != "both" or draw(st.booleans())):
        found["serving"] = "standard"
    if gpu and found.get("model", "pvc").startswith(("s3", "hf", "./")) and draw(st.booleans()):
        found["cache"] = {"weights": {"size": "16Gi"}}
    return {**found, **draw(_extras(extras, mode, framework, protocol))}


@st.composite
def _extras(
    draw: DrawFn, wanted: set[str], mode: Mode, framework: str, protocol: str | None
) -> Entry:
    """Those of the wanted options that mode, framework and protocol know."""
    found: Entry = {}
    if "transformer" in wanted:
        found["transformer"] = draw(part())
    if "explainer" in wanted and mode == "standard":
        found["explainer"] = draw(part(max=st.integers(1, 3)))
    if "batching" in wanted and framework in BATCHING:
        delays = {"max_delay": st.integers(1, 1_000).map(lambda n: f"{n}ms")}
        found["batching"] = some(draw, delays, max_size=draw(st.integers(2, 1024)))
    if "logging" in wanted and protocol != "grpc":
        found["logging"] = {"payload": draw(st.sampled_from(["all", "request", "response"]))}
    return found


@st.composite
def _container(draw: DrawFn) -> Entry:
    """A server of the team's own."""
    ports = st.sampled_from([1024, 8080, 8081, 8501, 65535])
    return some(draw, {"args": st.lists(words, max_size=3), "port": ports}, image=IMAGE)


def _protocols(framework: str, mode: str, *, transformed: bool) -> list[str | None]:
    if transformed or framework == "huggingface":
        return [None, "rest"]
    several = mode == "standard" and framework != "custom"
    return [None, "rest", "grpc", *(["both"] if several else [])]


@st.composite
def llms(draw: DrawFn, around: Around, mode: Mode) -> Entry:
    """A large language model that fits some pool, always awake or not."""
    facts = some(
        draw,
        {
            "quantization": st.sampled_from(["awq", "gptq", "fp8"]),
            "context": st.sampled_from([256, 4096, 16384]),
            "concurrency": st.integers(1, 16),
        },
        parameters=draw(st.sampled_from(["350M", "0.5B", "1.5B", "7B", "8B"])),
    )
    if "quantization" not in facts:
        facts |= some(draw, {"dtype": st.sampled_from(["float16", "float32"])})
    if draw(st.booleans()):
        facts |= {"layers": 32, "kv_heads": 8, "head_dim": 128}
    options = {
        **common(mode, teams=around.teams),
        "env": environment_variables,
        "secrets": st.just({"HF_TOKEN": "huggingface/token"}),
    }
    found = some(
        draw, options, framework="vllm", llm=facts, model=draw(around.model("vllm"))
    )  # fmt: skip
    found.setdefault("scaling", {})["min"] = 0 if mode == "asleep" else draw(st.integers(1, 2))
    if draw(st.booleans()):
        found["resources"] = {"gpu": 8, "accelerator": draw(st.sampled_from(ACCELERATORS[4:]))}
        facts |= some(draw, {"tensor_parallel": st.just(8)})
    else:
        found["resources"] = draw(st.sampled_from([{}, {"cpu": 4, "memory": "24Gi"}, {"gpu": 0}]))
    on_gpu = found["resources"].get("gpu") != 0
    if mode == "asleep" and draw(st.booleans()):
        found["transformer"] = draw(part())
    if on_gpu and not found["model"].startswith(("oci", "pvc")) and draw(st.booleans()):
        found["cache"] = {"weights": some(draw, {"size": st.just("16Gi")})}
    return found


@st.composite
def graphs(draw: DrawFn, around: Around, members: tuple[str, ...]) -> Entry:
    """A graph over some of the project's deployments."""
    kind = draw(st.sampled_from(["sequence", "splitter", "ensemble", "switch"]))
    chosen = draw(st.lists(st.sampled_from(members), min_size=1, max_size=3))
    steps: list[Entry] = [{"deployment": name} for name in chosen]
    if kind == "splitter":
        cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=len(steps) - 1,
                                    max_size=len(steps) - 1)))  # fmt: skip
        bounds = [0, *cuts, 100]
        for step, low, high in zip(steps, bounds, bounds[1:], strict=False):
            step["weight"] = high - low
    for step in steps:
        if kind == "switch":
            step["condition"] = '[@this].#(kind=="card")'
        if kind == "sequence" and draw(st.booleans()):
            step["data"] = draw(st.sampled_from(["request", "response"]))
    options = common("graph", teams=around.teams)
    return some(draw, options, graph={"type": kind, "steps": steps})


@st.composite
def in_tiers(draw: DrawFn, entry: Entry, mode: Mode, around: Around) -> Entry:
    """The entry with its tier: a word, a list, or a map with what differs on the stack's own."""
    hosted = draw(st.sampled_from(sorted(around.env.tiers)))
    others = sorted({"dev", "staging", "production"} - set(around.env.tiers))
    elsewhere = draw(st.sets(st.sampled_from(others))) if others else set[str]()
    form = draw(st.sampled_from(["word", "list", "map"]))
    if form == "word":
        return {**entry, "tier": hosted}
    if form == "list":
        return {**entry, "tier": [*sorted(elsewhere), hosted]}
    override = {k: v for k, v in common(mode, teams=around.teams).items() if k != "examples"}
    if mode in {"awake", "asleep"}:
        override.pop("scaling")
    if mode != "graph":
        override["env"] = environment_variables
    differs = draw(st.none() | _subset(override))
    tiers: Entry = dict.fromkeys(sorted(elsewhere))
    return {**entry, "tier": {**tiers, hosted: differs}}


@st.composite
def _subset(draw: DrawFn, options: Mapping[str, SearchStrategy[Any]]) -> Entry:
    return some(draw, options)


@st.composite
def deployments(draw: DrawFn, around: Around) -> dict[str, Entry]:
    """The endpoints of one project: a few models, and maybe a graph over them."""
    given = draw(st.lists(names_of(), min_size=1, max_size=3, unique=True))
    found: dict[str, Entry] = {}
    for name in given:
        mode: Mode = draw(st.sampled_from(["knative", "knative", "standard", "awake", "asleep"]))
        if mode in {"knative", "standard"}:
            entry = draw(served(around, mode))
        else:
            entry = draw(llms(around, mode))
        entry |= some(draw, {"description": words, "owner": words})
        found[name] = draw(in_tiers(entry, mode, around))
    speaking = tuple(
        name
        for name, entry in sorted(found.items())
        if entry.get("protocol") != "grpc" and entry["framework"] != "vllm"
    )
    if speaking and draw(st.booleans()):
        name = draw(names_of().filter(lambda n: n not in found))
        found[name] = draw(in_tiers(draw(graphs(around, speaking)), "graph", around))
    return found


@st.composite
def projects(draw: DrawFn, around: Around) -> Entry:
    """A project file."""
    quota = {"cpu": "9000", "memory": "90Ti", "accelerators": dict.fromkeys(ACCELERATORS, 900)}
    return some(
        draw,
        {
            "description": words,
            "labels": labels,
            "quota": st.just(quota),
        },
        version="1",
        deployments=draw(deployments(around)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Generated:
    """A valid fleet as files, and the stack that it was made for."""

    files: Files
    env: Environment

    def without(self, file: str) -> "Generated":
        """The same without one file."""
        return Generated({k: v for k, v in self.files.items() if k != file}, self.env)


@st.composite
def fleets(draw: DrawFn, teams: int = 2, most_projects: int = 2) -> Generated:
    """Teams with projects on one stack, all valid and within their quotas."""
    env = draw(st.sampled_from(ENVIRONMENTS))
    given = tuple(draw(st.lists(team_names, min_size=1, max_size=teams, unique=True)))
    files: Files = {"models/platform.yaml": platform_yaml(**draw(_tier_profiles()))}
    taken: set[str] = set()
    for team in given:
        files[f"models/{team}/team.yaml"] = dump(draw(_team()))
        files |= artifact_files(team)
        wanted = draw(st.lists(project_names, min_size=1, max_size=most_projects, unique=True))
        for project in wanted:
            namespace = f"{team}-{project}"
            if namespace not in taken:
                taken.add(namespace)
                around = Around(env, namespace, given)
                files[f"models/{team}/{project}.yaml"] = dump(draw(projects(around)))
    return Generated(files, env)


def _apart_from_the_platform(name: str) -> bool:
    return not f"{name}-".startswith(names.RESERVED_PREFIXES) and name not in {"artifacts", "team"}


team_names = names_of(12).filter(_apart_from_the_platform)
project_names = names_of(20).filter(lambda name: name != "team")


@st.composite
def _team(draw: DrawFn) -> Entry:
    return some(
        draw,
        {"issuer": st.just("https://login.example.com/team")},
        version="1",
        owners=draw(st.lists(st.sampled_from(["ml", "risk@example.com"]), min_size=1, unique=True)),
        cost_center=draw(label_values.filter(bool)),
        quota=draw(st.sampled_from([{}, {"cpu": "40000"}])),
    )


@st.composite
def _tier_profiles(draw: DrawFn) -> Entry:
    profile = st.fixed_dictionaries(
        {},
        optional={
            "scaling": st.just({"min": 1, "max": 3}),
            "limits": st.just({"requests": 7}),
            "slo": st.just({"availability": 99}),
            "timeout": st.just("45s"),
            "capacity": st.sampled_from(["spot", "on-demand"]),
            "resources": st.just({"cpu": "300m"}),
        },
    )
    tiers = st.dictionaries(st.sampled_from(["dev", "staging", "production"]), profile, max_size=2)
    return some(draw, {"tiers": tiers})
