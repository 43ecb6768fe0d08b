"""Kiali: what the mesh does, to look at. Nothing can be changed there.

The server's own chart. The operator would watch one custom resource for one server, with rights of
its own on the whole cluster.
"""

from typing import Final

from infra.parts.common import SYSTEM, resources
from infra.parts.mirror import mirrored
from infra.parts.observability import (
    GRAFANA,
    JAEGER,
    OBSERVABILITY,
    PROMETHEUS,
    Callers,
    admitted,
    door,
)
from infra.parts.part import Context, Part, Release, Values

PORT: Final = 20001
LABELS: Final = {"app.kubernetes.io/name": "kiali"}


def part(context: Context) -> Part:
    """The server, reached by the front door alone."""
    return Part(
        name="kiali",
        after=("monitoring", "tracing"),
        releases=(
            Release(
                name="kiali", chart="kiali-server", namespace=OBSERVABILITY, values=_values(context)
            ),
        ),
        objects=(admitted("kiali", OBSERVABILITY, LABELS, Callers((door(context),), (PORT,))),),
    )


def _values(context: Context) -> Values:
    """`anonymous`: whoever passes Cloudflare Access sees it, and its account may only read.

    Of Kiali's strategies none reads Access's token; the front door checks it. Its NetworkPolicy
    would close the mesh's port 15008.
    """
    domain = context.settings.environment.domain
    return {
        "auth": {"strategy": "anonymous"},
        "deployment": {
            "image_name": mirrored(context, "kiali"),
            "image_pull_policy": "IfNotPresent",
            "logger": {"log_format": "json"},
            "network_policy": {"enabled": False},
            "node_selector": dict(SYSTEM),
            "resources": resources("50m", "256Mi", "1Gi"),
            "view_only_mode": True,
        },
        "external_services": {
            "grafana": {
                "enabled": True,
                "external_url": f"https://grafana.{domain}",
                "internal_url": GRAFANA,
            },
            "istio": {"root_namespace": "istio-system"},
            "prometheus": {"url": PROMETHEUS},
            "tracing": {
                "enabled": True,
                "internal_url": JAEGER,
                "provider": "jaeger",
                "use_grpc": False,
            },
        },
        "server": {
            "port": PORT,
            "web_fqdn": f"kiali.{domain}",
            "web_port": "443",
            "web_root": "/",
            "web_schema": "https",
        },
    }
