"""What serves an endpoint: framework, mode, protocol, batching, timeouts."""

from collections.abc import Iterator, Mapping
from typing import get_args

from catalog.checks.base import NAMES, Surroundings, problem
from catalog.duration import format_duration
from catalog.errors import Problem, one_of
from catalog.model_server import Runtime
from catalog.resolve import Draft
from catalog.words import Framework

LONGEST_TIMEOUT = 3_600_000
SHORTEST_TIMEOUT = 1_000

NOT_OF_A_GRAPH = (
    "framework", "container", "llm", "transformer", "explainer", "batching", "resources", "env",
    "secrets", "cache",
)  # fmt: skip
NOT_OF_AN_AWAKE_LLM = ("transformer", "explainer")
TAKEN_PORTS = frozenset({8008, 8012, 8013, 8022, 8090, 8112, 9081, 9090, 9091})
"""Ports of queue-proxy (Knative `apis/serving/k8s_validation.go`, `networking/constants.go`),
of the transformer beside the model, and of KServe's payload logger."""


def framework_fits(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """framework, graph, container and llm name one way to serve, whole."""
    e, written = draft.endpoint, draft.layers.deployment
    if e.kind == "graph":
        for option in NOT_OF_A_GRAPH:
            if draft.layers.written(option):
                yield problem(
                    draft,
                    "SLW511",
                    (option,),
                    f"a graph has no {option} of its own",
                    f"remove {option}:, or set it on the deployments that the graph joins",
                )
        return
    if written.framework is None:
        yield problem(
            draft,
            "SLW501",
            ("framework",),
            "a deployment needs a framework, which decides its server, or a graph",
            f"add framework: {one_of(get_args(Framework))}",
        )
        return
    if e.framework == "custom" and e.container is None:
        yield problem(
            draft,
            "SLW510",
            ("container",),
            "framework custom needs a container, since the platform has no server for it",
            "add container: with image:, or name the framework that the model was made with",
        )
    if e.framework != "custom" and e.container is not None:
        yield problem(
            draft,
            "SLW510",
            ("container",),
            f"framework {e.framework} runs the platform's own image, not a container of yours",
            "remove container:, or write framework: custom",
        )
    if e.llm is not None and e.framework != "vllm":
        yield problem(
            draft,
            "SLW508",
            ("llm",),
            f"llm: starts vLLM, and framework {e.framework} has no use for it",
            "write framework: vllm, or remove llm:",
        )
    if e.framework == "vllm" and e.llm is None:
        yield problem(
            draft,
            "SLW509",
            ("llm",),
            "without the model's size nobody can tell which GPU holds it",
            "add llm: {parameters: 7B} with the model's number of parameters",
        )


def mode_can(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """A field that the serving mode cannot honour is refused, never ignored."""
    e = draft.endpoint
    if e.kind == "graph" and e.serving != "knative":
        yield problem(
            draft,
            "SLW502",
            ("serving",),
            "a graph is served by knative only: the router's pod takes "
            "its security context from Knative's secure defaults",
            "remove serving:",
        )
    for option in NOT_OF_AN_AWAKE_LLM if e.kind == "llm" else ():
        if draft.layers.written(option):
            yield problem(
                draft,
                "SLW502",
                (option,),
                f"an LLM that never sleeps is an LLMInferenceService, which has no {option}",
                f"remove {option}:, or let it sleep with scaling: {{min: 0}}",
            )
    if e.serving == "knative" and e.kind != "graph":
        yield from _knative_can(draft)
    if e.kind == "graph" and e.scaling.schedule:
        yield problem(
            draft,
            "SLW503",
            ("scaling", "schedule"),
            "a graph is served by knative, and a schedule needs standard, where KEDA scales",
            "remove the schedule, and keep its members awake with theirs",
        )
    yield from _metric_known(draft)
    if e.serving == "standard" and e.scaling.min == 0:
        yield problem(
            draft,
            "SLW525",
            ("scaling", "min"),
            "only knative can sleep at zero replicas",
            "write min: 1, or serving: knative",
        )


def _knative_can(draft: Draft) -> Iterator[Problem]:
    e = draft.endpoint
    if e.protocol == "both":
        yield problem(
            draft,
            "SLW502",
            ("protocol",),
            "Knative serves one port, so one protocol",
            "write protocol: rest or grpc, or serving: standard",
        )
    if e.explainer is not None:
        yield problem(
            draft,
            "SLW502",
            ("explainer",),
            "an explainer needs serving: standard: in knative mode "
            "it could reach the model only around the front door",
            "write serving: standard, or remove explainer:",
        )
    if e.scaling.schedule:
        yield problem(
            draft,
            "SLW503",
            ("scaling", "schedule"),
            "a schedule needs serving: standard, where KEDA scales",
            "write serving: standard, or remove schedule:",
        )


METRICS: Mapping[str, tuple[str, ...]] = {
    "knative": ("concurrency", "rps"),
    "standard": ("cpu", "memory", "rps"),
}
"""What Knative's autoscaler measures, and what the HPA and KEDA do."""


def _metric_known(draft: Draft) -> Iterator[Problem]:
    e, metric = draft.endpoint, draft.endpoint.scaling.metric
    allowed = METRICS[e.serving] if e.kind != "llm" else ("concurrency",)
    if metric in allowed:
        return
    who = f"{e.serving} mode" if e.kind == "model" else NAMES[e.kind]
    other = next(mode for mode, known in METRICS.items() if metric in known)
    movable = e.kind == "model" and e.framework != "vllm"
    yield problem(
        draft,
        "SLW504",
        ("scaling", "metric"),
        f"{who} scales by {one_of(allowed)}, not by {metric}",
        f"write metric: {one_of(allowed)}" + (f", or serving: {other}" if movable else ""),
    )


def server_can(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """Protocol, batching and GPUs are things that the model's server knows."""
    e = draft.endpoint
    runtime = draft.runtime
    if e.kind in {"graph", "llm"} and e.protocol != "rest":
        yield problem(
            draft,
            "SLW507",
            ("protocol",),
            f"{NAMES[e.kind]} speaks rest only",
            "remove protocol:",
        )
    if runtime is None:
        return
    wanted = {"rest", "grpc"} if e.protocol == "both" else {e.protocol}
    missing = sorted(wanted - set(runtime.protocols))
    if missing and e.kind == "model":
        yield problem(
            draft,
            "SLW507",
            ("protocol",),
            f"the {e.framework} server does not speak {missing[0]}",
            f"write protocol: {one_of(sorted(runtime.protocols))}",
        )
    yield from _batching_known(draft, runtime)
    yield from _port_free(draft)
    if e.transformer is not None and e.kind == "model" and e.protocol != "rest":
        yield problem(
            draft,
            "SLW507",
            ("transformer",),
            f"a transformer is called over rest only, and protocol is {e.protocol}",
            "remove protocol:, or transformer:",
        )
    if e.resources.gpus and not runtime.gpu:
        yield problem(
            draft,
            "SLW531",
            ("resources", "gpu"),
            f"the {e.framework} server cannot use a GPU",
            "remove gpu: and accelerator:, or convert the model to onnx",
        )


def _port_free(draft: Draft) -> Iterator[Problem]:
    """A container of the team's own serves on one port, and on none of its neighbours'."""
    e = draft.endpoint
    if e.container is None:
        return
    if e.protocol == "both":
        yield problem(
            draft,
            "SLW507",
            ("protocol",),
            "a custom container serves on one port, so one protocol",
            "write protocol: rest or grpc",
        )
    if e.container.port in TAKEN_PORTS:
        yield problem(
            draft,
            "SLW510",
            ("container", "port"),
            f"port {e.container.port} is taken by what runs beside the container in its pod",
            "serve on 8080 and remove port:, or serve on any port but "
            + one_of([str(port) for port in sorted(TAKEN_PORTS)]),
        )


def _batching_known(draft: Draft, runtime: Runtime) -> Iterator[Problem]:
    e = draft.endpoint
    if e.batching is None:
        return
    if not runtime.batches:
        yield problem(
            draft,
            "SLW506",
            ("batching",),
            f"the {e.framework} server does not batch on demand",
            "remove batching:" + (", since vLLM batches continuously by itself" if e.llm else ""),
        )
    if not 1 <= e.batching.max_delay <= 1_000:
        yield problem(
            draft,
            "SLW506",
            ("batching", "max_delay"),
            f"{format_duration(e.batching.max_delay)} is outside 1ms to 1s, and every request may "
            "wait that long",
            "write a few milliseconds, such as 5ms",
        )


def timeouts_reach(draft: Draft, around: Surroundings) -> Iterator[Problem]:
    """The timeout is possible on every hop of the way, sleep and proxy included."""
    e, edge = draft.endpoint, around.env.edge
    shown = format_duration(e.timeout)
    if not SHORTEST_TIMEOUT <= e.timeout <= LONGEST_TIMEOUT or e.timeout % 1_000:
        yield problem(
            draft,
            "SLW513",
            ("timeout",),
            f"{shown} is not a number of whole seconds from 1s to 1h",
            "write a timeout such as 60s or 5m",
        )
    if not edge.proxied:
        return
    limit = format_duration(edge.read_timeout)
    if e.timeout > edge.read_timeout:
        yield problem(
            draft,
            "SLW513",
            ("timeout",),
            f"{shown} is more than the {limit} that Cloudflare's proxy waits for an answer",
            f"write timeout: {limit}, or set edge.proxied: false for the stack",
            stack=around.env.stack,
        )
    if e.scaling.min == 0 and e.cold_start > edge.read_timeout:
        yield problem(
            draft,
            "SLW513",
            ("scaling", "min"),
            f"a call that wakes it may wait {format_duration(e.cold_start)} for a node and for the "
            f"model, and Cloudflare's proxy gives up after {limit}",
            "keep a replica awake with scaling: {min: 1}, or set edge.proxied: false for the stack",
            stack=around.env.stack,
        )
