"""Metrics, alerts and dashboards: Prometheus, Alertmanager, Grafana, and what each GPU does."""

from typing import Final

from catalog.objects import Object
from infra.parts.alertmanager import receiver_secret
from infra.parts.common import platform
from infra.parts.dashboards import platform_dashboards
from infra.parts.dcgm import dcgm_release
from infra.parts.monitors import NAME, platform_monitors
from infra.parts.observability import (
    MONITORING,
    NODE_AGENTS,
    OBSERVABILITY,
    SCRAPER,
    Callers,
    account,
    admitted,
    door,
    scraped,
)
from infra.parts.part import Context, Part, Release
from infra.parts.platform_alerts import platform_alerts
from infra.parts.prometheus import stack_values

RELEASE: Final = "kube-prometheus-stack"
"""Tenants' policies and autoscaling name what the chart makes of it (`catalog.render`)."""

GRAFANA: Final = account(MONITORING, f"{RELEASE}-grafana")


def part(context: Context) -> Part:
    """The stack and NVIDIA's exporter; then what scrapes, warns and shows the platform."""
    return Part(
        name="monitoring",
        after=("external-secrets", "istio", "node-pools"),
        releases=(
            Release(
                name=RELEASE,
                chart=RELEASE,
                namespace=MONITORING,
                values=stack_values(context),
                holds_crds=True,
            ),
            dcgm_release(context),
        ),
        objects=(
            *receiver_secret(platform(context).alerts),
            *_access(context),
            *platform_monitors(context),
            platform_alerts(),
            *platform_dashboards(),
        ),
    )


def _access(context: Context) -> tuple[Object, ...]:
    """Who asks Prometheus, Alertmanager and Grafana; Kiali and OpenCost are in `observability`."""
    kiali = account(OBSERVABILITY, "kiali")
    opencost = account(OBSERVABILITY, "opencost")
    keda = account("keda", "keda-operator")
    alertmanager = account(MONITORING, f"{RELEASE}-alertmanager")
    return (
        scraped(NODE_AGENTS),
        scraped(MONITORING),
        admitted("prometheus", MONITORING, {NAME: "prometheus"},
                 Callers((GRAFANA, keda, kiali, opencost), (9090,))),
        admitted("alertmanager", MONITORING, {NAME: "alertmanager"},
                 Callers((GRAFANA, SCRAPER), (9093,)), Callers((alertmanager,), (9094,))),
        admitted("grafana", MONITORING, {NAME: "grafana"},
                 Callers((door(context), kiali), (3000,))),
    )  # fmt: skip
