"""The pods that KServe and Knative make, and what they take.

Every expectation about a pod was compared with what KServe 0.20's own controllers and webhook and
Knative Serving 1.21's own reconciler produce from the same objects.
"""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.objects import Object
from catalog.pod import Footprint, Platform, Share, footprint, pods
from catalog.pod.merge import merge, merge_containers
from catalog.pod.template import child_name, expand
from catalog.quantity import format_cpu, format_memory

DIGEST = "@sha256:" + "0" * 64
PLATFORM = Platform(image=lambda name: f"registry.example.com/{name}{DIGEST}")
SECURED: Object = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
DOWNLOADER: Object = {
    "apiVersion": "serving.kserve.io/v1alpha1",
    "kind": "ClusterStorageContainer",
    "metadata": {"name": "own"},
    "spec": {
        "container": {"name": "storage-initializer", "securityContext": SECURED},
        "supportedUriFormats": [{"prefix": "s3://"}, {"regex": "https?://(.+)/(.+)"}],
    },
}


def runtime(**container: Any) -> Object:
    server: Object = {
        "name": "kserve-container",
        "image": f"registry.example.com/server{DIGEST}",
        "args": ["--model={{.Name}}", "--space={{ .Namespace }}", "--team={{.Labels.team}}"],
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "{{.Annotations.note}}"}],
        "resources": {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"memory": "2Gi"}},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 5},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
    return {
        "kind": "ClusterServingRuntime",
        "metadata": {"name": "own-sklearn"},
        "spec": {
            "annotations": {"prometheus.kserve.io/port": "8080"},
            "labels": {"team": "runtime", "runtime": "own"},
            "volumes": [{"name": "tmp", "emptyDir": {}}],
            "tolerations": [{"key": "runtime", "operator": "Exists"}],
            "containers": [{key: v for key, v in {**server, **container}.items() if v is not None}],
        },
    }


def service(mode: str = "Knative", model: Object | None = None, **predictor: Any) -> Object:
    spec: Object = {
        "minReplicas": 1,
        "maxReplicas": 3,
        "timeout": 60,
        "automountServiceAccountToken": False,
        "serviceAccountName": "models",
        "model": {
            "name": "",
            "modelFormat": {"name": "sklearn"},
            "runtime": "own-sklearn",
            "protocolVersion": "v2",
            "storageUri": "s3://bucket/model/",
            "args": ["--extra"],
            "env": [{"name": "Z", "value": "9"}, {"name": "A", "value": "2"}],
            "resources": {"requests": {"cpu": "500m"}, "limits": {"nvidia.com/gpu": "1"}},
            **(model or {}),
        },
        **predictor,
    }
    annotations = {
        "autoscaling.knative.dev/window": "60s",
        "modelFormat": "sklearn",
        "note": "seen",
        "serving.kserve.io/deploymentMode": mode,
    }
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {
            "name": "fraud",
            "namespace": "risk-core",
            "labels": {"team": "risk", "networking.knative.dev/visibility": "cluster-local"},
            "annotations": annotations,
        },
        "spec": {"predictor": {key: value for key, value in spec.items() if value is not None}},
    }


def pod_of(isvc: Object, **container: Any) -> Object:
    known = {"own-sklearn": runtime(**container), "own": DOWNLOADER}
    return pods(isvc, known, PLATFORM)[0]


def container(pod: Object, name: str) -> Object:
    spec = pod["spec"]
    everyone = [*spec["containers"], *spec.get("initContainers", [])]
    return next(item for item in everyone if item["name"] == name)


def names(pod: Object) -> list[str]:
    return [item["name"] for item in pod["spec"]["containers"]]


def env(item: Object) -> dict[str, str]:
    return {entry["name"]: entry.get("value", "") for entry in item["env"]}


TRANSFORMER: Object = {
    "name": "transformer-container",
    "image": f"registry.example.com/transformer{DIGEST}",
    "ports": [{"containerPort": 8090, "name": "http1", "protocol": "TCP"}],
    "env": [{"name": "WHO", "value": "{{.Name}}"}],
    "resources": {},
}


# The server


def test_arguments_add_up_and_the_model_wins_over_the_runtime() -> None:
    server = container(pod_of(service()), "kserve-container")
    assert server["args"] == ["--model=fraud", "--space=risk-core", "--team=risk", "--extra"]
    assert [entry["name"] for entry in server["env"][:3]] == ["A", "Z", "B"] or env(server)[
        "A"
    ] == "2"
    assert env(server)["A"] == "2"
    assert env(server)["B"] == "seen"
    assert server["resources"] == {
        "requests": {"cpu": "500m", "memory": "2Gi"},
        "limits": {"memory": "2Gi", "nvidia.com/gpu": "1"},
    }


def test_the_pod_takes_from_the_runtime_only_what_kserve_takes() -> None:
    known = {"own-sklearn": runtime()}
    known["own-sklearn"]["spec"]["securityContext"] = {"runAsUser": 0}
    spec = pods(service(), known, PLATFORM)[0]["spec"]
    assert "securityContext" not in spec
    assert spec["tolerations"] == [{"key": "runtime", "operator": "Exists"}]
    assert spec["automountServiceAccountToken"] is False
    assert spec["serviceAccountName"] == "models"
    assert "minReplicas" not in spec


def test_labels_and_annotations_of_the_service_win_over_the_runtimes() -> None:
    metadata = pod_of(service())["metadata"]
    assert metadata["labels"]["team"] == "risk"
    assert metadata["labels"]["runtime"] == "own"
    assert metadata["labels"]["component"] == "predictor"
    assert metadata["labels"]["serving.kserve.io/inferenceservice"] == "fraud"
    assert "modelFormat" not in metadata["annotations"]
    assert metadata["annotations"]["prometheus.kserve.io/port"] == "8080"


def test_a_model_without_storage_would_be_a_multi_model_server() -> None:
    isvc = service(model={"storageUri": None})
    del isvc["spec"]["predictor"]["model"]["storageUri"]
    with pytest.raises(ValueError, match="multi-model"):
        pod_of(isvc)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"storageUris": [{"uri": "s3://a"}]}, "storageUris is not synthesized"),
        ({"batcher": {}}, "batcher is not synthesized"),
        ({"model": {"runtimeVersion": "2"}}, "runtimeVersion is not synthesized"),
    ],
)
def test_what_is_not_synthesized_is_refused_not_left_out(change: Object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pod_of(service(**change))


def test_a_runtime_that_kserve_would_change_is_refused() -> None:
    known = {"own-sklearn": runtime()}
    known["own-sklearn"]["metadata"]["annotations"] = {"serving.kserve.io/server-type": "mlserver"}
    with pytest.raises(ValueError, match="server-type"):
        pods(service(), known, PLATFORM)


def test_inputs_are_left_as_they_were() -> None:
    isvc = service("Standard", logger={"mode": "all"}, containers=[TRANSFORMER])
    known = {"own-sklearn": runtime(), "own": DOWNLOADER}
    before = deepcopy((isvc, known))
    pods(isvc, known, PLATFORM)
    assert (isvc, known) == before


def test_the_same_input_gives_the_same_bytes() -> None:
    assert json.dumps(pod_of(service())) == json.dumps(pod_of(service()))


# The model's files


def test_the_initializer_is_kserves_with_the_storage_container_over_it() -> None:
    pod = pod_of(service())
    initializer = container(pod, "storage-initializer")
    assert initializer["image"] == f"registry.example.com/storage-initializer{DIGEST}"
    assert initializer["args"] == ["s3://bucket/model/", "/mnt/models"]
    assert initializer["securityContext"] == SECURED
    assert initializer["resources"] == Share().resources
    assert env(initializer)["HF_XET_HIGH_PERFORMANCE"] == "1"
    mount = {"name": "kserve-provision-location", "mountPath": "/mnt/models"}
    assert initializer["volumeMounts"] == [mount]
    assert {**mount, "readOnly": True} in container(pod, "kserve-container")["volumeMounts"]
    assert {"name": "kserve-provision-location", "emptyDir": {}} in pod["spec"]["volumes"]


def test_without_a_storage_container_the_initializer_has_no_security_context() -> None:
    pod = pods(service(), {"own-sklearn": runtime()}, PLATFORM)[0]
    assert "securityContext" not in container(pod, "storage-initializer")


def test_a_storage_container_by_name_must_serve_the_uri() -> None:
    assert pod_of(service(storageContainerName="own"))
    with pytest.raises(ValueError, match="no ClusterStorageContainer 'own' serves 'hdfs://"):
        pod_of(service(storageContainerName="own", model={"storageUri": "hdfs://a/b"}))


def test_a_claim_is_mounted_and_nothing_is_downloaded() -> None:
    pod = pod_of(service(model={"storageUri": "pvc://weights/fraud/3"}))
    assert "initContainers" not in pod["spec"]
    source = {"claimName": "weights"}
    volume = {"name": "kserve-pvc-source", "persistentVolumeClaim": source}
    assert volume in pod["spec"]["volumes"]
    mounts = container(pod, "kserve-container")["volumeMounts"]
    assert mounts[-1]["subPath"] == "fraud/3"
    assert mounts[-1]["readOnly"] is True


def test_a_cached_model_is_a_claim() -> None:
    isvc = service()
    prefix = "internal.serving.kserve.io/localmodel"
    isvc["metadata"]["labels"][prefix] = "fraud"
    isvc["metadata"]["annotations"] |= {
        f"{prefix}-sourceuri": "s3://bucket/model",
        f"{prefix}-pvc-name": "fraud-gpu",
    }
    pod = pod_of(isvc)
    assert "initContainers" not in pod["spec"]
    sub_path = container(pod, "kserve-container")["volumeMounts"][-1]["subPath"]
    assert sub_path == "models/66a5ebb8ea0cc5b4/"


def test_an_image_of_weights_is_a_volume_or_a_sidecar() -> None:
    native = pod_of(service(model={"storageUri": "oci+native://registry.example.com/m:1"}))
    assert native["spec"]["volumes"][-1]["image"]["reference"] == "registry.example.com/m:1"
    assert "shareProcessNamespace" not in native["spec"]
    car = pod_of(service(model={"storageUri": "oci://registry.example.com/m:1"}))
    assert names(car) == ["kserve-container", "queue-proxy", "modelcar"]
    assert car["spec"]["shareProcessNamespace"] is True
    for name in ("kserve-container", "modelcar"):
        assert container(car, name)["securityContext"] == {"runAsUser": 1010}
    assert env(container(car, "kserve-container"))["MODEL_INIT_MODE"] == "async"


def test_a_custom_server_is_told_where_its_model_lies() -> None:
    server = {
        "name": "kserve-container",
        "image": f"registry.example.com/own{DIGEST}",
        "env": [{"name": "STORAGE_URI", "value": "s3://bucket/own/"}],
    }
    isvc = service(model=None, containers=[server])
    del isvc["spec"]["predictor"]["model"]
    pod = pod_of(isvc)
    assert env(container(pod, "kserve-container"))["STORAGE_URI"] == "/mnt/models"
    assert container(pod, "storage-initializer")["args"][0] == "s3://bucket/own/"


# Knative


def test_queue_proxy_answers_for_the_server() -> None:
    pod = pod_of(service())
    proxy, server = container(pod, "queue-proxy"), container(pod, "kserve-container")
    assert [port["containerPort"] for port in proxy["ports"]] == [9090, 9091, 8012, 8112]
    assert proxy["readinessProbe"]["httpGet"]["port"] == 8012
    assert proxy["readinessProbe"]["periodSeconds"] == 5
    assert proxy["securityContext"]["readOnlyRootFilesystem"] is True
    assert proxy["resources"] == {"requests": {"cpu": "25m"}}
    assert "readinessProbe" not in server
    assert server["ports"] == [{"name": "user-port", "containerPort": 8080}]
    assert server["lifecycle"]["preStop"]["httpGet"]["port"] == 8022
    assert env(server)["K_REVISION"] == "fraud-predictor-00001"
    assert pod["spec"]["terminationGracePeriodSeconds"] == 60
    assert "autoscaling.knative.dev/window" not in pod["metadata"]["annotations"]
    assert "networking.knative.dev/visibility" not in pod["metadata"]["labels"]


def test_a_port_named_h2c_is_http2_all_the_way() -> None:
    pod = pod_of(service(model={"ports": [{"containerPort": 9000, "name": "h2c"}]}))
    assert [port["containerPort"] for port in container(pod, "queue-proxy")["ports"]][2] == 8013


def test_queue_proxy_takes_its_resources_from_annotations() -> None:
    isvc = service()
    key = "queue.sidecar.serving.knative.dev/memory-resource-limit"
    isvc["metadata"]["annotations"][key] = "512Mi"
    resources = container(pod_of(isvc), "queue-proxy")["resources"]
    assert resources == {"requests": {"cpu": "25m"}, "limits": {"memory": "512Mi"}}
    assert container(pod_of(service()), "queue-proxy")["resources"] == {"requests": {"cpu": "25m"}}


def test_a_collocated_transformer_owns_the_only_port() -> None:
    pod = pod_of(service(containers=[TRANSFORMER]), readinessProbe=None)
    assert names(pod) == ["kserve-container", "transformer-container", "queue-proxy"]
    assert "ports" not in container(pod, "kserve-container")
    assert env(container(pod, "queue-proxy"))["USER_PORT"] == "8090"
    assert env(container(pod, "transformer-container"))["WHO"] == "fraud"
    two = service(containers=[TRANSFORMER], model={"ports": [{"containerPort": 8080}]})
    with pytest.raises(ValueError, match="single port"):
        pod_of(two)


@pytest.mark.parametrize(
    ("level", "more"), [("AllowRootBounded", {}), ("Enabled", {"runAsNonRoot": True})]
)
def test_secure_pod_defaults_complete_a_silent_container(level: Any, more: Object) -> None:
    platform = Platform(image=PLATFORM.image, secure_pod_defaults=level)
    pod = pods(service(), {"own-sklearn": runtime()}, platform)[0]
    assert container(pod, "kserve-container")["securityContext"] == {**SECURED, **more}


# Standard mode


def test_a_deployments_pod_has_no_queue_proxy_and_kserves_defaults() -> None:
    pod = pod_of(service("Standard"), readinessProbe=None)
    assert names(pod) == ["kserve-container"]
    assert pod["metadata"]["labels"]["app"] == "isvc.fraud-predictor"
    assert pod["metadata"]["labels"]["networking.knative.dev/visibility"] == "cluster-local"
    assert container(pod, "kserve-container")["readinessProbe"]["tcpSocket"] == {"port": 8080}
    assert pod["spec"]["terminationGracePeriodSeconds"] == 30
    assert pod["spec"]["restartPolicy"] == "Always"


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="'RawDeployment', neither"):
        pod_of(service("RawDeployment"))


# Payload logging


def test_the_agent_stands_between_queue_proxy_and_the_server() -> None:
    pod = pod_of(service(logger={"mode": "all", "url": "http://sink"}), securityContext=SECURED)
    agent = container(pod, "agent")
    assert agent["args"][:4] == ["--log-url", "http://sink", "--source-uri", ""]
    assert agent["args"][-2:] == ["--component-port", "8080"]
    assert agent["securityContext"] == SECURED
    assert env(container(pod, "queue-proxy"))["USER_PORT"] == "9081"
    assert env(agent)["USER_PORT"] == "8080"


def test_in_standard_mode_the_agent_repeats_the_servers_probe() -> None:
    agent = container(pod_of(service("Standard", logger={"mode": "all"})), "agent")
    assert agent["readinessProbe"]["httpGet"]["path"] == "/ready"
    assert agent["args"][1] == "http://default-broker"


# Explainers, graphs, large language models


def test_an_explainer_is_told_where_the_predictor_is() -> None:
    isvc = service()
    image = f"registry.example.com/explainer{DIGEST}"
    explainer = {"name": "kserve-container", "image": image, "args": ["--model_name=x"]}
    isvc["spec"]["explainer"] = {"containers": [explainer], "containerConcurrency": 4}
    made = pods(isvc, {"own-sklearn": runtime()}, PLATFORM)
    assert [pod["metadata"]["labels"]["component"] for pod in made] == ["predictor", "explainer"]
    assert container(made[1], "kserve-container")["args"] == [
        "--model_name=x", "--predictor_host", "fraud-predictor.risk-core",
        "--http_port", "8080", "--workers", "4",
    ]  # fmt: skip


@pytest.mark.parametrize(("mode", "name"), [("Knative", "user-container"), ("Standard", "route")])
def test_a_graphs_router_says_nothing_of_seccomp(mode: str, name: str) -> None:
    graph: Object = {
        "kind": "InferenceGraph",
        "metadata": {
            "name": "route",
            "namespace": "risk-core",
            "annotations": {"serving.kserve.io/deploymentMode": mode},
        },
        "spec": {"nodes": {"root": {"routerType": "Sequence", "steps": []}}},
    }
    (pod,) = pods(graph, {}, PLATFORM)
    router = container(pod, name)
    assert router["args"] == [
        "--graph-json",
        '{"nodes":{"root":{"routerType":"Sequence","steps":[]}}}',
    ]
    assert "seccompProfile" not in router["securityContext"]
    assert router["readinessProbe"].get("httpGet") is None or mode == "Standard"
    if mode == "Knative":
        bounded = Platform(image=PLATFORM.image, secure_pod_defaults="AllowRootBounded")
        (pod,) = pods(graph, {}, bounded)
        assert container(pod, name)["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"


def language_model(**spec: Any) -> Object:
    return {
        "kind": "LLMInferenceService",
        "metadata": {"name": "chat", "namespace": "ml", "annotations": {"prometheus.io/port": "1"}},
        "spec": {"model": {"uri": "hf://org/model", "name": "chat"}, **spec},
    }


PRESET: Object = {
    "kind": "LLMInferenceServiceConfig",
    "metadata": {"name": "kserve-config-llm-template"},
    "spec": {
        "template": {
            "containers": [{"name": "main", "image": "preset", "args": ["{{ .Spec.Model.Name }}"]}],
            "volumes": [
                {"name": "tls", "secret": {"secretName": "{{ ChildName .ObjectMeta.Name `-tls` }}"}}
            ],
        }
    },
}
PRESETS = {"kserve-config-llm-template": PRESET}


def test_an_llms_pod_is_its_template_over_the_preset() -> None:
    template = {
        "containers": [{"name": "main", "image": "own", "resources": {}}],
        "initContainers": [
            {"name": "storage-initializer", "args": ["x"], "securityContext": SECURED}
        ],
    }
    (pod,) = pods(language_model(template=template, labels={"team": "a"}), PRESETS, PLATFORM)
    assert pod["metadata"]["name"] == "chat-kserve"
    assert pod["metadata"]["labels"]["kserve.io/component"] == "workload"
    assert pod["metadata"]["labels"]["team"] == "a"
    assert pod["metadata"]["annotations"] == {"prometheus.io/port": "1"}
    server = container(pod, "main")
    assert (server["image"], server["args"]) == ("own", ["chat"])
    assert pod["spec"]["volumes"][0]["secret"]["secretName"] == "chat-tls"
    initializer = container(pod, "storage-initializer")
    assert initializer["args"] == ["hf://org/model", "/mnt/models"]
    assert initializer["securityContext"] == SECURED


@pytest.mark.parametrize("field", ["worker", "prefill"])
def test_what_needs_several_pods_for_one_llm_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match=f"{field} is not synthesized"):
        pods(language_model(**{field: {}}), PRESETS, PLATFORM)


def test_an_llm_is_served_only_from_the_schemes_that_kserve_knows() -> None:
    with pytest.raises(ValueError, match="does not serve to an LLM"):
        pods(language_model(model={"uri": "gs://a/b"}), PRESETS, PLATFORM)


def test_what_is_stopped_or_runs_nothing_has_no_pods() -> None:
    stopped = service()
    stopped["metadata"]["annotations"]["serving.kserve.io/stop"] = "true"
    assert pods(stopped, {}, PLATFORM) == []
    assert pods({"kind": "HTTPRoute", "metadata": {"name": "a"}}, {}, PLATFORM) == []


# Merging and templates


def test_merged_lists_keep_upstreams_order() -> None:
    base = {"env": [{"name": n} for n in "ABC"]}
    patch = {"env": [{"name": "Z"}, {"name": "C", "value": "1"}]}
    merged = [entry["name"] for entry in merge(base, patch)["env"]]
    assert merged == ["Z", "A", "B", "C"]


def test_an_env_entry_has_one_source() -> None:
    source = {"secretKeyRef": {"name": "s", "key": "k"}}
    base = {"name": "a", "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": source}]}
    patch = {"name": "", "env": [{"name": "A", "valueFrom": source}, {"name": "B", "value": "2"}]}
    merged = merge_containers(base, patch)
    assert merged["env"] == [{"name": "A", "valueFrom": source}, {"name": "B", "value": "2"}]
    assert merged["name"] == "a"


trees = st.recursive(
    st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from("abc"), trees, max_size=3)


@given(objects, objects)
def test_merging_is_idempotent_and_nothing_merges_to_nothing(base: Object, patch: Object) -> None:
    merged = merge(base, patch)
    assert merge(merged, patch) == merged
    assert merge(base, {}) == base
    assert merge({}, patch) == patch


@pytest.mark.parametrize("action", ["{{ if .Name }}x{{ end }}", "{{ index .Labels `a` }}", "{{}}"])
def test_a_template_action_that_is_not_known_is_refused(action: str) -> None:
    with pytest.raises(ValueError, match="template action"):
        expand(action, {"Name": "x"})


def test_a_missing_key_reads_as_in_go() -> None:
    assert expand("{{.Labels.team}}", {"Labels": {}}) == "<no value>"


@pytest.mark.parametrize(
    ("parent", "suffix", "child"),
    [
        ("asdf", "-deployment", "asdf-deployment"),
        ("f" * 63, "-deployment", "f" * 20 + "105d7597f637e83cc711605ac3ea4957-deployment"),
        ("f" * 63, "-deploy", "f" * 24 + "105d7597f637e83cc711605ac3ea4957-deploy"),
    ],
)
def test_child_names_are_hashed_like_upstreams(parent: str, suffix: str, child: str) -> None:
    assert child_name(parent, suffix) == child


# The footprint


def pod_with(containers: list[Object], init: list[Object] | None = None, **spec: Any) -> Object:
    return {"spec": {"containers": containers, "initContainers": init or [], **spec}}


def asking(cpu: int, memory: int, **more: Any) -> Object:
    return {
        "resources": {"requests": {"cpu": format_cpu(cpu), "memory": format_memory(memory)}}
    } | more


def test_the_footprint_of_a_model_counts_every_container() -> None:
    isvc = service(logger={"mode": "all"})
    assert footprint(pod_of(isvc)) == Footprint(
        cpu_millicores=500 + 25 + 100,
        memory_bytes=(2048 + 100) * 2**20,
        accelerators={"nvidia.com/gpu": 1},
    )


def test_a_request_that_is_left_out_is_the_limit() -> None:
    pod = pod_with([{"resources": {"limits": {"cpu": "2", "nvidia.com/gpu": 1}}}])
    assert footprint(pod) == Footprint(2000, accelerators={"nvidia.com/gpu": 1})
    assert footprint(pod, "limits") == footprint(pod)
    assert footprint(pod_with([asking(1, 1)]), "limits") == Footprint()


def test_a_large_init_container_sets_the_footprint_alone() -> None:
    pod = pod_with([asking(100, 10), asking(50, 10)], [asking(400, 5), asking(10, 90)])
    assert footprint(pod) == Footprint(400, 90)


def test_a_sidecar_runs_beside_what_starts_after_it() -> None:
    sidecar = asking(100, 100, restartPolicy="Always")
    after = pod_with([asking(10, 10)], [sidecar, asking(300, 0)])
    assert footprint(after) == Footprint(400, 110)
    before = pod_with([asking(10, 10)], [asking(300, 0), sidecar])
    assert footprint(before) == Footprint(300, 110)


def test_overhead_is_added() -> None:
    assert footprint(pod_with([asking(10, 10)], overhead={"cpu": "250m"})) == Footprint(260, 10)


amounts = st.tuples(st.integers(0, 4000), st.integers(0, 2**34))


@given(st.lists(amounts, min_size=1, max_size=4), st.lists(amounts, max_size=4))
def test_a_footprint_is_the_larger_of_running_and_starting(
    running: list[tuple[int, int]], starting: list[tuple[int, int]]
) -> None:
    pod = pod_with([asking(*a) for a in running], [asking(*a) for a in starting])
    cpu = max([sum(a[0] for a in running), *(a[0] for a in starting)])
    memory = max([sum(a[1] for a in running), *(a[1] for a in starting)])
    assert footprint(pod) == Footprint(cpu, memory)
