"""What production asks of a model: replicas, zones, budgets, and to be left alone."""

from collections.abc import Iterator
from typing import Final

from policies.rules.reading import fields, objects, text, whole
from policies.rules.rule import (
    About,
    Scene,
    Severity,
    Stack,
    Subject,
    annotation,
    label,
    rule,
    stack_rule,
)
from policies.rules.serving import INFERENCE_SERVICE, LLM, WORKLOADS

TIER: Final = "slipway.dev/tier"
ZONE: Final = "topology.kubernetes.io/zone"


def _production(subject: Subject) -> bool:
    return subject.tenant and label(subject.props, TIER) == "production"


def _least(subject: Subject) -> int | None:
    """The fewest replicas that its own object says; None where another object says it."""
    path = ("spec", "predictor") if subject.kind == INFERENCE_SERVICE else ("spec",)
    return whole(subject.props, *path, "replicas" if subject.kind == LLM else "minReplicas")


@rule(
    About(
        id="production-replicas",
        title="In production a model has two replicas",
        severity=Severity.MEDIUM,
        why="One replica is down while its node is replaced, and cold while it starts again.",
        remedy="Set scaling.min to 2 or more in the entry.",
        sources=("slipway/production",),
        mandatory=False,
    ),
    *WORKLOADS,
)
def production_replicas(subject: Subject, _scene: Scene) -> Iterator[str]:
    least = _least(subject)
    if _production(subject) and least is not None and least < 2:
        yield f"has {least} at the least"


@rule(
    About(
        id="production-zones",
        title="In production a model's replicas stand in several zones",
        severity=Severity.MEDIUM,
        why="With all replicas in one zone its failure is the endpoint's.",
        remedy=f"Spread the pods over {ZONE}.",
        sources=("slipway/production",),
    ),
    INFERENCE_SERVICE, LLM,
)  # fmt: skip
def production_zones(subject: Subject, _scene: Scene) -> Iterator[str]:
    if not _production(subject):
        return
    llm = subject.kind == LLM
    pod = fields(subject.props, "spec", "template" if llm else "predictor")
    most = None if llm else whole(pod, "maxReplicas")
    spread = [text(one, "topologyKey") for one in objects(pod, "topologySpreadConstraints")]
    if ZONE not in spread and most != 1 and _least(subject) != 1:
        yield "its replicas are not spread over zones"


@stack_rule(
    About(
        id="production-disruption-budget",
        title="In production nodes are drained one replica at a time",
        severity=Severity.MEDIUM,
        why="Karpenter replaces nodes all day; without a budget it may take every replica at once.",
        remedy="Add a PodDisruptionBudget with maxUnavailable: 1 for the model's pods.",
        sources=("slipway/production",),
    ),
    *WORKLOADS, "policy/PodDisruptionBudget",
)  # fmt: skip
def disruption_budget(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    chosen = {
        (budget.namespace, value)
        for budget in stack.all("policy/PodDisruptionBudget")
        for value in fields(budget.props, "spec", "selector", "matchLabels").values()
        if isinstance(value, str)
    }
    for model in stack.all(*WORKLOADS):
        least, name = _least(model), text(model.props, "metadata", "name")
        replicated = least is not None and least > 1
        if _production(model) and replicated and (model.namespace, name) not in chosen:
            yield model, "has no PodDisruptionBudget"


@rule(
    About(
        id="model-not-disrupted",
        title="A model is left alone while it starts",
        severity=Severity.LOW,
        why="Karpenter would consolidate a node whose pods are still downloading weights, and the "
        "download begins anew.",
        remedy="Annotate it karpenter.sh/do-not-disrupt with the time that it takes to start.",
        sources=("eks/do-not-disrupt",),
        mandatory=False,
    ),
    INFERENCE_SERVICE, LLM,
)  # fmt: skip
def not_disrupted(subject: Subject, _scene: Scene) -> Iterator[str]:
    if not annotation(subject.props, "karpenter.sh/do-not-disrupt"):
        yield "has no annotation karpenter.sh/do-not-disrupt"


@rule(
    About(
        id="autoscaler-only-recommends",
        title="No VerticalPodAutoscaler acts on a tenant's pods",
        severity=Severity.LOW,
        why="It would restart models, and fight over requests with what scales them out.",
        remedy='Set updatePolicy.updateMode: "Off".',
        sources=("slipway/production",),
    ),
    "autoscaling.k8s.io/VerticalPodAutoscaler",
)
def only_recommends(subject: Subject, _scene: Scene) -> Iterator[str]:
    if subject.tenant and text(subject.props, "spec", "updatePolicy", "updateMode") != "Off":
        yield "acts on pods"


RULES = (
    disruption_budget,
    not_disrupted,
    only_recommends,
    production_replicas,
    production_zones,
)
