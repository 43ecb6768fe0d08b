"""The two sides of a stack, each as it is built: the platform's parts, and the fleet's tenants."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from catalog.fleet import Built
from catalog.objects import Object
from catalog.parts import Part
from infra import tenants
from infra.parts.namespaces import NAMESPACES, namespace_object
from infra.parts.part import Context
from infra.parts.table import parts
from tests.programs import context
from tests.reading import pods_of


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """`ours` are the platform's objects with its namespaces, `tenants` those of `models/`."""

    context: Context
    parts: tuple[Part, ...]
    ours: tuple[Object, ...]
    tenants: tuple[Built, ...]

    def the(self, kind: str, name: str, namespace: str | None = None) -> Object:
        """An object of the platform, by all that a reference to it says."""
        found = [
            obj
            for obj in self.ours
            if (obj["kind"], obj["metadata"]["name"]) == (kind, name)
            and obj["metadata"].get("namespace") == namespace
        ]
        assert len(found) == 1, f"{kind} {namespace}/{name}: {len(found)} of the platform's"
        return found[0]

    def names(self, kind: str) -> set[str]:
        """The names of the platform's objects of a kind."""
        return {obj["metadata"]["name"] for obj in self.ours if obj["kind"] == kind}

    def values(self, release: str) -> Any:
        """The values of one of the platform's releases."""
        return next(r.values for p in self.parts for r in p.releases if r.name == release)

    def theirs(self, kind: str) -> list[Object]:
        """The tenants' objects of a kind."""
        return [obj for one in self.tenants for obj in one.objects if obj["kind"] == kind]

    def pods(self) -> Iterator[tuple[Built, Object, Object]]:
        """Every pod of a tenant, after the tenant and the object that it comes from."""
        for one in self.tenants:
            for obj, pod in pods_of(one.objects):
                yield one, obj, pod

    def labels_of(self, namespace: str) -> Mapping[str, str]:
        """The labels of a namespace of either side, or of `kube-system`, which Kubernetes makes."""
        for obj in (*self.ours, *(o for one in self.tenants for o in one.objects)):
            if obj["kind"] == "Namespace" and obj["metadata"]["name"] == namespace:
                return obj["metadata"]["labels"]
        assert namespace == "kube-system", f"nobody makes the namespace {namespace}"
        return {"kubernetes.io/metadata.name": namespace}


@cache
def stack(name: str) -> Stack:
    """A stack of the repository with its own quota, registries and fleet."""
    plain = context(name)
    quota, registries = tenants.granted(plain.settings)
    found = replace(plain, quota=quota, registries=registries)
    table = parts(found)
    ours = [namespace_object(each) for each in NAMESPACES]
    return Stack(
        context=found,
        parts=table,
        ours=(*ours, *(obj for part in table for obj in part.objects)),
        tenants=tuple(each.built for each in tenants.read(found.settings)),
    )


def texts_at(value: Any, key: str) -> Iterator[str]:
    """Every text below a key of that name, whole, however deep."""
    if isinstance(value, Mapping):
        found: Mapping[str, Any] = value
        for name, inner in found.items():
            if name == key and isinstance(inner, str):
                yield inner
            yield from texts_at(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_at(inner, key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A pod that calls or is called: where it is, its labels, and as whom it runs."""

    namespace: str
    account: str
    labels: Mapping[str, str]


HBONE = 15008
"""Where whoever is in the mesh is called, whatever the port behind it."""


def reaches(on: Stack, caller: Peer, called: Peer, port: int) -> bool:
    """Whether a call arrives: the network lets it out and in, and the mesh knows the caller."""
    meshed = all("istio.io/dataplane-mode" in on.labels_of(p.namespace) for p in (caller, called))
    seen = HBONE if meshed else port
    out = _network(on, "Egress", caller, called, seen)
    return out and _network(on, "Ingress", called, caller, seen) and _mesh(on, caller, called, port)


def _of(on: Stack, kind: str, peer: Peer, selector: str) -> list[Object]:
    """The policies of a kind that select a pod."""
    every = (*on.ours, *(obj for one in on.tenants for obj in one.objects))
    return [
        obj
        for obj in every
        if obj["kind"] == kind
        and obj["metadata"]["namespace"] == peer.namespace
        and _fits(obj["spec"].get(selector, {}), peer.labels)
    ]


def _fits(selector: Object, labels: Mapping[str, str]) -> bool:
    assert set(selector) <= {"matchLabels"}, selector
    return selector.get("matchLabels", {}).items() <= labels.items()


def _network(on: Stack, way: str, held: Peer, other: Peer, port: int) -> bool:
    found = [
        policy["spec"]
        for policy in _of(on, "NetworkPolicy", held, "podSelector")
        if way in policy["spec"]["policyTypes"]
    ]
    side = "to" if way == "Egress" else "from"
    rules = [rule for spec in found for rule in spec.get(way.lower(), [])]
    return not found or any(_lets(on, rule, side, other, port) for rule in rules)


def _lets(on: Stack, rule: Object, side: str, other: Peer, port: int) -> bool:
    if "ports" in rule and port not in {each["port"] for each in rule["ports"]}:
        return False
    return side not in rule or any(
        "ipBlock" not in peer
        and _fits(peer.get("namespaceSelector", {}), on.labels_of(other.namespace))
        and _fits(peer.get("podSelector", {}), other.labels)
        for peer in rule[side]
    )


def _mesh(on: Stack, caller: Peer, called: Peer, port: int) -> bool:
    found = _of(on, "AuthorizationPolicy", called, "selector")
    rules = [rule for policy in found for rule in policy["spec"]["rules"]]
    return not found or any(_knows(rule, caller) and _at(rule, port) for rule in rules)


def _knows(rule: Object, caller: Peer) -> bool:
    principal = f"cluster.local/ns/{caller.namespace}/sa/{caller.account}"
    return "from" not in rule or any(
        caller.namespace in source.get("namespaces", [])
        or any(
            principal.endswith(p[1:]) if p.startswith("*") else principal == p
            for p in source.get("principals", [])
        )
        for source in (each["source"] for each in rule["from"])
    )


def _at(rule: Object, port: int) -> bool:
    return "to" not in rule or any(str(port) in to["operation"]["ports"] for to in rule["to"])
