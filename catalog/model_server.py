"""What a model server is to the platform: the facts of one ClusterServingRuntime."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from catalog.endpoint import Batching, Endpoint
from catalog.objects import Object

REST_PORT: Final = 8080
GRPC_PORT: Final = 9000
MODEL_DIR: Final = "/mnt/models"
"""Where KServe puts the model, read-only (`pkg/constants/constants.go`)."""

SCRATCH_DIR: Final = "/tmp"  # noqa: S108 - a mount point in a container, private to it
"""The one place where a server may write: an emptyDir, since the root is read-only."""

NAME: Final = "{{.Name}}"
"""KServe puts the InferenceService's name here (`isvcutils.ReplacePlaceholders`)."""

GB: Final = 10**9
GI: Final = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """One ClusterServingRuntime.

    `image` is a row of the pin table, `image_bytes` its unpacked size, which cold starts are
    reckoned with. `cpu` (millicores) and `memory` (bytes) are the least that is sensible.
    `load_seconds` is how long the server may take from its start to a loaded model. An artifact
    holds a file that one of `model_files` matches and each of `required_files`; a file of
    `refused_files` would keep the server from ever being ready. Pod Security restricted and a
    read-only root hold for every runtime: none needs an exception.
    """

    name: str
    framework: str
    model_format: str
    format_version: str
    image: str
    image_bytes: int
    protocols: tuple[str, ...]
    user: int
    cpu: int
    memory: int
    load_seconds: int
    ready_path: str
    live_path: str
    metrics_port: int
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    working_dir: str | None = None
    scratch_bytes: int = GI
    shared_memory_bytes: int = 0
    metrics_path: str = "/metrics"
    gpu: bool = False
    needs_gpu: bool = False
    model_files: tuple[str, ...] = ()
    model_files_text: str = ""
    required_files: tuple[str, ...] = ()
    refused_files: tuple[str, ...] = ()
    batching: Callable[[Batching], Mapping[str, str]] | None = None
    arguments: Callable[[Endpoint], tuple[str, ...]] = field(default=lambda _: ())

    @property
    def batches(self) -> bool:
        """Whether the server joins requests as the entry's `batching` says."""
        return self.batching is not None

    def model_args(self, endpoint: Endpoint) -> tuple[str, ...]:
        """What the endpoint adds to the server's arguments."""
        return self.arguments(endpoint)

    def model_env(self, endpoint: Endpoint) -> list[Object]:
        """What the endpoint adds to the server's environment."""
        if self.batching is None or endpoint.batching is None:
            return []
        added = self.batching(endpoint.batching)
        return [{"name": name, "value": value} for name, value in sorted(added.items())]
