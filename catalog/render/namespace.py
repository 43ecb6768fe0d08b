"""The namespace of a project, its service account, and what its owners may see."""

from catalog.endpoint import Tenant
from catalog.objects import Object
from catalog.render.common import PREFIX, SERVICE_ACCOUNT, metadata, tenant_labels

POD_SECURITY_VERSION = "v1.34"
"""Pinned, so that a cluster upgrade never changes what a pod may do without a diff here."""

OWNER_ROLE = "slipway-tenant-owner"
"""A ClusterRole of the platform: read everything of the tenant, change nothing that is rendered.
Routes and policies stay read-only, because a ReferenceGrant has no names in it: whoever writes an
HTTPRoute in a tenant's namespace can rewrite to any host behind Kourier."""


def namespace_objects(tenant: Tenant) -> list[Object]:
    """Namespace, ServiceAccounts and the owners' RoleBinding."""
    labels = tenant_labels(tenant)
    return [
        _namespace(tenant, labels),
        _service_account("default", tenant, labels),
        _service_account(SERVICE_ACCOUNT, tenant, labels),
        _owners(tenant, labels),
    ]


def _namespace(tenant: Tenant, labels: dict[str, str]) -> Object:
    security = {
        f"pod-security.kubernetes.io/{mode}{suffix}": value
        for mode in ("enforce", "audit", "warn")
        for suffix, value in (("", "restricted"), ("-version", POD_SECURITY_VERSION))
    }
    result: Object = {
        "name": tenant.namespace,
        "labels": {
            **labels,
            "kubernetes.io/metadata.name": tenant.namespace,
            f"{PREFIX}/tenant": "true",
            "istio.io/dataplane-mode": "ambient",
            **security,
        },
    }
    if tenant.description:
        result["annotations"] = {f"{PREFIX}/description": tenant.description}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": result}


def _service_account(name: str, tenant: Tenant, labels: dict[str, str]) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(name, tenant.namespace, labels),
        "automountServiceAccountToken": False,
    }


def _owners(tenant: Tenant, labels: dict[str, str]) -> Object:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": metadata("owners", tenant.namespace, labels),
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": OWNER_ROLE,
        },
        "subjects": [
            {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": owner}
            for owner in sorted(tenant.owners)
        ],
    }
