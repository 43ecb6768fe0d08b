"""Loki: one process that keeps its logs on S3, with a small volume for what is not there yet."""

from typing import Final

from catalog import pins
from catalog.objects import Object
from infra.parts.bucket_access import write_bucket
from infra.parts.common import SYSTEM, platform, resources
from infra.parts.mirror import image_registry
from infra.parts.observability import OBSERVABILITY, VOLUME_CLASS
from infra.parts.part import Context, Identity, Release, Values

ACCOUNT: Final = "loki"
BUCKET: Final = "loki"
LINE_BYTES: Final = 4 << 20
"""The longest line: a logged request or answer, which the payload log bounds at the same."""

LABELS: Final = ("namespace", "endpoint", "log")
"""Of what arrives by OTLP; Fluent Bit sets the same labels, and `app` and `team` for logs."""

# A day's index of schema v13, from a day before Loki was first installed: never changed, only
# followed by another period.
SCHEMA: Final = {
    "from": "2024-04-01",
    "store": "tsdb",
    "object_store": "s3",
    "schema": "v13",
    "index": {"prefix": "loki_index_", "period": "24h"},
}


def loki_identity(context: Context) -> Identity:
    """May read, write and delete in its own bucket, and in no other."""
    return Identity(
        purpose="loki",
        namespace=OBSERVABILITY,
        service_account=ACCOUNT,
        statements=write_bucket(context, BUCKET),
    )


def loki_release(context: Context) -> Release:
    """Loki alone: no gateway, caches, canary, ruler nor test pods."""
    return Release(name="loki", chart="loki", namespace=OBSERVABILITY, values=_values(context))


def _values(context: Context) -> Values:
    off = {"enabled": False}
    none = {"replicas": 0}
    return {
        "deploymentMode": "Monolithic",
        **dict.fromkeys(("chunksCache", "gateway", "lokiCanary", "resultsCache", "ruler"), off),
        **dict.fromkeys(("backend", "read", "write"), none),
        "test": off,
        "loki": _loki(context),
        "monitoring": {"serviceMonitor": {"enabled": True}},
        "serviceAccount": {"create": True, "name": ACCOUNT},
        "sidecar": {"rules": off},
        "singleBinary": {
            "nodeSelector": dict(SYSTEM),
            "persistence": {"enabled": True, "size": "10Gi", "storageClass": VOLUME_CLASS},
            "podDisruptionBudget": off,
            "replicas": 1,
            "resources": resources("250m", "1Gi", "3Gi"),
        },
    }


def _loki(context: Context) -> Object:
    bucket = context.names.bucket_for(BUCKET)
    return {
        **image_registry(context, pins.DOCKER_HUB),
        "auth_enabled": False,
        "analytics": {"reporting_enabled": False},
        "commonConfig": {"replication_factor": 1},
        "compactor": {
            "delete_request_store": "s3",
            "retention_enabled": True,
            "working_directory": "/var/loki/compactor",
        },
        # Of one member there is nobody to join, and none is found before it is ready itself.
        "extraMemberlistConfig": {"abort_if_cluster_join_fails": False},
        "schemaConfig": {"configs": [SCHEMA]},
        "storage": {
            "bucketNames": {"chunks": bucket},
            "s3": {"region": context.settings.environment.region},
            "type": "s3",
        },
        # Keys of `limits_config` that the chart does not list go where it takes any.
        "structuredConfig": {
            "limits_config": {
                "allow_structured_metadata": True,
                # For one tenant, which is the whole cluster; upstream's 4 MB are for one of many.
                "ingestion_rate_mb": 32,
                "ingestion_burst_size_mb": 64,
                "max_line_size": LINE_BYTES,
                "otlp_config": {
                    "resource_attributes": {
                        "ignore_defaults": True,
                        "attributes_config": [
                            {"action": "index_label", "attributes": list(LABELS)}
                        ],
                    }
                },
                "retention_period": f"{24 * platform(context).log_days}h",
            }
        },
    }
