"""How long an endpoint may take from no node to ready, and the deadline that follows.

The rates are assumptions for sizing a deadline, on the slow side of what EC2 instances with up to
10 Gbit/s reach; they are not promises. A deadline that is too long costs nothing, one that is too
short fails a revision that was about to be ready.
"""

from math import ceil

PULL_BYTES_PER_SECOND = 60 * 10**6
"""Registry to unpacked image."""
DOWNLOAD_BYTES_PER_SECOND = 100 * 10**6
"""Object store or hub to the node's disk."""
LOAD_BYTES_PER_SECOND = 400 * 10**6
"""Disk to the memory of the server or the GPU."""
SERVER_SECONDS = 30
"""Start of the model server itself."""
UNKNOWN_MODEL_BYTES = 2 * 10**9
"""What is assumed of a model whose size nothing tells."""
MARGIN = 2
"""The deadline is this many times the estimate."""
SHORTEST_DEADLINE = 300


def cold_start_seconds(*, node_boot: int, image_bytes: int, model_bytes: int | None) -> int:
    """Seconds from a pending pod without a node to a loaded model."""
    model = UNKNOWN_MODEL_BYTES if model_bytes is None else model_bytes
    return ceil(
        node_boot
        + image_bytes / PULL_BYTES_PER_SECOND
        + model / DOWNLOAD_BYTES_PER_SECOND
        + model / LOAD_BYTES_PER_SECOND
        + SERVER_SECONDS
    )


def progress_deadline(cold_start: int) -> int:
    """Seconds that Knative and Karpenter give a replica, in whole minutes."""
    return max(SHORTEST_DEADLINE, ceil(cold_start * MARGIN / 60) * 60)
