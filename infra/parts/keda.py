"""KEDA: scales what standard mode serves by queries and by the clock.

Its ScaledObjects are ours (`catalog.render.scaling`): Deployments alone, by Prometheus and cron,
which need no credential. So it may read no Secret of a tenant and scale nothing else.
"""

from typing import Final

from catalog import pins
from catalog.objects import Object
from infra.parts.common import SYSTEM, disruption_budgets, replicas, spread
from infra.parts.mirror import image_registry
from infra.parts.part import Context, Part, Release, Values

NAMESPACE: Final = "keda"
_WORKLOADS: Final = {
    "operator": "keda-operator",
    "metricsServer": "keda-operator-metrics-apiserver",
    "webhooks": "keda-admission-webhooks",
}
"""Each part by its key in the chart; the value is its label `app`."""


def part(context: Context) -> Part:
    """The operator, the external metrics API that HPAs read, and the validating webhook."""
    pods = {name: {"app": name} for name in _WORKLOADS.values()}
    return Part(
        name="keda",
        after=("node-pools",),
        releases=(
            Release(name="keda", chart="keda", namespace=NAMESPACE, values=_values(context)),
        ),
        objects=disruption_budgets(context, NAMESPACE, pods),
    )


def _values(context: Context) -> Values:
    count = {"replicaCount": replicas(context)}
    return {
        "global": image_registry(context, pins.GITHUB),
        "image": {"pullPolicy": "IfNotPresent"},
        **{key: dict(count) for key in _WORKLOADS},
        "nodeSelector": dict(SYSTEM),
        "topologySpreadConstraints": {
            key: spread({"app": name}) for key, name in _WORKLOADS.items()
        },
        "resources": {
            "operator": _share("100m", "256Mi"),
            "metricServer": _share("100m", "128Mi"),
            "webhooks": _share("50m", "64Mi"),
        },
        "permissions": {
            "operator": {"restrict": {"secret": True}},
            "metricServer": {"restrict": {"secret": True}},
        },
        "rbac": {"enabledCustomScaledRefKinds": False},
        "prometheus": {
            "operator": {"enabled": True},
            "metricServer": {"enabled": True},
            "webhooks": {"enabled": True},
        },
    }


def _share(cpu: str, memory: str) -> Object:
    """With a limit on CPU, for the chart sets one that no value takes away."""
    return {
        "requests": {"cpu": cpu, "memory": memory},
        "limits": {"cpu": "2", "memory": "1Gi"},
    }
