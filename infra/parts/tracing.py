"""Traces: OpenTelemetry collectors that anything meshed may send to, and Jaeger behind them.

Sampling is decided once, at the front door, and followed by all behind it: a tail sampler would
hold every span of every request in one process.
"""

from typing import Final

from catalog import pins
from catalog.objects import Object
from catalog.render.common import KNATIVE_NAMESPACE
from infra.parts.collector import collector_values, labels_of
from infra.parts.common import (
    CONTAINER_SECURITY,
    POD_SECURITY,
    SYSTEM,
    metadata,
    platform,
    resources,
)
from infra.parts.mirror import image_registry
from infra.parts.monitoring import GRAFANA
from infra.parts.observability import (
    OBSERVABILITY,
    SCRAPE_INTERVAL,
    TENANTS,
    VOLUME_CLASS,
    Callers,
    account,
    admitted,
    door,
)
from infra.parts.part import Context, Part, Release, Values

COLLECTOR: Final = "otel-collector"
COLLECTOR_HOST: Final = f"{COLLECTOR}.{OBSERVABILITY}.svc.cluster.local"
"""Where traces are sent, by OTLP over gRPC at 4317 or HTTP at 4318."""

SAMPLED_PERCENT: Final = 5
"""Of the requests at the front door, as its EnvoyProxy is told."""

OTLP_GRPC: Final = 4317
OTLP_HTTP: Final = 4318
JAEGER: Final = "jaeger"
JAEGER_LABELS: Final = {"app.kubernetes.io/name": "jaeger"}
QUERY_GRPC: Final = 16685
QUERY_HTTP: Final = 16686
STORE: Final = "traces"
CLAIM: Final = "jaeger-traces"
FOLDER: Final = "/badger"


def part(context: Context) -> Part:
    """Jaeger first, then what writes to it."""
    return Part(
        name="tracing",
        after=("istio", "logging", "node-pools"),
        releases=(
            Release(name=JAEGER, chart="jaeger", namespace=OBSERVABILITY, values=_jaeger(context)),
            Release(
                name=COLLECTOR,
                chart="opentelemetry-collector",
                namespace=OBSERVABILITY,
                values=_collector(context),
            ),
        ),
        objects=_access(context),
    )


def _access(context: Context) -> tuple[Object, ...]:
    """The collectors take spans from the door, from Knative and from tenants' pods."""
    senders = (
        TENANTS,
        door(context),
        *(account(KNATIVE_NAMESPACE, name) for name in ("activator", "controller", "default")),
    )
    readers = (GRAFANA, account(OBSERVABILITY, "kiali"))
    collector = account(OBSERVABILITY, COLLECTOR)
    return (
        _jaeger_monitor(),
        admitted(COLLECTOR, OBSERVABILITY, labels_of(COLLECTOR),
                 Callers(senders, (OTLP_GRPC, OTLP_HTTP))),
        admitted(JAEGER, OBSERVABILITY, JAEGER_LABELS,
                 Callers((collector,), (OTLP_GRPC,)),
                 Callers(readers, (QUERY_GRPC, QUERY_HTTP))),
    )  # fmt: skip


def _jaeger_monitor() -> Object:
    """By the Service: the chart names the ports of no pod."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": metadata(JAEGER, OBSERVABILITY),
        "spec": {
            "selector": {"matchLabels": JAEGER_LABELS},
            "endpoints": [{"port": "internal-metrics", "interval": SCRAPE_INTERVAL}],
        },
    }


def _collector(context: Context) -> Values:
    """Batches, and forgets what a header said: a span must not keep a token."""
    config: Object = {
        "receivers": {
            "otlp": {
                "protocols": {
                    "grpc": {"endpoint": f"${{env:MY_POD_IP}}:{OTLP_GRPC}"},
                    "http": {"endpoint": f"${{env:MY_POD_IP}}:{OTLP_HTTP}"},
                }
            }
        },
        "processors": {
            "attributes": {
                "actions": [
                    {"action": "delete", "pattern": r"^http\.(request|response)\.header\..*"},
                    {"action": "delete", "pattern": r"^gen_ai\.(prompt|completion).*"},
                ]
            },
            "batch": {"send_batch_size": 1024, "timeout": "5s"},
        },
        "exporters": {
            "otlp_grpc": {
                "endpoint": f"{JAEGER}.{OBSERVABILITY}.svc.cluster.local:{OTLP_GRPC}",
                # The mesh encrypts.
                "tls": {"insecure": True},
            }
        },
        "pipelines": {
            "traces": {
                "receivers": ["otlp"],
                "processors": ["attributes", "batch"],
                "exporters": ["otlp_grpc"],
            }
        },
    }
    size = resources("100m", "256Mi", "512Mi")
    return collector_values(context, COLLECTOR, config, size, ("otlp", "otlp-http"))


def _jaeger(context: Context) -> Values:
    """One process with Badger on a volume; the volume goes with the release."""
    claim: Object = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": metadata(CLAIM, OBSERVABILITY),
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "20Gi"}},
            "storageClassName": VOLUME_CLASS,
        },
    }
    return {
        "extraObjects": [claim],
        "fullnameOverride": JAEGER,
        "jaeger": {
            **image_registry(context, pins.DOCKER_HUB),
            "extraVolumeMounts": [{"name": STORE, "mountPath": FOLDER}],
            "extraVolumes": [{"name": STORE, "persistentVolumeClaim": {"claimName": CLAIM}}],
            "nodeSelector": dict(SYSTEM),
            "replicas": 1,
            "resources": resources("100m", "512Mi", "1Gi"),
            "securityContext": {**POD_SECURITY, **CONTAINER_SECURITY},
            "serviceAccount": {"automountServiceAccountToken": False},
        },
        "userconfig": _jaeger_config(platform(context).trace_days),
    }


def _jaeger_config(days: int) -> Object:
    badger: Object = {
        "directories": {"keys": f"{FOLDER}/keys", "values": f"{FOLDER}/values"},
        "ephemeral": False,
        "ttl": {"spans": f"{24 * days}h"},
    }
    every = "0.0.0.0"  # noqa: S104 - inside the pod; AuthorizationPolicies say who calls.
    exporter = {"prometheus": {"host": every, "port": 8888}}
    return {
        "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": f"{every}:{OTLP_GRPC}"}}}},
        "processors": {"batch": {}},
        "exporters": {"jaeger_storage_exporter": {"trace_storage": STORE}},
        "extensions": {
            "healthcheckv2": {"use_v2": True, "http": {"endpoint": f"{every}:13133"}},
            "jaeger_query": {
                "storage": {"traces": STORE},
                "grpc": {"endpoint": f"{every}:{QUERY_GRPC}"},
                "http": {"endpoint": f"{every}:{QUERY_HTTP}"},
            },
            "jaeger_storage": {"backends": {STORE: {"badger": badger}}},
        },
        "service": {
            "extensions": ["jaeger_storage", "jaeger_query", "healthcheckv2"],
            "pipelines": {
                "traces": {
                    "receivers": ["otlp"],
                    "processors": ["batch"],
                    "exporters": ["jaeger_storage_exporter"],
                }
            },
            "telemetry": {"metrics": {"readers": [{"pull": {"exporter": exporter}}]}},
        },
    }
