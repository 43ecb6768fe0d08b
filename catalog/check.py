"""What an endpoint may not be, beyond its schema: every rule a function, every refusal a place.

A rule takes a resolved draft and yields problems; it never stops at the first. Rules hold what the
cluster would refuse late, or accept and never make ready (DESIGN of upstream in the sources named
at each rule).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from catalog import names
from catalog.duration import format_duration
from catalog.endpoint import Endpoint
from catalog.entry import PlatformFile
from catalog.environment import Environment
from catalog.errors import Problem, did_you_mean, one_of
from catalog.model_uri import Address, Refused
from catalog.placement import Misfit
from catalog.resolve import Draft
from catalog.runtimes import Runtime, runtime_for
from catalog.scalars import IMAGE_FORM
from catalog.secret_shapes import secret_shape


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a rule may know besides the endpoint: the stack, the platform, the neighbours."""

    env: Environment
    platform: PlatformFile
    teams: frozenset[str]
    siblings: Mapping[str, Endpoint]


Rule = Callable[[Draft, Surroundings], Iterator[Problem]]

HISTOGRAM_BOUNDS = (5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000)
"""Milliseconds: the bounds of Envoy's and Knative's request histograms that alerts can read."""

LONGEST_TIMEOUT = 3_600_000
SHORTEST_TIMEOUT = 1_000
LARGEST_CPU = 192_000
LARGEST_MEMORY = 2 * 2**40


def problem(
    draft: Draft, code: str, names_: tuple[str, ...], message: str, remedy: str,
    detail: tuple[str, ...] = (),
) -> Problem:  # fmt: skip
    """A problem at the setting `names_`, or at the deployment where the team wrote none."""
    return Problem(
        place=draft.layers.place(*names_),
        code=code,
        subject=".".join((draft.endpoint.name, *names_)),
        message=message,
        remedy=remedy,
        detail=detail,
    )


def check(draft: Draft, around: Surroundings) -> list[Problem]:
    """Every problem of one endpoint on one stack."""
    return [found for rule in RULES for found in rule(draft, around)]


def names_fit(draft: Draft, around: Surroundings) -> Iterator[Problem]:
    """Names that upstream derives keep their limits, or the cluster fails long after the merge."""
    e = draft.endpoint
    for ending in names.RESERVED_ENDINGS:
        if e.name.endswith(ending):
            yield problem(
                draft, "SLW302", (), f"a name may not end in {ending}, which upstream adds to others",
                f"call it {e.name.removesuffix(ending)} or anything else",
            )  # fmt: skip
    derived = names.derived_names(
        e.name, e.namespace, around.env.models_domain,
        serving=e.serving, kind=e.kind, explainer=e.explainer is not None,
    )  # fmt: skip
    over = [d for d in derived if d.excess > 0]
    if over:
        worst = max(over, key=lambda d: d.excess)
        room = len(e.name) - worst.excess
        yield problem(
            draft, "SLW301", (),
            f"the name is {worst.excess} characters too long for what is made from it",
            f"use at most {room} characters for this deployment" if room > 0
            else "shorten the names of team and project, or the stack's domain",
            tuple(f"{d.what}: {d.text} has {len(d.text)} of {d.limit}" for d in over),
        )  # fmt: skip


def model_is_there(draft: Draft, around: Surroundings) -> Iterator[Problem]:
    """The model's address is well formed, fixed, the project's own, and holds something."""
    e, address = draft.endpoint, draft.address
    if isinstance(address, Refused):
        yield problem(draft, address.code, ("model",), address.message, address.remedy)
        return
    if address is None:
        if e.kind != "graph" and e.framework != "custom":
            yield problem(
                draft, "SLW401", ("model",), f"a {e.framework} deployment needs a model",
                "add model: with a ./path, s3://, hf://, oci://, mlflow:// or pvc:// address",
            )  # fmt: skip
        return
    if e.kind == "graph":
        yield problem(
            draft, "SLW511", ("model",), "a graph has no model of its own",
            "remove model:, or graph:",
        )  # fmt: skip
    yield from _address_allowed(draft, address, around)


def _address_allowed(draft: Draft, address: Address, around: Surroundings) -> Iterator[Problem]:
    e = draft.endpoint
    own = f"{around.env.bucket}/{e.namespace}/"
    if address.scheme == "s3" and not f"{address.path}/".startswith(own):
        yield problem(
            draft, "SLW406", ("model",),
            f"{address.uri} is outside s3://{own}, the only prefix this project can read on "
            f"stack {around.env.stack}",
            f"copy the model to s3://{own}{e.name}/ and name it here; a tier may name its own model",
        )  # fmt: skip
    if address.scheme == "oci" and address.path not in around.platform.registries:
        yield _registry_refused(draft, ("model",), address.path, around)
    if address.scheme == "file" and draft.artifact is None:
        yield problem(
            draft, "SLW403", ("model",), f"nothing is at {draft.endpoint.place.file.rsplit('/', 1)[0]}"
            f"/{address.path}", "commit the artifact, or correct the path: it begins beside this file",
        )  # fmt: skip
    if draft.artifact is not None:
        yield from _artifact_loads(draft)


def _artifact_loads(draft: Draft) -> Iterator[Problem]:
    e, artifact = draft.endpoint, draft.artifact
    runtime = runtime_for(e.framework, gpu=e.resources.gpus > 0)
    if artifact is None or runtime is None or not runtime.model_files:
        return
    patterns = [re.compile(pattern) for pattern in runtime.model_files]
    if not any(p.fullmatch(name) for p in patterns for name in artifact.files):
        shown = ", ".join(artifact.files[:5]) + (" …" if len(artifact.files) > 5 else "")
        yield problem(
            draft, "SLW408", ("model",),
            f"the {e.framework} server finds no model there; it loads {runtime.model_files_text}, "
            f"and there is: {shown}",
            "save the model under a name that the server loads",
        )  # fmt: skip


def framework_fits(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """framework, graph, container and llm name one way to serve, whole."""
    e, written = draft.endpoint, draft.layers.deployment
    if e.kind == "graph":
        for option in ("framework", "container", "llm", "transformer", "explainer", "batching"):
            if getattr(written, option) is not None:
                yield problem(
                    draft, "SLW511", (option,), f"a graph has no {option} of its own",
                    f"remove {option}:, or give it to the deployments that the graph joins",
                )  # fmt: skip
        return
    if written.framework is None:
        yield problem(
            draft, "SLW501", ("framework",), "a deployment needs a framework, or a graph",
            "add framework: sklearn, xgboost, lightgbm, pytorch, tensorflow, onnx, huggingface, "
            "vllm, triton, mlflow or custom",
        )  # fmt: skip
        return
    if e.framework == "custom" and e.container is None:
        yield problem(
            draft, "SLW510", ("container",), "a custom framework needs its container",
            "add container: with image:, or name the framework that the model was made with",
        )  # fmt: skip
    if e.framework != "custom" and e.container is not None:
        yield problem(
            draft, "SLW510", ("container",), f"the {e.framework} server is the platform's own image",
            "remove container:, or write framework: custom",
        )  # fmt: skip
    if e.llm is not None and e.framework != "vllm":
        yield problem(
            draft, "SLW508", ("llm",), f"llm: belongs to framework vllm, not {e.framework}",
            "write framework: vllm, or remove llm:",
        )  # fmt: skip
    if e.framework == "vllm" and e.llm is None:
        yield problem(
            draft, "SLW509", ("llm",), "vllm needs to know the model's size to place it",
            "add llm: {parameters: 7B} with the number of parameters",
        )  # fmt: skip


def mode_can(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """A field that the serving mode cannot honour is refused, never ignored."""
    e = draft.endpoint
    if e.kind == "graph" and e.serving != "knative":
        yield problem(
            draft, "SLW502", ("serving",), "a graph is served by knative only: the router's pod takes "
            "its security context from Knative's secure defaults", "remove serving:",
        )  # fmt: skip
    if e.serving == "knative" and e.kind != "graph":
        if e.protocol == "both":
            yield problem(
                draft, "SLW502", ("protocol",), "Knative serves one port, so one protocol",
                "write protocol: rest or grpc, or serving: standard",
            )  # fmt: skip
        if e.explainer is not None:
            yield problem(
                draft, "SLW502", ("explainer",), "an explainer needs serving: standard: in knative mode "
                "it could reach the model only around the front door",
                "write serving: standard, or remove explainer:",
            )  # fmt: skip
        if e.scaling.schedule:
            yield problem(
                draft, "SLW503", ("scaling", "schedule"), "a schedule needs serving: standard, "
                "where KEDA scales", "write serving: standard, or remove the schedule",
            )  # fmt: skip
    allowed = {"knative": ("concurrency", "rps"), "standard": ("cpu", "memory", "rps")}[e.serving]
    if e.kind == "llm":
        allowed = ("concurrency",)
    if e.scaling.metric not in allowed:
        yield problem(
            draft, "SLW504", ("scaling", "metric"),
            f"{e.scaling.metric} is not measured in {e.serving} mode, which knows {one_of(allowed)}",
            f"write metric: {allowed[0]}, or change serving:",
        )  # fmt: skip
    if e.serving == "standard" and e.scaling.min == 0:
        yield problem(
            draft, "SLW525", ("scaling", "min"), "only knative can sleep at zero replicas",
            "write min: 1, or serving: knative",
        )  # fmt: skip


def scaling_holds(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """Replica numbers, window and schedule are possible."""
    s = draft.endpoint.scaling
    if s.min > s.max:
        which = "min" if draft.layers.written("scaling", "min") else "max"
        yield problem(
            draft, "SLW505", ("scaling", which), f"min {s.min} is more than max {s.max}",
            f"raise max to {s.min}, or lower min to {s.max}",
        )  # fmt: skip
    if not 6_000 <= s.window <= 3_600_000:
        yield problem(
            draft, "SLW514", ("scaling", "window"),
            f"{format_duration(s.window)} is outside 6s to 1h, what Knative accepts",
            "write a window between 6s and 1h; 60s suits most",
        )  # fmt: skip
    if s.metric in {"cpu", "memory"} and s.target > 100:
        yield problem(
            draft, "SLW505", ("scaling", "target"),
            f"target {s.target} is a percentage of the {s.metric} request, at most 100",
            "write a target from 1 to 100",
        )  # fmt: skip
    for entry in s.schedule:
        if entry.replicas > s.max:
            yield problem(
                draft, "SLW515", ("scaling", "schedule"),
                f"the schedule asks {entry.replicas} replicas, more than max {s.max}",
                f"raise max to {entry.replicas}, or lower replicas",
            )  # fmt: skip


def server_can(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """Protocol, batching and GPUs are things that the model's server knows."""
    e = draft.endpoint
    runtime = runtime_for(e.framework, gpu=e.resources.gpus > 0) if e.kind != "graph" else None
    if e.kind in {"graph", "llm"} and e.protocol != "rest":
        yield problem(
            draft, "SLW507", ("protocol",), f"an {e.kind} endpoint speaks rest only",
            "remove protocol:",
        )  # fmt: skip
    if runtime is None:
        return
    wanted = {"rest", "grpc"} if e.protocol == "both" else {e.protocol}
    missing = sorted(wanted - set(runtime.protocols))
    if missing and e.kind == "model":
        yield problem(
            draft, "SLW507", ("protocol",), f"the {e.framework} server does not speak {missing[0]}",
            f"write protocol: {one_of(sorted(runtime.protocols))}",
        )  # fmt: skip
    yield from _batching_known(draft, runtime)
    if e.transformer is not None and e.protocol != "rest":
        yield problem(
            draft, "SLW507", ("transformer",), "a transformer is called over rest only",
            "remove protocol:, or the transformer",
        )  # fmt: skip
    if e.resources.gpus and not runtime.gpu:
        yield problem(
            draft, "SLW531", ("resources", "gpu"), f"the {e.framework} server cannot use a GPU",
            "remove gpu: and accelerator:, or convert the model to onnx",
        )  # fmt: skip
    if runtime.needs_gpu and not e.resources.gpus:
        yield problem(
            draft, "SLW531", ("resources",), f"the {e.framework} server needs a GPU",
            "add resources: {gpu: 1}",
        )  # fmt: skip


def _batching_known(draft: Draft, runtime: Runtime) -> Iterator[Problem]:
    e = draft.endpoint
    if e.batching is None:
        return
    if not runtime.batches:
        yield problem(
            draft, "SLW506", ("batching",), f"the {e.framework} server does not batch on demand",
            "remove batching:" + (": vLLM batches continuously by itself" if e.llm else ""),
        )  # fmt: skip
    if not 1 <= e.batching.max_delay <= 1_000:
        yield problem(
            draft, "SLW506", ("batching", "max_delay"),
            f"{format_duration(e.batching.max_delay)} is outside 1ms to 1s",
            "write a few milliseconds: every request may wait that long",
        )  # fmt: skip


def resources_hold(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """Resources are in range; an accelerator comes with a GPU."""
    r = draft.endpoint.resources
    if not 50 <= r.cpu <= LARGEST_CPU:
        yield problem(
            draft, "SLW530", ("resources", "cpu"), f"{r.cpu}m of CPU is outside 50m to 192",
            "write cores or millicores, such as 500m or 2",
        )  # fmt: skip
    if not 64 * 2**20 <= r.memory <= LARGEST_MEMORY:
        yield problem(
            draft, "SLW530", ("resources", "memory"),
            f"{r.memory} bytes of memory is outside 64Mi to 2Ti", "write a size such as 2Gi",
        )  # fmt: skip
    named: str | None = draft.layers.get("resources", "accelerator")
    if named is not None and not r.gpus:
        yield problem(
            draft, "SLW530", ("resources", "accelerator"),
            f"accelerator {named} is named, but no gpu is asked",
            "add gpu: 1, or remove accelerator:",
        )  # fmt: skip


def timeouts_reach(draft: Draft, around: Surroundings) -> Iterator[Problem]:
    """The timeout is possible on every hop of the way, sleep and proxy included."""
    e, edge = draft.endpoint, around.env.edge
    shown = format_duration(e.timeout)
    if not SHORTEST_TIMEOUT <= e.timeout <= LONGEST_TIMEOUT or e.timeout % 1_000:
        yield problem(
            draft, "SLW513", ("timeout",), f"{shown} is not whole seconds between 1s and 1h",
            "write a timeout such as 60s or 5m",
        )  # fmt: skip
    if edge.proxied and e.timeout > edge.read_timeout:
        yield problem(
            draft, "SLW513", ("timeout",),
            f"{shown} is more than the {format_duration(edge.read_timeout)} that Cloudflare's proxy "
            f"waits for an answer on stack {around.env.stack}",
            "lower timeout:, or set edge.proxied: false for the stack",
        )  # fmt: skip


def environment_is_clean(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """No secret in plain text, nothing that the platform or the loader of libraries owns."""
    e = draft.endpoint
    for name, value in e.env.items():
        place = draft.layers.map_place("env", name)
        shape = secret_shape(name, value)
        if shape is not None:
            yield Problem(
                place, "SLW516", f"{e.name}.env.{name}",
                f"the value looks like {shape}; it would be readable in git, in state and in logs",
                f"store it in the secrets manager under {e.namespace}/ and write "
                f"secrets: {{{name}: <secret>/<key>}}; then rotate it",
            )  # fmt: skip
        if name in RESERVED_ENV or name.startswith(RESERVED_ENV_PREFIXES):
            yield Problem(
                place, "SLW517", f"{e.name}.env.{name}",
                f"{name} is set by the platform or changes what code the server loads",
                "remove it; ask for an option if the server needs it",
            )  # fmt: skip
    for name in sorted(set(e.env) & set(e.secrets)):
        yield Problem(
            draft.layers.map_place("secrets", name), "SLW517", f"{e.name}.secrets.{name}",
            f"{name} stands in env and in secrets", "keep one of them",
        )  # fmt: skip


RESERVED_ENV = frozenset(
    {
        "PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "PATH", "PORT", "HOME", "HF_HOME", "STORAGE_URI",
        "PROTOCOL", "INFERENCE_SERVICE_NAME", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    }
)  # fmt: skip
"""KServe refuses PYTHONPATH (`pkg/validation/env_policy.go`), Knative PORT and K_*; the rest are
set by the platform or by EKS Pod Identity."""

RESERVED_ENV_PREFIXES = ("LD_", "K_", "KUBERNETES_", "MLSERVER_MODEL_", "SLIPWAY_")


def images_allowed(draft: Draft, around: Surroundings) -> Iterator[Problem]:
    """A team's own images come from registries that the platform names."""
    for option in ("container", "transformer", "explainer"):
        part = getattr(draft.endpoint, option)
        if part is None:
            continue
        match = IMAGE_FORM.fullmatch(part.image)
        if match is not None and match["registry"] not in around.platform.registries:
            yield _registry_refused(draft, (option, "image"), match["registry"], around)


def _registry_refused(
    draft: Draft, at: tuple[str, ...], registry: str, around: Surroundings
) -> Problem:
    allowed = around.platform.registries
    return problem(
        draft, "SLW518", at, f"images from {registry} are not allowed here; allowed: "
        + (one_of(allowed) if allowed else "none"),
        did_you_mean(registry, allowed, "push the image to an allowed registry, or ask for this one "
                     "to be added to registries: in models/platform.yaml"),
    )  # fmt: skip


def callers_exist(draft: Draft, around: Surroundings) -> Iterator[Problem]:
    """Teams that may call are teams of this fleet."""
    for team in draft.endpoint.teams:
        if team not in around.teams:
            yield problem(
                draft, "SLW523", ("access", "teams"), f"there is no team {team!r}",
                did_you_mean(team, around.teams, f"teams are {one_of(sorted(around.teams))}"),
            )  # fmt: skip


def labels_are_own(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """Labels that others act upon are not a tenant's to set."""
    for key in draft.endpoint.labels:
        if key in RESERVED_LABELS:
            yield problem(
                draft, "SLW524", ("labels",), f"the label {key} is set by the platform",
                "choose another name",
            )  # fmt: skip


RESERVED_LABELS = frozenset({"app", "component", "owner", "team", "project", "tier", "cost-center"})


def cache_helps(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """Weights are kept on GPU nodes; their size must be known, their address fixed."""
    e = draft.endpoint
    if e.weights_cache is None:
        return
    if not e.resources.gpus:
        yield problem(
            draft, "SLW520", ("cache", "weights"), "weights are kept on the disks of GPU nodes, and "
            "this deployment asks no GPU", "remove cache:, or ask resources.gpu",
        )  # fmt: skip
    if e.weights_cache == 0:
        yield problem(
            draft, "SLW520", ("cache", "weights"), "the size of the weights is not known",
            "add cache: {weights: {size: 16Gi}} with the size of the files",
        )  # fmt: skip
    if isinstance(draft.address, Address) and draft.address.scheme in {"pvc", "oci"}:
        yield problem(
            draft, "SLW520", ("cache", "weights"), f"a {draft.address.scheme}:// model is on the node "
            "already", "remove cache:",
        )  # fmt: skip


def slo_is_measurable(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """A latency bound is one that the histogram has, or the alert would read between its bars."""
    slo = draft.endpoint.slo
    if slo is not None and slo.latency is not None and slo.latency not in HISTOGRAM_BOUNDS:
        bounds = [format_duration(bound) for bound in HISTOGRAM_BOUNDS]
        latency = slo.latency
        close = min(HISTOGRAM_BOUNDS, key=lambda bound: abs(bound - latency))
        yield problem(
            draft, "SLW522", ("slo", "latency"),
            f"{format_duration(latency)} is not a bound of the latency histogram: {one_of(bounds)}",
            f"write latency: {format_duration(close)}",
        )  # fmt: skip


def graph_joins(draft: Draft, around: Surroundings) -> Iterator[Problem]:
    """A graph's steps are deployments of the project on this stack; its numbers add up."""
    e = draft.endpoint
    if e.graph is None:
        return
    others = {name for name, other in around.siblings.items() if other.kind != "graph"}
    for step in e.graph.steps:
        if step.deployment not in others:
            yield problem(
                draft, "SLW512", ("graph",),
                f"{step.deployment!r} is not a model of this project on stack {around.env.stack}",
                did_you_mean(step.deployment, others, f"models here: {one_of(sorted(others)) or 'none'}"),
            )  # fmt: skip
        elif around.siblings[step.deployment].protocol == "grpc":
            yield problem(
                draft, "SLW512", ("graph",), f"{step.deployment} speaks grpc, a graph calls rest",
                "serve it over rest, or leave it out",
            )  # fmt: skip
    if e.graph.type == "splitter":
        weights = [step.weight for step in e.graph.steps]
        if None in weights or sum(w or 0 for w in weights) != 100:
            yield problem(
                draft, "SLW512", ("graph",), "the weights of a splitter's steps must sum to 100, not "
                + str(sum(w or 0 for w in weights)), "give each step a weight:",
            )  # fmt: skip
    if e.graph.type == "switch" and any(step.condition is None for step in e.graph.steps):
        yield problem(
            draft, "SLW512", ("graph",), "each step of a switch needs its condition",
            "add condition: to each step",
        )  # fmt: skip


def logging_reaches(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """KServe's logger sits before an InferenceService that speaks HTTP, and nowhere else."""
    e = draft.endpoint
    if e.logging is not None and (e.kind != "model" or e.protocol == "grpc"):
        what = "grpc" if e.kind == "model" else f"an {e.kind} endpoint"
        yield problem(
            draft, "SLW529", ("logging",), f"payloads of {what} cannot be kept: KServe's logger reads "
            "HTTP requests of InferenceServices", "remove logging:",
        )  # fmt: skip


def placed(draft: Draft, around: Surroundings) -> Iterator[Problem]:
    """Some node pool holds one replica; otherwise both tables are shown, and an LLM's sum."""
    e = draft.endpoint
    estimate = draft.estimate
    if isinstance(draft.fit, Misfit):
        tables = draft.fit.describe().removesuffix(draft.fit.remedy).rstrip().splitlines()
        sums = estimate.lines(e.resources.accelerator) if estimate else ()
        yield problem(
            draft, "SLW701", ("resources",),
            f"no node pool holds one replica on stack {around.env.stack}",
            draft.fit.remedy, (*sums, *([""] if sums else []), *tables),
        )  # fmt: skip
        return
    accelerator = e.resources.accelerator
    if estimate is not None and accelerator and not estimate.runs_on(accelerator):
        yield problem(
            draft, "SLW702", ("llm", "dtype"), f"{accelerator} has no bfloat16, so vLLM refuses it",
            "write dtype: float16, or name a newer accelerator",
        )  # fmt: skip
    parallel = e.llm.tensor_parallel if e.llm else None
    if parallel is not None and parallel > max(e.resources.gpus, 1):
        yield problem(
            draft, "SLW702", ("llm", "tensor_parallel"),
            f"tensor_parallel {parallel} needs as many GPUs, and a replica has {e.resources.gpus}",
            f"write resources: {{gpu: {parallel}}}, or remove tensor_parallel:",
        )  # fmt: skip


RULES: tuple[Rule, ...] = (
    names_fit, framework_fits, model_is_there, mode_can, scaling_holds, server_can, resources_hold,
    timeouts_reach, environment_is_clean, images_allowed, callers_exist, labels_are_own, cache_helps,
    slo_is_measurable, graph_joins, logging_reaches, placed,
)  # fmt: skip
