"""Nodes that nobody runs: what Karpenter would have launched for each node pool.

One of each instance type that placement may choose, on spot and on demand where the pool buys
both, and at least one of each pool in every zone. Labels are those of karpenter-provider-aws
v1.14.1 (`website/content/en/v1.14/concepts/scheduling.md`) whose value our table knows.
"""

from itertools import cycle, islice
from typing import Final, NamedTuple

from catalog.instances import MIB, InstanceType
from catalog.node_pools import GPU_RESOURCE, POOLS, CapacityType, NodePool
from catalog.objects import Object
from infra.parts.node_pools import MODEL_CACHE_LABEL, SYSTEM_POOL

_ZONES: Final = "abc"
_PLAYED: Final = {"kwok.x-k8s.io/node": "fake"}
"""The annotation by which KWOK knows its own nodes."""
PLAYED: Final = ",".join(f"{key}={value}" for key, value in _PLAYED.items())
"""The same as a selector."""


def nodes(region: str) -> list[Object]:
    """Every node of the plane."""
    return [
        _node(pool, launch, f"{region}{zone}", number)
        for pool in (*POOLS, SYSTEM_POOL)
        for number, (launch, zone) in enumerate(zip(_launches(pool), cycle(_ZONES)), 1)
    ]


class _Launch(NamedTuple):
    bought: CapacityType
    instance: InstanceType


def _launches(pool: NodePool) -> list[_Launch]:
    """Each type as it can be bought without a reservation, and over again while a zone has none."""
    bought = [kind for kind in pool.capacity_types if kind is not CapacityType.RESERVED]
    every = [_Launch(kind, instance) for kind in bought for instance in pool.instances]
    return list(islice(cycle(every), max(len(every), len(_ZONES))))


def _node(pool: NodePool, launch: _Launch, zone: str, number: int) -> Object:
    instance = launch.instance
    name = f"{pool.name}-{number}-{instance.name.replace('.', '-')}"
    taints = [{"key": t.key, "value": t.value, "effect": t.effect} for t in pool.taints]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": dict(_PLAYED),
            "labels": _labels(pool, launch, zone, name),
        },
        "spec": {"taints": taints} if taints else {},
        "status": {"allocatable": _allocatable(instance), "capacity": _capacity(instance)},
    }


def _labels(pool: NodePool, launch: _Launch, zone: str, name: str) -> dict[str, str]:
    instance = launch.instance
    family, _, size = instance.name.partition(".")
    aws = "karpenter.k8s.aws"
    return {
        **pool.labels,
        **({MODEL_CACHE_LABEL: "true"} if pool.nvme else {}),
        **(_gpu_labels(instance) if instance.gpus else {}),
        **({f"{aws}/instance-local-nvme": str(instance.nvme_gb)} if instance.nvme_gb else {}),
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "karpenter.sh/capacity-type": str(launch.bought),
        "karpenter.sh/initialized": "true",
        "karpenter.sh/nodepool": pool.name,
        "karpenter.sh/registered": "true",
        f"{aws}/instance-category": family[0],
        f"{aws}/instance-cpu": str(instance.vcpu),
        f"{aws}/instance-family": family,
        f"{aws}/instance-memory": str(instance.memory_mib),
        f"{aws}/instance-network-bandwidth": str(instance.network_mbps),
        f"{aws}/instance-size": size,
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": instance.name,
        "topology.kubernetes.io/region": zone[:-1],
        "topology.kubernetes.io/zone": zone,
    }


def _gpu_labels(instance: InstanceType) -> dict[str, str]:
    return {
        "karpenter.k8s.aws/instance-gpu-count": str(instance.gpus),
        "karpenter.k8s.aws/instance-gpu-manufacturer": "nvidia",
        "karpenter.k8s.aws/instance-gpu-memory": str(instance.gpu_memory_bytes // MIB),
    }


def _capacity(instance: InstanceType) -> dict[str, str]:
    return {
        "cpu": str(instance.vcpu),
        "ephemeral-storage": str(instance.allocatable.ephemeral_bytes),
        "memory": f"{instance.memory_mib}Mi",
        "pods": str(instance.max_pods),
        **_gpus(instance),
    }


def _allocatable(instance: InstanceType) -> dict[str, str]:
    """What DaemonSets leave, since none of their pods is here."""
    has = instance.allocatable
    return {
        "cpu": f"{has.cpu_millicores}m",
        "ephemeral-storage": str(has.ephemeral_bytes),
        "memory": str(has.memory_bytes),
        "pods": str(has.pods),
        **_gpus(instance),
    }


def _gpus(instance: InstanceType) -> dict[str, str]:
    return {GPU_RESOURCE: str(instance.gpus)} if instance.gpus else {}
