"""Values of the OpenTelemetry collector that its two releases, traces and payloads, share."""

from typing import Any, Final

from catalog.objects import Object
from infra.parts.common import CONTAINER_SECURITY, POD_SECURITY, SYSTEM, replicas, spread
from infra.parts.mirror import mirrored
from infra.parts.part import Context, Values

NAME: Final = "app.kubernetes.io/name"
CHART: Final = "opentelemetry-collector"
METRICS: Final = 8888
HEALTH: Final = 13133
USER: Final = 10001
"""The image's own user (opentelemetry-collector-releases, `Dockerfile`)."""

LIMITER: Final[Object] = {
    "check_interval": "1s",
    "limit_percentage": 80,
    "spike_limit_percentage": 25,
}

# The chart's ports, all on by default; a release turns on what it has.
PORTS: Final = ("jaeger-compact", "jaeger-grpc", "jaeger-thrift", "otlp", "otlp-http", "zipkin")


def labels_of(name: str) -> dict[str, str]:
    """What selects the pods of a release."""
    return {NAME: CHART, "app.kubernetes.io/instance": name}


def collector_values(
    context: Context, name: str, config: Object, resources: Object, ports: tuple[str, ...] = ()
) -> Values:
    """A stateless Deployment.

    `config` is receivers, processors, exporters and pipelines; health, the collector's own metrics
    and the guard of its memory are added.
    """
    count = replicas(context)
    return {
        "alternateConfig": _config(config),
        "fullnameOverride": name,
        "image": {"repository": mirrored(context, "opentelemetry-collector")},
        "mode": "deployment",
        "nodeSelector": dict(SYSTEM),
        "podDisruptionBudget": {"enabled": count > 1, "maxUnavailable": 1},
        "podMonitor": {"enabled": True, "metricsEndpoints": [{"port": "metrics"}]},
        "podSecurityContext": {**POD_SECURITY, "runAsUser": USER, "runAsGroup": USER},
        "ports": {
            **{port: {"enabled": port in ports} for port in PORTS},
            "metrics": {"enabled": True},
        },
        "replicaCount": count,
        "resources": resources,
        "securityContext": dict(CONTAINER_SECURITY),
        "serviceAccount": {"automountServiceAccountToken": False},
        "topologySpreadConstraints": spread(labels_of(name)),
    }


def _config(config: Object) -> dict[str, Any]:
    """Memory comes first in every pipeline: it refuses before the kernel kills."""
    pipelines = {
        name: {**pipeline, "processors": ["memory_limiter", *pipeline["processors"]]}
        for name, pipeline in config["pipelines"].items()
    }
    return {
        "receivers": config["receivers"],
        "processors": {"memory_limiter": LIMITER, **config["processors"]},
        "exporters": config["exporters"],
        "extensions": {"health_check": {"endpoint": f"${{env:MY_POD_IP}}:{HEALTH}"}},
        "service": {
            "extensions": ["health_check"],
            "pipelines": pipelines,
            "telemetry": {
                "logs": {"level": "warn"},
                "metrics": {
                    "readers": [
                        {
                            "pull": {
                                "exporter": {
                                    "prometheus": {"host": "${env:MY_POD_IP}", "port": METRICS}
                                }
                            }
                        }
                    ]
                },
            },
        },
    }
