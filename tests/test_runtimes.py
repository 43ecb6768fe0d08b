"""The table of model servers, and the ClusterServingRuntimes that come of it."""

import json
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from catalog import pins
from catalog.endpoint import Batching, Endpoint, Model, Resources, Scaling
from catalog.errors import Place
from catalog.model_server import GRPC_PORT, REST_PORT, Runtime
from catalog.objects import Object
from catalog.options import Llm
from catalog.pod import pods
from catalog.registries import Registries
from catalog.render.runtimes import cluster_serving_runtimes, liveness_probe, runtimes_by_name
from catalog.runtimes import RUNTIMES, runtime_for
from catalog.triton import ARRANGE, CONFIG_ENV
from catalog.words import Framework
from tests.checkers import kubeconform, pod_security

FRAMEWORKS: tuple[str, ...] = get_args(Framework)
SERVED = tuple(name for name in FRAMEWORKS if name != "custom")

# knative.dev/serving v0.48.2 pkg/networking/constants.go, and its profiling port.
KNATIVE_PORTS = {8008, 8012, 8013, 8022, 9090, 9091}

# kserve v0.20.0 pkg/constants/constants.go: names that KServe takes for a server type.
STOCK_NAMES = {
    "kserve-huggingfaceserver", "kserve-mlserver", "kserve-tensorflow-serving",
    "kserve-torchserve", "kserve-tritonserver", "kserve-vllmserver",
}  # fmt: skip

LLM = Llm.model_construct(
    parameters="7B", dtype="bfloat16", quantization=None, context=4096, concurrency=16,
    tensor_parallel=None,
)  # fmt: skip


def endpoint(framework: str, **changes: Any) -> Endpoint:
    plain = Endpoint(
        team="risk", project="scoring", namespace="risk-scoring", name="fraud", tier="staging",
        host="fraud.risk-scoring.models.example.com", place=Place("models/risk/scoring.yaml"),
        kind="model", framework=framework, runtime=f"slipway-{framework}", serving="knative",
        protocol="rest", model=Model(source="s3://b/p", uri="s3://b/p"),
        resources=Resources(cpu=500, memory=2**30), placement=None, capacity="spot",
        scaling=Scaling(min=0, max=1, metric="concurrency", target=10, window=60_000),
        batching=None, teams=("risk",), clients=(), requests_per_minute=100, slo=None,
        timeout=60_000, cold_start=60_000, env={}, secrets={}, transformer=None, explainer=None,
        container=None, graph=None, llm=None, logging=None, weights_cache=None, examples=(),
        lineage=None, labels={}, description="", owner="risk-ml",
    )  # fmt: skip
    return replace(plain, **changes)


def container(runtime: Object) -> Object:
    return runtime["spec"]["containers"][0]


def ids(row: Runtime) -> str:
    return row.name


each_row = pytest.mark.parametrize("row", RUNTIMES, ids=ids)


def rendered(row: Runtime) -> Object:
    return runtimes_by_name()[row.name]


# The table


@pytest.mark.parametrize("gpu", [False, True])
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_framework_of_the_schema_has_a_server(framework: str, gpu: bool) -> None:
    assert runtime_for(framework, gpu=gpu).framework == framework


def test_an_unknown_framework_is_an_error_that_names_it() -> None:
    with pytest.raises(LookupError, match="'caffe'"):
        runtime_for("caffe", gpu=False)


def test_runtimes_are_unique_and_sorted_by_name() -> None:
    names = [row.name for row in RUNTIMES]
    assert names == sorted(set(names))


@pytest.mark.parametrize("framework", SERVED)
def test_a_server_that_needs_a_gpu_serves_only_who_asks_for_one(framework: str) -> None:
    assert not runtime_for(framework, gpu=False).needs_gpu


@pytest.mark.parametrize("framework", ["huggingface", "vllm"])
def test_servers_with_different_images_for_cpu_and_gpu_have_two_runtimes(framework: str) -> None:
    cpu, gpu = runtime_for(framework, gpu=False), runtime_for(framework, gpu=True)
    assert (cpu.name, cpu.image) != (gpu.name, gpu.image)
    assert gpu.gpu
    assert not cpu.gpu


@each_row
def test_every_image_is_a_row_of_the_pin_table(row: Runtime) -> None:
    assert pins.image(row.image).name == row.image


@each_row
def test_no_name_is_one_that_kserve_changes_the_image_of(row: Runtime) -> None:
    assert row.name.startswith("slipway-")
    assert row.name not in STOCK_NAMES
    assert "serving.kserve.io/server-type" not in json.dumps(rendered(row))


def test_format_names_have_the_case_that_kserve_compares_exactly() -> None:
    formats = {row.model_format for row in RUNTIMES}
    assert formats == {
        "huggingface", "lightgbm", "mlflow", "onnx", "pytorch", "sklearn", "tensorflow", "triton",
        "vLLM", "xgboost",
    }  # fmt: skip


@each_row
def test_no_port_is_one_that_knative_keeps_for_itself(row: Runtime) -> None:
    assert not KNATIVE_PORTS & {REST_PORT, GRPC_PORT, row.metrics_port}


@pytest.mark.parametrize(
    ("framework", "name"),
    [
        ("sklearn", "model.joblib"),
        ("sklearn", "model.pkl"),
        ("xgboost", "model.json"),
        ("xgboost", "model.ubj"),
        ("lightgbm", "model.bst"),
        ("mlflow", "MLmodel"),
        ("onnx", "model.onnx"),
        ("onnx", "3/model.onnx"),
        ("pytorch", "1/model.pt"),
        ("tensorflow", "model.savedmodel/saved_model.pb"),
        ("triton", "fraud/1/model.plan"),
        ("huggingface", "model-00001-of-00002.safetensors"),
        ("vllm", "model.safetensors"),
    ],
)
def test_a_file_that_the_server_loads_is_known(framework: str, name: str) -> None:
    patterns = runtime_for(framework, gpu=False).model_files
    assert any(re.fullmatch(pattern, name) for pattern in patterns)


@pytest.mark.parametrize(
    ("framework", "name"),
    [
        ("sklearn", "fraud.joblib"),
        ("sklearn", "deep/model.joblib"),
        ("xgboost", "model.xgb"),
        ("lightgbm", "model.txt"),
        ("mlflow", "model/MLmodel"),
        ("onnx", "fraud.onnx"),
        ("onnx", "0/model.onnx"),
        ("pytorch", "model.pth"),
        ("tensorflow", "saved_model.pb"),
        ("triton", "1/model.onnx"),
        ("vllm", "model.gguf"),
    ],
)
def test_a_file_that_the_server_would_pass_over_is_not_taken_for_a_model(
    framework: str, name: str
) -> None:
    patterns = runtime_for(framework, gpu=False).model_files
    assert not any(re.fullmatch(pattern, name) for pattern in patterns)


@each_row
def test_every_runtime_says_which_files_it_loads(row: Runtime) -> None:
    assert row.model_files
    assert row.model_files_text


# What an endpoint adds


def test_mlserver_batches_by_requests_and_seconds() -> None:
    ask = endpoint("sklearn", batching=Batching(max_size=32, max_delay=5))
    assert runtime_for("sklearn", gpu=False).model_env(ask) == [
        {"name": "MLSERVER_MODEL_MAX_BATCH_SIZE", "value": "32"},
        {"name": "MLSERVER_MODEL_MAX_BATCH_TIME", "value": "0.005"},
    ]


def test_triton_batches_by_rows_and_microseconds() -> None:
    ask = endpoint("onnx", batching=Batching(max_size=8, max_delay=20))
    config = "max_batch_size: 8\ndynamic_batching { max_queue_delay_microseconds: 20000 }"
    added = runtime_for("onnx", gpu=True).model_env(ask)
    assert added == [{"name": CONFIG_ENV, "value": config}]


@pytest.mark.parametrize("framework", ["huggingface", "pytorch", "triton", "vllm"])
def test_servers_that_cannot_batch_on_demand_say_so(framework: str) -> None:
    ask = endpoint(framework, batching=Batching(max_size=8, max_delay=5))
    runtime = runtime_for(framework, gpu=True)
    assert not runtime.batches
    assert runtime.model_env(ask) == []


@each_row
def test_an_endpoint_without_wishes_adds_nothing(row: Runtime) -> None:
    plain = endpoint(row.framework)
    assert row.model_env(plain) == []
    assert row.model_args(plain) == ()


def test_llm_facts_become_flags_of_vllm() -> None:
    four = Resources(cpu=8_000, memory=2**36, gpus=4)
    ask = endpoint("vllm", llm=LLM.model_copy(update={"quantization": "awq"}), resources=four)
    assert runtime_for("vllm", gpu=True).model_args(ask) == (
        "--dtype=bfloat16",
        "--max-model-len=4096",
        "--max-num-seqs=16",
        "--quantization=awq",
        "--tensor-parallel-size=4",
    )


def test_a_model_on_one_gpu_is_not_split() -> None:
    one = endpoint("vllm", llm=LLM, resources=Resources(cpu=4_000, memory=2**34, gpus=1))
    args = runtime_for("vllm", gpu=True).model_args(one)
    assert not any(arg.startswith("--tensor-parallel-size") for arg in args)


@each_row
def test_no_server_runs_code_that_a_model_brings(row: Runtime) -> None:
    assert "trust" not in json.dumps(rendered(row))


# The arrangement of a model for Triton


def arrange(tmp_path: Path, config: str = "") -> subprocess.CompletedProcess[str]:
    """Runs the script with its two directories moved under `tmp_path` and a Triton that prints."""
    tools = tmp_path / "bin"
    tools.mkdir(exist_ok=True)
    fake = tools / "tritonserver"
    fake.write_text('#!/bin/sh\necho "$@"\n')
    fake.chmod(0o755)
    script = ARRANGE.replace("/mnt/models", f"{tmp_path}/artifact")
    script = script.replace("/tmp/models", f"{tmp_path}/models")  # noqa: S108 - text of the script
    return subprocess.run(
        ["/bin/sh", "-c", script, "fraud", "--http-port=8080"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": f"{tools}:{os.environ['PATH']}", CONFIG_ENV: config},
    )


def artifact(tmp_path: Path, *names: str) -> Path:
    for name in names:
        path = tmp_path / "artifact" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "models" / "fraud"


def test_a_flat_model_becomes_version_one_under_the_endpoints_name(tmp_path: Path) -> None:
    model = artifact(tmp_path, "model.onnx", "config.pbtxt")
    ran = arrange(tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.split() == [f"--model-repository={tmp_path}/models", "--http-port=8080"]
    assert (model / "1/model.onnx").read_text() == "model.onnx"
    assert (model / "config.pbtxt").read_text() == "config.pbtxt"


def test_numbered_versions_keep_their_numbers(tmp_path: Path) -> None:
    model = artifact(tmp_path, "3/model.onnx", "labels.txt")
    assert arrange(tmp_path).returncode == 0
    assert sorted(path.name for path in model.iterdir()) == ["3", "labels.txt"]
    assert (model / "3/model.onnx").is_file()


def test_a_restarted_container_arranges_the_model_again(tmp_path: Path) -> None:
    model = artifact(tmp_path, "model.onnx")
    assert [arrange(tmp_path, config="max_batch_size: 8").returncode for _ in range(2)] == [0, 0]
    assert (tmp_path / "artifact/model.onnx").is_file()
    assert (model / "1/model.onnx").is_file()


@pytest.mark.parametrize("name", ["model.onnx", "1/model.onnx"])
def test_batching_is_written_beside_the_artifact_and_not_into_it(tmp_path: Path, name: str) -> None:
    model = artifact(tmp_path, name)
    assert arrange(tmp_path, config="max_batch_size: 8").returncode == 0
    assert (model / "config.pbtxt").read_text() == "max_batch_size: 8\n"
    assert not (tmp_path / "artifact/config.pbtxt").exists()


@pytest.mark.parametrize("name", ["model.onnx", "1/model.onnx"])
def test_batching_beside_a_config_of_the_models_own_stops_the_server(
    tmp_path: Path, name: str
) -> None:
    model = artifact(tmp_path, name, "config.pbtxt")
    ran = arrange(tmp_path, config="max_batch_size: 8")
    assert ran.returncode == 1
    assert "keep one" in ran.stderr
    assert (model / "config.pbtxt").read_text() == "config.pbtxt"


def test_the_script_has_no_action_of_a_go_template_and_no_kubernetes_reference() -> None:
    assert "{{" not in ARRANGE
    assert "$(" not in ARRANGE


# The objects


def test_every_row_becomes_one_runtime_in_the_order_of_names() -> None:
    names = [runtime["metadata"]["name"] for runtime in cluster_serving_runtimes()]
    assert names == [row.name for row in RUNTIMES]
    assert list(runtimes_by_name()) == names


def test_rendering_twice_gives_the_same_bytes() -> None:
    assert json.dumps(cluster_serving_runtimes()) == json.dumps(cluster_serving_runtimes())


def test_a_mirror_takes_the_place_of_every_registry() -> None:
    digest = f"sha256:{'ab' * 32}"
    mirrored = runtimes_by_name(
        Registries(mirror="registry.example.com/mirror", digests={"vllm": digest})
    )
    images = [container(runtime)["image"] for runtime in mirrored.values()]
    assert all(image.startswith("registry.example.com/mirror/") for image in images)
    assert container(mirrored["slipway-vllm"])["image"].endswith(f"@{digest}")


@each_row
def test_the_container_is_as_locked_down_as_kubernetes_allows(row: Runtime) -> None:
    security = container(rendered(row))["securityContext"]
    assert security == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "privileged": False,
        "readOnlyRootFilesystem": True,
        "runAsGroup": row.user,
        "runAsNonRoot": True,
        "runAsUser": row.user,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert row.user >= 1000


@each_row
def test_what_a_server_writes_lies_on_a_volume_with_a_limit(row: Runtime) -> None:
    spec, server = rendered(row)["spec"], container(rendered(row))
    mounted = {mount["name"]: mount["mountPath"] for mount in server["volumeMounts"]}
    assert {volume["name"] for volume in spec["volumes"]} == set(mounted)
    assert all(volume["emptyDir"]["sizeLimit"] for volume in spec["volumes"])
    scratch = mounted["server-tmp"]
    for name, value in row.env.items():
        if name in {"HOME", "HF_HOME", "NUMBA_CACHE_DIR"}:
            assert value == scratch or value.startswith(f"{scratch}/")
    assert row.env["HOME"] == scratch
    assert server.get("workingDir", scratch) == scratch


@each_row
def test_startup_and_readiness_ask_for_the_model_on_the_rest_port(row: Runtime) -> None:
    server = container(rendered(row))
    path = "/v1/models" if row.framework == "vllm" else "/v2/models/{{.Name}}/ready"
    for kind in ("startupProbe", "readinessProbe"):
        assert server[kind]["httpGet"] == {"path": path, "port": REST_PORT, "scheme": "HTTP"}
    startup = server["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] == row.load_seconds
    assert server["readinessProbe"]["periodSeconds"] == 1


@each_row
def test_the_runtime_leaves_ports_and_liveness_to_the_inference_service(row: Runtime) -> None:
    assert not {"ports", "livenessProbe"} & container(rendered(row)).keys()


@each_row
def test_liveness_asks_http_unless_knative_would_move_it_to_the_grpc_port(row: Runtime) -> None:
    for protocol in ("rest", "both"):
        probe = liveness_probe(row, protocol)
        assert probe["httpGet"] == {"path": row.live_path, "port": REST_PORT, "scheme": "HTTP"}
        assert "tcpSocket" not in probe
    assert liveness_probe(row, "grpc")["tcpSocket"] == {"port": REST_PORT}
    assert "httpGet" not in liveness_probe(row, "grpc")


@each_row
def test_a_server_declares_the_protocols_that_it_speaks(row: Runtime) -> None:
    declared = rendered(row)["spec"]["protocolVersions"]
    assert declared == (["v2", "grpc-v2"] if "grpc" in row.protocols else ["v2"])


@each_row
def test_no_model_gets_a_runtime_that_it_did_not_name(row: Runtime) -> None:
    formats = rendered(row)["spec"]["supportedModelFormats"]
    assert [item["autoSelect"] for item in formats] == [False]
    assert rendered(row)["spec"]["multiModel"] is False


@each_row
def test_metrics_are_announced_where_they_are(row: Runtime) -> None:
    assert rendered(row)["spec"]["annotations"] == {
        "prometheus.kserve.io/path": "/metrics",
        "prometheus.kserve.io/port": str(row.metrics_port),
    }


@each_row
def test_every_server_has_requests_and_limits_of_cpu_and_memory(row: Runtime) -> None:
    resources = container(rendered(row))["resources"]
    for which in ("requests", "limits"):
        assert set(resources[which]) == {"cpu", "memory"}
    assert resources["requests"]["memory"] == resources["limits"]["memory"]


# By the judges


@pytest.mark.checkers
def test_every_runtime_passes_kserves_own_schema() -> None:
    assert kubeconform(cluster_serving_runtimes()) == []


def inference_service(row: Runtime) -> Object:
    model = {
        "name": "",
        "modelFormat": {"name": row.model_format},
        "runtime": row.name,
        "protocolVersion": "v2",
        "storageUri": "pvc://models/fraud",
        "resources": {},
        "livenessProbe": liveness_probe(row, "rest"),
    }
    annotations = {"serving.kserve.io/deploymentMode": "Standard"}
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "fraud", "namespace": "risk-scoring", "annotations": annotations},
        "spec": {"predictor": {"minReplicas": 1, "maxReplicas": 1, "model": model}},
    }


@pytest.mark.checkers
def test_the_pod_of_every_runtime_is_restricted() -> None:
    made = [pod for row in RUNTIMES for pod in pods(inference_service(row), runtimes_by_name())]
    verdicts = pod_security(made)
    assert {(verdict.level, verdict.failures) for verdict in verdicts} == {("restricted", ())}
    assert len(verdicts) == len(RUNTIMES)
