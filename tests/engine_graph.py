"""What a program registered, as plain data, and the order that follows from it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from typing import Any

from google.protobuf import json_format, struct_pb2

from catalog.objects import Object
from components.objects import MANAGER

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a mark, no secret.
ASSET = "c44067f5952c0a294b673a41bacd8c17"
REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN_ON_THE_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Marks of the engine's protocol (pulumi `sdk/python/lib/pulumi/runtime/rpc.py`)."""


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()
"""Stands in inputs for what only a real `up` would tell."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that is uploaded, by its path."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recorded:
    """A resource as it was registered. URNs name parent, dependencies and provider.

    `parent` is empty directly below the stack, `provider` where it is the default one; `secrets`
    are the names of inputs that are secret or hold one; `delete_timeout` is like `30m`.
    """

    urn: str
    type: str
    name: str
    inputs: Mapping[str, Any]
    custom: bool
    remote: bool
    parent: str
    dependencies: frozenset[str]
    provider: str
    protect: bool
    retain_on_delete: bool
    aliases: tuple[Mapping[str, Any], ...]
    version: str
    delete_timeout: str
    delete_before_replace: bool
    ignore_changes: tuple[str, ...]
    deleted_with: str
    secrets: frozenset[str]

    def __repr__(self) -> str:
        return self.urn

    @property
    def package(self) -> str:
        """`aws` of `aws:s3/bucket:Bucket`."""
        return self.type.partition(":")[0]

    @property
    def is_object(self) -> bool:
        """Whether it is one Kubernetes object, neither a release nor a provider."""
        return self.package == "kubernetes" and "apiVersion" in self.inputs

    @property
    def object(self) -> dict[str, Any]:
        """The Kubernetes object itself, without what the engine's provider is told by it."""
        metadata = dict(self.inputs["metadata"])
        annotations = {k: v for k, v in metadata.pop("annotations").items() if k not in MANAGER}
        if annotations:
            metadata["annotations"] = annotations
        return {**self.inputs, "metadata": metadata}

    @property
    def object_id(self) -> tuple[str, str, str, str]:
        """Group, kind, namespace and name of a Kubernetes object."""
        metadata = self.inputs["metadata"]
        group = self.inputs["apiVersion"].rpartition("/")[0]
        return group, self.inputs["kind"], metadata.get("namespace", ""), metadata["name"]

    def after(self) -> Iterator[str]:
        """What it is made after: the engine counts the parent and the provider too."""
        yield from sorted(self.dependencies)
        yield from (urn for urn in (self.parent, self.provider, self.deleted_with) if urn)


@dataclass(frozen=True)
class Graph:
    """Everything that a program registered, sorted by URN.

    `exports` are the stack's outputs, `calls` what was asked of providers, `warnings` what the
    program logged. `inside` are the resources that a remote component told of, with its URN.
    """

    resources: tuple[Recorded, ...]
    exports: Mapping[str, Any]
    calls: tuple[tuple[str, Mapping[str, Any]], ...]
    warnings: tuple[str, ...]
    inside: Mapping[str, str]

    def of_type(self, token: str) -> list[Recorded]:
        """Every resource of a type."""
        return [each for each in self.resources if each.type == token]

    def one(self, token: str, name: str | None = None) -> Recorded:
        """The only resource of a type, or of a type and a name."""
        found = [each for each in self.of_type(token) if name in {None, each.name}]
        assert len(found) == 1, f"{len(found)} of {token} {name or ''}: {found}"
        return found[0]

    def objects(self) -> list[Object]:
        """Every Kubernetes object, as its API would take it; for `tests.checkers.kubeconform`."""
        return [each.object for each in self.resources if each.is_object]

    def object(self, kind: str, name: str, namespace: str = "") -> Recorded:
        """The one Kubernetes object of a kind and a name."""
        wanted = (kind, namespace, name)
        found = [e for e in self.resources if e.is_object and e.object_id[1:] == wanted]
        assert len(found) == 1, f"{len(found)} objects {wanted}"
        return found[0]

    def children(self, parent: Recorded) -> list[Recorded]:
        """The resources directly below another."""
        return [each for each in self.resources if each.parent == parent.urn]

    def below(self, ancestor: Recorded) -> list[Recorded]:
        """The resources anywhere below another."""
        own = self.children(ancestor)
        return [*own, *(each for child in own for each in self.below(child))]

    def depends_on(self, later: Recorded, earlier: Recorded) -> bool:
        """Whether one is made after another, and so destroyed before it."""
        seen: set[str] = set()
        waiting = [later.urn]
        while waiting:
            for urn in self.after[waiting.pop()]:
                if urn == earlier.urn:
                    return True
                if urn not in seen:
                    seen.add(urn)
                    waiting.append(urn)
        return False

    def destroy_order(self) -> list[Recorded]:
        """An order in which `destroy` may go, nothing before what needs it. A circle raises."""
        order = TopologicalSorter(self.after).static_order()
        known = {each.urn: each for each in self.resources}
        return [known[urn] for urn in reversed(list(order)) if urn in known]

    def without_provider(self) -> list[Recorded]:
        """Resources that would be made with whatever credentials and cluster are at hand."""
        own = {"pulumi", "random"}
        return [e for e in self.resources if e.custom and not e.provider and e.package not in own]

    @cached_property
    def after(self) -> Mapping[str, tuple[str, ...]]:
        """What each resource is made after, directly, by URN."""
        own = {each.urn: tuple(each.after()) for each in self.resources}
        return {**own, **{urn: (parent,) for urn, parent in self.inside.items()}}


def plain(value: struct_pb2.Struct) -> dict[str, Any]:
    """Properties on the wire as plain data: whole numbers are integers, secrets are bare."""
    found = {key: _decoded(inner) for key, inner in json_format.MessageToDict(value).items()}
    return {key: inner for key, inner in found.items() if inner is not None}


def _decoded(value: Any) -> Any:
    if isinstance(value, dict):
        mark = value.get(SIGNATURE)
        if mark == SECRET:
            return _decoded(value["value"])
        if mark == ASSET:
            return Asset(value.get("path", ""))
        if mark == REFERENCE:
            return value["urn"]
        return {key: _decoded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_decoded(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return UNKNOWN if value == UNKNOWN_ON_THE_WIRE else value
