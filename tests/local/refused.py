"""Entries that `slipway check` refuses, and what a cluster does with what they would become.

A row's object is what the entry would render to if nothing checked it. Where the entry does not
even load, `change` makes it from that of a sound entry.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from catalog.fleet import tier_problems
from catalog.objects import Object
from catalog.render.endpoint import render_endpoint
from catalog.resolve import drafts
from tests.fleets import IMAGE, LOCAL, Fleet, fleet_files, read_fleet
from tests.local.conftest import WORKLOADS

Entry = Mapping[str, Any]
BUCKET: Final = f"s3://{LOCAL.bucket}/risk-scoring"
SOUND: Final[Entry] = {"model": f"{BUCKET}/m", "framework": "sklearn", "tier": "staging"}
_ONNX: Final[Entry] = {"model": f"{BUCKET}/o", "framework": "onnx", "tier": "staging"}
_HUB: Final[Entry] = {"model": "hf://a/b@a09a3541", "framework": "huggingface", "tier": "staging"}
_LLM: Final[Entry] = {
    "model": "hf://acme/m@9f2c1ab4", "framework": "vllm", "tier": "staging", "scaling": {"min": 1}
}  # fmt: skip
_CUSTOM: Final[Entry] = {"framework": "custom", "tier": "staging"}
_PART: Final[Entry] = {"image": IMAGE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An entry under a name, and the code of what is wrong with it."""

    name: str
    code: str
    entry: Entry
    change: Callable[[Object], None] | None = None
    others: Mapping[str, Entry] = field(default_factory=dict[str, Entry])

    @property
    def files(self) -> dict[str, str | bytes]:
        """A fleet with that entry."""
        return fleet_files({**self.others, self.name: self.entry})

    def becomes(self) -> Object:
        """Its workload, rendered without a check."""
        if self.change is None:
            return _workload(self.name, read_fleet(self.files))
        obj = _workload("sound", read_fleet(fleet_files({"sound": SOUND})))
        obj["metadata"]["name"] = self.name
        self.change(obj)
        return obj


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(Row):
    """Not even stored: the answer has these words."""

    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeverReady(Row):
    """Stored, and then these words stand in a condition, a failure of the model or an event."""

    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stricter(Row):
    """Stored and called ready, because upstream does not look; `why` we do."""

    why: str


def _workload(name: str, fleet: Fleet) -> Object:
    [project] = fleet.projects
    assert not tier_problems(project, [LOCAL])
    [tenant] = [one.tenant for one in fleet.build(LOCAL).tenants]
    [endpoint] = [
        each.endpoint for each in drafts(project, LOCAL, fleet.tree) if each.endpoint.name == name
    ]
    made = render_endpoint(endpoint, tenant, LOCAL)
    return next(obj for obj in made if obj["kind"] in WORKLOADS)


def _predictor(**fields: Any) -> Callable[[Object], None]:
    return lambda obj: obj["spec"]["predictor"].update(fields)


def _model(**fields: Any) -> Callable[[Object], None]:
    return lambda obj: obj["spec"]["predictor"]["model"].update(fields)


def _labels(**labels: str) -> Callable[[Object], None]:
    return lambda obj: obj["metadata"]["labels"].update(labels)


def _as_written(_obj: Object) -> None:
    """Its name is what is wrong with it."""


REFUSED: Final = (
    Refused(name="min-over-max", code="SLW505", entry={**SOUND, "scaling": {"min": 5, "max": 2}},
            words="'MinReplicas' cannot be greater than MaxReplicas"),
    Refused(name="fewer-than-none", code="SLW209", entry={**SOUND, "scaling": {"min": -1}},
            change=_predictor(minReplicas=-1), words="'MinReplicas' cannot be less than 0"),
    Refused(name="more-than-all", code="SLW505",
            entry={**SOUND, "serving": "standard", "scaling": {"metric": "cpu", "target": 101}},
            words="the target utilization percentage should be a [1-100] integer"),
    Refused(name="cpu-in-knative", code="SLW504",
            entry={**SOUND, "serving": "knative", "scaling": {"metric": "cpu"}},
            words="[cpu] is not a supported metric"),
    Refused(name="unknown-metric", code="SLW208", entry={**SOUND, "scaling": {"metric": "speed"}},
            change=_predictor(scaleMetric="speed"), words='Unsupported value: "speed"'),
    Refused(name="variable-twice", code="SLW517",
            entry={**SOUND, "env": {"A": "b"}, "secrets": {"A": "c/d"}},
            words='env[1]: Duplicate value: {"name":"A"}'),
    Refused(name="misspelt-option", code="SLW204", entry={**SOUND, "resuorces": {"cpu": 1}},
            change=_model(resuorces={"requests": {"cpu": "1"}}),
            words='unknown field "spec.predictor.model.resuorces"'),
    Refused(name="no-quantity", code="SLW213", entry={**SOUND, "resources": {"memory": "4 gigs"}},
            change=_model(resources={"requests": {"memory": "4 gigs"}}),
            words="quantities must match the regular expression"),
    Refused(name="no-label", code="SLW210", entry={**SOUND, "labels": {"use": "-b-"}},
            change=_labels(use="-b-"), words='Invalid value: "-b-"'),
    Refused(name="Upper-Case", code="SLW212", entry=SOUND, change=_as_written,
            words="a lowercase RFC 1123 subdomain"),
    Refused(name="4-digits", code="SLW212", entry=SOUND, change=_as_written,
            words="InferenceService name"),
    Refused(name="shares-of-110", code="SLW512",
            entry={"tier": "staging", "graph": {"type": "splitter", "steps": [
                {"deployment": "sound", "weight": 60}, {"deployment": "sound", "weight": 50}]}},
            others={"sound": SOUND}, words="weight"),
)  # fmt: skip

NEVER_READY: Final = (
    NeverReady(name="two-ports", code="SLW502",
               entry={**SOUND, "serving": "knative", "protocol": "both"},
               words="more than one container port is set"),
    NeverReady(name="two-hours", code="SLW513", entry={**SOUND, "timeout": "2h"},
               words="expected 0 <= 7200 <= 3600: spec.template.spec.timeoutSeconds"),
    NeverReady(name="two-seconds", code="SLW514", entry={**SOUND, "scaling": {"window": "2s"}},
               words="expected 6s <= 2s <= 1h0m0s"),
    NeverReady(name="taken-port", code="SLW510",
               entry={**_CUSTOM, "container": {**_PART, "port": 9090}},
               words="9090 is a reserved port"),
    NeverReady(name="taken-variable", code="SLW517", entry={**SOUND, "env": {"K_SERVICE": "x"}},
               words='"K_SERVICE" is a reserved environment variable'),
    NeverReady(name="half-a-template", code="SLW534", entry={**SOUND, "env": {"A": "{{ .Name "}},
               words="failed to replace placeholders"),
    NeverReady(name="unknown-framework", code="SLW208", entry={**SOUND, "framework": "cobol"},
               change=_model(modelFormat={"name": "cobol"}),
               words="Specified runtime does not support specified framework/version"),
    NeverReady(name="unspoken-protocol", code="SLW507", entry={**_HUB, "protocol": "grpc"},
               words="Specified runtime does not support specified protocol version"),
    NeverReady(name="nine-gpus", code="SLW701",
               entry={**_ONNX, "resources": {"gpu": 9, "accelerator": "l4"}},
               words="Insufficient nvidia.com/gpu"),
    NeverReady(name="too-large", code="SLW701", entry={**SOUND, "resources": {"cpu": 150}},
               words="Insufficient cpu"),
)  # fmt: skip

STRICTER: Final = (
    Stricter(name="explained-in-knative", code="SLW502",
             entry={**SOUND, "serving": "knative", "explainer": _PART},
             why="the explainer calls the predictor past the front door, and sleeps by itself"),
    Stricter(name="sleeps-in-standard", code="SLW525",
             entry={**SOUND, "serving": "standard", "scaling": {"min": 0}},
             why="KServe quietly keeps one replica, and it is paid for"),
    Stricter(name="by-concurrency", code="SLW504",
             entry={**SOUND, "serving": "standard", "scaling": {"metric": "concurrency"}},
             why="no autoscaler counts it there, so that nothing ever scales"),
    Stricter(name="half-a-second", code="SLW513", entry={**SOUND, "timeout": "500ms"},
             why="seconds are whole there, so that it becomes 0, which is no limit of its own"),
    Stricter(name="idle-gpu", code="SLW531", entry={**SOUND, "resources": {"gpu": 1}},
             why="the server cannot use the GPU that is paid for"),
    Stricter(name="unbatched", code="SLW506", entry={**_HUB, "batching": {"max_size": 8}},
             why="the server does not batch, and the setting would say that it does"),
    Stricter(name="plain-secret", code="SLW516", entry={**SOUND, "env": {"DB_PASSWORD": "hunter2"}},
             why="whoever reads the repository or the object reads the secret"),
    Stricter(name="preloaded", code="SLW517", entry={**SOUND, "env": {"LD_PRELOAD": "x"}},
             why="it decides what code the platform's server loads"),
    Stricter(name="whole-template", code="SLW534", entry={**SOUND, "env": {"A": "{{ .Name }}"}},
             why="KServe puts something else in its place, which nobody reviewed"),
    Stricter(name="unpinned", code="SLW405", entry={**SOUND, "model": "hf://a/b"},
             why="the model may change overnight"),
    Stricter(name="in-the-clear", code="SLW402", entry={**SOUND, "model": "http://a/b"},
             why="a model may be changed on its way"),
    Stricter(name="elsewhere", code="SLW402", entry={**SOUND, "model": "gs://b/m"},
             why="pods have an identity in AWS alone, so that the download fails as they start"),
    Stricter(name="transformed-over-grpc", code="SLW507",
             entry={**SOUND, "protocol": "grpc", "transformer": _PART},
             why="the transformer would be called over REST"),
    Stricter(name="tiny", code="SLW530", entry={**SOUND, "resources": {"memory": "1Mi"}},
             why="the server is killed as it starts"),
    Stricter(name="n" * 40, code="SLW301", entry=SOUND,
             why="Knative hashes what is longer than a label, and our route names its Services"),
    Stricter(name="four-shares-of-one", code="SLW702",
             entry={**_LLM, "llm": {"parameters": "7B", "tensor_parallel": 4},
                    "resources": {"gpu": 1, "accelerator": "a100-80gb"}},
             why="vLLM ends at once where it has fewer GPUs than shares"),
    Stricter(name="bfloat-on-t4", code="SLW702",
             entry={**_LLM, "llm": {"parameters": "1B", "dtype": "bfloat16"},
                    "resources": {"gpu": 1, "accelerator": "t4"}},
             why="that GPU cannot compute in it, and vLLM ends at once"),
)  # fmt: skip
