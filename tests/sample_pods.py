"""An InferenceService, its runtime and its downloader, for the tests of the pods they become."""

from typing import Any

from catalog.objects import Object
from catalog.pod import Platform, pods

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
        "volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}],
    }
    return {
        "kind": "ClusterServingRuntime",
        "metadata": {"name": "own-sklearn"},
        "spec": {
            "annotations": {"prometheus.kserve.io/port": "8080"},
            "labels": {"team": "runtime", "runtime": "own"},
            "volumes": [{"name": "scratch", "emptyDir": {}}],
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
