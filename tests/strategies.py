"""Entries that are valid by construction: how they are served first, then options that fit it.

Everything is plain data as a team would write it, so that `tests/yaml_dump.py` and the loader are
always in the loop. `anything` alone combines options blindly, for `check` to sort out.
"""

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from catalog import names
from catalog.checks.extras import HISTOGRAM_BOUNDS
from catalog.checks.safety import RESERVED_ENV, RESERVED_ENV_PREFIXES, RESERVED_LABELS
from catalog.duration import format_duration
from catalog.environment import Environment
from tests.fleets import ENVIRONMENTS, REGISTRY, Files, artifact_files, platform_yaml
from tests.yaml_dump import dump

Entry: TypeAlias = dict[str, Any]
Mode: TypeAlias = Literal["knative", "standard", "awake", "asleep", "graph"]

ON_MLSERVER = ("lightgbm", "mlflow", "sklearn", "xgboost")
ON_TRITON = ("onnx", "pytorch", "tensorflow", "triton")
SERVED = (*ON_MLSERVER, *ON_TRITON, "huggingface", "custom")
BATCHING = (*ON_MLSERVER, "onnx", "tensorflow")
ON_GPU = (*ON_TRITON, "huggingface", "custom")
ACCELERATORS = ("t4", "a10g", "l4", "l40s", "a100-40gb", "a100-80gb", "h100", "h200")
IMAGE = f"{REGISTRY}/ml/part@sha256:" + "5" * 64
COMMIT = "9f2c1ab4"

_LONGEST_NAME = 30
_SEEN = string.ascii_letters + string.digits + " .,:;!?'\"#%&*()[]{}<>|@=+-_/\\~`^$éß漢🚀"


def names_of(longest: int = _LONGEST_NAME) -> SearchStrategy[str]:
    """Names of teams, projects and deployments, of one letter up to the longest."""
    inner = st.text(string.ascii_lowercase + string.digits + "-", max_size=longest - 2)
    whole = st.builds(
        lambda first, middle, last: first + middle + last,
        st.sampled_from(string.ascii_lowercase),
        inner,
        st.sampled_from(string.ascii_lowercase + string.digits),
    )
    return (st.sampled_from(string.ascii_lowercase) | whole).filter(
        lambda name: not name.endswith(names.RESERVED_ENDINGS)
    )


texts = st.text(_SEEN, max_size=40)
words = st.text(_SEEN, min_size=1, max_size=40).filter(lambda text: bool(text.strip()))
whole_seconds = st.integers(1, 3600).map(lambda seconds: format_duration(seconds * 1_000))
label_names = st.from_regex(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,20}[A-Za-z0-9])?", fullmatch=True).filter(
    lambda key: key not in RESERVED_LABELS
)
label_values = st.from_regex(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,20}[A-Za-z0-9])?)?", fullmatch=True)
labels = st.dictionaries(label_names, label_values, min_size=1, max_size=3)
harmless = st.sampled_from(["info", "4", "true", "no", "0x10", "/tmp/cache", "two words", "ö", ""])


def _may_be_set(name: str) -> bool:
    taken = ("HF_", "MLSERVER_", "NUMBA_", "TRANSFORMERS_", "USER", "VLLM_")
    return name not in RESERVED_ENV and not name.startswith((*RESERVED_ENV_PREFIXES, *taken))


env_names = st.from_regex(r"[A-Z_][A-Z0-9_]{0,15}", fullmatch=True).filter(_may_be_set)
plain_env_names = env_names.filter(
    lambda n: not any(w in n for w in ("PASS", "PWD", "SECRET", "TOKEN", "KEY", "CREDENTIAL"))
)
environment_variables = st.dictionaries(plain_env_names, harmless, min_size=1, max_size=3)
secret_references = st.from_regex(r"[a-z0-9][a-z0-9-]{0,15}/[A-Za-z0-9_.-]{1,15}", fullmatch=True)
scalars = (
    texts
    | st.booleans()
    | st.none()
    | st.integers(-(10**17), 10**17)
    | st.integers(-(2**20), 2**20).map(lambda n: n / 8)
)
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
json_objects = st.dictionaries(words, json_values, max_size=3)


def some(draw: DrawFn, options: Mapping[str, SearchStrategy[Any]], **required: Any) -> Entry:
    """What is required, and any of the options; nothing that is None."""
    drawn = {name: draw(options[name]) for name in sorted(options) if draw(st.booleans())}
    return {k: v for k, v in {**required, **drawn}.items() if v is not None}


@st.composite
def part(draw: DrawFn, **more: SearchStrategy[Any]) -> Entry:
    """A transformer or an explainer."""
    return some(
        draw,
        {
            "args": st.lists(words, max_size=3),
            "env": environment_variables,
            "cpu": cpus(100, 2_000),
            "memory": memories(128, 2_048),
            **more,
        },
        image=IMAGE,
    )


def cpus(least: int, most: int) -> SearchStrategy[str | int]:
    """CPU in both notations."""
    millicores = st.integers(least, most).map(lambda n: f"{n}m")
    return millicores | st.integers(-(-least // 1_000), max(1, most // 1_000))


def memories(least: int, most: int) -> SearchStrategy[str]:
    """Memory between two numbers of mebibytes."""
    return st.integers(least, most).map(lambda n: f"{n}Mi")


@st.composite
def examples(draw: DrawFn) -> Entry:
    """A request, maybe with its answer and how near it must come."""
    expected = draw(st.none() | json_objects)
    tolerance = None if expected is None else draw(st.none() | st.sampled_from([0.001, 0.5, 1]))
    found = {"request": draw(json_objects), "expect": expected, "tolerance": tolerance}
    return {key: value for key, value in found.items() if value is not None}


@st.composite
def named_examples(draw: DrawFn) -> list[Entry]:
    """Examples, some of them with a name of their own."""
    found = draw(st.lists(examples(), min_size=1, max_size=3))
    given = draw(st.lists(names_of(12), min_size=len(found), max_size=len(found), unique=True))
    keep = draw(st.lists(st.booleans(), min_size=len(found), max_size=len(found)))
    return [
        {"name": name, **example} if kept and not name.startswith("example-") else example
        for example, name, kept in zip(found, given, keep, strict=True)
    ]


@st.composite
def slos(draw: DrawFn) -> Entry:
    """A promise of availability, of latency, or of both."""
    availability = draw(st.none() | st.sampled_from([90, 99, 99.5, 99.9, 99.99]))
    bound = draw(st.sampled_from(HISTOGRAM_BOUNDS) if availability is None else
                 st.none() | st.sampled_from(HISTOGRAM_BOUNDS))  # fmt: skip
    percent = None if bound is None else draw(st.none() | st.sampled_from([50, 95, 99.9]))
    found = {
        "availability": availability,
        "latency": None if bound is None else format_duration(bound),
        "latency_percent": percent,
    }
    return {key: value for key, value in found.items() if value is not None}


@st.composite
def schedules(draw: DrawFn) -> Entry:
    """A time with more replicas: more than any `min` that is drawn, and as few as any `max`."""
    return some(
        draw,
        {"timezone": st.sampled_from(["Etc/UTC", "Europe/Berlin", "America/New_York"])},
        start=f"{draw(st.integers(0, 59))} {draw(st.integers(0, 23))} * * 1-5",
        end="0 22 * * 1-5",
        replicas=3,
    )


@st.composite
def scalings(draw: DrawFn, mode: Mode) -> Entry:
    """Any two of them may lie over each other in layers: every min is below every max."""
    least = {"knative": 0, "graph": 0, "standard": 1, "awake": 1, "asleep": 0}[mode]
    metrics = {
        "knative": ["concurrency", "rps"],
        "graph": ["concurrency", "rps"],
        "standard": ["cpu", "memory", "rps"],
        "awake": ["concurrency"],
        "asleep": ["concurrency", "rps"],
    }[mode]
    lowest = st.just(0) if mode == "asleep" else st.integers(least, 2)
    options: dict[str, SearchStrategy[Any]] = {
        "min": lowest,
        "max": st.integers(3, 6),
        "metric": st.sampled_from(metrics),
        "target": st.integers(1, 100),
        "window": st.integers(6, 3600).map(lambda seconds: format_duration(seconds * 1_000)),
    }
    if mode in {"standard", "awake"}:
        options["schedule"] = st.lists(schedules(), min_size=1, max_size=2)
    found = some(draw, options)
    if "schedule" in found:
        found.setdefault("max", 3)
    return found


@st.composite
def resources(draw: DrawFn, *, gpu: bool) -> Entry:
    """CPU and memory that the smallest node of any pool has, and GPUs where they can be used."""
    found = some(draw, {"cpu": cpus(50, 3_000), "memory": memories(64, 8_192)})
    if gpu:
        found |= {"gpu": draw(st.sampled_from([1, 2, 4]))}
        found |= some(draw, {"accelerator": st.sampled_from(ACCELERATORS)})
    return found


def common(mode: Mode, *, teams: tuple[str, ...]) -> dict[str, SearchStrategy[Any]]:
    """Options that every endpoint understands."""
    access = st.fixed_dictionaries(
        {},
        optional={
            "teams": st.lists(st.sampled_from(teams), unique=True, max_size=2),
            "clients": st.lists(st.sampled_from(["svc-a", "user@example.com"]), unique=True),
        },
    )
    lineage = st.fixed_dictionaries({"commit": st.just(COMMIT)}, optional={"data": words, "run": words})
    return {
        "scaling": scalings(mode),
        "access": access,
        "limits": st.integers(1, 10**6).map(lambda n: {"requests": n}),
        "slo": slos(),
        "timeout": whole_seconds,
        "examples": named_examples(),
        "lineage": lineage,
        "labels": labels,
    }


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
def served(draw: DrawFn, around: Around, mode: Literal["knative", "standard"]) -> Entry:
    """A model on one of the platform's servers, or a server of the team's own."""
    framework = draw(st.sampled_from(SERVED))
    gpu = framework in ON_GPU and draw(st.booleans())
    extras = set(draw(st.sets(st.sampled_from(["transformer", "explainer", "batching", "logging"]))))
    transformed = "transformer" in extras
    protocol = draw(st.sampled_from(_protocols(framework, mode, transformed=transformed)))
    options = {
        **common(mode, teams=around.teams),
        "resources": resources(gpu=gpu),
        "env": environment_variables,
        "secrets": st.dictionaries(
            env_names.map(lambda n: f"S_{n}"), secret_references, min_size=1, max_size=2
        ),
    }
    found = some(draw, options, framework=framework, protocol=protocol)
    if gpu:
        found.setdefault("resources", draw(resources(gpu=True)))
    if framework != "custom" or draw(st.booleans()):
        found["model"] = draw(around.model(framework))
    if framework == "custom":
        found["container"] = some(
            draw,
            {
                "args": st.lists(words, max_size=3),
                "port": st.sampled_from([1024, 8080, 8081, 8501, 65535]),
            },
            image=IMAGE,
        )
    if mode == "standard" and (
        protocol != "both" or draw(st.booleans())
    ):
        found["serving"] = "standard"
    if transformed:
        found["transformer"] = draw(part())
    if "explainer" in extras and mode == "standard":
        found["explainer"] = draw(part(max=st.integers(1, 3)))
    if "batching" in extras and framework in BATCHING:
        delays = {"max_delay": st.integers(1, 1_000).map(lambda n: f"{n}ms")}
        found["batching"] = some(draw, delays, max_size=draw(st.integers(2, 1024)))
    if "logging" in extras and protocol != "grpc":
        found["logging"] = {"payload": draw(st.sampled_from(["all", "request", "response"]))}
    if gpu and found.get("model", "pvc").startswith(("s3", "hf", "./")) and draw(st.booleans()):
        found["cache"] = {"weights": {"size": "16Gi"}}
    return found


def _protocols(framework: str, mode: str, *, transformed: bool) -> list[str | None]:
    if transformed or framework == "huggingface":
        return [None, "rest"]
    several = mode == "standard" and framework != "custom"
    return [None, "rest", "grpc", *(["both"] if several else [])]


@st.composite
def llms(draw: DrawFn, around: Around, mode: Literal["awake", "asleep"]) -> Entry:
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
    tiers: Entry = {tier: None for tier in sorted(elsewhere)}
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
        {"description": words, "issuer": st.just("https://login.example.com/team")},
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


def anything(around: Around, members: tuple[str, ...]) -> SearchStrategy[Entry]:
    """Options combined blindly, most of which do not fit each other."""
    blind: Callable[[Mode], SearchStrategy[Any]] = scalings
    return st.fixed_dictionaries(
        {"tier": st.sampled_from(sorted(around.env.tiers))},
        optional={
            "framework": st.sampled_from([*SERVED, "vllm"]),
            "model": around.model("sklearn") | st.just("hf://example/model"),
            "serving": st.sampled_from(["knative", "standard"]),
            "protocol": st.sampled_from(["rest", "grpc", "both"]),
            "scaling": st.sampled_from(["knative", "standard", "awake"]).flatmap(blind),
            "resources": resources(gpu=True) | resources(gpu=False),
            "batching": st.just({"max_size": 8}),
            "transformer": part(),
            "explainer": part(),
            "container": st.just({"image": IMAGE}),
            "llm": st.just({"parameters": "7B"}),
            "logging": st.just({"payload": "all"}),
            "cache": st.just({"weights": {"size": "1Gi"}}),
            "graph": st.just({"type": "sequence", "steps": [{"deployment": m} for m in members]}),
            "env": st.just({"LOG_LEVEL": "info"}),
            "secrets": st.just({"A_TOKEN": "a/b"}),
            "timeout": whole_seconds,
        },
    )
