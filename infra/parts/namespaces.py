"""The platform's namespaces: how strictly their pods are held, and whether the mesh takes them in.

A level below `restricted` has its reason beside it.
"""

from dataclasses import dataclass
from typing import Final, Literal

from catalog.objects import Object
from catalog.render.namespace import POD_SECURITY_VERSION

Level = Literal["privileged", "baseline", "restricted"]

CACHE: Final = "model-cache"
"""The agents of the model cache, apart from KServe's controllers: they alone touch the host."""

DOWNLOADS: Final = "model-downloads"
"""Where the model cache's download jobs run, each with what it may read of the artifacts."""


@dataclass(frozen=True, slots=True)
class PlatformNamespace:
    """A namespace of the platform; `why` explains a level below `restricted`."""

    name: str
    level: Level
    mesh: bool
    why: str = ""


NAMESPACES: Final = (
    PlatformNamespace("cert-manager", "restricted", mesh=False),
    PlatformNamespace("envoy-gateway-system", "restricted", mesh=True),
    PlatformNamespace("envoy-ai-gateway-system", "restricted", mesh=False),
    PlatformNamespace("external-secrets", "restricted", mesh=False),
    PlatformNamespace("istio-system", "privileged", mesh=False, why="istio-cni and ztunnel"),
    PlatformNamespace("keda", "restricted", mesh=True),
    PlatformNamespace("knative-operator", "restricted", mesh=False),
    PlatformNamespace("knative-serving", "restricted", mesh=True),
    PlatformNamespace("kserve", "restricted", mesh=False),
    PlatformNamespace("kyverno", "restricted", mesh=False),
    PlatformNamespace("mlflow", "restricted", mesh=True),
    PlatformNamespace(CACHE, "privileged", mesh=False, why="the agent's host path on NVMe"),
    PlatformNamespace(DOWNLOADS, "restricted", mesh=False),
    PlatformNamespace("monitoring", "restricted", mesh=True),
    PlatformNamespace(
        "node-agents",
        "privileged",
        mesh=True,
        why="node-exporter's host namespaces, DCGM's capability, Fluent Bit's host paths",
    ),
    PlatformNamespace("observability", "restricted", mesh=True),
    PlatformNamespace("velero", "restricted", mesh=False),
    PlatformNamespace("vertical-pod-autoscaler", "restricted", mesh=False),
)


def namespace_object(namespace: PlatformNamespace) -> Object:
    """The Namespace with its labels."""
    security = {
        f"pod-security.kubernetes.io/{mode}{suffix}": value
        for mode in ("enforce", "audit", "warn")
        for suffix, value in (("", namespace.level), ("-version", POD_SECURITY_VERSION))
    }
    mesh = {"istio.io/dataplane-mode": "ambient"} if namespace.mesh else {}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": namespace.name,
            "labels": {
                "app.kubernetes.io/managed-by": "slipway",
                "kubernetes.io/metadata.name": namespace.name,
                **mesh,
                **security,
            },
        },
    }
