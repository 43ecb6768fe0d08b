"""What an endpoint has beside serving: a graph, a cache, logging, a promise, its names."""

from collections.abc import Iterator

from catalog import names
from catalog.checks.base import Surroundings, problem
from catalog.duration import format_duration
from catalog.errors import Problem, did_you_mean, one_of
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
                f"a name may not end in {ending}, which upstream adds to others",
                f"call it {e.name.removesuffix(ending)} or anything else",
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
        worst = max(over, key=lambda d: d.excess)
        room = len(e.name) - worst.excess
        yield problem(
            draft,
            "SLW301",
            (),
            f"the name is {worst.excess} characters too long for what is made from it",
            f"use at most {room} characters for this deployment"
            if room > 0
            else "shorten the names of team and project, or the stack's domain",
            tuple(f"{d.what}: {d.text} has {len(d.text)} of {d.limit}" for d in over),
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
            "weights are kept on the disks of GPU nodes, and this deployment asks no GPU",
            "remove cache:, or ask resources.gpu",
        )
    if e.weights_cache == 0:
        yield problem(
            draft,
            "SLW520",
            ("cache", "weights"),
            "the size of the weights is not known",
            "add cache: {weights: {size: 16Gi}} with the size of the files",
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
            f"{format_duration(latency)} is not a bound of the latency histogram: {one_of(bounds)}",
            f"write latency: {format_duration(close)}",
        )
    if (slo is None or slo.latency is None) and draft.layers.written("slo", "latency_percent"):
        yield problem(
            draft,
            "SLW522",
            ("slo", "latency_percent"),
            "a share of requests is promised, and no latency for it",
            "add latency: 250ms, or remove latency_percent:",
        )


def graph_joins(draft: Draft, around: Surroundings) -> Iterator[Problem]:
    """A graph's steps are deployments of the project on this stack; its numbers add up."""
    e = draft.endpoint
    if e.graph is None:
        return
    others = {name for name, other in around.siblings.items() if other.kind != "graph"}
    for step in e.graph.steps:
        if step.deployment not in others:
            yield problem(
                draft,
                "SLW512",
                ("graph",),
                f"{step.deployment!r} is not a model of this project on stack {around.env.stack}",
                did_you_mean(
                    step.deployment, others, f"models here: {one_of(sorted(others)) or 'none'}"
                ),
            )
        elif around.siblings[step.deployment].protocol == "grpc":
            yield problem(
                draft,
                "SLW512",
                ("graph",),
                f"{step.deployment} speaks grpc, a graph calls rest",
                "serve it over rest, or leave it out",
            )
    if e.graph.type == "splitter":
        weights = [step.weight for step in e.graph.steps]
        if None in weights or sum(w or 0 for w in weights) != 100:
            yield problem(
                draft,
                "SLW512",
                ("graph",),
                "the weights of a splitter's steps must sum to 100, not "
                + str(sum(w or 0 for w in weights)),
                "give each step a weight:",
            )
    if e.graph.type == "switch" and any(step.condition is None for step in e.graph.steps):
        yield problem(
            draft,
            "SLW512",
            ("graph",),
            "each step of a switch needs its condition",
            "add condition: to each step",
        )


def examples_differ(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """Each example is a file of its own."""
    keys = [example_key(n, example) for n, example in enumerate(draft.endpoint.examples, start=1)]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        name = key.removesuffix(".json")
        yield problem(
            draft,
            "SLW533",
            ("examples",),
            f"two examples are called {name}",
            "give each a name of its own",
        )


def logging_reaches(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """KServe's logger sits before an InferenceService that speaks HTTP, and nowhere else."""
    e = draft.endpoint
    if e.logging is not None and (e.kind != "model" or e.protocol == "grpc"):
        what = "grpc" if e.kind == "model" else f"an {e.kind} endpoint"
        yield problem(
            draft,
            "SLW529",
            ("logging",),
            f"payloads of {what} cannot be kept: KServe's logger reads "
            "HTTP requests of InferenceServices",
            "remove logging:",
        )
