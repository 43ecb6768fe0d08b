"""Karpenter's pools: those of the core's table, and one for the platform's own pods.

What a plan places is what a cluster launches, because both read `catalog/node_pools.py`. A pool is
deleted in the foreground: each NodeClaim names it as its owner with `blockOwnerDeletion`, and keeps
a finalizer until its instance is gone (karpenter v1.14.1 `pkg/controllers/provisioning/scheduling/
nodeclaimtemplate.go`, `pkg/controllers/nodeclaim/lifecycle/controller.go`), and foreground is how
the Kubernetes provider deletes. So the pool goes last, and whoever deletes it waits for its nodes.
"""

from math import ceil
from typing import Any, Final

from catalog.instances import DATA_VOLUME_BYTES, GIB, INSTANCES, SYSTEM_VOLUME_BYTES
from catalog.kubernetes_versions import BOTTLEROCKET
from catalog.node_pools import GPU_RESOURCE, POOLS, CapacityType, NodePool, Taint
from catalog.objects import Object
from catalog.parts import Part
from catalog.quota import Allowance
from infra.iam.nodes import KARPENTER_PURPOSE
from infra.names import TAGS_MANAGED_BY, Names
from infra.parts.common import LABELS
from infra.parts.istio_taint import NOT_READY
from infra.parts.part import Context

NAME: Final = "node-pools"
DISCOVERY_TAG: Final = "karpenter.sh/discovery"
MODEL_CACHE_LABEL: Final = "slipway.dev/model-cache"
"""On nodes with local disks, where weights may be kept at MODEL_CACHE_PATH."""
MODEL_CACHE_PATH: Final = "/mnt/models"

_EBS, _NVME = "ebs", "nvme"

SYSTEM_POOL: Final = NodePool(
    "system",
    None,
    tuple(i.name for i in INSTANCES.values() if i.name.startswith("m7i.") and 4 <= i.vcpu <= 16),
    (CapacityType.ON_DEMAND,),
    weight=1,
    boot_seconds=90,
)
_SYSTEM_LIMITS: Final = {"cpu": "96", "memory": "384Gi"}
"""A stop, not a plan: the platform's own pods, with prod's replicas, ask for a quarter of it."""

_HEADROOM: Final = 1.25
"""Nodes above what the quota's pods ask for: the kubelet's share, DaemonSets and odd ends."""
_UNLIMITED_MILLICORES: Final = 1_000_000
_UNLIMITED_GPUS: Final = 64
"""These stand in for what the platform's quota leaves open: a pool without any limit turns one
runaway deployment into a bill."""

# The second command runs after Karpenter's own `000-mount-instance-storage`: Bottlerocket runs them
# in the order of their names (core-kit `sources/bootstrap-commands`), and `bind` takes any path
# below `/mnt/` (core-kit `sources/api/apiclient/src/ephemeral_storage.rs`).
_BIND_MODEL_CACHE: Final = f"""\
[settings.bootstrap-commands.100-model-cache]
commands = [["apiclient", "ephemeral-storage", "bind", "--dirs", "{MODEL_CACHE_PATH}"]]
mode = "always"
essential = true
"""


def part(context: Context) -> Part:
    """Node classes, then the pools that launch from them, then the class of volumes."""
    names, quota = context.names, context.quota
    pools = [_pool(pool, limits_of(pool, quota)) for pool in POOLS if granted(pool, quota)]
    return Part(
        name=NAME,
        after=("istio", "karpenter"),
        objects=(
            _node_class(names, _EBS),
            _node_class(names, _NVME),
            _pool(SYSTEM_POOL, _SYSTEM_LIMITS),
            *pools,
            _storage_class(),
        ),
    )


def granted(pool: NodePool, quota: Allowance) -> bool:
    """Whether the quota allows what the pool is for; a plan refuses the rest anyway."""
    if pool.accelerator is None or quota.accelerators is None:
        return True
    return quota.accelerators.get(pool.accelerator, 0) > 0


def limits_of(pool: NodePool, quota: Allowance) -> dict[str, str]:
    """The most that Karpenter launches in a pool, in Kubernetes quantities.

    GPU pools are counted in whole nodes of their largest type, or the last of the quota would find
    no node that fits below the limit. The CPU pool has room for one such node for that reason, and
    for nodes whose memory and CPU stand in another proportion than what pods ask for.
    """
    types = pool.instances
    gib_of_vcpu = [each.memory_mib / 1024 / each.vcpu for each in types]
    if pool.accelerator is None:
        cpu = (_UNLIMITED_MILLICORES if quota.cpu is None else quota.cpu) / 1000
        memory = (0 if quota.memory is None else quota.memory) / GIB
        vcpu = max(cpu, memory / min(gib_of_vcpu)) * _HEADROOM + max(t.vcpu for t in types)
        return _quantities(vcpu, vcpu * max(gib_of_vcpu))
    kinds = quota.accelerators
    asked = _UNLIMITED_GPUS if kinds is None else kinds.get(pool.accelerator, 0)
    node = max(each.gpus for each in types)
    gpus = ceil(asked / node) * node
    vcpu = gpus * max(each.vcpu / each.gpus for each in types)
    return {**_quantities(vcpu, vcpu * max(gib_of_vcpu)), GPU_RESOURCE: str(gpus)}


def _quantities(cpu: float, memory_gib: float) -> dict[str, str]:
    return {"cpu": str(ceil(cpu)), "memory": f"{ceil(memory_gib)}Gi"}


def _metadata(name: str) -> Object:
    return {"name": name, "labels": dict(LABELS)}


def _node_class(names: Names, disk: str) -> Object:
    discovered = [{"tags": {DISCOVERY_TAG: names.cluster}}]
    return {
        "apiVersion": "karpenter.k8s.aws/v1",
        "kind": "EC2NodeClass",
        "metadata": _metadata(disk),
        "spec": {
            "amiFamily": "Bottlerocket",
            # Karpenter takes the NVIDIA variant for instances with its GPUs, by the same alias.
            "amiSelectorTerms": [{"alias": f"bottlerocket@v{BOTTLEROCKET}"}],
            "role": names.role(KARPENTER_PURPOSE),
            "subnetSelectorTerms": discovered,
            "securityGroupSelectorTerms": discovered,
            "associatePublicIPAddress": False,
            "metadataOptions": {
                "httpEndpoint": "enabled",
                "httpProtocolIPv6": "disabled",
                "httpPutResponseHopLimit": 1,
                "httpTokens": "required",
            },
            "tags": {
                "slipway.dev/managed-by": TAGS_MANAGED_BY,
                "slipway.dev/stack": names.stack,
            },
            **_disks(names, disk),
        },
    }


def _disks(names: Names, disk: str) -> Object:
    """The system volume, the data volume, and local disks as one where the types have them."""
    if disk == _EBS:
        return {"blockDeviceMappings": _volumes(DATA_VOLUME_BYTES // GIB)}
    return {
        # Images, pods' scratch space and logs are on the local disks then.
        "blockDeviceMappings": _volumes(20),
        "instanceStorePolicy": "RAID0",
        "userData": _BIND_MODEL_CACHE,
        # Pools that may use reservations find those that are given to the cluster by this tag.
        "capacityReservationSelectorTerms": [{"tags": {DISCOVERY_TAG: names.cluster}}],
    }


def _volumes(data_gib: int) -> list[Object]:
    """Bottlerocket's two volumes: the system on xvda, everything else on xvdb."""
    sizes = {"/dev/xvda": f"{SYSTEM_VOLUME_BYTES // GIB}Gi", "/dev/xvdb": f"{data_gib}Gi"}
    return [
        {
            "deviceName": device,
            "ebs": {
                "deleteOnTermination": True,
                "encrypted": True,
                "volumeSize": size,
                "volumeType": "gp3",
            },
        }
        for device, size in sizes.items()
    ]


def _pool(pool: NodePool, limits: dict[str, str]) -> Object:
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": _metadata(pool.name),
        "spec": {
            "weight": pool.weight,
            "limits": limits,
            "disruption": _disruption(pool),
            "template": {
                "metadata": {"labels": _labels(pool)},
                "spec": {
                    "nodeClassRef": {
                        "group": "karpenter.k8s.aws",
                        "kind": "EC2NodeClass",
                        "name": _NVME if pool.nvme else _EBS,
                    },
                    "requirements": _requirements(pool),
                    **({"taints": [_taint(t) for t in pool.taints]} if pool.taints else {}),
                    "startupTaints": [_taint(NOT_READY)],
                    # A month: long enough to be rare, short enough that no node outlives its AMI.
                    "expireAfter": "720h",
                    # Longer than the longest request, which is Knative's limit of an hour, and
                    # shorter than what `components/platform_part.py` waits for a deletion.
                    "terminationGracePeriod": "1h20m",
                },
            },
        },
    }


def _labels(pool: NodePool) -> dict[str, str]:
    return {**pool.labels, **({MODEL_CACHE_LABEL: "true"} if pool.nvme else {})}


def _taint(taint: Taint) -> dict[str, str]:
    return {"key": taint.key, "value": taint.value, "effect": taint.effect}


def _requirements(pool: NodePool) -> list[dict[str, Any]]:
    """Zones are those of the subnets that the class finds, one in each of three."""
    wanted = {
        "karpenter.sh/capacity-type": [str(kind) for kind in pool.capacity_types],
        "kubernetes.io/arch": ["amd64"],
        "kubernetes.io/os": ["linux"],
        "node.kubernetes.io/instance-type": list(pool.instance_types),
    }
    return [{"key": k, "operator": "In", "values": values} for k, values in wanted.items()]


def _disruption(pool: NodePool) -> Object:
    """GPU nodes go only when empty: moving a model costs its whole loading time again.

    Empty nodes go as they come; a tenth at a time is replaced for anything else.
    """
    policy = "WhenEmpty" if pool.accelerator else "WhenEmptyOrUnderutilized"
    return {
        "consolidationPolicy": policy,
        "consolidateAfter": "5m",
        "budgets": [
            {"nodes": "100%", "reasons": ["Empty"]},
            {"nodes": "10%", "reasons": ["Drifted", "Underutilized"]},
        ],
    }


def _storage_class() -> Object:
    """The default class of volumes; EKS has made none by default since 1.30."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": "gp3",
            "labels": dict(LABELS),
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "ebs.csi.aws.com",
        "parameters": {"encrypted": "true", "type": "gp3"},
        "reclaimPolicy": "Delete",
        "allowVolumeExpansion": True,
        # A volume is of one zone, which the pod's own placement has to choose.
        "volumeBindingMode": "WaitForFirstConsumer",
    }
