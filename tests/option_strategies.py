"""Strategies for the options of an entry, each valid in itself for the mode it is drawn for."""

import string
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from catalog import names
from catalog.checks.extras import HISTOGRAM_BOUNDS
from catalog.checks.safety import RESERVED_ENV, RESERVED_ENV_PREFIXES, RESERVED_LABELS
from catalog.duration import format_duration
from tests.fleets import IMAGE

Entry: TypeAlias = dict[str, Any]
Mode: TypeAlias = Literal["knative", "standard", "awake", "asleep", "graph"]

ON_MLSERVER = ("lightgbm", "mlflow", "sklearn", "xgboost")
ON_TRITON = ("onnx", "pytorch", "tensorflow", "triton")
SERVED = (*ON_MLSERVER, *ON_TRITON, "huggingface", "custom")
BATCHING = (*ON_MLSERVER, "onnx", "tensorflow")
ON_GPU = (*ON_TRITON, "huggingface", "custom")
ACCELERATORS = ("t4", "a10g", "l4", "l40s", "a100-40gb", "a100-80gb", "h100", "h200")
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
label_names = st.from_regex(
    r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,20}[A-Za-z0-9])?", fullmatch=True
).filter(lambda key: key not in RESERVED_LABELS)
label_values = st.from_regex(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,20}[A-Za-z0-9])?)?", fullmatch=True)
labels = st.dictionaries(label_names, label_values, min_size=1, max_size=3)
harmless = st.sampled_from(["info", "4", "true", "no", "0x10", "/var/cache", "two words", "ö", ""])


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
    lineage = st.fixed_dictionaries(
        {"commit": st.just(COMMIT)}, optional={"data": words, "run": words}
    )
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
