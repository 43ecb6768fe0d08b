"""What `destroy` takes down, and in which order: nothing while something still needs it."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TypeAlias

import pytest

from infra.parts.namespaces import NAMESPACES
from tests.brought import GROUPS, KINDS, brought_by
from tests.engine import Graph, Recorded
from tests.whole import RELEASE, STACKS, Order, maps, whole

Selector: TypeAlias = Callable[[Recorded], bool]


def of_type(token: str) -> Selector:
    return lambda r: r.type == token


def kind(*kinds: str) -> Selector:
    return lambda r: r.is_object and r.inputs["kind"] in kinds


def release(name: str) -> Selector:
    return lambda r: r.type == RELEASE and r.name == f"{name}-release"


def named(token: str, *names: str) -> Selector:
    return lambda r: r.type == token and r.name in names


def namespace(*, of_platform: bool) -> Selector:
    own = {each.name for each in NAMESPACES}
    return lambda r: kind("Namespace")(r) and (r.inputs["metadata"]["name"] in own) == of_platform


ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
ROLE = "aws:iam/role:Role"

WHAT: Mapping[str, Selector] = {
    "tenants' namespaces": namespace(of_platform=False),
    "target group bindings": kind("TargetGroupBinding"),
    "target groups": of_type("aws:lb/targetGroup:TargetGroup"),
    "load balancer": of_type("aws:lb/loadBalancer:LoadBalancer"),
    "Gateway": kind("Gateway"),
    "load balancer controller": release("aws-load-balancer-controller"),
    "its identity": named(ASSOCIATION, "load-balancer-controller-association"),
    "cert-manager": release("cert-manager"),
    "node pools": kind("NodePool"),
    "node classes": kind("EC2NodeClass"),
    "Karpenter": release("karpenter"),
    "Karpenter's CRDs": release("karpenter-crd"),
    "Karpenter's identity": named(ASSOCIATION, "karpenter-association"),
    "Karpenter's role and its nodes'": named(ROLE, "karpenter-role", "node-role"),
    "interruption queue": of_type("aws:sqs/queue:Queue"),
    "interruptions": of_type("aws:cloudwatch/eventTarget:EventTarget"),
    "istiod": release("istiod"),
    "mesh on nodes": release("istio-cni"),
    "platform's namespaces": namespace(of_platform=True),
    "system nodes": of_type("aws:eks/nodeGroup:NodeGroup"),
    "add-ons": of_type("aws:eks/addon:Addon"),
    "access entries": of_type("aws:eks/accessEntry:AccessEntry"),
    "cluster": of_type("eks:index:Cluster"),
    "its role": named(ROLE, "cluster-control-plane-role"),
    "ways out": of_type("aws:ec2/natGateway:NatGateway"),
    "subnets": of_type("aws:ec2/subnet:Subnet"),
    "VPC": of_type("aws:ec2/vpc:Vpc"),
}

ORDER: Mapping[str, tuple[str, ...]] = {
    "tenants' namespaces": ("target group bindings", "Gateway"),
    "target group bindings": ("Gateway", "load balancer controller"),
    "Gateway": ("load balancer controller",),
    "load balancer controller": ("its identity", "cert-manager"),
    "cert-manager": ("node pools",),
    "node pools": ("node classes", "istiod", "mesh on nodes"),
    "node classes": ("Karpenter",),
    "Karpenter": ("Karpenter's CRDs",),
    "Karpenter's CRDs": ("Karpenter's identity", "interruption queue", "interruptions"),
    "Karpenter's identity": ("Karpenter's role and its nodes'", "access entries", "system nodes"),
    "istiod": ("system nodes",),
    "platform's namespaces": ("system nodes", "add-ons", "access entries"),
    "system nodes": ("cluster", "ways out", "subnets"),
    "add-ons": ("cluster",),
    "access entries": ("cluster",),
    "cluster": ("its role", "VPC"),
    "load balancer": ("VPC",),
    "target groups": ("VPC",),
    "ways out": ("VPC",),
    "subnets": ("VPC",),
}
"""What is gone before what else: each of the one before each of the other."""

CHARTS: Mapping[str, tuple[str, ...]] = {
    "ai-gateway": ("cert-manager", "envoy-gateway", "ai-gateway-crds"),
    "aws-load-balancer-controller": ("cert-manager",),
    "kserve-llmisvc-resources": ("cert-manager", "kserve-llmisvc-crd"),
    "kserve-localmodel-resources": ("cert-manager", "kserve-localmodel-crd"),
    "kserve-resources": ("cert-manager", "kserve-crd", "envoy-gateway"),
}
"""Charts with objects of another chart's kinds in them."""

BUILT_IN = {
    "", "admissionregistration.k8s.io", "apps", "networking.k8s.io", "policy",
    "rbac.authorization.k8s.io", "storage.k8s.io",
}  # fmt: skip


@cache
def order(stack: str) -> Order:
    return Order(whole(stack))


def select(graph: Graph, what: str) -> list[Recorded]:
    found = [each for each in graph.resources if WHAT[what](each)]
    assert found, what
    return found


def too_early(stack: str, later: list[Recorded], earlier: list[Recorded]) -> list[str]:
    """Which could be destroyed while what needs them is still there."""
    return [
        f"{b.name} before {a.name}"
        for a in later
        for b in earlier
        if not order(stack).is_after(a, b)
    ]


@pytest.mark.parametrize(
    ("gone", "before"), [(gone, each) for gone, rest in ORDER.items() for each in rest]
)
@pytest.mark.parametrize("stack", STACKS)
def test_nothing_is_destroyed_before_what_needs_it(stack: str, gone: str, before: str) -> None:
    graph = whole(stack)
    assert too_early(stack, select(graph, gone), select(graph, before)) == []


def inside(graph: Graph, tenant: str) -> list[Recorded]:
    [space] = [r for r in graph.resources if kind("Namespace")(r) and r.name == tenant]
    return [each for each in graph.below(space) if each.is_object]


def stages(own: list[Recorded]) -> Iterator[list[Recorded]]:
    """What of a tenant is gone before what else."""
    yield [r for r in own if kind("InferenceService", "LLMInferenceService")(r)]
    yield [r for r in own if kind("ServiceAccount")(r) and r.name.endswith("/models")]
    yield [r for r in own if kind("AuthorizationPolicy", "NetworkPolicy", "ResourceQuota")(r)]


@pytest.mark.parametrize("stack", STACKS)
def test_a_tenants_models_go_before_its_walls(stack: str) -> None:
    graph = whole(stack)
    for tenant in graph.exports["namespaces"]:
        models, account, walls = stages(inside(graph, tenant))
        assert len(models) * len(account) > 0
        assert len(walls) >= 4
        assert too_early(stack, models, account) == []
        assert too_early(stack, account, walls) == []


@pytest.mark.parametrize("stack", STACKS)
def test_a_route_goes_before_what_it_leads_to(stack: str) -> None:
    graph = whole(stack)
    workloads = kind("InferenceGraph", "InferenceService", "LLMInferenceService")
    for tenant in graph.exports["namespaces"]:
        own = inside(graph, tenant)
        models = {r.name: r for r in own if workloads(r)}
        for route in (r for r in own if kind("HTTPRoute")(r)):
            endpoint = route.inputs["metadata"]["labels"]["slipway.dev/endpoint"]
            assert too_early(stack, [route], [models[f"{tenant}/{endpoint}"]]) == []


def releases(graph: Graph, names: tuple[str, ...]) -> list[Recorded]:
    return [graph.one(RELEASE, f"{name}-release") for name in names]


def custom(stack: str) -> list[Recorded]:
    """The objects whose kind some release brings."""
    return [r for r in whole(stack).resources if r.is_object and r.object_id[0] not in BUILT_IN]


@pytest.mark.parametrize("stack", STACKS)
def test_every_object_is_between_the_coming_and_the_going_of_its_kind(stack: str) -> None:
    graph = whole(stack)
    assert [
        found
        for each in custom(stack)
        for found in too_early(stack, [each], releases(graph, brought_by(*each.object_id[:2])))
    ] == []


def test_every_row_is_of_a_kind_that_a_stack_has() -> None:
    every = [each for stack in STACKS for each in custom(stack)]
    assert {each.object_id[0] for each in every} == set(GROUPS)
    assert set(KINDS) <= {each.inputs["kind"] for each in every}


def test_a_target_group_outlives_its_binding() -> None:
    graph = whole("prod")
    groups = {r.inputs["name"]: r for r in select(graph, "target groups")}
    for binding in select(graph, "target group bindings"):
        [own] = [
            r
            for name, r in groups.items()
            if f"/{name}/" in binding.inputs["spec"]["targetGroupARN"]
        ]
        assert too_early("prod", [binding], [own]) == []


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_comes_after_those_whose_kinds_it_uses(chart: str) -> None:
    graph = whole("prod")
    assert too_early("prod", releases(graph, (chart,)), releases(graph, CHARTS[chart])) == []


def monitors(release: Recorded) -> bool:
    """Whether a chart makes a ServiceMonitor or a PodMonitor of its own."""
    return any(
        isinstance(own := inner.get(key), dict) and own.get("enabled") is True
        for inner in maps(release.inputs["values"])
        for key in ("podMonitor", "serviceMonitor")
    )


def test_a_chart_that_is_scraped_by_its_own_monitor_comes_after_prometheus() -> None:
    graph = whole("prod")
    [prometheus] = releases(graph, ("kube-prometheus-stack",))
    scraped = [r for r in graph.of_type(RELEASE) if monitors(r)]
    assert len(scraped) >= 5
    assert too_early("prod", [r for r in scraped if r is not prometheus], [prometheus]) == []


def home(each: Recorded) -> str:
    """The namespace that an object or a release is in."""
    holder = each.inputs["metadata"] if each.is_object else each.inputs
    return holder.get("namespace", "") if each.is_object or each.type == RELEASE else ""


@pytest.mark.parametrize("stack", STACKS)
def test_everything_in_a_namespace_of_ours_goes_before_it(stack: str) -> None:
    graph = whole(stack)
    spaces = {r.inputs["metadata"]["name"]: r for r in graph.resources if kind("Namespace")(r)}
    found = [(r, spaces[where]) for r in graph.resources if (where := home(r)) in spaces]
    assert len(found) > 300
    assert [early for r, space in found for early in too_early(stack, [r], [space])] == []


def test_node_pools_are_awaited_for_as_long_as_models_may_take_to_end() -> None:
    pools = [r for r in whole("prod").resources if kind("NodePool", "EC2NodeClass")(r)]
    assert {r.delete_timeout for r in pools} == {"90m"}


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_is_given_up_on_because_something_else_goes(stack: str) -> None:
    """An object that is only forgotten leaves its finalizer, and what it made, behind."""
    assert [r for r in whole(stack).resources if r.deleted_with] == []
