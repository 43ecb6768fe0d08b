"""Why an object that is declared is not there, or is going.

Namespace conditions are those of `pkg/controller/namespace/deletion/status_condition_utils.go` in
Kubernetes 1.34.
"""

from catalog.objects import Object
from deploy.status.declared import Declared, DeclaredEndpoint
from deploy.status.fields import TRUE, conditions, is_leaving, name_of, one_line, text, texts
from deploy.status.snapshot import ENDPOINT_KINDS, Snapshot
from deploy.status.verdict import Cause, Weight


def absence_cause(declared: Declared, endpoint: DeclaredEndpoint, observed: Snapshot) -> Cause:
    """Why an endpoint has no object."""
    kind = ENDPOINT_KINDS[endpoint.kind]
    seen = f"{kind} {endpoint.namespace}/{endpoint.name}: not there"
    namespace = observed.namespace(endpoint.namespace)
    if namespace is not None and is_leaving(namespace):
        return namespace_cause(namespace, declared.repair)
    remedy = f"run {declared.command}; where it is refused, that says why"
    if not observed.objects.get("Namespace") and "Namespace" not in observed.unreadable:
        what = f"nothing of the stack {declared.stack} is in the cluster"
    elif namespace is None:
        what = f"its namespace {endpoint.namespace} is not in the cluster"
    else:
        what = f"its {kind} is not in the cluster: slipway up was refused, or it was deleted"
        remedy += f"; where somebody deleted it, {declared.repair}"
    return Cause(
        code="absent",
        what=what,
        remedy=remedy,
        seen=seen,
        weight=Weight.LASTING,
    )


def namespace_cause(namespace: Object, command: str) -> Cause:
    """What holds a namespace that is being deleted; `command` applies its stack afterwards."""
    name = name_of(namespace)
    held = [
        one_line(each.message)
        for each in conditions(namespace)
        if each.status == TRUE and each.type.startswith("Namespace")
    ]
    finalizers = [f for f in texts(namespace, "metadata", "finalizers") if f]
    if finalizers:
        held.append("finalizers on the namespace itself: " + ", ".join(finalizers))
    return Cause(
        code="namespace",
        what=f"its namespace {name} has been going since "
        f"{text(namespace, 'metadata', 'deletionTimestamp')}"
        + (": " + "; ".join(held) if held else ""),
        remedy=f"wait until it is gone, then run {command}; where a finalizer stays, start the "
        "controller that it belongs to, or take it off what remains",
        seen=f"Namespace {name}: metadata.deletionTimestamp",
    )


def going_cause(obj: Object, namespace: Object | None, command: str) -> Cause:
    """What holds an object that is being deleted, alone or with its namespace."""
    if namespace is not None and is_leaving(namespace):
        return namespace_cause(namespace, command)
    finalizers = ", ".join(texts(obj, "metadata", "finalizers")) or "nothing"
    return Cause(
        code="leaving",
        what=f"it is being deleted since {text(obj, 'metadata', 'deletionTimestamp')}, held by "
        f"{finalizers}",
        remedy=f"wait until it is gone, then run {command}",
        seen="metadata.deletionTimestamp",
    )


def silence_cause(endpoint: DeclaredEndpoint) -> Cause:
    """Nobody has said anything of an object for too long."""
    return Cause(
        code="controller",
        what="KServe's controller has said nothing of it since it was made",
        remedy="the platform's team must look at the controller: kubectl -n kserve get pods; for "
        "the stack local, slipway local status",
        seen=f"{ENDPOINT_KINDS[endpoint.kind]} {endpoint.name}: no status.conditions",
    )


def stopped_cause(command: str, annotation: str) -> Cause:
    """Somebody stopped it on purpose."""
    return Cause(
        code="stopped",
        what=f"somebody stopped it with the annotation {annotation}",
        remedy=f"take the annotation off, or run {command}",
        seen=f"metadata.annotations[{annotation}]",
        weight=Weight.LASTING,
    )
