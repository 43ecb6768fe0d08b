"""The pod of a single-node LLMInferenceService.

KServe `pkg/controller/v1alpha2/llmisvc/{config_merge,workload_single_node,workload_storage}.go`.
"""

from collections.abc import Mapping
from typing import Any

from catalog.objects import Object
from catalog.pod.merge import merge
from catalog.pod.platform import Known, Platform
from catalog.pod.storage import INITIALIZER, Source, attach_model, cached
from catalog.pod.template import child_name, expand
from catalog.pod.workload import Workload, finished

PRESET = "kserve-config-llm-template"
"""The LLMInferenceServiceConfig that KServe lays under every single-node service."""

_READERS = frozenset({"main"})
_NOT_PASSED_ON = "serving.kserve.io/model-based-routing-enabled"
_PASSED_ON = ("internal.serving.kserve.io/localmodel", "kueue.x-k8s.io")
_ANNOTATIONS_PASSED_ON = (*_PASSED_ON, "k8s.v1.cni.cncf.io", "prometheus.io")


def llm_pods(llm: Object, known: Known, platform: Platform) -> list[Object]:
    """The serving pod. Several nodes and an endpoint picker are more pods, and are refused."""
    metadata = llm["metadata"]
    spec = _resolved(llm, known)
    for absent in ("worker", "prefill"):
        if absent in spec:
            raise ValueError(f"spec.{absent} is not synthesized")
    if "scheduler" in spec.get("router", {}):
        raise ValueError("spec.router.scheduler is not synthesized")
    workload = Workload(
        name=child_name(metadata["name"], "-kserve"),
        namespace=metadata["namespace"],
        labels=_labels(metadata, spec),
        annotations=_annotations(metadata, spec),
        spec=_with_model(spec, metadata, platform),
    )
    pod = workload.spec
    return [finished(workload.name, workload, workload.labels, workload.annotations, pod)]


def _resolved(llm: Object, known: Known) -> Object:
    """The preset, then the base references, then the service's own spec, all templates run."""
    layers = [PRESET, *(ref["name"] for ref in llm["spec"].get("baseRefs", []))]
    spec: Object = {}
    for name in layers:
        spec = merge(spec, known[name]["spec"])
    scope: Mapping[str, Any] = {
        "ObjectMeta": {
            "Name": llm["metadata"]["name"],
            "Namespace": llm["metadata"]["namespace"],
        },
        "Spec": {"Model": {"Name": llm["spec"]["model"].get("name", llm["metadata"]["name"])}},
    }
    resolved: Object = expand(merge(spec, llm["spec"]), scope)
    return resolved


def _with_model(spec: Object, metadata: Object, platform: Platform) -> Object:
    """The template with the model attached.

    A `storage-initializer` in it customizes KServe's; where nothing is downloaded it is taken out,
    save for `oci+native`, where KServe 0.20 leaves it in to run as it is.
    """
    pod: Object = spec["template"]
    uri = cached(spec["model"]["uri"], metadata)
    if spec.get("storageInitializer", {}).get("enabled") is False:
        return pod
    scheme = uri.partition("://")[0]
    if scheme not in ("hf", "oci", "oci+native", "pvc", "s3"):
        raise ValueError(f"{uri!r} has a scheme that KServe 0.20 does not serve to an LLM")
    if scheme == "oci+native":
        return attach_model(pod, Source(uri=uri, readers=_READERS), platform)
    given = {container["name"]: container for container in pod.get("initContainers", [])}
    override = {k: v for k, v in given.pop(INITIALIZER, {}).items() if k not in ("args", "command")}
    pod = {**pod, "initContainers": list(given.values())}
    source = Source(
        uri=uri,
        readers=_READERS,
        override={"name": INITIALIZER, **override},
        tuned=scheme == "hf",
    )
    pod = attach_model(pod, source, platform)
    return {key: value for key, value in pod.items() if key != "initContainers" or value}


def _labels(metadata: Object, spec: Object) -> Object:
    return {
        "app.kubernetes.io/component": "llminferenceservice-workload",
        "app.kubernetes.io/name": metadata["name"],
        "app.kubernetes.io/part-of": "llminferenceservice",
        "kserve.io/component": "workload",
        "llm-d.ai/role": "both",
        **_with_prefix(metadata.get("labels", {}), _PASSED_ON),
        **spec.get("labels", {}),
    }


def _annotations(metadata: Object, spec: Object) -> Object:
    own = {k: v for k, v in spec.get("annotations", {}).items() if k != _NOT_PASSED_ON}
    return {**_with_prefix(metadata.get("annotations", {}), _ANNOTATIONS_PASSED_ON), **own}


def _with_prefix(values: Object, prefixes: tuple[str, ...]) -> Object:
    return {key: value for key, value in values.items() if key.startswith(prefixes)}
