"""Karpenter: the CRDs by their own chart, because Helm never upgrades those in the other."""

from catalog.parts import Identity, Part, Release, Values
from infra.iam.karpenter import QUEUE, statements
from infra.parts.common import replicas, resources, spread
from infra.parts.mirror import mirrored
from infra.parts.part import Context

NAME = "karpenter"
NAMESPACE = "kube-system"
"""Where the API server gives its requests their own share (karpenter v1.14 `getting-started`)."""

_PODS = {"app.kubernetes.io/name": NAME, "app.kubernetes.io/instance": NAME}


def part(context: Context) -> Part:
    """Controller, CRDs and what it may do in AWS; the pools are a part of their own."""
    return Part(
        name=NAME,
        identities=(
            Identity(
                purpose=NAME,
                namespace=NAMESPACE,
                service_account=NAME,
                statements=statements(context.names),
            ),
        ),
        releases=(
            Release(
                name="karpenter-crd",
                chart="karpenter-crd",
                namespace=NAMESPACE,
                values={},
                holds_crds=True,
            ),
            Release(name=NAME, chart=NAME, namespace=NAMESPACE, values=_values(context)),
        ),
    )


def _values(context: Context) -> Values:
    names = context.names
    return {
        # The chart lets one run on a node: a third would wait for a third managed node.
        "replicas": min(replicas(context), 2),
        "serviceAccount": {"create": True, "name": NAME},
        # Its default affinity, which stays, keeps it off the nodes that it makes itself: so it runs
        # on the managed node group, the only other there is.
        "topologySpreadConstraints": spread(_PODS),
        # CoreDNS runs on its nodes too: with the VPC's own resolver it can bring them back when
        # none is left (karpenter v1.14 website, "Troubleshooting", "Failed Resolving STS").
        "dnsPolicy": "Default",
        "controller": {
            "image": {"repository": mirrored(context, "karpenter")},
            # The chart's example; it caches every pod and node of the cluster.
            "resources": resources("500m", "1Gi"),
        },
        "settings": {
            "clusterName": names.cluster,
            "interruptionQueue": names.of_stack(QUEUE),
            "eksControlPlane": True,
        },
    }
