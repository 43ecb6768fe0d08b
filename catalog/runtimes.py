"""The one table of model servers: which serves a framework, and every fact that follows from it.

Triton serves tensorflow and pytorch because the contract is the Open Inference Protocol v2. What
each server was found to do is from MLServer 1.7.1, Triton 26.07 (server v2.71.0), vLLM 0.24 (GPU)
and 0.23 (CPU), and huggingfaceserver of KServe 0.20.

Every server listens on its REST port whatever the entry's protocol, so one HTTP probe tells for
all protocols whether the model is loaded: of the servers that speak gRPC only Triton has the gRPC
health service.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from catalog.endpoint import Batching, Endpoint
from catalog.llm_estimate import dtype_of
from catalog.llm_memory import GPU_MEMORY_UTILIZATION_PERCENT
from catalog.model_server import GB, GI, GRPC_PORT, MODEL_DIR, NAME, REST_PORT, SCRATCH_DIR, Runtime
from catalog.triton import PORTS, triton

__all__ = ["RUNTIMES", "Runtime", "runtime_for"]


def _mlserver_batching(batching: Batching) -> Mapping[str, str]:
    # mlserver/settings.py: the size in requests, the time in seconds; both must be above zero.
    return {
        "MLSERVER_MODEL_MAX_BATCH_SIZE": str(batching.max_size),
        "MLSERVER_MODEL_MAX_BATCH_TIME": f"{batching.max_delay / 1_000:g}",
    }


def _mlserver(framework: str, implementation: str, format_version: str) -> Runtime:
    """MLServer, without its worker process.

    With `MLSERVER_PARALLEL_WORKERS=0` the model is loaded in one process, and that the worker ends
    at once under uvloop 0.23 ("There is no current event loop") does not matter. REST answers when
    the model is loaded, not before. `mlserver` itself is started, not the image's script, which
    would unpack an environment of the artifact's own beside the server.
    """
    env = {
        "HOME": SCRATCH_DIR,
        "MLSERVER_DEBUG": "false",
        "MLSERVER_GRPC_PORT": str(GRPC_PORT),
        "MLSERVER_HTTP_PORT": str(REST_PORT),
        "MLSERVER_METRICS_PORT": "8082",
        "MLSERVER_MODEL_IMPLEMENTATION": implementation,
        "MLSERVER_MODEL_NAME": NAME,
        "MLSERVER_MODEL_URI": MODEL_DIR,
        "MLSERVER_PARALLEL_WORKERS": "0",
        "MLSERVER_USE_STRUCTURED_LOGGING": "true",
        "NUMBA_CACHE_DIR": f"{SCRATCH_DIR}/numba",
    }
    return Runtime(
        name=f"slipway-{framework}",
        framework=framework,
        model_format=framework,
        format_version=format_version,
        image=f"mlserver-{framework}",
        # 0.93 GB for 1.3.5-sklearn (validatedpatterns/industrial-edge#343).
        image_bytes=GB,
        protocols=("rest", "grpc"),
        user=1000,
        cpu=250,
        memory=GI // 2,
        load_seconds=300,
        ready_path=f"/v2/models/{NAME}/ready",
        live_path="/v2/health/live",
        metrics_port=8082,
        command=("mlserver",),
        args=("start", MODEL_DIR),
        env=env,
        # The directories of metrics and environments default to the working directory.
        working_dir=SCRATCH_DIR,
        # Found by running it: settings.json moves the ports.
        refused_files=(r"settings\.json",),
        batching=_mlserver_batching,
    )


_HUB_OFFLINE: Final = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
}
"""The model is already there; without this a server waits for a hub that it may not reach."""

_CHECKPOINT: Final = (r".+\.safetensors", r"pytorch_model.*\.bin")
_CHECKPOINT_TEXT: Final = "config.json with *.safetensors or pytorch_model*.bin"

_HUGGINGFACE: Final = Runtime(
    name="slipway-huggingface",
    framework="huggingface",
    model_format="huggingface",
    format_version="1",
    image="huggingface",
    # An assumption: PyTorch for CPU, vLLM and their dependencies.
    image_bytes=6 * GB,
    protocols=("rest",),
    user=1000,
    cpu=1_000,
    memory=4 * GI,
    load_seconds=900,
    ready_path=f"/v2/models/{NAME}/ready",
    live_path="/v2/health/live",
    metrics_port=REST_PORT,
    # The `auto` backend would hand generative models to vLLM, which does not answer v2.
    args=(
        f"--model_name={NAME}",
        f"--model_dir={MODEL_DIR}",
        f"--http_port={REST_PORT}",
        "--enable_grpc=false",
        "--backend=huggingface",
        "--disable_log_requests",
    ),
    # An empty prefix puts the OpenAI paths at /v1 instead of /openai/v1.
    env={
        **_HUB_OFFLINE,
        "HF_HOME": f"{SCRATCH_DIR}/huggingface",
        "HOME": SCRATCH_DIR,
        "KSERVE_OPENAI_ROUTE_PREFIX": "",
    },
    scratch_bytes=4 * GI,
    shared_memory_bytes=GI,
    model_files=_CHECKPOINT,
    model_files_text=_CHECKPOINT_TEXT,
    required_files=(r"config\.json",),
)


def _vllm_arguments(endpoint: Endpoint) -> tuple[str, ...]:
    """Never `--trust-remote-code`: it would run code of the model's own."""
    llm, gpus = endpoint.llm, endpoint.resources.gpus
    parallel = (llm.tensor_parallel if llm else None) or gpus
    share = (f"--tensor-parallel-size={parallel}",) if parallel > 1 else ()
    if llm is None:
        return share
    quantization = (f"--quantization={llm.quantization}",) if llm.quantization else ()
    return (
        f"--dtype={dtype_of(llm)}",
        f"--max-model-len={llm.context}",
        f"--max-num-seqs={llm.concurrency}",
        *quantization,
        *share,
    )


_VLLM_CPU: Final = Runtime(
    name="slipway-vllm-cpu",
    framework="vllm",
    model_format="vLLM",
    format_version="1",
    image="vllm-cpu",
    # An assumption: PyTorch for CPU and a compiler.
    image_bytes=5 * GB,
    protocols=("rest",),
    # The user that docker/Dockerfile makes; the image starts as root.
    user=2000,
    cpu=4_000,
    memory=12 * GI,
    load_seconds=1_800,
    ready_path="/v1/models",
    live_path="/health",
    metrics_port=REST_PORT,
    args=(MODEL_DIR, f"--port={REST_PORT}", f"--served-model-name={NAME}"),
    # torch asks for the user's name, which the image may not know. Binding threads to cores as
    # `auto` does would put every pod of a node on the same ones.
    env={
        **_HUB_OFFLINE,
        "HF_HOME": f"{SCRATCH_DIR}/huggingface",
        "HOME": SCRATCH_DIR,
        "USER": "vllm",
        "VLLM_CPU_KVCACHE_SPACE": "4",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "VLLM_NO_USAGE_STATS": "1",
    },
    scratch_bytes=8 * GI,
    shared_memory_bytes=2 * GI,
    model_files=_CHECKPOINT,
    model_files_text=_CHECKPOINT_TEXT,
    required_files=(r"config\.json",),
    arguments=_vllm_arguments,
)

_VLLM: Final = replace(
    _VLLM_CPU,
    name="slipway-vllm",
    image="vllm",
    # 28.6 GB at the end of 2025 (vllm-project/vllm#22377).
    image_bytes=29 * GB,
    memory=16 * GI,
    args=(
        *_VLLM_CPU.args,
        f"--gpu-memory-utilization={GPU_MEMORY_UTILIZATION_PERCENT / 100:g}",
    ),
    env={
        **{k: v for k, v in _VLLM_CPU.env.items() if not k.startswith("VLLM_CPU")},
        "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
    },
    gpu=True,
    needs_gpu=True,
)

_VERSIONED: Final = r"([1-9][0-9]*/)?"

RUNTIMES: Final = (
    _HUGGINGFACE,
    replace(
        _HUGGINGFACE,
        name="slipway-huggingface-gpu",
        image="huggingface-gpu",
        # An assumption: as the CPU image, with CUDA.
        image_bytes=20 * GB,
        memory=8 * GI,
        gpu=True,
        needs_gpu=True,
    ),
    replace(
        _mlserver("lightgbm", "mlserver_lightgbm.LightGBMModel", "4"),
        model_files=(r"model\.bst",),
        model_files_text="model.bst",
    ),
    replace(
        _mlserver("mlflow", "mlserver_mlflow.MLflowRuntime", "2"),
        # The image with every library: a flavor needs the one that trained the model.
        image="mlserver",
        # 3.74 GB for 1.3.5 (validatedpatterns/industrial-edge#343).
        image_bytes=4 * GB,
        memory=GI,
        model_files=(r"MLmodel",),
        model_files_text="MLmodel and what it names",
    ),
    triton("onnx", "1", (rf"{_VERSIONED}model\.onnx(/.+)?",), "model.onnx or 1/model.onnx"),
    # TorchScript does not tell its inputs, so config.pbtxt must, and with it how to batch
    # (pytorch_backend src/pt/model_state.cc, `AutoCompleteConfig`).
    replace(
        triton("pytorch", "1", (rf"{_VERSIONED}model\.pt2?",), "model.pt, or 1/model.pt"),
        required_files=(r"config\.pbtxt",),
        batching=None,
    ),
    replace(
        _mlserver("sklearn", "mlserver_sklearn.SKLearnModel", "1"),
        model_files=(r"model\.(joblib|pickle|pkl)",),
        model_files_text="model.joblib, model.pickle or model.pkl",
    ),
    # The last release that holds a TensorFlow backend (triton-inference-server/server#8089).
    replace(
        triton(
            "tensorflow",
            "2",
            (rf"{_VERSIONED}model\.savedmodel/saved_model\.pb", rf"{_VERSIONED}model\.graphdef"),
            "model.savedmodel/saved_model.pb or model.graphdef",
        ),
        image="triton-tensorflow",
        memory=4 * GI,
    ),
    # A whole repository, whose own config.pbtxt files say how to batch.
    replace(
        triton("triton", "2", (r"[^/]+/[1-9][0-9]*/.+",), "a repository: <name>/1/<model file>"),
        args=("tritonserver", f"--model-repository={MODEL_DIR}", *PORTS),
        batching=None,
    ),
    _VLLM,
    _VLLM_CPU,
    replace(
        _mlserver("xgboost", "mlserver_xgboost.XGBoostModel", "2"),
        # An assumption: XGBoost's wheel carries its CUDA kernels.
        image_bytes=2 * GB,
        model_files=(r"model\.(bst|json|ubj)",),
        model_files_text="model.bst, model.json or model.ubj",
    ),
)
"""Every ClusterServingRuntime, by name."""

_CUSTOM: Final = Runtime(
    name="",
    framework="custom",
    model_format="",
    format_version="",
    image="",
    # An assumption: nobody knows it.
    image_bytes=GB,
    protocols=("rest", "grpc"),
    user=0,
    cpu=0,
    memory=0,
    load_seconds=300,
    ready_path="",
    live_path="",
    metrics_port=REST_PORT,
    gpu=True,
)
"""The team's own container: what is known of it, which is that it may be anything."""

_BY_FRAMEWORK: Final[Mapping[tuple[str, bool], Runtime]] = {
    **{(row.framework, gpu): row for row in RUNTIMES if not row.needs_gpu for gpu in (False, True)},
    **{(row.framework, True): row for row in RUNTIMES if row.needs_gpu},
    ("custom", False): _CUSTOM,
    ("custom", True): _CUSTOM,
}


def runtime_for(framework: str, *, gpu: bool) -> Runtime:
    """What serves a framework, with or without a GPU; LookupError for one that is none.

    A framework whose server knows no GPU gets that server all the same, with `gpu` false. Only
    servers with different images have two runtimes: KServe would otherwise be left to change the
    image itself (`isvcutils.UpdateImageTag`).
    """
    try:
        return _BY_FRAMEWORK[framework, gpu]
    except KeyError:
        raise LookupError(f"no server is known for the framework {framework!r}") from None
