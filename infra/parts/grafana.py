"""Grafana: who signs in, what it reads, and the dashboards that it finds."""

import json
from typing import Final

from catalog import pins
from catalog.objects import Object
from infra.parts.common import SYSTEM, resources
from infra.parts.console import TOKEN_HEADER
from infra.parts.mirror import image_registry
from infra.parts.observability import JAEGER, LOKI, PROMETHEUS
from infra.parts.part import Context, Values

ROLE: Final = "'Editor'"
"""A JMESPath constant: all whom Access lets in. A Viewer cannot open Explore, where logs and
traces are; nothing that an Editor makes outlives the pod."""


def grafana_values(context: Context) -> Values:
    """Values of the chart's key `grafana`.

    Dashboards and data sources are data of the platform, so that there is no volume, no database
    and nothing to back up. The sidecar writes dashboards as files that Grafana rereads: it needs
    neither a login nor a reload.
    """
    return {
        **image_registry(context, pins.DOCKER_HUB),
        "datasources": {"datasources.yaml": {"apiVersion": 1, "datasources": _data_sources()}},
        "defaultDashboardsEditable": False,
        "deploymentStrategy": {"type": "Recreate"},
        "env": _sign_in(context),
        "initChownData": {"enabled": False},
        "nodeSelector": dict(SYSTEM),
        "persistence": {"enabled": False},
        "resources": resources("100m", "256Mi", "512Mi"),
        "sidecar": {
            **image_registry(context, pins.QUAY),
            "dashboards": {
                "enabled": True,
                "label": "grafana_dashboard",
                "labelValue": "1",
                "searchNamespace": "ALL",
                "skipReload": True,
                "provider": {"allowUiUpdates": False, "updateIntervalSeconds": 30},
                "resource": "configmap",
            },
            "datasources": {"enabled": False},
            "resources": resources("25m", "128Mi"),
        },
        "testFramework": {"enabled": False},
    }


def _sign_in(context: Context) -> dict[str, str]:
    """Settings as Grafana reads them from its environment: GF_<section>_<key>.

    With Access there is no password at all, not even an administrator's; the door has checked the
    token's audience before. Without Access nothing routes to Grafana: the chart makes a password
    of its own for whoever may forward a port.
    """
    common = {
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_AUTH_ANONYMOUS_ENABLED": "false",
        "GF_SERVER_ROOT_URL": f"https://grafana.{context.settings.environment.domain}",
        "GF_USERS_ALLOW_SIGN_UP": "false",
    }
    edge = context.settings.edge
    if edge is None:
        return common
    issuer = f"https://{edge.access.team}.cloudflareaccess.com"
    return {
        **common,
        "GF_AUTH_DISABLE_LOGIN_FORM": "true",
        "GF_AUTH_DISABLE_SIGNOUT_MENU": "true",
        "GF_AUTH_JWT_ENABLED": "true",
        "GF_AUTH_JWT_AUTO_SIGN_UP": "true",
        "GF_AUTH_JWT_CACHE_TTL": "60m",
        "GF_AUTH_JWT_EMAIL_CLAIM": "email",
        # The chart puts the value between quotes as it is.
        "GF_AUTH_JWT_EXPECT_CLAIMS": json.dumps({"iss": issuer}).replace('"', r"\""),
        "GF_AUTH_JWT_HEADER_NAME": TOKEN_HEADER,
        "GF_AUTH_JWT_JWK_SET_URL": f"{issuer}/cdn-cgi/access/certs",
        "GF_AUTH_JWT_ROLE_ATTRIBUTE_PATH": ROLE,
        "GF_AUTH_JWT_USERNAME_CLAIM": "email",
        "GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION": "true",
    }


def _data_sources() -> list[Object]:
    alertmanager = "http://kube-prometheus-stack-alertmanager.monitoring.svc.cluster.local:9093"
    return [
        _source("Prometheus", "prometheus", PROMETHEUS, isDefault=True,
                jsonData={"httpMethod": "POST", "timeInterval": "30s"}),
        _source("Alertmanager", "alertmanager", alertmanager,
                jsonData={"implementation": "prometheus"}),
        _source("Loki", "loki", LOKI, jsonData={"maxLines": 1000}),
        _source("Jaeger", "jaeger", JAEGER, jsonData={"tracesToLogsV2": {
            "datasourceUid": "loki", "filterByTraceID": True,
            "spanStartTimeShift": "-5m", "spanEndTimeShift": "5m",
            "tags": [{"key": "service.name", "value": "app"}],
        }}),
    ]  # fmt: skip


def _source(name: str, kind: str, url: str, **more: object) -> Object:
    return {
        "name": name,
        "uid": kind,
        "type": kind,
        "access": "proxy",
        "url": url,
        "editable": False,
        **more,
    }
