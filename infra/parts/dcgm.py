"""What each GPU does, for Prometheus: NVIDIA's exporter on every GPU node."""

from typing import Final

from catalog.node_pools import ACCELERATOR_LABEL, GPU_TAINT, POOLS
from infra.parts.common import daemon_resources
from infra.parts.mirror import mirrored
from infra.parts.observability import NODE_AGENTS, SCRAPE_INTERVAL
from infra.parts.part import Context, Release, Values

# DCGM's field, Prometheus's type, what it is. Fewer than upstream's list: each is a series for
# every GPU, or what a dashboard or an alert here reads.
FIELDS: Final = (
    ("DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", "counter", "Double-bit memory errors since boot."),
    ("DCGM_FI_DEV_FB_FREE", "gauge", "Free memory in MiB."),
    ("DCGM_FI_DEV_FB_USED", "gauge", "Used memory in MiB."),
    ("DCGM_FI_DEV_GPU_TEMP", "gauge", "Temperature in degrees Celsius."),
    ("DCGM_FI_DEV_GPU_UTIL", "gauge", "Share of time in which a kernel ran in percent."),
    ("DCGM_FI_DEV_POWER_USAGE", "gauge", "Power in watts."),
    ("DCGM_FI_DEV_ROW_REMAP_FAILURE", "gauge", "Whether a bad row of memory stays in use."),
    ("DCGM_FI_DEV_SM_CLOCK", "gauge", "Clock of the multiprocessors in MHz."),
    ("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "counter", "Energy since boot in mJ."),
    ("DCGM_FI_DEV_XID_ERRORS", "gauge", "The last XID error."),
    ("DCGM_FI_PROF_DRAM_ACTIVE", "gauge", "Share of cycles in which memory moved data."),
    ("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "gauge", "Share of time in which the engine was busy."),
    ("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "gauge", "Share of cycles in which tensor cores worked."),
)  # fmt: skip


def dcgm_release(context: Context) -> Release:
    """The exporter, in the namespace of what reads nodes."""
    return Release(
        name="dcgm-exporter", chart="dcgm-exporter", namespace=NODE_AGENTS, values=_values(context)
    )


def _values(context: Context) -> Values:
    """It sees all GPUs and takes none.

    Bottlerocket hands GPUs to a container that asks for none only where it has CAP_SYS_ADMIN,
    which profiling needs anyway (bottlerocket-os/bottlerocket#3992); the chart's own security
    context has it, and drops all others. `honorLabels` keeps the labels `pod` and `namespace` of
    whoever uses the GPU, where Prometheus would put the exporter's.
    """
    return {
        "image": {"repository": mirrored(context, "dcgm-exporter")},
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [
                        {
                            "matchExpressions": [
                                {
                                    "key": ACCELERATOR_LABEL,
                                    "operator": "In",
                                    "values": sorted(
                                        pool.accelerator for pool in POOLS if pool.accelerator
                                    ),
                                }
                            ]
                        }
                    ]
                }
            }
        },
        "customMetrics": "".join(f"{', '.join(row)}\n" for row in FIELDS),
        "resources": daemon_resources("dcgm-exporter", "1Gi"),
        "serviceMonitor": {"enabled": True, "honorLabels": True, "interval": SCRAPE_INTERVAL},
        "tolerations": [{"key": GPU_TAINT.key, "operator": "Exists", "effect": GPU_TAINT.effect}],
    }
