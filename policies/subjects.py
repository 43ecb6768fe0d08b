"""What is judged: resources as the engine shows them, Kubernetes objects, and the pods they become.

Nothing off the shelf looks inside an InferenceService, so its pods are synthesized by the core and
judged like any other pod.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, cast

from catalog.footprint import PLATFORM, WORKLOADS
from catalog.names import RESERVED_NAMESPACES, RESERVED_PREFIXES
from catalog.pod import pods
from catalog.render.platform import known_objects
from policies.rules.reading import UNKNOWN, Fields, Json, NotKnownYet, fields, objects, text
from policies.rules.rule import CONTAINER, POD, SERVER, Subject

TEMPLATES: Final[Mapping[str, tuple[str, ...]]] = {
    "apps/DaemonSet": ("spec", "template"),
    "apps/Deployment": ("spec", "template"),
    "apps/ReplicaSet": ("spec", "template"),
    "apps/StatefulSet": ("spec", "template"),
    "batch/CronJob": ("spec", "jobTemplate", "spec", "template"),
    "batch/Job": ("spec", "template"),
}
"""Where a workload keeps the template of its pods."""

KUBERNETES: Final = "kubernetes:"


class PodNotDerived(Exception):  # noqa: N818 - the object is at fault, no program.
    """The core cannot tell which pods an object becomes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource as the engine registers it: type token, logical name, inputs in camelCase.

    `id` is the cloud's, where it is known; values that are not known are `UNKNOWN`.
    """

    type: str
    name: str
    props: Fields
    protect: bool = False
    id: str = ""


def of_resource(resource: Resource) -> Subject:
    """The subject of a resource; a Kubernetes object's is that of the object."""
    if resource.type.startswith(KUBERNETES):
        api, _, kind = resource.type.removeprefix(KUBERNETES).rpartition(":")
        if api != "helm.sh/v3":
            kind = kind.removesuffix("Patch")  # It is judged as the object that it is laid upon.
            return _object(_group(api), kind, resource.props, resource.protect)
        name = f"Helm release {resource.name}"
        return Subject("helm.sh/Release", name, resource.props, protect=resource.protect)
    return Subject(
        # The provider's classes of an earlier generation ended in V2 and are aliases now.
        kind=resource.type.replace("V2", ""),
        name=f"{resource.type.rpartition(':')[2]} {resource.name}",
        props=resource.props,
        protect=resource.protect,
        id=resource.id,
    )


def of_object(obj: Fields, pods: Sequence[Fields] | None = None) -> Subject:
    """The subject of a Kubernetes object; its `pods` are made when none are given."""
    group, kind = _group(_said(obj, "apiVersion")), _said(obj, "kind")
    subject = _object(group, kind, obj, protect=False)
    subject.pods = pods
    return subject


def _object(
    group: str,
    kind: str,
    obj: Fields,
    protect: bool,  # noqa: FBT001 - the resource option of that name.
) -> Subject:
    name, namespace = _said(obj, "metadata", "name"), _said(obj, "metadata", "namespace")
    subject = Subject(
        f"{group}/{kind}", f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}",
        obj, namespace, protect=protect,
    )  # fmt: skip
    if kind == "Namespace":
        subject.namespace = name
    subject.tenant = bool(subject.namespace) and of_tenant(subject.namespace)
    return subject


def _said(obj: Fields, *path: str) -> str:
    """A text that names an object; empty where it is not known yet."""
    try:
        return text(obj, *path)
    except NotKnownYet:
        return ""


@cache
def _group(api_version: str) -> str:
    group, slash, _ = api_version.partition("/")
    # `core/v1` is how a type token says `v1`.
    return group if slash else "core"


@cache
def of_tenant(namespace: str) -> bool:
    """Whether a namespace is a tenant's: the cluster's and the platform's own are reserved."""
    return namespace not in RESERVED_NAMESPACES and not namespace.startswith(RESERVED_PREFIXES)


def within(subject: Subject) -> Iterator[Subject]:
    """The pods of an object and their containers. PodNotDerived when nobody can tell."""
    path = TEMPLATES.get(subject.kind)
    if path is not None:
        yield from _pod(subject, fields(subject.props, *path))
    elif subject.kind == POD:
        yield from _containers(subject)
    elif subject.kind.partition("/")[2] in WORKLOADS:
        made = _synthesized(subject.props) if subject.pods is None else subject.pods
        for pod in made:
            yield from _pod(subject, pod)


def _synthesized(obj: Fields) -> list[dict[str, Json]]:
    try:
        return pods(dict(obj), known_objects(), PLATFORM)
    except Exception as error:
        if _has_unknown(obj):
            return []
        raise PodNotDerived from error


def _pod(subject: Subject, pod: Fields) -> Iterator[Subject]:
    made = Subject(
        POD, f"Pod of {subject.name}", pod, subject.namespace, subject.tenant, subject.props
    )
    yield made
    yield from _containers(made)


def _containers(pod: Subject) -> Iterator[Subject]:
    spec = fields(pod.props, "spec")
    for key, kind in (("containers", SERVER), ("initContainers", CONTAINER)):
        for container in objects(spec, key):
            name = f"{pod.name}, container {text(container, 'name')}"
            yield Subject(kind, name, container, pod.namespace, pod.tenant, spec)


def _has_unknown(value: Json) -> bool:
    if value is UNKNOWN:
        return True
    if isinstance(value, dict):
        return any(_has_unknown(inner) for inner in cast("dict[str, Json]", value).values())
    return isinstance(value, list) and any(map(_has_unknown, cast("list[Json]", value)))
