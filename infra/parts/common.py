"""What every part needs: labels, where its pods run, what they ask for and may do."""

from collections.abc import Mapping
from typing import Any, Final

from catalog.instances import DAEMONSETS, MIB
from catalog.node_pools import POOL_LABEL
from catalog.objects import Object
from catalog.settings import Platform
from infra.parts.part import Context

SYSTEM: Final[Mapping[str, str]] = {POOL_LABEL: "system"}
"""The node selector of the platform's pods, DaemonSets apart: the managed node group and
Karpenter's pool `system` carry it."""

LABELS: Final[Mapping[str, str]] = {"app.kubernetes.io/managed-by": "slipway"}

POD_SECURITY: Final[Mapping[str, Any]] = {
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""A pod's security context at the Pod Security level `restricted`."""

CONTAINER_SECURITY: Final[Mapping[str, Any]] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}
"""A container's, at the same level, and with a root file system that nobody writes."""


def platform(context: Context) -> Platform:
    """The settings of the layer `platform`; ValueError for a stack that has none."""
    settings = context.settings.platform
    if settings is None:
        stack = context.settings.environment.stack
        raise ValueError(f"stack {stack} holds no layer `platform`, so it has no parts")
    return settings


def replicas(context: Context) -> int:
    """Of what requests pass through and of admission webhooks."""
    return platform(context).replicas


def resources(cpu: str, memory: str, memory_limit: str | None = None) -> Object:
    """Requests and a limit on memory, equal to the request unless one is given.

    CPU has no limit: throttling what serves every tenant costs more than a neighbour's burst.
    """
    return {
        "requests": {"cpu": cpu, "memory": memory},
        "limits": {"memory": memory_limit or memory},
    }


def daemon_resources(name: str, memory_limit: str | None = None) -> Object:
    """Exactly what `catalog.instances` takes off every node for that DaemonSet.

    LookupError for a DaemonSet that the table does not have: placement would not know of it.
    """
    for daemon in DAEMONSETS:
        if daemon.name == name:
            memory = f"{daemon.memory_bytes // MIB}Mi"
            return resources(f"{daemon.cpu_millicores}m", memory, memory_limit)
    raise LookupError(f"no DaemonSet {name!r} in catalog/instances.py")


def vpc_cidr(context: Context) -> str:
    """Where the API server's calls to webhooks come from; ValueError without a foundation."""
    foundation = context.settings.foundation
    if foundation is None:
        stack = context.settings.environment.stack
        raise ValueError(f"stack {stack} holds no layer `foundation`, so its VPC is not known")
    return foundation.vpc_cidr


def spread(labels: Mapping[str, str]) -> list[Object]:
    """Pods with these labels over zones, then over nodes; never a reason to stay pending."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": dict(labels)},
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]


def metadata(name: str, namespace: str | None = None) -> Object:
    """Metadata with the platform's label; of a cluster-scoped object without a namespace."""
    scope = {"namespace": namespace} if namespace is not None else {}
    return {"name": name, **scope, "labels": dict(LABELS)}


def disruption_budget(name: str, namespace: str, labels: Mapping[str, str]) -> Object:
    """A PodDisruptionBudget of one pod at a time; broken pods may always be evicted."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(name, namespace),
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": dict(labels)},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }


def disruption_budgets(
    context: Context, namespace: str, workloads: Mapping[str, Mapping[str, str]]
) -> tuple[Object, ...]:
    """One for each workload by name and pod labels; none with one replica.

    A budget over a single replica would hold up every drain of its node or allow its loss anyway.
    """
    if replicas(context) == 1:
        return ()
    return tuple(
        disruption_budget(name, namespace, labels) for name, labels in sorted(workloads.items())
    )
