"""Velero: the cluster's objects in S3 each night, kept as long as the settings say.

Volumes are left out. What holds data lies outside the cluster (S3, RDS) with backups of its own,
and the volumes inside hold metrics and traces with a retention shorter than a backup's.
"""

from typing import Final

from infra.parts.bucket_access import write_bucket
from infra.parts.common import CONTAINER_SECURITY, POD_SECURITY, SYSTEM, platform, resources
from infra.parts.mirror import mirrored, pinned
from infra.parts.part import Context, Identity, Part, Release, Values

NAMESPACE: Final = "velero"
BUCKET: Final = "velero"
_ACCOUNT: Final = "velero-server"
"""The chart's name for its ServiceAccount, `<release>-server`."""
_NOBODY: Final = 65532
"""A user by number: the images name theirs, which `runAsNonRoot` cannot judge."""


def part(context: Context) -> Part:
    """The server with its AWS plugin, a nightly schedule, and the right to one bucket."""
    return Part(
        name="velero",
        after=("node-pools",),
        identities=(
            Identity(
                purpose="velero",
                namespace=NAMESPACE,
                service_account=_ACCOUNT,
                statements=write_bucket(context, BUCKET),
            ),
        ),
        releases=(
            Release(name="velero", chart="velero", namespace=NAMESPACE, values=_values(context)),
        ),
    )


def _values(context: Context) -> Values:
    ttl = f"{platform(context).backup_days * 24}h0m0s"
    location = {
        "name": "default",
        "default": True,
        "provider": "aws",
        "bucket": context.names.bucket_for(BUCKET),
        "config": {"region": context.names.region},
    }
    plugin = {
        "name": "velero-plugin-for-aws",
        "image": pinned(context, "velero-plugin-for-aws"),
        "volumeMounts": [{"name": "plugins", "mountPath": "/target"}],
        "resources": resources("10m", "32Mi", "128Mi"),
        "securityContext": dict(CONTAINER_SECURITY),
    }
    return {
        "image": {"repository": mirrored(context, "velero")},
        "initContainers": [plugin],
        "resources": resources("100m", "256Mi", "1Gi"),
        "upgradeJobResources": resources("10m", "128Mi", "256Mi"),
        "podSecurityContext": {**POD_SECURITY, "runAsUser": _NOBODY, "fsGroup": _NOBODY},
        "containerSecurityContext": dict(CONTAINER_SECURITY),
        "nodeSelector": dict(SYSTEM),
        "credentials": {"useSecret": False},
        "snapshotsEnabled": False,
        "deployNodeAgent": False,
        "configuration": {"backupStorageLocation": [location], "defaultBackupTTL": ttl},
        "schedules": {
            "nightly": {
                "schedule": "17 2 * * *",
                "template": {
                    "ttl": ttl,
                    "includeClusterResources": True,
                    "snapshotVolumes": False,
                    "excludedResources": ["events", "events.events.k8s.io"],
                },
            }
        },
    }
