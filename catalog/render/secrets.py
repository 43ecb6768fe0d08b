"""Secrets of an endpoint: an ExternalSecret that names them, and the variables that read them.

The remote key always begins with the project's own namespace, and the store's policy matches it,
so a project can name no secret of another.
"""

from catalog.endpoint import Endpoint, Tenant
from catalog.objects import Object
from catalog.render.common import endpoint_labels, metadata, tenant_labels

SECRET_STORE = "slipway"
REFRESH = "1h0m0s"
HUB_SECRET = "huggingface"
HUB_TOKEN = "HF_TOKEN"
"""The variable that the storage initializer reads for gated models, from the secret
`huggingface` of the pod's namespace."""


def secret_name(endpoint: Endpoint) -> str:
    """The Secret that External Secrets keeps for an endpoint."""
    return f"{endpoint.name}-secrets"


def secret_env(endpoint: Endpoint) -> list[Object]:
    """Environment variables that read the endpoint's Secret."""
    return [
        {
            "name": variable,
            "valueFrom": {"secretKeyRef": {"name": secret_name(endpoint), "key": variable}},
        }
        for variable in endpoint.secrets
    ]


def endpoint_secrets(endpoint: Endpoint, tenant: Tenant) -> list[Object]:
    """The ExternalSecret of an endpoint that has secrets."""
    if not endpoint.secrets:
        return []
    labels = endpoint_labels(endpoint, tenant)
    return [_external_secret(secret_name(endpoint), tenant, labels, dict(endpoint.secrets))]


def hub_secret(tenant: Tenant) -> list[Object]:
    """The downloader's token, when some endpoint of the tenant names one."""
    for endpoint in tenant.endpoints:
        reference = endpoint.secrets.get(HUB_TOKEN)
        if reference is not None:
            labels = tenant_labels(tenant)
            return [_external_secret(HUB_SECRET, tenant, labels, {HUB_TOKEN: reference})]
    return []


def _external_secret(
    name: str, tenant: Tenant, labels: dict[str, str], references: dict[str, str]
) -> Object:
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": metadata(name, tenant.namespace, labels),
        "spec": {
            "refreshInterval": REFRESH,
            "refreshPolicy": "Periodic",
            "secretStoreRef": {"kind": "ClusterSecretStore", "name": SECRET_STORE},
            "target": {"name": name, "creationPolicy": "Owner", "deletionPolicy": "Retain"},
            "data": [_datum(variable, ref, tenant) for variable, ref in references.items()],
        },
    }


def _datum(variable: str, reference: str, tenant: Tenant) -> Object:
    secret, key = reference.split("/", 1)
    return {
        "secretKey": variable,
        "remoteRef": {
            "key": f"{tenant.namespace}/{secret}",
            "property": key,
            "conversionStrategy": "Default",
            "decodingStrategy": "None",
            "metadataPolicy": "None",
        },
    }
