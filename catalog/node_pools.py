"""The node pools of a cluster: one for CPU work and one for each kind of GPU.

Karpenter's NodePools, the local stack's fake nodes and the placement of every deployment are made
from this one table, so that what a plan promises is what a cluster launches.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from catalog.instances import INSTANCES, InstanceType

POOL_LABEL: Final = "slipway.dev/pool"
ACCELERATOR_LABEL: Final = "slipway.dev/accelerator"
GPU_RESOURCE: Final = "nvidia.com/gpu"


class CapacityType(StrEnum):
    """How a node is bought: the values of Karpenter's label `karpenter.sh/capacity-type`."""

    RESERVED = "reserved"
    SPOT = "spot"
    ON_DEMAND = "on-demand"


@dataclass(frozen=True, slots=True)
class Taint:
    """What keeps pods without the matching toleration off a node."""

    key: str
    value: str
    effect: str


# Key and effect as in awslabs/ai-on-eks (karpenter-resources/karpenter/gpu.yaml) and Karpenter's
# documentation; a toleration with `operator: Exists` matches it whatever the value.
GPU_TAINT: Final = Taint(GPU_RESOURCE, "present", "NoSchedule")


@dataclass(frozen=True, slots=True, eq=False)
class NodePool:
    """A pool of interchangeable nodes, equal to itself alone. Without GPUs `accelerator` is None.

    `capacity_types` is in the order in which Karpenter tries them: paid-for reservations, then
    spot, then on-demand. `weight` (1 to 100) makes Karpenter try the cheaper pool first for a pod
    that would fit several. `boot_seconds`, from the pending pod to the Ready node, is an
    assumption on the long side, not a measurement: progress deadlines are computed from it.
    """

    name: str
    accelerator: str | None
    instance_types: tuple[str, ...]
    capacity_types: tuple[CapacityType, ...]
    weight: int
    boot_seconds: int

    @property
    def labels(self) -> dict[str, str]:
        """What every node of the pool carries and what a pod selects it by."""
        accelerator = {ACCELERATOR_LABEL: self.accelerator} if self.accelerator else {}
        return {**accelerator, POOL_LABEL: self.name}

    @property
    def taints(self) -> tuple[Taint, ...]:
        """GPU nodes repel every pod that does not ask for them."""
        return (GPU_TAINT,) if self.accelerator else ()

    @property
    def nvme(self) -> bool:
        """Whether every node of the pool has local disks, where weights may be kept."""
        return all(i.nvme_gb for i in self.instances)

    @property
    def instances(self) -> tuple[InstanceType, ...]:
        """The types of `instance_types`, in that order."""
        return tuple(INSTANCES[name] for name in self.instance_types)


_SPOT_FIRST: Final = (CapacityType.SPOT, CapacityType.ON_DEMAND)
_RESERVED_FIRST: Final = (CapacityType.RESERVED, *_SPOT_FIRST)


def _gpu_pool(
    accelerator: str,
    capacity_types: tuple[CapacityType, ...],
    weight: int,
    boot_seconds: int,
) -> NodePool:
    types = tuple(i.name for i in INSTANCES.values() if i.accelerator == accelerator)
    return NodePool(f"gpu-{accelerator}", accelerator, types, capacity_types, weight, boot_seconds)


POOLS: Final = (
    NodePool(
        "cpu",
        None,
        tuple(i.name for i in INSTANCES.values() if not i.gpus),
        _SPOT_FIRST,
        weight=100,
        boot_seconds=90,
    ),
    _gpu_pool("t4", _SPOT_FIRST, weight=80, boot_seconds=180),
    _gpu_pool("l4", _SPOT_FIRST, weight=70, boot_seconds=180),
    _gpu_pool("a10g", _SPOT_FIRST, weight=60, boot_seconds=180),
    _gpu_pool("l40s", _SPOT_FIRST, weight=50, boot_seconds=180),
    _gpu_pool("a100-40gb", _RESERVED_FIRST, weight=40, boot_seconds=600),
    _gpu_pool("a100-80gb", _RESERVED_FIRST, weight=30, boot_seconds=600),
    _gpu_pool("h100", _RESERVED_FIRST, weight=20, boot_seconds=600),
    _gpu_pool("h200", _RESERVED_FIRST, weight=10, boot_seconds=600),
)

POOL_BY_NAME: Final[Mapping[str, NodePool]] = MappingProxyType({p.name: p for p in POOLS})
