"""NVIDIA Triton as a server of one model.

Triton serves `<repository>/<name>/<version>/<file>` under the name of the directory, and takes a
queue delay from config.pbtxt alone (server v2.71.0 docs/user_guide/{model_repository,
model_configuration}.md). A script before it gives the artifact, flat or in numbered versions, that
shape with links, and writes the config.pbtxt that `batching` asks for; the artifact stays as it is.
"""

from collections.abc import Mapping
from typing import Final

from catalog.endpoint import Batching
from catalog.model_server import GB, GI, GRPC_PORT, NAME, REST_PORT, SCRATCH_DIR, Runtime

CONFIG_ENV: Final = "SLIPWAY_TRITON_CONFIG"

# It starts anew because /tmp outlives a restart of the container.
ARRANGE: Final = """\
set -eu
rm -rf /tmp/models
model="/tmp/models/$0"
mkdir -p "$model"
if ls /mnt/models | grep -qxE '[1-9][0-9]*'; then
  ln -s /mnt/models/* "$model"
else
  ln -s /mnt/models "$model/1"
  if [ -e /mnt/models/config.pbtxt ]; then ln -s /mnt/models/config.pbtxt "$model"; fi
fi
if [ -n "${SLIPWAY_TRITON_CONFIG:-}" ]; then
  if [ -e "$model/config.pbtxt" ]; then
    echo "batching is set in the entry and the model has a config.pbtxt: keep one" >&2
    exit 1
  fi
  printf '%s\\n' "$SLIPWAY_TRITON_CONFIG" > "$model/config.pbtxt"
fi
exec tritonserver --model-repository=/tmp/models "$@"
"""

PORTS: Final = (
    f"--http-port={REST_PORT}",
    f"--grpc-port={GRPC_PORT}",
    "--metrics-port=8002",
)


def _batching(batching: Batching) -> Mapping[str, str]:
    # An explicit size makes a model that cannot batch fail to load instead of running unbatched.
    delay = f"dynamic_batching {{ max_queue_delay_microseconds: {batching.max_delay * 1_000} }}"
    return {CONFIG_ENV: f"max_batch_size: {batching.max_size}\n{delay}"}


def triton(framework: str, format_version: str, files: tuple[str, ...], text: str) -> Runtime:
    """Triton over one model, arranged by `ARRANGE`.

    Without `batching` the default of four requests to a batch is off: it would refuse a request
    with more than four rows.
    """
    return Runtime(
        name=f"slipway-{framework}",
        framework=framework,
        model_format=framework,
        format_version=format_version,
        image="triton",
        # 15.5 GB for 24.06-py3 (triton-inference-server/server#7474).
        image_bytes=15 * GB,
        protocols=("rest", "grpc"),
        user=1000,
        cpu=1_000,
        memory=2 * GI,
        load_seconds=600,
        ready_path=f"/v2/models/{NAME}/ready",
        live_path="/v2/health/live",
        metrics_port=8002,
        # Arguments, not a command: the image's entry point prepares the CUDA libraries.
        args=(
            "/bin/sh",
            "-c",
            ARRANGE,
            NAME,
            *PORTS,
            "--backend-config=default-max-batch-size=0",
        ),
        env={"HOME": SCRATCH_DIR},
        shared_memory_bytes=GI,
        gpu=True,
        model_files=files,
        model_files_text=text,
        batching=_batching,
    )
