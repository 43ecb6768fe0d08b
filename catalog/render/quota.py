"""What a namespace is held to: a ResourceQuota of the project's amounts, and a LimitRange."""

from catalog.endpoint import Tenant
from catalog.node_pools import GPU_RESOURCE
from catalog.objects import Object
from catalog.quantity import format_memory
from catalog.render.common import metadata, milli, tenant_labels


def quota_objects(tenant: Tenant) -> list[Object]:
    """ResourceQuota and LimitRange."""
    labels = tenant_labels(tenant)
    return [_resource_quota(tenant, labels), _limit_range(tenant, labels)]


def _resource_quota(tenant: Tenant, labels: dict[str, str]) -> Object:
    gpus = sum(tenant.quota.accelerators.values())
    hard = {
        "requests.cpu": milli(tenant.quota.cpu),
        "requests.memory": format_memory(tenant.quota.memory),
        f"requests.{GPU_RESOURCE}": str(gpus),
        "services.loadbalancers": "0",
        "services.nodeports": "0",
    }
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": metadata("project", tenant.namespace, labels),
        "spec": {"hard": hard},
    }


def _limit_range(tenant: Tenant, labels: dict[str, str]) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": metadata("containers", tenant.namespace, labels),
        "spec": {
            "limits": [
                {
                    "type": "Container",
                    "default": {"cpu": "1", "memory": "1Gi"},
                    "defaultRequest": {"cpu": "25m", "memory": "64Mi"},
                }
            ]
        },
    }
