"""What a tenant's namespace holds its pods to: security, quota, labels, accounts."""

from collections.abc import Iterator
from typing import Final

from policies.rules.reading import Fields, at, fields, objects, text
from policies.rules.rule import (
    ANY_OBJECT,
    About,
    Scene,
    Severity,
    Stack,
    Subject,
    label,
    rule,
    stack_rule,
)

NAMESPACE: Final = "core/Namespace"
QUOTA: Final = "core/ResourceQuota"
LIMIT_RANGE: Final = "core/LimitRange"
WHOSE: Final = (
    "app.kubernetes.io/managed-by",
    "slipway.dev/team",
    "slipway.dev/project",
    "slipway.dev/cost-center",
)


@rule(
    About(
        id="tenant-pod-security",
        title="A namespace holds its pods to Pod Security",
        severity=Severity.CRITICAL,
        why="Without the three labels the API server admits privileged pods beside models; without "
        "a version a cluster upgrade changes what is admitted.",
        remedy="Label the namespace pod-security.kubernetes.io/{enforce,audit,warn} and their "
        "-version: restricted for a tenant.",
        sources=(
            "CIS-4.2.1", "CIS-4.2.2", "CIS-4.2.3", "CIS-4.2.4", "CIS-4.2.5", "C-0068",
            "eks/pod-security-modes",
        ),
    ),
    NAMESPACE,
)  # fmt: skip
def pod_security(subject: Subject, _scene: Scene) -> Iterator[str]:
    for mode in ("enforce", "audit", "warn"):
        level = label(subject.props, f"pod-security.kubernetes.io/{mode}")
        if subject.tenant and level != "restricted":
            yield f"{mode} is {level or 'not set'}, and a tenant's must be restricted"
        elif not level and not subject.name.startswith("Namespace kube-"):
            yield f"{mode} is not set"
        elif label(subject.props, f"pod-security.kubernetes.io/{mode}-version") in ("", "latest"):
            yield f"{mode} has no version of its own"


@rule(
    About(
        id="tenant-labels",
        title="Everything of a tenant says whose it is and who pays",
        severity=Severity.LOW,
        why="Costs are shared out, and owners found, by labels.",
        remedy=f"Label it {', '.join(WHOSE)}.",
        sources=("kyverno/require-labels",),
    ),
    ANY_OBJECT,
)
def labels(subject: Subject, _scene: Scene) -> Iterator[str]:
    if not subject.tenant or subject.owner:
        return
    found = fields(subject.props, "metadata", "labels")
    missing = [name for name in WHOSE if not text(found, name)]
    if missing:
        yield f"has no label {', '.join(missing)}"


@rule(
    About(
        id="default-namespace",
        title="Nothing stands in the namespace default",
        severity=Severity.MEDIUM,
        why="It has no walls, no quota and no owner.",
        remedy="Give the object the namespace of its project or of its part of the platform.",
        sources=(
            "CKV_K8S_21", "CIS-4.5.1", "CIS-4.5.2", "kyverno/disallow-default-namespace",
            "eks/namespaces",
        ),
    ),
    ANY_OBJECT,
)  # fmt: skip
def default_namespace(subject: Subject, _scene: Scene) -> Iterator[str]:
    if subject.namespace == "default" and subject.kind != NAMESPACE:
        yield "stands in the namespace default"


@stack_rule(
    About(
        id="tenant-quota",
        title="A tenant has a quota for CPU, memory, GPUs and load balancers",
        severity=Severity.HIGH,
        why="Without one a tenant takes the nodes of all others, and a Service of type "
        "LoadBalancer goes around the front door.",
        remedy="Add a ResourceQuota with requests.cpu, requests.memory, requests.nvidia.com/gpu, "
        "and 0 for services.loadbalancers and services.nodeports.",
        sources=("kyverno/add-ns-quota", "eks/quota"),
    ),
    NAMESPACE, QUOTA,
)  # fmt: skip
def quota(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    wanted = ("requests.cpu", "requests.memory", "requests.nvidia.com/gpu")
    for space in stack.tenants():
        hard = [fields(q.props, "spec", "hard") for q in stack.within(space.namespace, QUOTA)]
        missing = [name for name in wanted if not any(text(one, name) for one in hard)]
        closed = ("services.loadbalancers", "services.nodeports")
        missing += [f"{n}: 0" for n in closed if not any(text(one, n) == "0" for one in hard)]
        if missing:
            yield space, f"has no ResourceQuota with {', '.join(missing)}"


@stack_rule(
    About(
        id="tenant-limit-range",
        title="A container that asks for nothing gets something",
        severity=Severity.MEDIUM,
        why="Upstream adds containers without amounts; a quota refuses those, and without a limit "
        "they take a node's memory.",
        remedy="Add a LimitRange of type Container with default and defaultRequest for cpu and "
        "memory.",
        sources=("kyverno/add-ns-quota", "eks/quota"),
    ),
    NAMESPACE, LIMIT_RANGE,
)  # fmt: skip
def limit_range(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    for space in stack.tenants():
        limits = [
            limit
            for one in stack.within(space.namespace, LIMIT_RANGE)
            for limit in objects(one.props, "spec", "limits")
        ]
        if not any(_says_all(limit) for limit in limits):
            yield space, "has no LimitRange with defaults for the cpu and memory of containers"


def _says_all(limit: Fields) -> bool:
    said = [text(limit, kind, what) for kind in ("default", "defaultRequest")
            for what in ("cpu", "memory")]  # fmt: skip
    return text(limit, "type") == "Container" and all(said)


@stack_rule(
    About(
        id="tenant-service-account",
        title="A tenant's default ServiceAccount has no token",
        severity=Severity.HIGH,
        why="A pod without an account of its own runs as default; with a token it may ask the API.",
        remedy="Register the ServiceAccount default with automountServiceAccountToken: false.",
        sources=("CKV_K8S_41", "CIS-4.1.5", "C-0034", "eks/no-token"),
    ),
    NAMESPACE, "core/ServiceAccount",
)  # fmt: skip
def default_account(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    for space in stack.tenants():
        accounts = stack.within(space.namespace, "core/ServiceAccount")
        named = [one for one in accounts if text(one.props, "metadata", "name") == "default"]
        off = [one for one in named if at(one.props, "automountServiceAccountToken") is False]
        if not off:
            yield space, "its ServiceAccount default mounts a token"


RULES = (
    default_account,
    default_namespace,
    labels,
    limit_range,
    pod_security,
    quota,
)
