"""Who hears of an alert. A receiver's secret comes from the platform's store, as a file."""

from typing import Any, Final

from catalog import pins
from catalog.objects import Object
from catalog.settings import Alerts
from infra.parts.common import SYSTEM, metadata, platform, resources
from infra.parts.external_secrets import PLATFORM_STORE
from infra.parts.mirror import image_registry
from infra.parts.observability import MONITORING, VOLUME_CLASS
from infra.parts.part import Context, Values

SECRET: Final = "alertmanager-receivers"  # noqa: S105 - its name, no secret.
MOUNTED: Final = f"/etc/alertmanager/secrets/{SECRET}"
"""Where prometheus-operator mounts a secret that `alertmanagerSpec.secrets` names."""

NOBODY: Final = "nobody"
GROUPED_BY: Final = ("alertname", "team", "namespace", "endpoint")
"""One message for a platform alert, one for each endpoint of a team."""

# Our own alerts say page or ticket, those of kube-prometheus-stack critical or warning.
URGENT: Final = 'severity=~"page|critical"'
NOTABLE: Final = 'severity=~"page|critical|ticket|warning"'

SUMMARIES: Final = (
    "{{ range .Alerts }}{{ or .Annotations.summary .Annotations.description }}\n{{ end }}"
)


def alertmanager_values(context: Context) -> Values:
    """Values of the chart's key `alertmanager`."""
    settings = platform(context)
    secret = receiver_secret(settings.alerts)
    return {
        "config": _config(settings.alerts),
        "podDisruptionBudget": {"enabled": settings.replicas > 1},
        "alertmanagerSpec": {
            **image_registry(context, pins.QUAY),
            "nodeSelector": dict(SYSTEM),
            "podAntiAffinity": "hard" if settings.replicas > 1 else "soft",
            "replicas": settings.replicas,
            "resources": resources("25m", "128Mi"),
            "retention": "120h",
            "secrets": [SECRET] if secret else [],
            "storage": {"volumeClaimTemplate": {"spec": volume_claim("2Gi")}},
        },
    }


def volume_claim(size: str) -> Object:
    """A volume for one pod."""
    return {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": size}},
        "storageClassName": VOLUME_CLASS,
    }


def receiver_secret(alerts: Alerts) -> tuple[Object, ...]:
    """The ExternalSecret with a key for each receiver that is set."""
    keys = {"pagerduty": alerts.pagerduty_secret, "slack": alerts.slack_secret}
    data: list[Object] = [
        {
            "secretKey": name,
            "remoteRef": {
                "conversionStrategy": "Default",
                "decodingStrategy": "None",
                "key": key,
                "metadataPolicy": "None",
            },
        }
        for name, key in keys.items()
        if key is not None
    ]
    if not data:
        return ()
    return (
        {
            "apiVersion": "external-secrets.io/v1",
            "kind": "ExternalSecret",
            "metadata": metadata(SECRET, MONITORING),
            "spec": {
                "refreshInterval": "1h",
                "refreshPolicy": "Periodic",
                "secretStoreRef": {"kind": "ClusterSecretStore", "name": PLATFORM_STORE},
                "target": {"name": SECRET, "creationPolicy": "Owner", "deletionPolicy": "Retain"},
                "data": data,
            },
        },
    )


def _config(alerts: Alerts) -> Object:
    receivers: list[Object] = [{"name": NOBODY}]
    routes: list[Object] = [{"matchers": ['alertname="Watchdog"'], "receiver": NOBODY}]
    if alerts.pagerduty_secret is not None:
        key = {"routing_key_file": f"{MOUNTED}/pagerduty", "severity": "critical"}
        receivers.append({"name": "pagerduty", "pagerduty_configs": [key]})
        routes.append({"matchers": [URGENT], "receiver": "pagerduty", "continue": True})
    if alerts.slack_secret is not None:
        receivers.append({"name": "slack", "slack_configs": [_slack()]})
        routes.append({"matchers": [NOTABLE], "receiver": "slack"})
    return {
        "inhibit_rules": _inhibitions(),
        "receivers": receivers,
        "route": {
            "group_by": list(GROUPED_BY),
            "group_wait": "30s",
            "group_interval": "5m",
            "receiver": NOBODY,
            "repeat_interval": "12h",
            "routes": routes,
        },
    }


def _slack() -> dict[str, Any]:
    return {
        "api_url_file": f"{MOUNTED}/slack",
        "send_resolved": True,
        "title": "{{ .Status }}: {{ .CommonLabels.alertname }} "
        "({{ or .CommonLabels.team .CommonLabels.namespace }})",
        "text": SUMMARIES,
    }


def _inhibitions() -> list[Object]:
    """What is urgent silences the same alert at a lower severity."""
    return [
        {
            "source_matchers": [URGENT],
            "target_matchers": ['severity=~"ticket|warning|info"'],
            "equal": ["alertname", "namespace", "endpoint"],
        },
        {
            "source_matchers": ['alertname="InfoInhibitor"'],
            "target_matchers": ['severity="info"'],
            "equal": ["namespace"],
        },
    ]
