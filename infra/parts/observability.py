"""What the parts that watch the platform share: where they run, and who may call them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from catalog.objects import Object
from catalog.render.common import SERVICE_ACCOUNT
from catalog.render.network import (
    GATEWAY_ACCOUNT,
    OBSERVABILITY_NAMESPACE,
    PROMETHEUS_ACCOUNT,
    TRUST_DOMAIN,
)
from infra.parts.common import metadata
from infra.parts.part import Context

MONITORING: Final = "monitoring"
OBSERVABILITY: Final = OBSERVABILITY_NAMESPACE
NODE_AGENTS: Final = "node-agents"
"""What reads a node itself, on every node. Apart, so that the rest stays `restricted`."""

VOLUME_CLASS: Final = "gp3"

PROMETHEUS: Final = f"http://{PROMETHEUS_ACCOUNT}.{MONITORING}.svc.cluster.local:9090"
GRAFANA: Final = f"http://kube-prometheus-stack-grafana.{MONITORING}.svc.cluster.local"
LOKI: Final = f"http://loki.{OBSERVABILITY}.svc.cluster.local:3100"
JAEGER: Final = f"http://jaeger.{OBSERVABILITY}.svc.cluster.local:16686"
"""Also where Jaeger's own page is; its gRPC for other parts is at 16685."""

TENANTS: Final = f"*/sa/{SERVICE_ACCOUNT}"
"""Every tenant's pods. No namespace of the platform has an account of that name."""

EVERY_NODE: Final[Sequence[Mapping[str, str]]] = ({"operator": "Exists"},)
"""Tolerates every taint: GPU nodes, and the one that istio-cni removes."""

SCRAPE_INTERVAL: Final = "30s"


def account(namespace: str, name: str) -> str:
    """The mesh identity of a ServiceAccount."""
    return f"{TRUST_DOMAIN}/ns/{namespace}/sa/{name}"


SCRAPER: Final = account(MONITORING, PROMETHEUS_ACCOUNT)


def door(context: Context) -> str:
    """The identity of the front door's proxies."""
    return account(context.settings.environment.gateway.namespace, GATEWAY_ACCOUNT)


@dataclass(frozen=True, slots=True)
class Callers:
    """Identities (a star at either end stands for anything) and the ports they may call."""

    principals: Sequence[str]
    ports: Sequence[int]


def scraped(namespace: str) -> Object:
    """Prometheus may call everything in a namespace, and so nobody else may what is not named.

    One ALLOW policy makes all traffic to the pods that it selects need one (Istio's reference of
    AuthorizationPolicy); this one selects them all.
    """
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": metadata("scraping", namespace),
        "spec": {"action": "ALLOW", "rules": [{"from": [{"source": {"principals": [SCRAPER]}}]}]},
    }


def admitted(name: str, namespace: str, labels: Mapping[str, str], *callers: Callers) -> Object:
    """Who may call the pods with these labels, beside Prometheus."""
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": metadata(name, namespace),
        "spec": {
            "action": "ALLOW",
            "selector": {"matchLabels": dict(labels)},
            "rules": [
                {
                    "from": [{"source": {"principals": list(one.principals)}}],
                    "to": [{"operation": {"ports": [str(port) for port in one.ports]}}],
                }
                for one in callers
            ],
        },
    }


def pod_monitor(
    name: str,
    namespace: str,
    labels: Mapping[str, str],
    port: str,
    path: str = "/metrics",
    *,
    of: str | None = None,
) -> Object:
    """Scrapes the pods with these labels, of another namespace where `of` names one."""
    elsewhere = {"namespaceSelector": {"matchNames": [of]}} if of is not None else {}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": metadata(name, namespace),
        "spec": {
            **elsewhere,
            "selector": {"matchLabels": dict(labels)},
            "podMetricsEndpoints": [{"port": port, "path": path, "interval": SCRAPE_INTERVAL}],
        },
    }
