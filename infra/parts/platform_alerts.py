"""Alerts on the platform: what kube-prometheus-stack's own rules do not see.

Those watch nodes, volumes, workloads and the API server already. Severities are those of the
tenants' alerts (`catalog.render.slo`): page wakes somebody, ticket waits for the day.
"""

from dataclasses import dataclass
from typing import Final

from catalog.node_pools import GPU_RESOURCE, POOLS
from catalog.objects import Object
from infra.parts.common import metadata
from infra.parts.observability import MONITORING

GPU_METRIC: Final = GPU_RESOURCE.replace(".", "_").replace("/", "_")
"""How kube-state-metrics writes the resource."""

DAY: Final = 86_400
BOOT_MINUTES: Final = -(-max(pool.boot_seconds for pool in POOLS) // 60)
"""The longest that a pool's node may take, by the table that progress deadlines come from."""

DOOR_5XX: Final = (
    'sum(rate(envoy_http_downstream_rq_xx{job="monitoring/envoy-proxy",'
    'envoy_http_conn_manager_prefix=~"https?-.*"%s}[5m]))'
)
KOURIER: Final = (
    'sum(rate(envoy_http_downstream_rq_xx{job="monitoring/kourier",'
    'envoy_http_conn_manager_prefix="ingress_http"%s}[5m]))'
)
SERVER_ERRORS: Final = ',envoy_response_code_class="5"'


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert; `hold` is how long its expression must be true."""

    name: str
    severity: str
    hold: str
    expr: str
    summary: str


NODES: Final = (
    Alert(
        "NodeClaimNotInitialized", "ticket", f"{BOOT_MINUTES + 5}m",
        'max by (name) (operator_nodeclaim_status_condition_count{type="Initialized",'
        'status!="True"}) > 0',
        "{{ $labels.name }} is bought and never became ready: nothing takes its startup taint "
        "away, or its GPU never showed",
    ),
    Alert(
        "GpuPodPending", "ticket", f"{BOOT_MINUTES + 10}m",
        'max by (namespace, pod) (kube_pod_status_phase{phase="Pending"}) == 1 '
        "and on (namespace, pod) max by (namespace, pod) "
        f'(kube_pod_container_resource_requests{{resource="{GPU_METRIC}"}}) > 0',
        "{{ $labels.pod }} in {{ $labels.namespace }} waits for a GPU longer than any pool takes",
    ),
    Alert(
        "InterruptionQueueNotRead", "page", "10m",
        "histogram_quantile(0.9, sum by (le) "
        "(rate(karpenter_interruption_message_queue_duration_seconds_bucket[10m]))) > 90",
        "Notices of spot interruptions are read after more than 90 of their 120 seconds",
    ),
    Alert(
        "GpuFailing", "ticket", "1m",
        "max by (Hostname, gpu) (DCGM_FI_DEV_ROW_REMAP_FAILURE) > 0 "
        "or max by (Hostname, gpu) (DCGM_FI_DEV_ECC_DBE_VOL_TOTAL) > 0",
        "GPU {{ $labels.gpu }} of {{ $labels.Hostname }} has memory that it cannot mend",
    ),
)  # fmt: skip

SERVING: Final = (
    Alert(
        "FrontDoorErrors", "page", "10m",
        f"{DOOR_5XX % SERVER_ERRORS} / {DOOR_5XX % ''} > 0.05",
        "More than 5 % of all answers at the front door are server errors",
    ),
    Alert(
        "KourierErrors", "page", "10m",
        f"{KOURIER % SERVER_ERRORS} / {KOURIER % ''} > 0.05",
        "More than 5 % of all answers behind Kourier are server errors",
    ),
    Alert(
        "ControllerErrors", "ticket", "15m",
        "sum by (namespace, controller) (rate(controller_runtime_reconcile_errors_total[5m])) "
        "> 0.1",
        "The controller {{ $labels.controller }} in {{ $labels.namespace }} fails again and again",
    ),
    Alert(
        "WebhookUnreachable", "page", "5m",
        "sum by (name) (rate(apiserver_admission_webhook_rejection_count"
        '{error_type="calling_webhook_error"}[5m])) > 0',
        "The API server cannot call the webhook {{ $labels.name }}, and refuses what it admits",
    ),
)  # fmt: skip

TRUST: Final = (
    Alert(
        # Renewed a third of the lifetime before the end: 30 days for Let's Encrypt.
        "CertificateExpiring", "page", "1h",
        "min by (exported_namespace, name) "
        f"(certmanager_certificate_expiration_timestamp_seconds - time()) < {14 * DAY}",
        "{{ $labels.name }} in {{ $labels.exported_namespace }} ends in {{ $value | "
        "humanizeDuration }} and was not renewed",
    ),
    Alert(
        "CertificateNotReady", "ticket", "1h",
        "max by (exported_namespace, name) "
        '(certmanager_certificate_ready_status{condition!="True"}) > 0',
        "{{ $labels.name }} in {{ $labels.exported_namespace }} is not issued",
    ),
    Alert(
        "SecretNotRead", "ticket", "15m",
        "max by (exported_namespace, name) "
        '(externalsecret_status_condition{condition="Ready",status="False"}) > 0',
        "{{ $labels.name }} in {{ $labels.exported_namespace }} cannot be read from its store",
    ),
)  # fmt: skip

CAPACITY: Final = (
    Alert(
        "QuotaNearlyFull", "ticket", "15m",
        'max by (namespace, resource) (kube_resourcequota{type="used"}) / '
        'max by (namespace, resource) (kube_resourcequota{type="hard"} > 0) > 0.9',
        "{{ $labels.namespace }} uses {{ $value | humanizePercentage }} of its "
        "{{ $labels.resource }}",
    ),
    Alert(
        "BackupFailed", "ticket", "1h",
        "time() - max by (schedule) "
        f'(velero_backup_last_successful_timestamp{{schedule!=""}}) > {2 * DAY}',
        "The schedule {{ $labels.schedule }} made no backup for two days",
    ),
)  # fmt: skip

GROUPS: Final = (
    ("nodes", NODES),
    ("serving", SERVING),
    ("trust", TRUST),
    ("capacity", CAPACITY),
)


def platform_alerts() -> Object:
    """One PrometheusRule for them all; `team: platform` says whose they are."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": metadata("slipway-platform", MONITORING),
        "spec": {
            "groups": [
                {"name": f"slipway.{name}", "rules": [_rule(alert) for alert in alerts]}
                for name, alerts in GROUPS
            ]
        },
    }


def _rule(alert: Alert) -> Object:
    return {
        "alert": alert.name,
        "expr": alert.expr,
        "for": alert.hold,
        "labels": {"severity": alert.severity, "team": "platform"},
        "annotations": {"summary": alert.summary},
    }
