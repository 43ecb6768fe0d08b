"""What watches an endpoint: burn-rate alerts for its promise, scraping and a dashboard.

Measured at the front door by Envoy's cluster metrics, which count cold starts, Kourier and the
model, and leave out what was refused before it (401, 403, 429). Windows and factors are those of
the multiwindow, multi-burn-rate alerts in the SRE Workbook, chapter 5, for 30 days.
"""

import hashlib
import json
from collections.abc import Iterator

from catalog.duration import format_duration
from catalog.endpoint import Endpoint, Slo, Tenant
from catalog.objects import Object
from catalog.render.common import endpoint_labels, metadata, tenant_labels

BURN_RATES = (
    ("page", "1h", "5m", 14.4, "2m"),
    ("page", "6h", "30m", 6.0, "15m"),
    ("ticket", "1d", "2h", 3.0, "1h"),
    ("ticket", "3d", "6h", 1.0, "3h"),
)
"""Severity, long and short window, factor of the budget, how long it must hold."""

GRPC_STATUS = "envoy_cluster_grpc_status"
"""Answers by gRPC's status, as the platform names what the door counts (`infra/parts/monitors`)."""
GRPC_SERVER_ERRORS = "2|4|12|13|14|15"
"""The statuses that are errors of a server: those with an HTTP status of 500 or more in
`google/rpc/code.proto`. gRPC puts them into trailers, and HTTP calls the answer good."""

SCRAPE_INTERVAL = "30s"
UID_LENGTH = 40
"""The longest identifier of a dashboard in Grafana."""

WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")


def slo_rules(endpoint: Endpoint, tenant: Tenant) -> list[Object]:
    """The PrometheusRule of an endpoint that promises something."""
    if endpoint.slo is None:
        return []
    return [
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": metadata(
                f"{endpoint.name}-slo",
                endpoint.namespace,
                endpoint_labels(endpoint, tenant),
                {"prometheus-operator-validated": "true"},
            ),
            "spec": {
                "groups": [
                    {
                        "name": f"{endpoint.namespace}.{endpoint.name}.slo",
                        "interval": "30s",
                        "rules": list(_rules(endpoint, tenant.team, endpoint.slo)),
                    }
                ]
            },
        }
    ]


def _rules(endpoint: Endpoint, team: str, slo: Slo) -> Iterator[Object]:
    if slo.availability is not None:
        bad = _errors(endpoint)
        whole = _rate(endpoint, "envoy_cluster_upstream_rq_xx", "")
        ratio = f"{bad} / {whole}"
        says = "answers with server errors"
        yield from _promise(endpoint, team, "errors", ratio, slo.availability, says)
    if slo.latency is not None:
        # Prometheus 3 writes the bound 250 as 250.0.
        fast = _rate(
            endpoint, "envoy_cluster_upstream_rq_time_bucket", f',le=~"{slo.latency}([.]0)?"'
        )
        # A request that timed out is missing from the histogram, not from the count.
        whole = _rate(endpoint, "envoy_cluster_upstream_rq_completed", "")
        ratio = f"1 - {fast} / {whole}"
        says = f"answers after {format_duration(slo.latency)}"
        yield from _promise(endpoint, team, "slow", ratio, slo.latency_percent, says)


def _errors(endpoint: Endpoint) -> str:
    """Errors of servers, each counted once: the door counts gRPC's by HTTP too, where it fails."""
    rest = ".*" if endpoint.protocol == "rest" else "0"
    http = _rate(
        endpoint, "envoy_cluster_upstream_rq_xx", ',envoy_response_code_class="5"', rule=rest
    )
    grpc = _rate(endpoint, GRPC_STATUS, f',grpc_status=~"{GRPC_SERVER_ERRORS}"')
    if endpoint.protocol == "both":
        return f"(({http} or vector(0)) + ({grpc} or vector(0)))"
    return grpc if endpoint.protocol == "grpc" else http


def _rate(endpoint: Endpoint, metric: str, more: str, *, rule: str = ".*") -> str:
    cluster = f"httproute/{endpoint.namespace}/{endpoint.name}/rule/{rule}"
    return f'sum(rate({metric}{{envoy_cluster_name=~"{cluster}"{more}}}[%s]))'


def _promise(
    endpoint: Endpoint, team: str, what: str, ratio: str, percent: float, says: str
) -> Iterator[Object]:
    whose = {"endpoint": endpoint.name, "namespace": endpoint.namespace}
    for window in WINDOWS:
        yield {
            "record": f"slipway:{what}:ratio_rate{window}",
            "expr": ratio.replace("%s", window),
            "labels": whose,
        }
    budget = f"{(100 - percent) / 100:.6g}"
    where = f'{{endpoint="{endpoint.name}",namespace="{endpoint.namespace}"}}'
    for severity, long, short, factor, hold in BURN_RATES:
        series = (f"slipway:{what}:ratio_rate{window}{where}" for window in (long, short))
        yield {
            "alert": "EndpointErrorBudgetBurn" if what == "errors" else "EndpointLatencyBudgetBurn",
            "expr": " and ".join(f"{one} > {factor:g} * {budget}" for one in series),
            "for": hold,
            "labels": {**whose, "severity": severity, "team": team, "window": long},
            "annotations": {
                "summary": f"{endpoint.name} in {endpoint.namespace} {says} {factor:g} times as "
                f"often as its promise of {percent:g} % allows",
            },
        }


def pod_monitor(tenant: Tenant) -> Object:
    """Scrapes queue-proxy and the model servers of a tenant, through the mesh."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": metadata("models", tenant.namespace, tenant_labels(tenant)),
        "spec": {
            "selector": {
                "matchExpressions": [{"key": "slipway.dev/endpoint", "operator": "Exists"}]
            },
            "podTargetLabels": ["slipway.dev/endpoint", "slipway.dev/tier"],
            "podMetricsEndpoints": [
                {"port": "http-usermetric", "path": "/metrics", "interval": SCRAPE_INTERVAL},
                *(_server_metrics(port) for port in _serving_ports(tenant)),
            ],
        },
    }


def _serving_ports(tenant: Tenant) -> Iterator[str]:
    """One declared port of each pod: Knative renames it, a Deployment keeps its name."""
    yield from ("user-port", "http1", "http")
    if any(e.serving == "standard" and e.protocol == "grpc" for e in tenant.endpoints):
        yield "h2c"


def _server_metrics(port: str) -> Object:
    """The server's own metrics, on the port and path that its runtime's annotations name.

    MLServer and Triton answer them on ports that no container declares, which a PodMonitor cannot
    name; so the address is rewritten.
    """
    annotation = "__meta_kubernetes_pod_annotation_prometheus_kserve_io"
    return {
        "port": port,
        "path": "/metrics",
        "interval": SCRAPE_INTERVAL,
        "relabelings": [
            {
                "action": "replace",
                "sourceLabels": ["__address__", f"{annotation}_port"],
                "regex": "(.+?)(?::[0-9]+)?;([0-9]+)",
                "targetLabel": "__address__",
                "replacement": "$1:$2",
            },
            {
                "action": "replace",
                "sourceLabels": [f"{annotation}_path"],
                "regex": "(.+)",
                "targetLabel": "__metrics_path__",
                "replacement": "$1",
            },
        ],
    }


def dashboard(tenant: Tenant) -> Object:
    """One Grafana dashboard a tenant, an endpoint at a time, found by Grafana's sidecar."""
    labels = {**tenant_labels(tenant), "grafana_dashboard": "1"}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata("dashboard", tenant.namespace, labels),
        "data": {
            f"{tenant.namespace}.json": json.dumps(
                _board(tenant), separators=(",", ":"), sort_keys=True
            )
        },
    }


def _board(tenant: Tenant) -> Object:
    names = [endpoint.name for endpoint in tenant.endpoints]
    cluster = f'envoy_cluster_name=~"httproute/{tenant.namespace}/$endpoint/rule/.*"'
    rate = "sum(rate(envoy_cluster_upstream_rq_%s{%s}[$__rate_interval]))"
    total = rate % ("total", cluster)
    errors = rate % ("xx", f'{cluster},envoy_response_code_class="5"')
    grpc = (
        f'sum(rate({GRPC_STATUS}{{{cluster},grpc_status=~"{GRPC_SERVER_ERRORS}"}}'
        "[$__rate_interval]))"
    )
    buckets = (
        f"sum by (le) (rate(envoy_cluster_upstream_rq_time_bucket{{{cluster}}}[$__rate_interval]))"
    )
    pods = f'namespace="{tenant.namespace}",pod=~"$endpoint-.*"'
    panels = (
        ("Requests a second", "reqps", [("requests", total)]),
        (
            "Share of server errors",
            "percentunit",
            [("errors", f"{errors} / {total}"), ("gRPC errors", f"{grpc} / {total}")],
        ),
        (
            "Time to answer",
            "ms",
            [(f"p{q}", f"histogram_quantile({q / 100:g}, {buckets})") for q in (50, 90, 99)],
        ),
        (
            "Ready replicas",
            "none",
            [("ready", f'sum(kube_pod_status_ready{{{pods},condition="true"}})')],
        ),
    )
    return {
        "uid": hashlib.sha256(tenant.namespace.encode()).hexdigest()[:UID_LENGTH],
        "title": f"Models: {tenant.namespace}",
        "tags": ["slipway", tenant.team],
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [
                {
                    "name": "endpoint",
                    "type": "custom",
                    "query": ",".join(names),
                    "current": {"text": names[0], "value": names[0]},
                }
            ]
        },
        "panels": [panel(number, *each) for number, each in enumerate(panels)],
        "schemaVersion": 41,
    }


def panel(number: int, title: str, unit: str, queries: list[tuple[str, str]]) -> Object:
    """A panel of time series, two in a row; the legend of a query stands before it."""
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": title,
        "gridPos": {"h": 8, "w": 12, "x": 12 * (number % 2), "y": 8 * (number // 2)},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(65 + index), "expr": query, "legendFormat": legend}
            for index, (legend, query) in enumerate(queries)
        ],
    }
