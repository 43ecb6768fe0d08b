"""Weights on the disks of GPU nodes: KServe's local model cache for one namespace.

Source: KServe 0.20 `pkg/apis/serving/v1alpha1/local_model_namespace_cache_types.go`; a service uses
it when its storage URI is the cache's.
"""

import hashlib

from catalog.endpoint import Endpoint, Tenant
from catalog.objects import Object
from catalog.quantity import format_memory
from catalog.render.common import SERVICE_ACCOUNT, endpoint_labels, metadata


def cache_name(endpoint: Endpoint) -> str:
    """The endpoint's name and the model's: a cache's address is immutable, so each has its own."""
    uri = endpoint.model.uri if endpoint.model else ""
    return f"{endpoint.name}-{hashlib.sha256(uri.encode()).hexdigest()[:8]}"


def cache_objects(endpoint: Endpoint, tenant: Tenant) -> list[Object]:
    """The LocalModelNamespaceCache of an endpoint that asks for one."""
    if endpoint.weights_cache is None or endpoint.model is None or endpoint.placement is None:
        return []
    labels = endpoint_labels(endpoint, tenant)
    return [
        {
            "apiVersion": "serving.kserve.io/v1alpha1",
            "kind": "LocalModelNamespaceCache",
            "metadata": metadata(cache_name(endpoint), endpoint.namespace, labels),
            "spec": {
                "sourceModelUri": endpoint.model.uri,
                "modelSize": format_memory(endpoint.weights_cache),
                "nodeGroups": [endpoint.placement.pool.name],
                "serviceAccountName": SERVICE_ACCOUNT,
            },
        }
    ]
