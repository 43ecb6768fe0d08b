"""The pod of an InferenceGraph: the router.

KServe `pkg/controller/v1alpha1/inferencegraph/{knative_reconciler,raw_ig}.go`. The graph that the
router gets as JSON has its keys sorted here, where Go writes them in the order of its struct.
"""

import json

from catalog.objects import Object
from catalog.pod.knative import knative_pod
from catalog.pod.platform import Platform
from catalog.pod.standard import standard_pod
from catalog.pod.workload import Workload

_COPIED = ("affinity", "nodeName", "nodeSelector", "serviceAccountName", "tolerations")
_READY: Object = {
    "httpGet": {"path": "/readyz", "port": 8080, "scheme": "HTTP"},
    "initialDelaySeconds": 5,
    "timeoutSeconds": 2,
    "periodSeconds": 5,
    "successThreshold": 1,
    "failureThreshold": 3,
}
_SECURITY: Object = {
    "privileged": False,
    "runAsNonRoot": True,
    "readOnlyRootFilesystem": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
}
"""No seccomp profile, and no field of a graph to set one: only Knative's `secure-pod-defaults`
brings this pod to Pod Security's restricted profile.
"""


def graph_pods(graph: Object, platform: Platform) -> list[Object]:
    """The router's pod. KServe's pod webhook passes it by: it bears no InferenceService label."""
    metadata, spec = graph["metadata"], graph["spec"]
    mode = metadata.get("annotations", {}).get("serving.kserve.io/deploymentMode")
    standard = mode == "Standard"
    name = metadata["name"] if standard else "user-container"
    labels = {**metadata.get("labels", {}), "serving.kserve.io/inferencegraph": metadata["name"]}
    if not standard:
        labels["serving.kserve.io/kind"] = "InferenceGraph"
    workload = Workload(
        name=metadata["name"],
        namespace=metadata["namespace"],
        labels=labels,
        annotations=metadata.get("annotations", {}),
        spec={
            **{key: spec[key] for key in _COPIED if spec.get(key)},
            "automountServiceAccountToken": False,
            "containers": [_router(name, spec, platform)],
        },
        timeout=spec.get("timeout"),
    )
    return [standard_pod(workload) if standard else knative_pod(workload, platform)]


def _router(name: str, spec: Object, platform: Platform) -> Object:
    return {
        "name": name,
        "image": platform.image("kserve-router"),
        "imagePullPolicy": "IfNotPresent",
        "args": ["--graph-json", json.dumps(spec, separators=(",", ":"), sort_keys=True)],
        "resources": spec.get("resources") or platform.router.resources,
        "securityContext": _SECURITY,
        "readinessProbe": _READY,
    }
