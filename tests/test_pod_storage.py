"""How a model's files reach its pod."""

import pytest

from catalog.pod import Share, pods
from tests.sample_pods import (
    DIGEST,
    PLATFORM,
    SECURED,
    container,
    env,
    pod_of,
    runtime,
    service,
)


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
    assert sub_path == "models/d270957640e91cf0/"


def test_an_image_of_weights_is_a_volume() -> None:
    native = pod_of(service(model={"storageUri": "oci+native://registry.example.com/m:1"}))
    assert native["spec"]["volumes"][-1]["image"]["reference"] == "registry.example.com/m:1"
    assert "initContainers" not in native["spec"]


def test_a_sidecar_of_weights_is_refused_since_it_can_never_be_restricted() -> None:
    with pytest.raises(ValueError, match="sidecar"):
        pod_of(service(model={"storageUri": "oci://registry.example.com/m:1"}))


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
