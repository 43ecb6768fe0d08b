"""The pod that KServe and Knative make of an InferenceService.

Every expectation about a pod was compared with what KServe 0.20's own controllers and webhook and
Knative Serving 1.21's own reconciler produce from the same objects.
"""

import json
from copy import deepcopy
from typing import Any

import pytest

from catalog.objects import Object
from catalog.pod import Footprint, Platform, footprint, pods
from tests.sample_pods import (
    DOWNLOADER,
    PLATFORM,
    SECURED,
    TRANSFORMER,
    container,
    env,
    names,
    pod_of,
    runtime,
    service,
)

# The server


def test_arguments_add_up_and_the_model_wins_over_the_runtime() -> None:
    server = container(pod_of(service()), "kserve-container")
    assert server["args"] == ["--model=fraud", "--space=risk-core", "--team=risk", "--extra"]
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


def test_the_footprint_of_a_model_counts_every_container() -> None:
    isvc = service(logger={"mode": "all"})
    assert footprint(pod_of(isvc)) == Footprint(
        cpu_millicores=500 + 25 + 100,
        memory_bytes=(2048 + 100) * 2**20,
        accelerators={"nvidia.com/gpu": 1},
    )
