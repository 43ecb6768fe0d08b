"""MLflow: runs and registered models, in Postgres and S3.

One room for all teams. Whoever passes the page's sign-in sees every experiment, and what the mesh
admits from inside is a pod by its identity, not a person: the API itself asks nobody. MLflow's own
accounts (`--app-name basic-auth`) could part teams, with a password for each person beside the
identity provider and one in every tenant; what that costs buys little while deployments reach the
registry only to download what a version names.

Artifacts pass through the server, so that nobody but the server may touch the bucket.
"""

from typing import Final

from catalog.objects import Object
from catalog.render.common import SERVICE_ACCOUNT
from catalog.render.network import GATEWAY_ACCOUNT, MLFLOW_NAMESPACE, TRUST_DOMAIN
from infra.parts.bucket_access import write_bucket
from infra.parts.common import (
    POD_SECURITY,
    SYSTEM,
    disruption_budget,
    metadata,
    resources,
)
from infra.parts.external_secrets import PLATFORM_STORE
from infra.parts.mirror import pinned
from infra.parts.part import Context, Fact, Identity, Late, Part, Release, Values

BUCKET: Final = "mlflow"
NAME: Final = "mlflow"
"""Of the release, its Service and ServiceAccount, the database and its master user."""
PORT: Final = 5000
IMAGE: Final = "mlflow-full"

_SECRET: Final = "mlflow-database"  # noqa: S105 - its name.
_SERVICE_FILE: Final = "pg_service.conf"
_FOLDER: Final = "/etc/postgres"
_LABELS: Final = {"app.kubernetes.io/instance": NAME, "app.kubernetes.io/name": NAME}


def part(context: Context) -> Part:
    """The server, and who may reach it."""
    return Part(
        name="mlflow",
        after=("external-secrets", "istio", "node-pools"),
        identities=(
            Identity(
                purpose="mlflow",
                namespace=MLFLOW_NAMESPACE,
                service_account=NAME,
                statements=write_bucket(context, BUCKET),
            ),
        ),
        releases=(
            Release(name=NAME, chart="mlflow", namespace=MLFLOW_NAMESPACE, values=_values(context)),
        ),
        objects=(
            _callers(context),
            disruption_budget(NAME, MLFLOW_NAMESPACE, _LABELS),
        ),
    )


def _values(context: Context) -> Values:
    return {
        "fullnameOverride": NAME,
        **_images(context),
        "replicaCount": 2,
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
        },
        "serviceAccount": {"name": NAME, "automount": False},
        "podSecurityContext": {**POD_SECURITY, "fsGroup": 1001},
        "service": {"port": PORT},
        "backendStore": {
            "databaseMigration": True,
            "postgres": {
                "enabled": True,
                "host": Late(Fact.DATABASE_HOST),
                "database": NAME,
                "driver": "psycopg2",
            },
            "existingDatabaseSecret": {"name": _SECRET},
        },
        "artifactRoot": {
            "proxiedArtifactStorage": True,
            "s3": {
                "enabled": True,
                "bucket": context.names.bucket_for(BUCKET),
                "path": "artifacts",
            },
        },
        **_hosts(context),
        "extraArgs": {"workers": "2"},
        "extraEnvVars": {
            "AWS_REGION": context.names.region,
            "HOME": "/tmp",  # noqa: S108 - the only folder that it may write, an emptyDir.
            "PGSERVICE": NAME,
            "PGSERVICEFILE": f"{_FOLDER}/{_SERVICE_FILE}",
        },
        "extraVolumes": [
            {
                "name": "postgres",
                "secret": {
                    "secretName": _SECRET,
                    "items": [{"key": _SERVICE_FILE, "path": _SERVICE_FILE}],
                },
            }
        ],
        "extraVolumeMounts": [{"name": "postgres", "mountPath": _FOLDER, "readOnly": True}],
        # Here, and not beside the release: without the Secret the server never starts, and the
        # release waits for it.
        "extraDeploy": [_database_secret()],
        "resources": resources("250m", "1Gi", "2Gi"),
        "nodeSelector": dict(SYSTEM),
        "affinity": _apart(),
    }


def _images(context: Context) -> Object:
    """The image with the drivers of Postgres and S3.

    The plain one, by which tenants download, has neither (mlflow `docker/README.md`).
    """
    reference, _, digest = pinned(context, IMAGE).partition("@")
    repository, _, tag = reference.rpartition(":")
    return {
        "image": {"repository": repository, "tag": tag, **({"digest": digest} if digest else {})},
        "initImages": {"mlflowDbMigration": {"repository": repository, "tag": tag}},
    }


def _hosts(context: Context) -> Object:
    """The names that it answers to.

    By any other a request is refused, lest a page elsewhere reach it by a name of its own (MLflow
    3.5 and later, `mlflow/server/fastapi_security.py`).
    """
    page = f"{NAME}.{context.settings.environment.domain}"
    inside = f"{NAME}.{MLFLOW_NAMESPACE}.svc.cluster.local"
    return {
        "serverAllowedHosts": [page, inside, f"{inside}:{PORT}"],
        "corsAllowedOrigins": [f"https://{page}"],
    }


def _database_secret() -> Object:
    """Follows the master password, which RDS changes every seven days.

    libpq reads a service file for each new connection and prefers it to the environment, so the
    server needs no restart. A password file would have to be its user's own, which no mounted
    Secret is (libpq manual, "The Connection Service File", "The Password File").

    The braces are escaped because the chart renders this as a template itself.
    """
    fields = ("username", "password")
    inserted = {field: '{{ "{{ .' + field + ' }}" }}' for field in fields}
    service = "\n".join(
        (
            f"[{NAME}]",
            f"user={inserted['username']}",
            f"password={inserted['password']}",
            "sslmode=require",
            "",
        )
    )
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": metadata(_SECRET, MLFLOW_NAMESPACE),
        "spec": {
            "refreshInterval": "1m",
            "secretStoreRef": {"kind": "ClusterSecretStore", "name": PLATFORM_STORE},
            "target": {
                "name": _SECRET,
                "creationPolicy": "Owner",
                "template": {"data": {**inserted, _SERVICE_FILE: service}},
            },
            "data": [
                {
                    "secretKey": field,
                    "remoteRef": {"key": Late(Fact.DATABASE_SECRET), "property": field},
                }
                for field in fields
            ],
        },
    }


def _apart() -> Object:
    """The chart has no topology spread."""
    terms = [
        {
            "weight": weight,
            "podAffinityTerm": {
                "labelSelector": {"matchLabels": dict(_LABELS)},
                "topologyKey": key,
            },
        }
        for weight, key in ((100, "topology.kubernetes.io/zone"), (50, "kubernetes.io/hostname"))
    ]
    return {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": terms}}


def _callers(context: Context) -> Object:
    """The page by the front door, and the tenants' pods, whose account has one name everywhere."""
    door = context.settings.environment.gateway.namespace
    principals = (
        f"*/sa/{SERVICE_ACCOUNT}",
        f"{TRUST_DOMAIN}/ns/{door}/sa/{GATEWAY_ACCOUNT}",
    )
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": metadata(NAME, MLFLOW_NAMESPACE),
        "spec": {
            "action": "ALLOW",
            "rules": [
                {
                    "from": [{"source": {"principals": list(principals)}}],
                    "to": [{"operation": {"ports": [str(PORT)]}}],
                }
            ],
        },
    }
