"""What the platform itself gives every tenant.

Runtimes, downloaders, the LLM preset, the owners' role, and the Knative feature flags that rendered
pods need.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from catalog.environment import Environment
from catalog.model_server import SCRATCH_DIR
from catalog.objects import Object
from catalog.pins import image
from catalog.registries import UPSTREAM, Registries
from catalog.render.namespace import OWNER_ROLE
from catalog.render.runtimes import cluster_serving_runtimes
from catalog.render.secrets import HUB_SECRET, HUB_TOKEN

STORAGE_CONTAINER = "slipway-storage"
REGISTRY_CONTAINER = "slipway-registry"
LLM_PRESET = "kserve-config-llm-template"
"""KServe lays this preset under every single-node LLMInferenceService; ours holds nothing, so that
the pod is what the entry's own template says (`llmisvc/config_merge.go`)."""

KSERVE_NAMESPACE = "kserve"
MLFLOW_URI = "http://mlflow.mlflow.svc.cluster.local:5000"
DOWNLOADER: Object = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "privileged": False,
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "seccompProfile": {"type": "RuntimeDefault"},
}

# KServe 0.20 asks HEAD for the bucket before it lists the prefix (`kserve_storage.py`). AWS grants
# that as s3:ListBucket, and the request has no s3:prefix: who may list one prefix alone may not
# ask, and who may ask may list all of the bucket. Nothing but the status of the answer is used.
_WITHOUT_HEAD_BUCKET: Final = """\
import runpy, sys, types
import boto3
boto3.setup_default_session()
boto3.DEFAULT_SESSION.events.register(
    "before-call.s3.HeadBucket", lambda **_: (types.SimpleNamespace(status_code=200), {})
)
sys.argv[0] = "/storage-initializer/scripts/initializer-entrypoint"
runpy.run_path(sys.argv[0], run_name="__main__")
"""

HUB_TOKEN_ENV: Object = {
    "name": HUB_TOKEN,
    "valueFrom": {"secretKeyRef": {"name": HUB_SECRET, "key": HUB_TOKEN, "optional": True}},
}
"""The downloader's token for gated models, from the tenant's own secret where it has one."""

SECURE_POD_DEFAULTS: Final = "AllowRootBounded"

KNATIVE_FEATURES: Mapping[str, str] = MappingProxyType(
    {
        "kubernetes.podspec-affinity": "enabled",
        "kubernetes.podspec-fieldref": "enabled",
        "kubernetes.podspec-nodeselector": "enabled",
        "kubernetes.podspec-persistent-volume-claim": "enabled",
        "kubernetes.podspec-securitycontext": "enabled",
        "kubernetes.podspec-tolerations": "enabled",
        "kubernetes.podspec-topologyspreadconstraints": "enabled",
        "kubernetes.podspec-volumes-image": "enabled",
        "multi-container-probing": "enabled",
        "secure-pod-defaults": SECURE_POD_DEFAULTS,
    }
)
"""The ConfigMap `config-features`: without a flag Knative refuses the Service that KServe makes,
and the InferenceService is never ready. `secure-pod-defaults` gives the graph router, which has
none, its seccomp profile."""


def platform_objects(env: Environment) -> list[Object]:
    """Cluster-scoped objects that tenants' objects name, in the order in which they are applied."""
    return [
        _owner_role(),
        *cluster_serving_runtimes(env.registries),
        *_storage_containers(env.registries),
        _llm_preset(),
    ]


@cache
def known_objects() -> Mapping[str, Object]:
    """What KServe looks up when it makes a pod, by name, with the pin table's own images."""
    found = [*cluster_serving_runtimes(), *_storage_containers(UPSTREAM), _llm_preset()]
    return MappingProxyType({obj["metadata"]["name"]: obj for obj in found})


def _labels() -> dict[str, str]:
    return {"app.kubernetes.io/managed-by": "slipway"}


def downloader(registries: Registries) -> Object:
    """KServe's storage initializer, content with the tenant's own prefix of the bucket.

    It has no security context of its own.
    """
    return {
        "name": "storage-initializer",
        "image": registries.image(image("storage-initializer")),
        "command": ["python3", "-c", _WITHOUT_HEAD_BUCKET],
        "resources": _resources(),
        "securityContext": DOWNLOADER,
    }


def _storage_containers(registries: Registries) -> list[Object]:
    initializer = {**downloader(registries), "env": [HUB_TOKEN_ENV]}
    registry = {
        "name": "storage-initializer",
        "image": registries.image(image("mlflow")),
        "command": ["/bin/sh", "-c"],
        "args": [
            'exec mlflow artifacts download --artifact-uri "models:/${0#mlflow://}" --dst-path "$1"'
        ],
        "env": [
            {"name": "HOME", "value": SCRATCH_DIR},
            {"name": "MLFLOW_TRACKING_URI", "value": MLFLOW_URI},
        ],
        "resources": _resources(),
        "securityContext": DOWNLOADER,
    }
    return [
        _storage_container(REGISTRY_CONTAINER, registry, ("mlflow://",)),
        _storage_container(STORAGE_CONTAINER, initializer, ("s3://", "hf://")),
    ]


def _storage_container(name: str, container: Object, prefixes: tuple[str, ...]) -> Object:
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ClusterStorageContainer",
        "metadata": {"name": name, "labels": _labels()},
        "spec": {
            "container": container,
            "supportedUriFormats": [{"prefix": prefix} for prefix in prefixes],
            "workloadType": "initContainer",
            "supportsMultiModelDownload": False,
        },
        "disabled": False,
    }


def _resources() -> Object:
    """More memory than upstream's 1Gi limit: a hub download of sharded weights passes it."""
    return {
        "requests": {"cpu": "100m", "memory": "512Mi"},
        "limits": {"cpu": "1", "memory": "2Gi"},
    }


def _llm_preset() -> Object:
    return {
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": "LLMInferenceServiceConfig",
        "metadata": {"name": LLM_PRESET, "namespace": KSERVE_NAMESPACE, "labels": _labels()},
        "spec": {"template": {"containers": [{"name": "main", "resources": {}}]}},
    }


def _owner_role() -> Object:
    read = ["get", "list", "watch"]
    groups: dict[str, list[str]] = {
        "": [
            "configmaps", "endpoints", "events", "limitranges", "persistentvolumeclaims", "pods",
            "pods/log", "resourcequotas", "serviceaccounts", "services",
        ],
        "apps": ["deployments", "replicasets"],
        "autoscaling": ["horizontalpodautoscalers"],
        "autoscaling.k8s.io": ["verticalpodautoscalers"],
        "cert-manager.io": ["certificates"],
        "external-secrets.io": ["externalsecrets"],
        "gateway.envoyproxy.io": ["backendtrafficpolicies", "securitypolicies"],
        "gateway.networking.k8s.io": ["httproutes", "listenersets"],
        "keda.sh": ["scaledobjects"],
        "metrics.k8s.io": ["pods"],
        "monitoring.coreos.com": ["podmonitors", "prometheusrules"],
        "networking.k8s.io": ["networkpolicies"],
        "policy": ["poddisruptionbudgets"],
        "security.istio.io": ["authorizationpolicies", "peerauthentications"],
        "serving.knative.dev": ["configurations", "revisions", "routes", "services"],
        "serving.kserve.io": ["inferencegraphs", "inferenceservices", "llminferenceservices"],
    }  # fmt: skip
    rules = [
        {"apiGroups": [group], "resources": resources, "verbs": read}
        for group, resources in groups.items()
    ]
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": OWNER_ROLE, "labels": _labels()},
        "rules": rules,
    }
