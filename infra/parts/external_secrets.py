"""External Secrets: from AWS Secrets Manager, and to each namespace only its own.

One operator, with one AWS identity, reads for everybody, so IAM cannot tell namespaces apart: EKS
Pod Identity tags the session with the operator's namespace, and a ClusterSecretStore has no rule
on keys. The rule stands in the API server instead, as a ValidatingAdmissionPolicy: an
ExternalSecret of a tenant reads from the store `slipway` and from keys below `<namespace>/` alone.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from catalog.objects import Object
from catalog.render.common import MONITORING_NAMESPACE
from catalog.render.network import MLFLOW_NAMESPACE
from catalog.render.secrets import SECRET_STORE
from infra.parts.common import SYSTEM, metadata, platform, replicas, resources, spread
from infra.parts.mesh import TENANT_LABEL
from infra.parts.mirror import mirrored
from infra.parts.part import Context, Identity, Part, Release, Values

NAMESPACE: Final = "external-secrets"
SERVICE_ACCOUNT: Final = "external-secrets"

PLATFORM_STORE: Final = "slipway-platform"
"""The platform's own store: MLflow's database and the receivers of alerts."""
PLATFORM_NAMESPACES: Final = (MLFLOW_NAMESPACE, MONITORING_NAMESPACE)

POLICY: Final = "slipway-own-secrets"


def part(context: Context) -> Part:
    """The operator, its two stores, and the rule on keys."""
    release = Release(
        name="external-secrets",
        chart="external-secrets",
        namespace=NAMESPACE,
        values=_values(context),
    )
    tenants = {"namespaceSelector": {"matchLabels": {TENANT_LABEL: "true"}}}
    return Part(
        name="external-secrets",
        after=("istio", "node-pools"),
        identities=(_identity(context),),
        releases=(release,),
        objects=(
            _policy(),
            _binding(),
            _store(context, SECRET_STORE, tenants),
            _store(context, PLATFORM_STORE, {"namespaces": list(PLATFORM_NAMESPACES)}),
        ),
    )


def _values(context: Context) -> Values:
    image = {"repository": mirrored(context, "external-secrets")}
    nodes = dict(SYSTEM)
    count = replicas(context)
    webhook = {
        "app.kubernetes.io/instance": "external-secrets",
        "app.kubernetes.io/name": "external-secrets-webhook",
    }
    return {
        "installCRDs": True,
        "image": image,
        "serviceAccount": {"name": SERVICE_ACCOUNT},
        "resources": resources("25m", "128Mi", "256Mi"),
        "nodeSelector": nodes,
        # Only ExternalSecrets from the cluster's stores: every other kind is a way to secrets that
        # nothing here needs. A namespaced store without credentials would use the operator's.
        "processClusterExternalSecret": False,
        "processClusterGenerator": False,
        "processClusterPushSecret": False,
        "processPushSecret": False,
        "processSecretStore": False,
        "webhook": {
            "image": image,
            "replicaCount": count,
            "resources": resources("25m", "64Mi", "128Mi"),
            "nodeSelector": nodes,
            "topologySpreadConstraints": spread(webhook),
            "podDisruptionBudget": {"enabled": count > 1, "minAvailable": 1},
        },
        "certController": {
            "image": image,
            "resources": resources("25m", "128Mi", "256Mi"),
            "nodeSelector": nodes,
        },
    }


def _identity(context: Context) -> Identity:
    return Identity(
        purpose="external-secrets",
        namespace=NAMESPACE,
        service_account=SERVICE_ACCOUNT,
        statements=tuple(_statements(context)),
    )


def _statements(context: Context) -> Iterator[Mapping[str, Any]]:
    """Tenants' secrets have a slash in their name; the database's is RDS's own, named `rds!`."""
    names = context.names
    alerts = platform(context).alerts
    named = sorted({s for s in (alerts.slack_secret, alerts.pagerduty_secret) if s is not None})
    yield {
        "Sid": "ReadTenantsSecrets",
        "Effect": "Allow",
        "Action": ["secretsmanager:GetSecretValue"],
        "Resource": [names.arn("secretsmanager", "secret:*/*")],
    }
    yield {
        "Sid": "ReadPlatformSecrets",
        "Effect": "Allow",
        "Action": ["secretsmanager:GetSecretValue"],
        "Resource": [
            names.arn("secretsmanager", "secret:rds!db-*"),
            # Secrets Manager adds six characters of its own to a name.
            *(names.arn("secretsmanager", f"secret:{name}-??????") for name in named),
        ],
    }
    yield {
        "Sid": "DecryptThroughSecretsManager",
        "Effect": "Allow",
        "Action": ["kms:Decrypt"],
        "Resource": [names.arn("kms", "key/*")],
        "Condition": {
            "StringEquals": {"kms:ViaService": f"secretsmanager.{names.region}.amazonaws.com"}
        },
    }


def _store(context: Context, name: str, admitted: Object) -> Object:
    """Without `auth` the provider uses the operator's own identity."""
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ClusterSecretStore",
        "metadata": metadata(name),
        "spec": {
            "provider": {
                "aws": {
                    "service": "SecretsManager",
                    "region": context.settings.environment.region,
                }
            },
            "conditions": [admitted],
        },
    }


def _policy() -> Object:
    """A source of its own, a generator or a search would each be a way around the key's prefix."""
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": metadata(POLICY),
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": ["external-secrets.io"],
                        "apiVersions": ["*"],
                        "operations": ["CREATE", "UPDATE"],
                        "resources": ["externalsecrets"],
                    }
                ]
            },
            "validations": [
                {
                    "expression": "has(object.spec.secretStoreRef)"
                    " && object.spec.secretStoreRef.kind == 'ClusterSecretStore'"
                    f" && object.spec.secretStoreRef.name == '{SECRET_STORE}'",
                    "message": f"secrets come from the ClusterSecretStore {SECRET_STORE}",
                },
                {
                    "expression": "!has(object.spec.data) || object.spec.data.all(entry,"
                    " !has(entry.sourceRef)"
                    " && entry.remoteRef.key.startsWith(object.metadata.namespace + '/'))",
                    "message": "a namespace reads only keys below <namespace>/",
                },
                {
                    "expression": "!has(object.spec.dataFrom)",
                    "message": "secrets are named one by one, in spec.data",
                },
            ],
        },
    }


def _binding() -> Object:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": metadata(POLICY),
        "spec": {
            "policyName": POLICY,
            "validationActions": ["Deny", "Audit"],
            "matchResources": {"namespaceSelector": {"matchLabels": {TENANT_LABEL: "true"}}},
        },
    }
