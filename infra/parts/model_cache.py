"""KServe's local model cache: weights on the NVMe of GPU nodes, downloaded once for each node.

An entry's `cache` becomes a LocalModelNamespaceCache that names a LocalModelNodeGroup
(`catalog.render.cache`), and there is one group for each pool with local disks, of the pool's name.
The controller writes down what each node should hold, and the node's agent starts the download.

Upstream assumes nodes that it may write to and that nothing taints. So the agent is ours: the
chart's mounts `/models` of the host, which Bottlerocket's root does not let anybody make, as a user
who could not write there (`files/resources.yaml`); it runs nowhere, since no node has its label.
And downloads, which tolerate nothing (`pkg/controller/v1alpha1/localmodelnode/controller.go`), are
given the toleration of GPU nodes as they are admitted.
"""

from typing import Final

from catalog.node_pools import GPU_TAINT, POOL_LABEL, POOLS, NodePool
from catalog.objects import Object
from catalog.pins import image
from catalog.registries import Registries
from catalog.render.platform import DOWNLOADER, KSERVE_NAMESPACE, downloader
from infra.parts.bucket_access import read_bucket
from infra.parts.common import CONTAINER_SECURITY, POD_SECURITY, metadata, resources
from infra.parts.kserve import controller_share
from infra.parts.kserve_base import DOWNLOAD_GROUP
from infra.parts.mirror import mirrored
from infra.parts.namespaces import CACHE, DOWNLOADS
from infra.parts.node_pools import MODEL_CACHE_LABEL, MODEL_CACHE_PATH
from infra.parts.part import Context, Identity, Part, Release

AGENT: Final = "model-cache-agent"
CONTAINER: Final = "slipway-model-downloads"
TOLERATE: Final = "model-downloads-tolerate-gpu-nodes"

_MOUNT: Final = "/mnt/models"
"""Where the agent looks, whatever the host's path (`localmodelnode/platform_default.go`)."""
_LABELS: Final = {"app.kubernetes.io/name": AGENT}


def part(context: Context) -> Part:
    """The controller, then groups of nodes, downloads, and the agents of the nodes."""
    registries = context.settings.environment.registries
    return Part(
        name="model-cache",
        after=("kserve", "kyverno", "node-pools"),
        identities=(_identity(context),),
        releases=(_controller(context),),
        objects=(
            *(_group(pool) for pool in POOLS if pool.nvme),
            _downloads(registries),
            _toleration(),
            _account(),
            _rights(),
            _agent(registries),
        ),
    )


def _identity(context: Context) -> Identity:
    """Downloads run for every tenant, so that they may read all artifacts.

    What one of them reads is what a LocalModelNamespaceCache says, which tenants' owners may see
    and not write.
    """
    return Identity(
        purpose="model-downloads",
        namespace=DOWNLOADS,
        service_account="default",
        statements=read_bucket(context),
    )


def _controller(context: Context) -> Release:
    values = {
        "kserve": {
            "createSharedResources": False,
            "localmodel": {
                "controller": {
                    "image": mirrored(context, "kserve-localmodel-controller"),
                    "resources": controller_share("50m", "128Mi"),
                }
            },
            "localmodelnode": {
                "controller": {"image": mirrored(context, "kserve-localmodelnode-agent")}
            },
        }
    }
    name = "kserve-localmodel-resources"
    return Release(name=name, chart=name, namespace=KSERVE_NAMESPACE, values=values)


def _group(pool: NodePool) -> Object:
    """Every node of a pool, by the pool's label.

    The limit is what its smallest type has; KServe 0.20 holds no node to it. Volumes of no class
    are bound by name and by nothing else; each stands for the whole folder, so that what a claim
    asks of it is only a number.
    """
    size = f"{min(instance.nvme_gb for instance in pool.instances)}G"
    modes = {"accessModes": ["ReadWriteOnce"], "volumeMode": "Filesystem"}
    here = {"key": POOL_LABEL, "operator": "In", "values": [pool.name]}
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "LocalModelNodeGroup",
        "metadata": metadata(pool.name),
        "spec": {
            "storageLimit": size,
            "persistentVolumeSpec": {
                **modes,
                "capacity": {"storage": size},
                "local": {"path": MODEL_CACHE_PATH},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
                "persistentVolumeReclaimPolicy": "Retain",
            },
            "persistentVolumeClaimSpec": {
                **modes,
                "resources": {"requests": {"storage": "1Gi"}},
                "storageClassName": "",
            },
        },
    }


def _downloads(registries: Registries) -> Object:
    """The tenants' own downloader; KServe takes its arguments and volumes from the cache."""
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ClusterStorageContainer",
        "metadata": metadata(CONTAINER),
        "spec": {
            "container": downloader(registries),
            "supportedUriFormats": [{"prefix": "s3://"}, {"prefix": "hf://"}],
            "workloadType": "localModelDownloadJob",
            "supportsMultiModelDownload": False,
        },
        "disabled": False,
    }


def _toleration() -> Object:
    """Replaces the tolerations of a download's pod, which are the two that the API server adds."""
    toleration = (
        f'{{"key": "{GPU_TAINT.key}", "operator": "Exists", "effect": "{GPU_TAINT.effect}"}}'
    )
    patch = f'[JSONPatch{{op: "add", path: "/spec/tolerations", value: [{toleration}]}}]'
    return {
        "apiVersion": "policies.kyverno.io/v1",
        "kind": "MutatingPolicy",
        "metadata": metadata(TOLERATE),
        "spec": {
            "failurePolicy": "Fail",
            "autogen": {"podControllers": {"controllers": []}},
            "matchConstraints": {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": DOWNLOADS}},
                "resourceRules": [
                    {
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE"],
                        "resources": ["pods"],
                    }
                ],
            },
            "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": patch}}],
        },
    }


def _account() -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(AGENT, CACHE),
        "automountServiceAccountToken": True,
    }


def _rights() -> Object:
    """The role that the chart makes for its own agent."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": metadata(AGENT),
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "kserve-localmodelnode-agent-role",
        },
        "subjects": [{"kind": "ServiceAccount", "name": AGENT, "namespace": CACHE}],
    }


def _agent(registries: Registries) -> Object:
    toleration = {"key": GPU_TAINT.key, "operator": "Exists", "effect": GPU_TAINT.effect}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": metadata(AGENT, CACHE),
        "spec": {
            "selector": {"matchLabels": dict(_LABELS)},
            "template": {
                "metadata": {"labels": dict(_LABELS)},
                "spec": {
                    "serviceAccountName": AGENT,
                    "nodeSelector": {MODEL_CACHE_LABEL: "true"},
                    "tolerations": [toleration],
                    "securityContext": {"seccompProfile": POD_SECURITY["seccompProfile"]},
                    "initContainers": [_owner(registries)],
                    "containers": [_manager(registries)],
                    "volumes": [
                        {
                            "name": "models",
                            "hostPath": {"path": MODEL_CACHE_PATH, "type": "DirectoryOrCreate"},
                        }
                    ],
                },
            },
        },
    }


def _owner(registries: Registries) -> Object:
    """Gives the folder, which the kubelet makes as root, to those who write in it."""
    owner = f"{DOWNLOADER['runAsUser']}:{DOWNLOAD_GROUP}"
    return {
        "name": "owner",
        "image": registries.image(image("storage-initializer")),
        "command": ["/bin/sh", "-c", f"chown {owner} {_MOUNT} && chmod 2775 {_MOUNT}"],
        "resources": resources("10m", "64Mi"),
        "securityContext": {
            **CONTAINER_SECURITY,
            "capabilities": {"drop": ["ALL"], "add": ["CHOWN", "FOWNER", "FSETID"]},
            "runAsUser": 0,
        },
        "volumeMounts": [{"name": "models", "mountPath": _MOUNT}],
    }


def _manager(registries: Registries) -> Object:
    """As the user who downloads, so that it may delete what no cache asks for any more."""
    node = {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    return {
        "name": "manager",
        "image": registries.image(image("kserve-localmodelnode-agent")),
        "command": ["/manager"],
        # The namespace of KServe's ConfigMap, by the name that KServe has for it.
        "env": [{"name": "POD_NAMESPACE", "value": KSERVE_NAMESPACE}, node],
        "resources": resources("10m", "64Mi", "300Mi"),
        "securityContext": {
            **CONTAINER_SECURITY,
            "runAsNonRoot": True,
            "runAsUser": DOWNLOADER["runAsUser"],
            "runAsGroup": DOWNLOAD_GROUP,
        },
        "volumeMounts": [{"name": "models", "mountPath": _MOUNT}],
    }
