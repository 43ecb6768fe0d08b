"""OpenCost: what each team's pods cost, from AWS's public price list.

It needs no credential for that. A spot node is priced as on demand, because spot prices come from
an account's data feed alone (OpenCost 1.120 `pkg/cloud/aws/provider.go`, createNode): teams see
the price that is certain, and the account's bill is lower.
"""

from typing import Final

from catalog import pins
from infra.parts.common import CONTAINER_SECURITY, POD_SECURITY, SYSTEM, resources
from infra.parts.mirror import image_registry
from infra.parts.observability import MONITORING, OBSERVABILITY
from infra.parts.part import Context, Part, Release, Values

SPARED: Final = {"adminToken": {"enabled": False}, "apiIngress": {"enabled": False}}
USER: Final = 1001
"""The image's own user (opencost `Dockerfile`)."""


def part(context: Context) -> Part:
    """The exporter alone: Grafana shows what it counts, so that its own page stays off."""
    return Part(
        name="opencost",
        after=("logging", "monitoring"),
        releases=(
            Release(
                name="opencost", chart="opencost", namespace=OBSERVABILITY, values=_values(context)
            ),
        ),
    )


def _values(context: Context) -> Values:
    return {
        # Where it writes what it makes of its price settings.
        "extraVolumes": [{"name": "configs", "emptyDir": {}}],
        "opencost": {
            "exporter": {
                **image_registry(context, pins.GITHUB),
                **SPARED,
                "extraVolumeMounts": [{"name": "configs", "mountPath": "/var/configs"}],
                "defaultClusterId": context.names.cluster,
                "resources": resources("50m", "256Mi", "2Gi"),
                "securityContext": dict(CONTAINER_SECURITY),
            },
            "mcp": {"enabled": False},
            "metrics": {
                # Labels of pods and namespaces, by which costs are told apart, and none of what
                # kube-state-metrics tells already.
                "kubeStateMetrics": {"emitKsmV1Metrics": False, "emitKsmV1MetricsOnly": True},
                "serviceMonitor": {"enabled": True, "scrapeInterval": "1m"},
            },
            "nodeSelector": dict(SYSTEM),
            "prometheus": {
                "internal": {
                    "namespaceName": MONITORING,
                    "port": 9090,
                    "serviceName": "kube-prometheus-stack-prometheus",
                }
            },
            "ui": {"enabled": False},
        },
        "podSecurityContext": {**POD_SECURITY, "runAsUser": USER},
    }
