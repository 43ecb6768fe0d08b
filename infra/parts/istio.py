"""Istio in ambient mode: mutual TLS and identity for every hop, with no sidecar in any pod.

Values as in the charts of Istio 1.30.3; the profile `ambient` is a file inside each of them.
"""

from typing import Final

from infra.parts.common import SYSTEM, daemon_resources, replicas, resources, spread
from infra.parts.istio_taint import NOT_READY
from infra.parts.mesh import mesh_objects
from infra.parts.mirror import mirrored
from infra.parts.part import Context, Part, Release, Values

NAMESPACE: Final = "istio-system"
PROFILE: Final = "ambient"

# Bottlerocket labels a container that is not privileged `container_t`, which may not write the
# host's CNI folders; `spc_t` is its alias of `control_t`, which may (bottlerocket-core-kit,
# packages/selinux-policy/subject.cil and rules.cil).
SELINUX: Final = {"type": "spc_t"}

ISTIOD_LABELS: Final = {"app": "istiod", "istio": "pilot"}


def part(context: Context) -> Part:
    """CRDs, istiod, CNI and ztunnel in the order that upstream installs them, then the policies."""
    return Part(
        name="istio",
        releases=(
            _release("istio-base", "base", {"defaultRevision": "default"}, holds_crds=True),
            _release("istiod", "istiod", _istiod(context)),
            _release("istio-cni", "cni", _cni(context)),
            _release("ztunnel", "ztunnel", _ztunnel(context)),
        ),
        objects=mesh_objects(context),
    )


def _release(name: str, chart: str, values: Values, *, holds_crds: bool = False) -> Release:
    return Release(
        name=name, chart=chart, namespace=NAMESPACE, values=values, holds_crds=holds_crds
    )


def _istiod(context: Context) -> Values:
    count = replicas(context)
    return {
        "global": {
            "profile": PROFILE,
            "hub": mirrored(context, "istio"),
            "logAsJson": True,
            # Without istiod no new node loses its taint, so it goes before ordinary pods.
            "priorityClassName": "system-cluster-critical",
        },
        "taint": {"enabled": True, "namespace": NAMESPACE, "name": NOT_READY.key},
        "autoscaleEnabled": count > 1,
        "autoscaleMin": count,
        "autoscaleMax": 5,
        "replicaCount": count,
        "pdb": {"minAvailable": 1, "unhealthyPodEvictionPolicy": "AlwaysAllow"},
        "resources": resources("500m", "2048Mi"),
        "seccompProfile": {"type": "RuntimeDefault"},
        "nodeSelector": dict(SYSTEM),
        "topologySpreadConstraints": spread(ISTIOD_LABELS),
    }


def _cni(context: Context) -> Values:
    return {
        "global": {"profile": PROFILE, "hub": mirrored(context, "istio"), "logAsJson": True},
        "resources": daemon_resources("istio-cni-node", "256Mi"),
        "seLinuxOptions": SELINUX,
        # It mends pods that hold a sidecar's init container, and there are none.
        "repair": {"enabled": False},
    }


def _ztunnel(context: Context) -> Values:
    return {
        "global": {"profile": PROFILE},
        "hub": mirrored(context, "istio"),
        "logAsJson": True,
        "resources": daemon_resources("ztunnel", "1024Mi"),
        "seLinuxOptions": SELINUX,
        # Connections through it last as long as the longest stream that it may finish.
        "terminationGracePeriodSeconds": 300,
    }
