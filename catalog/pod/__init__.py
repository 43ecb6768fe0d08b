"""The pods that KServe and Knative will make of an object, so that rules for pods can judge it.

KServe 0.20 and Knative Serving 1.21 hide their pods behind an InferenceService; nothing that looks
at the InferenceService alone sees them. What is made here is what the API server would be asked to
store: no generated names or uids, no values that the API server itself defaults. Istio in ambient
mode adds no container.
"""

from catalog.objects import Object
from catalog.pod.footprint import Footprint, footprint
from catalog.pod.graph import graph_pods
from catalog.pod.inference_service import inference_service_pods
from catalog.pod.llm import llm_pods
from catalog.pod.platform import Known, Platform, Share

__all__ = ["Footprint", "Known", "Platform", "Share", "footprint", "pods"]

_STOCK = Platform()


def pods(obj: Object, runtimes: Known, platform: Platform = _STOCK) -> list[Object]:
    """One pod of each workload that `obj` becomes; none for an object that runs nothing.

    `runtimes` holds, by name, what KServe looks up for `obj`: ClusterServingRuntimes,
    ClusterStorageContainers, and for an LLM its configs.
    """
    annotations: Object = obj["metadata"].get("annotations", {})
    if annotations.get("serving.kserve.io/stop") == "true":
        return []
    match obj["kind"]:
        case "InferenceService":
            return inference_service_pods(obj, runtimes, platform)
        case "InferenceGraph":
            return graph_pods(obj, platform)
        case "LLMInferenceService":
            return llm_pods(obj, runtimes, platform)
        case _:
            return []
