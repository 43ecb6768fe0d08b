"""What an endpoint has beside serving: a graph, a cache, logging, a promise, its names."""

from collections.abc import Iterator, Mapping, Sequence

from catalog import names
from catalog.checks.base import NAMES, Surroundings, problem
from catalog.duration import format_duration
from catalog.errors import Problem, all_of, did_you_mean, one_of
from catalog.model_uri import Address
from catalog.render.examples import example_key
from catalog.resolve import Draft

HISTOGRAM_BOUNDS = (5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000)
"""Milliseconds: the bounds of Envoy's and Knative's request histograms that alerts can read."""


def names_fit(draft: Draft, around: Surroundings) -> Iterator[Problem]:
    """Names that upstream derives keep their limits, or the cluster fails long after the merge."""
    e = draft.endpoint
    for ending in names.RESERVED_ENDINGS:
        if e.name.endswith(ending):
            yield problem(
                draft,
                "SLW302",
                (),
                f"a name may not end in {ending}, which the cluster adds to other names",
                f"call it {e.name.removesuffix(ending)}, or anything that ends in another way",
            )
    derived = names.derived_names(
        e.name,
        e.namespace,
        around.env.models_domain,
        serving=e.serving,
        kind=e.kind,
        explainer=e.explainer is not None,
    )
    over = [d for d in derived if d.excess > 0]
    if over:
        excess = max(d.excess for d in over)
        room = len(e.name) - excess
        yield problem(
            draft,
            "SLW301",
            (),
            f"the name has {len(e.name)} characters, {excess} too many for what is made from it",
            f"use at most {room} characters for this deployment"
            if room > 0
            else "shorten the names of team and project, or the stack's domain",
            tuple(_sum_of(d, len(e.name)) for d in over),
            stack=around.env.stack if any(d.what == "host" for d in over) else None,
        )


def _sum_of(derived: names.Derived, length: int) -> str:
    whole = len(derived.text)
    return (
        f"{derived.what} {derived.text}: {length} + {whole - length} = {whole} characters, "
        f"of at most {derived.limit}"
    )


def cache_helps(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """Weights are kept on GPU nodes; their size must be known, their address fixed."""
    e = draft.endpoint
    if e.weights_cache is None:
        return
    if not e.resources.gpus:
        yield problem(
            draft,
            "SLW520",
            ("cache", "weights"),
            "weights are kept on the disks of GPU nodes, and this deployment asks for no GPU",
            "remove cache:, or add resources: {gpu: 1}",
        )
    if e.weights_cache == 0:
        yield problem(
            draft,
            "SLW520",
            ("cache", "weights"),
            "the size of the weights is not known, so no disk can be reserved for them",
            "write cache: {weights: {size: 16Gi}} with the size of the files",
        )
    if e.model is None and draft.address is None:
        yield problem(
            draft,
            "SLW520",
            ("cache", "weights"),
            "there is no model whose weights could be kept",
            "add model:, or remove cache:",
        )
    if isinstance(draft.address, Address) and draft.address.scheme in {"pvc", "oci"}:
        yield problem(
            draft,
            "SLW520",
            ("cache", "weights"),
            f"a {draft.address.scheme}:// model is on the node already",
            "remove cache:",
        )


def slo_is_measurable(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """A latency bound is one that the histogram has, or the alert would read between its bars."""
    slo = draft.endpoint.slo
    if slo is not None and slo.latency is not None and slo.latency not in HISTOGRAM_BOUNDS:
        bounds = [format_duration(bound) for bound in HISTOGRAM_BOUNDS]
        latency = slo.latency
        close = min(HISTOGRAM_BOUNDS, key=lambda bound: abs(bound - latency))
        yield problem(
            draft,
            "SLW522",
            ("slo", "latency"),
            f"{format_duration(latency)} is no bound of the latency histogram, whose bounds are "
            f"{all_of(bounds)}",
            f"write latency: {format_duration(close)}",
        )
    if (slo is None or slo.latency is None) and draft.layers.written("slo", "latency_percent"):
        yield problem(
            draft,
            "SLW522",
            ("slo", "latency_percent"),
            "latency_percent is the share of requests within latency, which is not set",
            "add latency: 250ms, or remove latency_percent:",
        )


def graph_joins(draft: Draft, around: Surroundings) -> Iterator[Problem]:
    """A graph's steps are deployments of the project on this stack; its numbers add up."""
    e = draft.endpoint
    if e.graph is None:
        return
    for number, step in enumerate(e.graph.steps):
        yield from _step_is_there(draft, around, number, step.deployment)
        for option, types in STEP_OPTIONS.items():
            if getattr(step, option) is not None and e.graph.type not in types:
                yield problem(
                    draft,
                    "SLW512",
                    ("graph", "steps", number, option),
                    f"{option} means nothing in type {e.graph.type}, only in {one_of(types)}",
                    f"remove {option}:, or write type: {one_of(types)}",
                )
        if e.graph.type == "switch" and step.condition is None:
            yield problem(
                draft,
                "SLW512",
                ("graph", "steps", number),
                "each step of a switch needs its condition, and this one has none",
                """add condition: '[@this].#(kind=="card")' with what the request must hold""",
            )
    if e.graph.type == "splitter":
        yield from _weights_sum(draft, [step.weight for step in e.graph.steps])


STEP_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "weight": ("splitter",),
    "condition": ("switch", "sequence"),
    "data": ("sequence",),
}
"""What KServe's router reads in which type of graph (`cmd/router/main.go`)."""


def _step_is_there(draft: Draft, around: Surroundings, number: int, name: str) -> Iterator[Problem]:
    others = {other for other, found in around.siblings.items() if found.kind != "graph"}
    path = ("graph", "steps", number, "deployment")
    written: Mapping[str, object] = draft.layers.document.data["deployments"]
    if name not in written:
        models = (
            f"its models are {all_of(sorted(others))}" if others else "add it, beside the graph"
        )
        yield problem(
            draft,
            "SLW512",
            path,
            f"there is no deployment {name!r} in this project",
            did_you_mean(name, others, models),
        )
    elif name not in around.siblings:
        yield problem(
            draft,
            "SLW512",
            path,
            f"{name} has no tier on this stack, and the graph has",
            f"give {name} a tier that the stack hosts, or take the graph's away",
            stack=around.env.stack,
        )
    elif name not in others:
        yield problem(
            draft,
            "SLW512",
            path,
            f"{name!r} is a graph, and graphs join models only",
            f"write the steps of {name} here instead",
        )
    elif around.siblings[name].framework == "vllm":
        yield problem(
            draft,
            "SLW512",
            path,
            f"{name} speaks the OpenAI API, and a graph calls the Open Inference Protocol",
            "leave it out of the graph",
        )
    elif around.siblings[name].protocol == "grpc":
        yield problem(
            draft,
            "SLW512",
            path,
            f"{name} speaks grpc, and a graph calls its steps over rest",
            f"remove protocol: from {name}, or leave it out of the graph",
        )


def _weights_sum(draft: Draft, weights: Sequence[int | None]) -> Iterator[Problem]:
    said = [weight for weight in weights if weight is not None]
    if len(said) < len(weights):
        yield problem(
            draft,
            "SLW512",
            ("graph", "steps", weights.index(None)),
            "each step of a splitter needs its weight, and this one has none",
            "add weight: with the percent of requests that the step gets",
        )
    elif sum(said) != 100:
        numbers = " + ".join(map(str, said))
        shown = f"{numbers} = {sum(said)}" if len(said) > 1 else numbers
        yield problem(
            draft,
            "SLW512",
            ("graph", "steps"),
            f"the weights of a splitter sum to 100, and these are {shown}",
            "change the weights so that they sum to 100",
        )


def examples_differ(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """Each example is a file of its own."""
    keys = [example_key(n, example) for n, example in enumerate(draft.endpoint.examples, start=1)]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        name = key.removesuffix(".json")
        yield problem(
            draft,
            "SLW533",
            ("examples", len(keys) - 1 - keys[::-1].index(key)),
            f"{keys.count(key)} examples are called {name}",
            "give each a name of its own",
        )


def logging_reaches(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """KServe's logger sits before an InferenceService that speaks HTTP, and nowhere else."""
    e = draft.endpoint
    if e.logging is not None and (e.kind != "model" or e.protocol == "grpc"):
        what = "grpc" if e.kind == "model" else NAMES[e.kind]
        yield problem(
            draft,
            "SLW529",
            ("logging",),
            f"payloads of {what} cannot be kept: KServe's logger reads "
            "HTTP requests of InferenceServices",
            "remove logging:",
        )
