"""Kyverno: admits or refuses what is created in the tenants' namespaces.

Only what our policies need runs: admission, and reports on what stood before a policy did. Nothing
generates, cleans up or changes objects that exist.
"""

from typing import Final

from catalog import pins
from catalog.objects import Object
from infra.parts.common import POD_SECURITY, SYSTEM, replicas, resources, spread
from infra.parts.mirror import image_registry
from infra.parts.namespaces import DOWNLOADS, NAMESPACES
from infra.parts.part import Context, Part, Release, Values

NAMESPACE: Final = "kyverno"
_VERSION: Final = "v1.19.0"
"""The chart's appVersion."""
_REGISTRY: Final = "reg.kyverno.io"
"""Of what hooks and tests of the chart run."""
_CLUSTER: Final = ("kube-node-lease", "kube-public", "kube-system")


def part(context: Context) -> Part:
    """The controllers and CRDs; the policies are the part `admission`."""
    return Part(
        name="kyverno",
        after=("node-pools",),
        releases=(
            Release(name="kyverno", chart="kyverno", namespace=NAMESPACE, values=_values(context)),
        ),
    )


def _values(context: Context) -> Values:
    checker = image_registry(context, pins.GITHUB)
    return {
        "global": {"nodeSelector": {"kubernetes.io/os": "linux", **SYSTEM}},
        "crds": {"migration": image_registry(context, _REGISTRY)},
        "admissionController": _admission(context),
        "backgroundController": {"enabled": False},
        "cleanupController": {"enabled": False},
        "reportsController": {
            **image_registry(context, _REGISTRY),
            "replicas": 1,
            "resources": resources("100m", "128Mi", "512Mi"),
            "podSecurityContext": dict(POD_SECURITY),
        },
        "webhooksCleanup": {**checker, "nodeSelector": dict(SYSTEM)},
        # Of `helm test`, which nobody runs; the chart's own tag floats.
        "test": {"image": {**checker.get("image", {}), "tag": _VERSION}},
        "config": {"webhooks": {"namespaceSelector": _where()}},
        "features": {
            "logging": {"format": "json"},
            # Each is the switch for something that no policy of ours does.
            "policyExceptions": {"enabled": False},
            "generateValidatingAdmissionPolicy": {"enabled": False},
        },
    }


def _admission(context: Context) -> Object:
    count = replicas(context)
    label = {"app.kubernetes.io/component": "admission-controller"}
    return {
        "replicas": count,
        "topologySpreadConstraints": spread(label),
        "podSecurityContext": dict(POD_SECURITY),
        "podDisruptionBudget": {
            "enabled": count > 1,
            "minAvailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
        "initContainer": image_registry(context, _REGISTRY),
        "container": {
            **image_registry(context, _REGISTRY),
            "resources": resources("200m", "256Mi", "768Mi"),
        },
    }


def _where() -> Object:
    """The webhooks ask for no namespace of the platform's own.

    So a Kyverno that is down, with policies that then refuse, never keeps the platform from being
    repaired. Model downloads stay in: the part `model-cache` has their pods tolerate GPU nodes.
    """
    platform = {row.name for row in NAMESPACES if row.name != DOWNLOADS}
    return {
        "matchExpressions": [
            {
                "key": "kubernetes.io/metadata.name",
                "operator": "NotIn",
                "values": sorted({*platform, *_CLUSTER}),
            }
        ]
    }
