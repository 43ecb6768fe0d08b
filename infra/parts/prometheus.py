"""Values of kube-prometheus-stack: Prometheus, its operator and its exporters."""

from collections.abc import Mapping
from typing import Final

from catalog import pins
from catalog.objects import Object
from catalog.render.network import PROMETHEUS_ACCOUNT
from infra.parts.alertmanager import alertmanager_values, volume_claim
from infra.parts.common import SYSTEM, daemon_resources, platform, resources
from infra.parts.grafana import grafana_values
from infra.parts.mirror import image_registry
from infra.parts.observability import EVERY_NODE, NODE_AGENTS, SCRAPE_INTERVAL
from infra.parts.part import Context, Values

HIDDEN: Final = ("kubeControllerManager", "kubeEtcd", "kubeProxy", "kubeScheduler")
"""EKS runs the first three and the last out of sight; kube-proxy answers on its node alone."""

HIDDEN_RULES: Final = (
    "etcd",
    "kubeControllerManager",
    "kubeProxy",
    "kubeSchedulerAlerting",
    "kubeSchedulerRecording",
    "windows",
)
REPLACED_ALERTS: Final = (
    "KubeCPUOvercommit",
    "KubeMemoryOvercommit",
    "KubeQuotaAlmostFull",
    "KubeQuotaFullyUsed",
)
"""Nodes come when pods need them, so overcommitment is no news; of quotas we have our own alert,
because upstream's is information that nobody is told."""

DISCOVERED: Final = ("podMonitor", "probe", "rule", "scrapeConfig", "serviceMonitor")
TEAM: Final[Mapping[str, str]] = {"team": "platform"}


def stack_values(context: Context) -> Values:
    """Values of the whole chart."""
    return {
        **{key: {"enabled": False} for key in HIDDEN},
        "alertmanager": alertmanager_values(context),
        "crds": {"enabled": True},
        "defaultRules": {
            "additionalRuleLabels": dict(TEAM),
            "disabled": dict.fromkeys(REPLACED_ALERTS, True),
            "rules": dict.fromkeys(HIDDEN_RULES, False),
        },
        "grafana": grafana_values(context),
        "kube-state-metrics": {
            **image_registry(context, pins.KUBERNETES),
            "nodeSelector": dict(SYSTEM),
            "resources": resources("25m", "128Mi", "512Mi"),
        },
        "nodeExporter": {"operatingSystems": {"aix": {"enabled": False},
                                              "darwin": {"enabled": False}}},
        "prometheus": _prometheus(context),
        "prometheus-node-exporter": {
            **image_registry(context, pins.QUAY),
            "namespaceOverride": NODE_AGENTS,
            "resources": daemon_resources("node-exporter", "128Mi"),
            "tolerations": list(EVERY_NODE),
        },
        "prometheusOperator": _operator(context),
    }  # fmt: skip


def _prometheus(context: Context) -> Object:
    settings = platform(context)
    return {
        "serviceAccount": {"create": True, "name": PROMETHEUS_ACCOUNT},
        "prometheusSpec": {
            **image_registry(context, pins.QUAY),
            **{f"{kind}SelectorNilUsesHelmValues": False for kind in DISCOVERED},
            "externalLabels": {"cluster": context.names.cluster},
            "nodeSelector": dict(SYSTEM),
            "priorityClassName": "system-cluster-critical",
            # Series in memory are what costs: some 8 KiB each with their chunks, so that 4 GiB
            # hold half a million.
            "resources": resources("500m", "4Gi", "8Gi"),
            "retention": f"{settings.metrics_days}d",
            # The write-ahead log and a compaction under way need the rest.
            "retentionSize": f"{settings.metrics_gb * 85 // 100}GB",
            "scrapeInterval": SCRAPE_INTERVAL,
            "storageSpec": {
                "volumeClaimTemplate": {"spec": volume_claim(f"{settings.metrics_gb}Gi")}
            },
        },
    }


def _operator(context: Context) -> Object:
    """Without its admission webhooks.

    The API server is no part of the mesh and could not call them under STRICT. The operator checks
    each rule again before it uses it, and ours are checked before they are registered.
    """
    moved = image_registry(context, pins.QUAY)
    return {
        **moved,
        "admissionWebhooks": {"enabled": False},
        "nodeSelector": dict(SYSTEM),
        "prometheusConfigReloader": {**moved, "resources": resources("10m", "64Mi")},
        "resources": resources("50m", "128Mi", "256Mi"),
        "tls": {"enabled": False},
    }
