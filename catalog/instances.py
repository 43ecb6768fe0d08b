"""The EC2 instance types that the node pools may launch: what each has, can hand out and costs.

Hardware: karpenter-provider-aws v1.14.1, `website/content/en/v1.14/reference/instance-types.md`,
generated from EC2's DescribeInstanceTypes. The maximum of pods is the one that ENIs allow.

Prices: Linux, on-demand, shared tenancy, USD an hour. Neither source has spot prices, so spot is
not priced. A dash is a price that no source gives; p5e has none in any region and is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

MIB: Final = 1 << 20
GIB: Final = 1 << 30

REFERENCE_REGION: Final = "us-east-1"
"""The region whose prices are known for every type; it stands in where a price is missing."""

REGIONS: Final[tuple[str, ...]] = (
    REFERENCE_REGION,
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-southeast-2",
)

SYSTEM_VOLUME_BYTES: Final = 4 * GIB
"""Bottlerocket's own volume, as Karpenter gives it (karpenter-provider-aws, bottlerocket.go)."""

DATA_VOLUME_BYTES: Final = 100 * GIB
"""The EBS data volume of a node without instance store; the EC2NodeClass asks for this size."""


@dataclass(frozen=True, slots=True)
class PriceSource:
    """Where a region's prices come from, and the day on which that source was made."""

    date: str
    source: str


_KARPENTER: Final = PriceSource(
    "2026-07-20", "karpenter-provider-aws v1.15.1, zz_generated.pricing_aws.go"
)
# The P family became cheaper after this data was taken. So a price is used only where the same
# data's us-east-1 price is still the one of 2026-07-20; the others are dashes in the table.
_EC2_INSTANCES_INFO: Final = PriceSource(
    "2025-05-28", "cristim/ec2-instances-info v0.0.0-20250528091325-32acf84f42eb"
)
PRICE_SOURCES: Final[Mapping[str, PriceSource]] = MappingProxyType(
    {r: _KARPENTER if r == REFERENCE_REGION else _EC2_INSTANCES_INFO for r in REGIONS}
)


@dataclass(frozen=True, slots=True)
class Accelerator:
    """A kind of GPU. `memory_bytes` is the smaller of what EC2 states and what the driver shows.

    The label `instance-gpu-memory` of instance-types.md, and `zz_generated_gpu_metadata.go` in
    karpenter-provider-aws v1.15.1, which has the CUDA compute capability too.
    """

    name: str
    memory_bytes: int
    compute_capability: tuple[int, int]


ACCELERATORS: Final[Mapping[str, Accelerator]] = MappingProxyType(
    {
        name: Accelerator(name, mib * MIB, capability)
        for name, mib, capability in (
            ("t4", 15360, (7, 5)),
            ("a10g", 22888, (8, 6)),
            ("l4", 22888, (8, 9)),
            ("l40s", 45776, (8, 9)),
            ("a100-40gb", 40320, (8, 0)),
            ("a100-80gb", 81920, (8, 0)),
            ("h100", 81152, (9, 0)),
            ("h200", 143360, (9, 0)),
        )
    }
)


@dataclass(frozen=True, slots=True)
class DaemonSet:
    """What one pod of a DaemonSet asks of each node."""

    name: str
    cpu_millicores: int
    memory_bytes: int
    gpu_nodes_only: bool = False


# CPU and memory are what upstream asks for by default, named on each line. Where it asks for none
# the figure is a floor that the platform's own chart values set, at or above upstream's example.
DAEMONSETS: Final = (
    DaemonSet("aws-node", 50, 64 * MIB),  # amazon-vpc-cni-k8s v1.23.2: 2 x 25m, no memory
    DaemonSet("dcgm-exporter", 100, 512 * MIB, gpu_nodes_only=True),  # example 100m, 128Mi
    DaemonSet("ebs-csi-node", 30, 120 * MIB),  # aws-ebs-csi-driver chart: 3 x 10m, 40Mi
    DaemonSet("eks-pod-identity-agent", 25, 64 * MIB),  # chart asks for nothing
    DaemonSet("fluent-bit", 100, 128 * MIB),  # aws-for-fluent-bit chart: 50m, 50Mi
    DaemonSet("istio-cni-node", 100, 100 * MIB),  # istio chart: 100m, 100Mi
    DaemonSet("kube-proxy", 100, 64 * MIB),  # EKS does not publish what its add-on asks
    DaemonSet("model-cache-agent", 10, 64 * MIB, gpu_nodes_only=True),  # chart: none at all
    DaemonSet("node-exporter", 100, 64 * MIB),  # prometheus-node-exporter: example 100m, 30Mi
    DaemonSet("ztunnel", 200, 512 * MIB),  # istio chart: 200m, 512Mi
)


@dataclass(frozen=True, slots=True)
class Allocatable:
    """What is left of a node for deployments, after the kubelet and the DaemonSets."""

    cpu_millicores: int
    memory_bytes: int
    ephemeral_bytes: int
    pods: int


@dataclass(frozen=True, slots=True)
class InstanceType:
    """One EC2 instance type; `accelerator` is a key of ACCELERATORS, or None without GPUs."""

    name: str
    vcpu: int
    memory_mib: int
    max_pods: int
    accelerator: str | None
    gpus: int
    nvme_gb: int
    network_mbps: int
    allocatable: Allocatable

    @property
    def gpu_memory_bytes(self) -> int:
        """The memory of one of its GPUs."""
        return ACCELERATORS[self.accelerator].memory_bytes if self.accelerator else 0


@dataclass(frozen=True, slots=True)
class HourlyPrice:
    """Micro-dollars an hour, so that every sum stays a whole number, and the region it is of."""

    micro_usd: int
    region: str


def kube_reserved_millicores(vcpu: int) -> int:
    """CPU that the kubelet keeps: 6 % of the first core, 1 % of the second, and so on.

    `kubeReservedResources` in karpenter-provider-aws v1.15.1, pkg/providers/instancetype/types.go,
    which takes the steps from Bottlerocket.
    """
    steps = ((0, 1000, 600), (1000, 2000, 100), (2000, 4000, 50), (4000, 1 << 31, 25))
    millicores = vcpu * 1000
    return sum(
        (min(millicores, end) - start) * rate // 10_000
        for start, end, rate in steps
        if millicores > start
    )


def node_memory_mib(memory_mib: int, max_pods: int) -> int:
    """Memory that pods may ask for, DaemonSets included.

    Capacity less 7.5 % that the hypervisor takes (`memory`, vm-memory-overhead-percent), less
    11 MiB a pod + 255 MiB (`kubeReservedResources`), less 100 MiB (`evictionThreshold`), all in
    karpenter-provider-aws v1.15.1, pkg/providers/instancetype/types.go.
    """
    return memory_mib - -(-memory_mib * 75 // 1000) - (11 * max_pods + 255) - 100


def node_ephemeral_bytes(nvme_gb: int) -> int:
    """Disk that pods may ask for: instance store as RAID 0 where there is one, else the volume.

    Less 1 GiB (`kubeReservedResources`) and a tenth (`evictionThreshold`), as above.
    """
    total = nvme_gb * 1000**3 or DATA_VOLUME_BYTES
    return total - GIB - -(-total // 10)


def _allocatable(vcpu: int, memory_mib: int, max_pods: int, gpus: int, nvme_gb: int) -> Allocatable:
    daemons = [d for d in DAEMONSETS if gpus or not d.gpu_nodes_only]
    cpu = vcpu * 1000 - kube_reserved_millicores(vcpu)
    memory = node_memory_mib(memory_mib, max_pods) * MIB
    return Allocatable(
        cpu - sum(d.cpu_millicores for d in daemons),
        memory - sum(d.memory_bytes for d in daemons),
        node_ephemeral_bytes(nvme_gb),
        max_pods - len(daemons),
    )


# name, vCPU, memory MiB, pods, accelerator, GPUs, NVMe GB, network Mbit/s
_HARDWARE: Final = """
c7i.large        2    4096  29  -         0     0     781
c7i.xlarge       4    8192  58  -         0     0    1562
c7i.2xlarge      8   16384  58  -         0     0    3125
c7i.4xlarge     16   32768 234  -         0     0    6250
c7i.8xlarge     32   65536 234  -         0     0   12500
c7i.12xlarge    48   98304 234  -         0     0   18750
c7i.16xlarge    64  131072 737  -         0     0   25000
m7i.large        2    8192  29  -         0     0     781
m7i.xlarge       4   16384  58  -         0     0    1562
m7i.2xlarge      8   32768  58  -         0     0    3125
m7i.4xlarge     16   65536 234  -         0     0    6250
m7i.8xlarge     32  131072 234  -         0     0   12500
m7i.12xlarge    48  196608 234  -         0     0   18750
m7i.16xlarge    64  262144 737  -         0     0   25000
r7i.large        2   16384  29  -         0     0     781
r7i.xlarge       4   32768  58  -         0     0    1562
r7i.2xlarge      8   65536  58  -         0     0    3125
r7i.4xlarge     16  131072 234  -         0     0    6250
r7i.8xlarge     32  262144 234  -         0     0   12500
r7i.12xlarge    48  393216 234  -         0     0   18750
r7i.16xlarge    64  524288 737  -         0     0   25000
g4dn.xlarge      4   16384  29  t4        1   125    5000
g4dn.2xlarge     8   32768  29  t4        1   225   10000
g4dn.4xlarge    16   65536  29  t4        1   225   20000
g4dn.8xlarge    32  131072  58  t4        1   900   50000
g4dn.12xlarge   48  196608 234  t4        4   900   50000
g4dn.16xlarge   64  262144  58  t4        1   900   50000
g5.xlarge        4   16384  58  a10g      1   250    2500
g5.2xlarge       8   32768  58  a10g      1   450    5000
g5.4xlarge      16   65536 234  a10g      1   600   10000
g5.8xlarge      32  131072 234  a10g      1   900   25000
g5.12xlarge     48  196608 737  a10g      4  3800   40000
g5.16xlarge     64  262144 234  a10g      1  1900   25000
g5.24xlarge     96  393216 737  a10g      4  3800   50000
g5.48xlarge    192  786432 345  a10g      8  7600  100000
g6.xlarge        4   16384  58  l4        1   250    2500
g6.2xlarge       8   32768  58  l4        1   450    5000
g6.4xlarge      16   65536 234  l4        1   600   10000
g6.8xlarge      32  131072 234  l4        1   900   25000
g6.12xlarge     48  196608 234  l4        4  3760   40000
g6.16xlarge     64  262144 737  l4        1  1880   25000
g6.24xlarge     96  393216 737  l4        4  3760   50000
g6.48xlarge    192  786432 737  l4        8  7520  100000
g6e.xlarge       4   32768  58  l40s      1   250    2500
g6e.2xlarge      8   65536  58  l40s      1   450    5000
g6e.4xlarge     16  131072 234  l40s      1   600   20000
g6e.8xlarge     32  262144 234  l40s      1   900   25000
g6e.12xlarge    48  393216 292  l40s      4  3800  100000
g6e.16xlarge    64  524288 737  l40s      1  1900   35000
g6e.24xlarge    96  786432 492  l40s      4  3800  200000
g6e.48xlarge   192 1572864 492  l40s      8  7600  400000
p4d.24xlarge    96 1179648 737  a100-40gb 8  8000  400000
p4de.24xlarge   96 1179648 737  a100-80gb 8  8000  400000
p5.4xlarge      16  262144 118  h100      1  3800  100000
p5.48xlarge    192 2097152 100  h100      8 30400 3200000
p5en.48xlarge  192 2097152 198  h200      8 30400 3200000
"""

# name, then a column for each of REGIONS
_PRICES: Final = """
c7i.large         0.08925    0.08925    0.09576    0.10185    0.11655
c7i.xlarge         0.1785     0.1785    0.19152     0.2037     0.2331
c7i.2xlarge         0.357      0.357    0.38304     0.4074     0.4662
c7i.4xlarge         0.714      0.714    0.76608     0.8148     0.9324
c7i.8xlarge         1.428      1.428    1.53216     1.6296     1.8648
c7i.12xlarge        2.142      2.142    2.29824     2.4444     2.7972
c7i.16xlarge        2.856      2.856    3.06432     3.2592     3.7296
m7i.large          0.1008     0.1008    0.11235    0.12075      0.126
m7i.xlarge         0.2016     0.2016     0.2247     0.2415      0.252
m7i.2xlarge        0.4032     0.4032     0.4494      0.483      0.504
m7i.4xlarge        0.8064     0.8064     0.8988      0.966      1.008
m7i.8xlarge        1.6128     1.6128     1.7976      1.932      2.016
m7i.12xlarge       2.4192     2.4192     2.6964      2.898      3.024
m7i.16xlarge       3.2256     3.2256     3.5952      3.864      4.032
r7i.large          0.1323     0.1323    0.14805     0.1596    0.15855
r7i.xlarge         0.2646     0.2646     0.2961     0.3192     0.3171
r7i.2xlarge        0.5292     0.5292     0.5922     0.6384     0.6342
r7i.4xlarge        1.0584     1.0584     1.1844     1.2768     1.2684
r7i.8xlarge        2.1168     2.1168     2.3688     2.5536     2.5368
r7i.12xlarge       3.1752     3.1752     3.5532     3.8304     3.8052
r7i.16xlarge       4.2336     4.2336     4.7376     5.1072     5.0736
g4dn.xlarge         0.526      0.526      0.587      0.658      0.684
g4dn.2xlarge        0.752      0.752      0.838       0.94      0.978
g4dn.4xlarge        1.204      1.204      1.342      1.505      1.566
g4dn.8xlarge        2.176      2.176      2.426       2.72       2.83
g4dn.12xlarge       3.912      3.912      4.362       4.89      5.087
g4dn.16xlarge       4.352      4.352      4.853       5.44      5.659
g5.xlarge           1.006      1.006      1.123      1.258      1.308
g5.2xlarge          1.212      1.212    1.35296     1.5156    1.57584
g5.4xlarge          1.624      1.624    1.81287    2.03081    2.11152
g5.8xlarge          2.448      2.448    2.73271    3.06122    3.18289
g5.12xlarge         5.672      5.672    6.33167    7.09282    7.37473
g5.16xlarge         4.096      4.096    4.57237    5.12204    5.32561
g5.24xlarge         8.144      8.144    9.09117   10.18405   10.58882
g5.48xlarge        16.288     16.288   18.18233    20.3681   21.17764
g6.xlarge          0.8048     0.8048          -     1.0064     1.0464
g6.2xlarge         0.9776     0.9776          -    1.22249    1.27107
g6.4xlarge         1.3232     1.3232          -    1.65466    1.72042
g6.8xlarge         2.0144     2.0144          -      2.519    2.61912
g6.12xlarge        4.6016     4.6016          -    5.75429    5.98299
g6.16xlarge        3.3968     3.3968          -    4.24769    4.41652
g6.24xlarge        6.6752     6.6752          -    8.34732    8.67909
g6.48xlarge       13.3504    13.3504          -   16.69464   17.35817
g6e.xlarge          1.861      1.861          -      2.327          -
g6e.2xlarge       2.24208    2.24208          -     2.8035          -
g6e.4xlarge       3.00424    3.00424          -    3.75651          -
g6e.8xlarge       4.52856    4.52856          -    5.66252          -
g6e.12xlarge     10.49264   10.49264          -   13.12002          -
g6e.16xlarge      7.57719    7.57719          -    9.47454          -
g6e.24xlarge     15.06559   15.06559          -   18.83806          -
g6e.48xlarge     30.13118   30.13118          -   37.67612          -
p4d.24xlarge    21.957642          -          -          -          -
p4de.24xlarge    27.44705          -          -          -          -
p5.4xlarge           6.88          -          -          -          -
p5.48xlarge         55.04          -          -          -          -
p5en.48xlarge      63.296          -          -          -          -
"""


def _instance(line: str) -> InstanceType:
    name, vcpu, memory, pods, accelerator, gpus, nvme, network = line.split()
    return InstanceType(
        name,
        int(vcpu),
        int(memory),
        int(pods),
        None if accelerator == "-" else accelerator,
        int(gpus),
        int(nvme),
        int(network),
        _allocatable(int(vcpu), int(memory), int(pods), int(gpus), int(nvme)),
    )


def _micro_usd(dollars: str) -> int:
    whole, _, fraction = dollars.partition(".")
    return int(whole + fraction.ljust(6, "0"))


def _prices(line: str) -> tuple[str, dict[str, int]]:
    """A type and its price in each region where it is known."""
    name, *columns = line.split()
    by_region = zip(REGIONS, columns, strict=True)
    return name, {region: _micro_usd(price) for region, price in by_region if price != "-"}


INSTANCES: Final[Mapping[str, InstanceType]] = MappingProxyType(
    {i.name: i for i in map(_instance, _HARDWARE.strip().splitlines())}
)
_PRICES_OF: Final = dict(map(_prices, _PRICES.strip().splitlines()))


def hourly_price(instance: str, region: str) -> HourlyPrice:
    """On-demand price of a type in a region, or that of the reference region if it is not known.

    The result names the region that it is of, so that a plan can say which price it used.
    """
    prices = _PRICES_OF[instance]
    known = region if region in prices else REFERENCE_REGION
    return HourlyPrice(prices[known], known)
