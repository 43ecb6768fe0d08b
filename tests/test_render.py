"""What an entry becomes, rule by rule: the workload, its pods, and what scales and watches it."""

import json
import re
from typing import Any

import pytest

from catalog.endpoint import Endpoint
from catalog.explain import leaves
from catalog.objects import Object
from catalog.render.platform import platform_objects
from catalog.runtimes import RUNTIMES
from tests.fleets import DEV, IMAGE, PROD, One, build_one, environment, sklearn
from tests.reading import pods_of

SCHEDULE = {"start": "0 8 * * 1-5", "end": "0 18 * * 1-5", "replicas": 3}


def rendered(entry: dict[str, Any], env: Any = DEV, **settings: Any) -> One:
    """An entry without a problem."""
    one = build_one(entry, env, **settings)
    assert one.problems == ()
    return one


def vllm(**options: Any) -> dict[str, Any]:
    """A large language model, and any option over it."""
    entry = {"model": "hf://example/model@9f2c1ab4", "framework": "vllm", "tier": "staging"}
    return {**entry, "llm": {"parameters": "7B"}, **options}


def annotations(one: One) -> dict[str, str]:
    """Those of the InferenceService."""
    return one.get("InferenceService")["metadata"]["annotations"]


def pod(one: One, component: str = "predictor") -> Object:
    """The pod of a component."""
    found = [p for _, p in pods_of(one.objects)]
    return next(
        p for p in found if p["metadata"]["labels"].get("component", "predictor") == component
    )


def deadline_of(endpoint: Endpoint) -> str:
    """Twice the cold start in whole minutes, at least five."""
    minutes = -(-endpoint.cold_start * 2 // 60_000)
    return f"{max(300, minutes * 60)}s"


def test_the_least_entry_is_in_the_form_that_the_webhooks_leave() -> None:
    one = rendered(sklearn())
    assert annotations(one)["serving.kserve.io/deploymentMode"] == "Knative"
    assert annotations(one)["modelFormat"] == "sklearn"
    assert one.predictor["minReplicas"] == 0
    assert one.predictor["maxReplicas"] == 2
    model = one.predictor["model"]
    assert model["name"] == ""
    assert model["modelFormat"] == {"name": "sklearn"}
    assert model["runtime"] == "slipway-sklearn"
    assert model["protocolVersion"] == "v2"
    assert model["storageUri"].startswith("s3://example-dev-models/risk-scoring/fraud/")
    assert "image" not in model


def test_an_inference_service_is_reached_through_the_front_door_only() -> None:
    labels = rendered(sklearn()).get("InferenceService")["metadata"]["labels"]
    assert labels["networking.knative.dev/visibility"] == "cluster-local"
    assert labels["networking.kserve.io/visibility"] == "cluster-local"


@pytest.mark.parametrize("row", RUNTIMES, ids=lambda row: row.name)
def test_every_server_is_named_and_exists_on_the_platform(row: Any) -> None:
    gpu = {"resources": {"gpu": 1}} if row.needs_gpu else {"resources": {"gpu": 0}}
    entry = {"model": "pvc://claim/model", "framework": row.framework, "tier": "dev", **gpu}
    if row.framework == "vllm":
        entry["llm"] = {"parameters": "0.5B"}
    one = rendered(entry)
    assert one.predictor["model"]["runtime"] == row.name
    assert annotations(one)["modelFormat"] == row.model_format
    server = pod(one)["spec"]["containers"][0]
    assert server["securityContext"]["readOnlyRootFilesystem"] is True
    assert server["startupProbe"]["httpGet"]["path"] == row.ready_path.replace("{{.Name}}", "fraud")


@pytest.mark.parametrize(
    ("protocol", "version", "ports"),
    [
        (None, "v2", [(8080, "http1")]),
        ("grpc", "grpc-v2", [(9000, "h2c")]),
        ("both", "v2", [(8080, "http1"), (9000, "h2c")]),
    ],
)
def test_a_protocol_is_a_port(
    protocol: str | None, version: str, ports: list[tuple[int, str]]
) -> None:
    entry = sklearn(**({"protocol": protocol} if protocol else {}))
    model = rendered(entry).predictor["model"]
    assert model["protocolVersion"] == version
    assert [(p["containerPort"], p["name"]) for p in model["ports"]] == ports


@pytest.mark.parametrize(
    ("source", "container"),
    [
        ("./artifacts/sklearn", "slipway-storage"),
        ("hf://org/name@abc1234", "slipway-storage"),
        ("mlflow://churn/3", "slipway-registry"),
        ("pvc://claim/model", None),
        (f"oci://{IMAGE}", None),
    ],
)
def test_a_model_is_brought_by_a_downloader_of_the_platforms_own(
    source: str, container: str | None
) -> None:
    one = rendered(sklearn(model=source))
    assert one.predictor.get("storageContainerName") == container
    brought = [c["name"] for c in pod(one)["spec"].get("initContainers", [])]
    assert brought == (["storage-initializer"] if container else [])


def test_progress_deadline_and_do_not_disrupt_are_of_one_length() -> None:
    for entry in (sklearn(), sklearn(framework="onnx", model="pvc://c/m", resources={"gpu": 1})):
        one = rendered(entry)
        deadline = deadline_of(one.endpoint)
        assert annotations(one)["serving.knative.dev/progress-deadline"] == deadline
        assert annotations(one)["karpenter.sh/do-not-disrupt"] == deadline


def test_nothing_that_changes_with_a_commit_stands_where_it_would_roll_a_revision() -> None:
    plain = rendered(sklearn())
    told = rendered(
        sklearn(
            lineage={"commit": "9f2c1ab", "data": "dvc:1", "run": "mlflow:2"},
            description="Finds fraud",
            owner="Risk",
        )
    )
    assert told.get("InferenceService") == plain.get("InferenceService")
    about = told.get("HTTPRoute")["metadata"]["annotations"]
    assert about == {
        "slipway.dev/description": "Finds fraud",
        "slipway.dev/lineage-commit": "9f2c1ab",
        "slipway.dev/lineage-data": "dvc:1",
        "slipway.dev/lineage-run": "mlflow:2",
        "slipway.dev/model": "./artifacts/sklearn",
        "slipway.dev/owner": "Risk",
    }


def test_the_digest_of_an_artifact_makes_a_changed_model_a_new_revision() -> None:
    one = rendered(sklearn())
    model = one.endpoint.model
    assert model is not None
    assert annotations(one)["slipway.dev/model-digest"] == f"sha256:{model.digest}"
    assert "slipway.dev/model-digest" not in annotations(rendered(sklearn(model="pvc://c/m")))


def test_memory_and_gpus_are_requested_as_limited_and_cpu_may_burst() -> None:
    entry = sklearn(
        framework="onnx", model="pvc://c/m", resources={"cpu": "1500m", "memory": "3Gi", "gpu": 2}
    )
    resources = rendered(entry).predictor["model"]["resources"]
    gpus = {"nvidia.com/gpu": "2"}
    assert resources["requests"] == {"cpu": "1500m", "memory": "3Gi", **gpus}
    assert resources["limits"] == {"cpu": "3", "memory": "3Gi", **gpus}


def test_a_gpu_leads_to_its_pool_and_no_gpu_to_the_cpu_pool() -> None:
    gpu = sklearn(framework="onnx", model="pvc://c/m", resources={"gpu": 1, "accelerator": "l40s"})
    predictor = rendered(gpu).predictor
    assert predictor["nodeSelector"] == {"slipway.dev/accelerator": "l40s"}
    toleration = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
    assert predictor["tolerations"] == [toleration]
    predictor = rendered(sklearn()).predictor
    assert predictor["nodeSelector"] == {"slipway.dev/pool": "cpu"}
    assert "tolerations" not in predictor


def test_production_never_runs_on_spot() -> None:
    path = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
    found = dict(leaves(rendered(sklearn(tier="production"), PROD).predictor))
    expression = f"{path}.nodeSelectorTerms[0].matchExpressions[0]"
    assert found[f"{expression}.key"] == "karpenter.sh/capacity-type"
    assert found[f"{expression}.operator"] == "NotIn"
    assert found[f"{expression}.values[0]"] == "spot"
    assert "affinity" not in rendered(sklearn()).predictor


def test_several_replicas_are_spread_over_zones_and_nodes() -> None:
    spread = rendered(sklearn()).predictor["topologySpreadConstraints"]
    assert [constraint["topologyKey"] for constraint in spread] == [
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    ]
    assert "topologySpreadConstraints" not in rendered(sklearn(tier="dev")).predictor


def test_a_language_model_of_several_replicas_is_spread_as_well() -> None:
    template = rendered(vllm(tier="production"), PROD).get("LLMInferenceService")["spec"][
        "template"
    ]
    assert len(template["topologySpreadConstraints"]) == 2


@pytest.mark.parametrize(("least", "budgets"), [(0, 0), (1, 0), (2, 1)])
def test_a_budget_protects_more_than_one_replica_and_never_a_broken_one(
    least: int, budgets: int
) -> None:
    found = rendered(sklearn(scaling={"min": least, "max": 4})).all("PodDisruptionBudget")
    assert len(found) == budgets
    for budget in found:
        assert budget["spec"]["maxUnavailable"] == 1
        assert budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_knative_is_told_the_metric_its_target_and_its_window() -> None:
    one = rendered(sklearn(scaling={"metric": "rps", "target": 40, "window": "2m"}))
    assert (one.predictor["scaleMetric"], one.predictor["scaleTarget"]) == ("rps", 40)
    assert annotations(one)["autoscaling.knative.dev/window"] == "120s"
    assert not one.all("ScaledObject")
    assert not one.all("VerticalPodAutoscaler")


@pytest.mark.parametrize(
    ("scaling", "autoscaler"),
    [
        ({"max": 3}, "hpa"),
        ({"min": 2, "max": 2}, "none"),
        ({"min": 2, "max": 2, "metric": "rps"}, "none"),
        ({"max": 3, "metric": "rps"}, "external"),
        ({"max": 3, "window": "2m"}, "external"),
        ({"max": 3, "schedule": [SCHEDULE]}, "external"),
    ],
    ids=["cpu", "fixed", "fixed by requests", "requests", "window", "schedule"],
)
def test_standard_serving_has_one_scaler(scaling: dict[str, Any], autoscaler: str) -> None:
    one = rendered(sklearn(serving="standard", scaling=scaling))
    assert annotations(one)["serving.kserve.io/autoscalerClass"] == autoscaler
    assert bool(one.all("ScaledObject")) == (autoscaler == "external")
    assert ("scaleMetric" in one.predictor) == (autoscaler == "hpa")
    assert one.predictor["deploymentStrategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_a_schedule_is_a_trigger_beside_the_load() -> None:
    schedule = [{**SCHEDULE, "timezone": "Europe/Berlin"}]
    one = rendered(sklearn(serving="standard", scaling={"max": 3, "schedule": schedule}))
    spec = one.get("ScaledObject")["spec"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (1, 3)
    load, time = spec["triggers"]
    assert (load["type"], load["metadata"]) == ("cpu", {"value": "70"})
    assert (time["type"], time["metadata"]) == (
        "cron",
        {
            "timezone": "Europe/Berlin",
            "start": "0 8 * * 1-5",
            "end": "0 18 * * 1-5",
            "desiredReplicas": "3",
        },
    )


def test_a_window_in_standard_serving_is_the_time_before_it_scales_down() -> None:
    one = rendered(sklearn(serving="standard", scaling={"max": 3, "window": "2m"}))
    found = dict(leaves(one.get("ScaledObject")))
    assert next(v for p, v in found.items() if p.endswith("stabilizationWindowSeconds")) == "120"
    one = rendered(sklearn(serving="standard", scaling={"max": 3, "metric": "rps"}))
    assert not any("behavior" in path for path, _ in leaves(one.get("ScaledObject")))


def test_standard_serving_is_measured_for_its_size_and_never_resized() -> None:
    spec = rendered(sklearn(serving="standard")).get("VerticalPodAutoscaler")["spec"]
    assert spec["updatePolicy"] == {"updateMode": "Off"}
    assert spec["targetRef"]["name"] == "fraud-predictor"


def test_batching_is_the_servers_own() -> None:
    batching = {"max_size": 32, "max_delay": "7ms"}
    env = rendered(sklearn(batching=batching)).predictor["model"]["env"]
    assert {e["name"]: e["value"] for e in env} == {
        "MLSERVER_MODEL_MAX_BATCH_SIZE": "32",
        "MLSERVER_MODEL_MAX_BATCH_TIME": "0.007",
    }
    onnx = rendered(sklearn(framework="onnx", model="pvc://c/m", batching=batching))
    (config,) = onnx.predictor["model"]["env"]
    assert "max_batch_size: 32" in config["value"]
    assert "max_queue_delay_microseconds: 7000" in config["value"]
    assert "batcher" not in onnx.predictor


def test_environment_and_secrets_reach_the_model_and_no_value_of_a_secret_does() -> None:
    entry = sklearn(env={"LOG_LEVEL": "info"}, secrets={"DB_PASSWORD": "database/password"})
    one = rendered(entry)
    assert one.predictor["model"]["env"] == [
        {"name": "LOG_LEVEL", "value": "info"},
        {
            "name": "DB_PASSWORD",
            "valueFrom": {"secretKeyRef": {"name": "fraud-secrets", "key": "DB_PASSWORD"}},
        },
    ]
    datum = one.get("ExternalSecret", "fraud-secrets")["spec"]["data"][0]
    assert datum["secretKey"] == "DB_PASSWORD"
    assert datum["remoteRef"]["key"] == "risk-scoring/database"
    assert datum["remoteRef"]["property"] == "password"


def test_the_downloader_of_gated_models_gets_the_token_that_an_entry_names() -> None:
    one = rendered(sklearn(model="hf://o/n@abc1234", secrets={"HF_TOKEN": "hub/token"}))
    assert one.get("ExternalSecret", "huggingface")["spec"]["data"][0]["secretKey"] == "HF_TOKEN"
    (downloader,) = pod(one)["spec"]["initContainers"]
    named = [e["valueFrom"]["secretKeyRef"]["name"] for e in downloader["env"] if "valueFrom" in e]
    assert named == ["huggingface"]


def test_a_transformer_stands_in_the_models_pod_and_takes_its_port() -> None:
    one = rendered(sklearn(transformer={"image": IMAGE, "args": ["--lower"], "env": {"A": "1"}}))
    assert "ports" not in one.predictor["model"]
    (transformer,) = one.predictor["containers"]
    assert transformer["name"] == "transformer-container"
    assert transformer["args"][:3] == [
        "--lower", "--model_name=fraud", "--predictor_host=localhost:8080",
    ]  # fmt: skip
    assert transformer["ports"][0]["containerPort"] == 8090
    assert transformer["readinessProbe"]["httpGet"]["port"] == 8090
    assert transformer["securityContext"]["readOnlyRootFilesystem"] is True


def test_a_custom_server_is_asked_on_its_own_port() -> None:
    entry = {
        "framework": "custom",
        "tier": "dev",
        "model": "pvc://claim/model",
        "container": {"image": IMAGE, "port": 8500, "args": ["--fast"]},
        "transformer": {"image": IMAGE},
    }
    server, transformer = rendered(entry).predictor["containers"]
    assert (server["name"], server["image"], server["args"]) == (
        "kserve-container", IMAGE, ["--fast"],
    )  # fmt: skip
    assert server["env"] == [{"name": "STORAGE_URI", "value": "pvc://claim/model"}]
    assert server["startupProbe"]["httpGet"] == {
        "path": "/v2/models/fraud/ready", "port": 8500, "scheme": "HTTP",
    }  # fmt: skip
    assert server["securityContext"]["runAsNonRoot"] is True
    assert "--predictor_host=localhost:8500" in transformer["args"]


def test_an_explainer_is_a_pod_of_its_own_with_a_scaler_of_its_own() -> None:
    for most, autoscaler in ((1, "none"), (3, "hpa")):
        one = rendered(sklearn(explainer={"image": IMAGE, "max": most}))
        explainer = one.get("InferenceService")["spec"]["explainer"]
        assert explainer["maxReplicas"] == most
        assert explainer["annotations"] == {"serving.kserve.io/autoscalerClass": autoscaler}
        security = pod(one, "explainer")["spec"]["containers"][0]["securityContext"]
        assert security["readOnlyRootFilesystem"] is True


def test_payloads_go_to_the_platforms_sink() -> None:
    logger = rendered(sklearn(logging={"payload": "request"})).predictor["logger"]
    assert logger["mode"] == "request"
    assert logger["url"].startswith("http://payload-log.observability.svc")


def test_examples_lie_beside_the_endpoint_as_files() -> None:
    entry = sklearn(
        examples=[
            {"name": "typical", "request": {"b": 1, "a": [0.5]}, "expect": {"y": 1}},
            {"request": {"c": "é"}, "expect": {"y": 2}, "tolerance": 0.1},
            {"request": {}},
        ]
    )
    data = rendered(entry).get("ConfigMap", "fraud-examples")["data"]
    assert {name: json.loads(text) for name, text in data.items()} == {
        "typical.json": {"request": {"a": [0.5], "b": 1}, "expect": {"y": 1}, "tolerance": 0},
        "example-2.json": {"request": {"c": "é"}, "expect": {"y": 2}, "tolerance": 0.1},
        "example-3.json": {"request": {}},
    }


def test_weights_are_kept_on_the_nodes_of_the_pool() -> None:
    entry = sklearn(
        framework="onnx",
        model="hf://o/n@abc1234",
        resources={"gpu": 1, "accelerator": "l4"},
        cache={"weights": {"size": "16Gi"}},
    )
    one = rendered(entry)
    spec = one.get("LocalModelNamespaceCache")["spec"]
    assert spec["sourceModelUri"] == "hf://o/n:abc1234"
    assert (spec["modelSize"], spec["nodeGroups"]) == ("16Gi", ["gpu-l4"])
    assert "storageContainerName" not in one.predictor, "none reads the claim of a cache"


def test_a_language_model_that_sleeps_is_vllm_behind_knative() -> None:
    facts = {"parameters": "7B", "context": 4096, "concurrency": 4, "quantization": "awq"}
    model = rendered(vllm(llm=facts)).predictor["model"]
    assert model["runtime"] == "slipway-vllm"
    expected = {"--max-model-len=4096", "--max-num-seqs=4", "--quantization=awq"}
    assert expected <= set(model["args"])
    assert not any("trust" in arg for arg in model["args"])


def test_a_language_model_that_never_sleeps_has_no_router_of_kserves() -> None:
    spec = rendered(vllm(scaling={"min": 1, "max": 3})).get("LLMInferenceService")["spec"]
    assert "router" not in spec
    assert "replicas" not in spec, "the ScaledObject's, or KServe would set it back"
    (server,) = spec["template"]["containers"]
    assert server["name"] == "main"
    assert "--gpu-memory-utilization=0.9" in server["args"]
    assert server["securityContext"]["readOnlyRootFilesystem"] is True
    one = rendered(vllm(scaling={"min": 2, "max": 2}))
    assert one.get("LLMInferenceService")["spec"]["replicas"] == 2
    assert not one.all("ScaledObject")


def test_gpus_of_one_replica_share_the_model() -> None:
    entry = vllm(resources={"gpu": 4, "accelerator": "l40s"}, scaling={"min": 1})
    (server,) = rendered(entry).get("LLMInferenceService")["spec"]["template"]["containers"]
    assert "--tensor-parallel-size=4" in server["args"]


def test_a_graph_calls_its_members_through_the_front_door() -> None:
    graph = {
        "type": "splitter",
        "steps": [{"deployment": "a", "weight": 90}, {"deployment": "b", "weight": 10}],
    }
    others = {"a": sklearn(), "b": sklearn()}
    one = rendered({"tier": "staging", "graph": graph}, others=others)
    root = one.get("InferenceGraph")["spec"]["nodes"]["root"]
    assert root["routerType"] == "Splitter"
    assert [(step["serviceUrl"], step["weight"]) for step in root["steps"]] == [
        (f"https://{name}.risk-scoring.models.dev.example.com/v2/models/{name}/infer", weight)
        for name, weight in (("a", 90), ("b", 10))
    ]


def test_a_promise_is_watched_by_burn_rates_of_its_budget() -> None:
    one = rendered(sklearn(slo={"availability": 99.9, "latency": "250ms", "latency_percent": 95}))
    (group,) = one.get("PrometheusRule")["spec"]["groups"]
    alerts = [rule for rule in group["rules"] if "alert" in rule]
    assert len(alerts) == 8
    page = alerts[0]
    assert "14.4 * 0.001" in page["expr"]
    assert (page["labels"]["severity"], page["labels"]["window"]) == ("page", "1h")
    assert any("14.4 * 0.05" in alert["expr"] for alert in alerts)
    recorded = [rule for rule in group["rules"] if "record" in rule]
    assert any('le=~"250([.]0)?"' in rule["expr"] for rule in recorded)
    assert not rendered(sklearn()).all("PrometheusRule")


@pytest.mark.parametrize(
    ("options", "counted", "left_out"),
    [
        ({}, ["upstream_rq_xx"], ["grpc_status"]),
        (
            {"protocol": "grpc"},
            ["envoy_cluster_grpc_status{", 'grpc_status=~"2|4|12|13|14|15"'],
            ["response_code_class"],
        ),
        (
            {"protocol": "both", "serving": "standard", "scaling": {"min": 1, "max": 2}},
            ["grpc_status", "response_code_class", "/rule/0"],
            [],
        ),
    ],
    ids=["rest", "grpc", "both"],
)
def test_an_error_is_counted_by_the_protocol_that_tells_it(
    options: dict[str, Any], counted: list[str], left_out: list[str]
) -> None:
    one = rendered(sklearn(slo={"availability": 99.9}, **options))
    (group,) = one.get("PrometheusRule")["spec"]["groups"]
    errors = group["rules"][0]["expr"]
    assert [text for text in counted if text not in errors] == []
    assert [text for text in left_out if text in errors] == []


def test_a_graph_of_several_replicas_is_not_drained_at_once() -> None:
    graph = {"type": "sequence", "steps": [{"deployment": "a"}]}
    entry = {"tier": "staging", "graph": graph, "scaling": {"min": 2, "max": 4}}
    one = rendered(entry, others={"a": sklearn(tier="staging")})
    [budget] = one.all("PodDisruptionBudget")
    # KServe puts it on the revision's pods (`inferencegraph/knative_reconciler.go`).
    selected = {"serving.kserve.io/inferencegraph": one.endpoint.name}
    assert budget["spec"]["selector"] == {"matchLabels": selected}


def images_of(env: Any) -> list[str]:
    """Every image that an LLM, the runtimes and the downloaders name."""
    service = rendered(vllm(scaling={"min": 1}), env).get("LLMInferenceService")
    return re.findall(r'"image": "([^"]+)"', json.dumps([service, *platform_objects(env)]))


def test_only_images_of_a_replaced_registry_come_by_its_prefix() -> None:
    prefix = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/slipway-dev/docker"
    moved = {"docker.io": prefix, "quay.io": "registry.example.com/quay"}
    plain, cached = images_of(DEV), images_of(environment("dev", images={"registries": moved}))
    assert cached == [text.replace("docker.io/", f"{prefix}/") for text in plain]
    assert {text.startswith(prefix) for text in cached} == {True, False}


def test_images_come_from_the_mirror_where_there_is_one() -> None:
    mirrored = environment("dev", images={"mirror": "registry.example.com/mirror"})
    entry = vllm(scaling={"min": 1})
    template = rendered(entry, mirrored).get("LLMInferenceService")["spec"]["template"]
    for container in [*template["containers"], *template["initContainers"]]:
        assert container["image"].startswith("registry.example.com/mirror/")


def test_a_teams_own_labels_cannot_be_anybody_elses() -> None:
    labels = rendered(sklearn(labels={"use-case": "fraud"})).get("HTTPRoute")["metadata"]["labels"]
    assert labels["label.slipway.dev/use-case"] == "fraud"
    assert "use-case" not in labels
