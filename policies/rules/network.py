"""What reaches a tenant's pods and what they reach: NetworkPolicies, the mesh, Services."""

from collections.abc import Iterator
from typing import Final

from policies.rules.reading import Fields, at, fields, items, objects, text, texts, true
from policies.rules.rule import About, Scene, Severity, Stack, Subject, label, rule, stack_rule
from policies.rules.tenants import NAMESPACE

NETWORK_POLICY: Final = "networking.k8s.io/NetworkPolicy"
PEER_AUTHENTICATION: Final = "security.istio.io/PeerAuthentication"
AUTHORIZATION_POLICY: Final = "security.istio.io/AuthorizationPolicy"
PRIVATE: Final = frozenset(
    {"10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"}
)
"""What lies inside: the VPC and its neighbours, and link-local the instance metadata service."""


@rule(
    About(
        id="tenant-mesh",
        title="A tenant's namespace is in the mesh",
        severity=Severity.HIGH,
        why="Outside the mesh a model is reached in plain text and without an identity.",
        remedy="Label the namespace istio.io/dataplane-mode: ambient.",
        sources=("kyverno/enforce-strict-mtls", "C-0054"),
    ),
    NAMESPACE,
)
def mesh(subject: Subject, _scene: Scene) -> Iterator[str]:
    if subject.tenant and label(subject.props, "istio.io/dataplane-mode") != "ambient":
        yield "istio.io/dataplane-mode is not ambient"


def _denies_all(policy: Subject) -> bool:
    spec = fields(policy.props, "spec")
    both = set(texts(spec, "policyTypes")) == {"Ingress", "Egress"}
    return both and _of_all_pods(spec) and not items(spec, "ingress") and not items(spec, "egress")


def _of_all_pods(spec: Fields) -> bool:
    return at(spec, "podSelector") == {}


@stack_rule(
    About(
        id="tenant-default-deny",
        title="A tenant's network is closed by default",
        severity=Severity.CRITICAL,
        why="A pod that no NetworkPolicy selects is reached by every pod and reaches all of them.",
        remedy="Add a NetworkPolicy that selects all pods, both ways, and allows nothing.",
        sources=(
            "kyverno/add-networkpolicy", "CKV2_K8S_6", "CIS-4.3.2", "C-0030", "C-0054",
            "eks/default-deny",
        ),
    ),
    NAMESPACE, NETWORK_POLICY,
)  # fmt: skip
def default_deny(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    for space in stack.tenants():
        if not any(map(_denies_all, stack.within(space.namespace, NETWORK_POLICY))):
            yield space, "has no NetworkPolicy that denies everything by default"


@stack_rule(
    About(
        id="tenant-dns",
        title="A tenant's pods can resolve names",
        severity=Severity.MEDIUM,
        why="Behind a default-deny policy a pod without DNS reaches nothing, its artifacts least.",
        remedy="Allow egress to k8s-app: kube-dns in kube-system on UDP and TCP 53.",
        sources=("kyverno/add-networkpolicy-dns", "eks/allow-dns"),
    ),
    NAMESPACE, NETWORK_POLICY,
)  # fmt: skip
def dns(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    for space in stack.tenants():
        rules = [
            opening
            for policy in stack.within(space.namespace, NETWORK_POLICY)
            for opening in objects(policy.props, "spec", "egress")
        ]
        open_ports = {
            (text(port, "protocol"), at(port, "port"))
            for opening in rules
            if any(_is_dns(peer) for peer in objects(opening, "to"))
            for port in objects(opening, "ports")
            if isinstance(at(port, "port"), int)
        }
        if not {("UDP", 53), ("TCP", 53)} <= open_ports:
            yield space, "has no NetworkPolicy that lets its pods ask kube-dns on UDP and TCP 53"


def _is_dns(peer: Fields) -> bool:
    space = text(peer, "namespaceSelector", "matchLabels", "kubernetes.io/metadata.name")
    pods = text(peer, "podSelector", "matchLabels", "k8s-app")
    return (space, pods) == ("kube-system", "kube-dns")


@rule(
    About(
        id="network-policy-open",
        title="A tenant's NetworkPolicy names who may come in and where pods may go",
        severity=Severity.HIGH,
        why="An opening without a peer, for all namespaces or for all addresses undoes the "
        "default-deny policy, and egress to private addresses reaches other tenants' pods and the "
        "instance metadata service.",
        remedy="Name namespaces by kubernetes.io/metadata.name; except private and link-local "
        "ranges from egress to the internet.",
        sources=("C-0030", "C-0054", "CIS-5.4.4", "eks/default-deny"),
    ),
    NETWORK_POLICY,
)
def network_policy_open(subject: Subject, _scene: Scene) -> Iterator[str]:
    if not subject.tenant:
        return
    for way, key in (("ingress", "from"), ("egress", "to")):
        for opening in objects(subject.props, "spec", way):
            peers = objects(opening, key)
            if not peers:
                yield f"{way} names no peer, so it is open to everyone"
            for peer in peers:
                yield from _open_peer(way, peer)


def _open_peer(way: str, peer: Fields) -> Iterator[str]:
    space = at(peer, "namespaceSelector")
    if isinstance(space, dict) and not fields(space, "matchLabels"):
        yield f"{way} is open to namespaces that it does not name"
    block = fields(peer, "ipBlock")
    if text(block, "cidr").endswith("/0"):
        left = sorted(PRIVATE.difference(texts(block, "except")))
        if way == "ingress":
            yield "ingress is open to every address"
        elif left:
            yield f"egress to every address includes {', '.join(left)}"


@stack_rule(
    About(
        id="tenant-strict-mtls",
        title="A tenant's pods take connections of the mesh only",
        severity=Severity.HIGH,
        why="Only STRICT refuses a caller that shows no identity.",
        remedy="Add a PeerAuthentication without a selector whose mode is STRICT.",
        sources=("kyverno/enforce-strict-mtls", "C-0054"),
    ),
    NAMESPACE, PEER_AUTHENTICATION,
)  # fmt: skip
def strict_mtls(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    for space in stack.tenants():
        peers = stack.within(space.namespace, PEER_AUTHENTICATION)
        whole = [p for p in peers if not fields(p.props, "spec", "selector")]
        if not any(text(p.props, "spec", "mtls", "mode") == "STRICT" for p in whole):
            yield space, "has no PeerAuthentication STRICT for all its pods"


@rule(
    About(
        id="mtls-weakened",
        title="No exception from mTLS in a tenant's namespace",
        severity=Severity.HIGH,
        why="A PeerAuthentication for some pods or ports overrides the one for all.",
        remedy="Take out PERMISSIVE, DISABLE and portLevelMtls.",
        sources=("kyverno/enforce-strict-mtls",),
    ),
    PEER_AUTHENTICATION,
)
def mtls_weakened(subject: Subject, _scene: Scene) -> Iterator[str]:
    spec = fields(subject.props, "spec")
    ports = fields(spec, "portLevelMtls")
    modes = [text(spec, "mtls", "mode"), *(text(ports, port, "mode") for port in ports)]
    for mode in modes:
        if subject.tenant and mode in ("PERMISSIVE", "DISABLE"):
            yield f"allows mode {mode}"


@stack_rule(
    About(
        id="tenant-authorization",
        title="Only named callers reach a tenant's pods",
        severity=Severity.CRITICAL,
        why="Without an AuthorizationPolicy every identity of the mesh reaches every port, past "
        "the front door and its tokens.",
        remedy="Add an AuthorizationPolicy for all pods that allows principals and ports.",
        sources=("kyverno/require-authorizationpolicy", "C-0054"),
    ),
    NAMESPACE, AUTHORIZATION_POLICY,
)  # fmt: skip
def authorization(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    for space in stack.tenants():
        found = stack.within(space.namespace, AUTHORIZATION_POLICY)
        if not any(_guards_all(policy) for policy in found):
            yield space, "has no AuthorizationPolicy that guards all its pods"


def _guards_all(policy: Subject) -> bool:
    spec = fields(policy.props, "spec")
    return not fields(spec, "selector") and text(spec, "action") in ("", "ALLOW")


@rule(
    About(
        id="authorization-policy-open",
        title="An AuthorizationPolicy names its callers",
        severity=Severity.CRITICAL,
        why="A rule without a source, or with * in a principal, allows everyone.",
        remedy="Name each principal: cluster.local/ns/<namespace>/sa/<account>.",
        sources=("kyverno/require-authorizationpolicy", "C-0054"),
    ),
    AUTHORIZATION_POLICY,
)
def authorization_open(subject: Subject, _scene: Scene) -> Iterator[str]:
    spec = fields(subject.props, "spec")
    if not subject.tenant or text(spec, "action") not in ("", "ALLOW"):
        return
    for opening in objects(spec, "rules"):
        sources = [fields(one, "source") for one in objects(opening, "from")]
        named = [texts(source, "principals") for source in sources]
        if not named or not all(named):
            yield "allows callers that it does not name by principal"
        if any("*" in principal for principals in named for principal in principals):
            yield "allows principals with a wildcard"


@rule(
    About(
        id="service-exposure",
        title="A tenant opens no door of its own",
        severity=Severity.HIGH,
        why="A load balancer, a node port or an external IP leads around the front door, its "
        "tokens and its rate limits; an external IP also takes other tenants' traffic "
        "(CVE-2020-8554).",
        remedy="Keep Services ClusterIP; an endpoint's host comes with its HTTPRoute.",
        sources=("kyverno/restrict-service-external-ips", "C-0054", "CKV2_K8S_4"),
    ),
    "core/Service", "networking.k8s.io/Ingress", "gateway.networking.k8s.io/Gateway",
)  # fmt: skip
def exposure(subject: Subject, _scene: Scene) -> Iterator[str]:
    if not subject.tenant:
        return
    if subject.kind != "core/Service":
        yield "is a door of its own"
        return
    kind = text(subject.props, "spec", "type")
    if kind in ("LoadBalancer", "NodePort"):
        yield f"is of type {kind}"
    if items(subject.props, "spec", "externalIPs"):
        yield "has external IPs"
    if true(subject.props, "spec", "allocateLoadBalancerNodePorts"):
        yield "allocates node ports"


RULES = (
    authorization,
    authorization_open,
    default_deny,
    dns,
    exposure,
    mesh,
    mtls_weakened,
    network_policy_open,
    strict_mtls,
)
