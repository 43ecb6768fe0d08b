"""The pods of explainers, graphs and large language models."""

from typing import Any

import pytest

from catalog.objects import Object
from catalog.pod import Platform, pods
from tests.sample_pods import DIGEST, PLATFORM, SECURED, container, runtime, service


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
    template: Object = {
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


def test_an_llm_that_reads_a_claim_has_no_initializer() -> None:
    template = {"initContainers": [{"name": "storage-initializer"}, {"name": "first"}]}
    model = {"uri": "pvc://weights"}
    (pod,) = pods(language_model(template=template, model=model), PRESETS, PLATFORM)
    assert [item["name"] for item in pod["spec"]["initContainers"]] == ["first"]


def test_an_llm_whose_model_is_cached_reads_a_claim() -> None:
    llm = language_model(model={"uri": "hf://org/model"})
    prefix = "internal.serving.kserve.io/localmodel"
    llm["metadata"].setdefault("labels", {})[prefix] = "chat"
    marks = {f"{prefix}-sourceuri": "hf://org/model", f"{prefix}-pvc-name": "chat-gpu"}
    llm["metadata"].setdefault("annotations", {}).update(marks)
    (pod,) = pods(llm, PRESETS, PLATFORM)
    assert "initContainers" not in pod["spec"]
    claim = {"claimName": "chat-gpu"}
    volume = {"name": "kserve-pvc-source", "persistentVolumeClaim": claim}
    assert volume in pod["spec"]["volumes"]


def test_an_image_volume_leaves_an_llms_initializer_in() -> None:
    template = {"initContainers": [{"name": "storage-initializer"}]}
    model = {"uri": "oci+native://registry.example.com/m:1"}
    (pod,) = pods(language_model(template=template, model=model), PRESETS, PLATFORM)
    assert pod["spec"]["initContainers"] == [{"name": "storage-initializer"}]


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
