"""Which Helm releases bring a kind of objects: its CRD, its admission, and who finishes it."""

from collections.abc import Mapping
from typing import Final

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "autoscaling.k8s.io": ("vertical-pod-autoscaler",),
    "cert-manager.io": ("cert-manager",),
    "elbv2.k8s.aws": ("aws-load-balancer-controller",),
    "external-secrets.io": ("external-secrets",),
    "gateway.envoyproxy.io": ("envoy-gateway",),
    "gateway.networking.k8s.io": ("envoy-gateway",),
    "karpenter.k8s.aws": ("karpenter-crd", "karpenter"),
    "karpenter.sh": ("karpenter-crd", "karpenter"),
    "keda.sh": ("keda",),
    "monitoring.coreos.com": ("kube-prometheus-stack",),
    "operator.knative.dev": ("knative-operator",),
    "policies.kyverno.io": ("kyverno",),
    "security.istio.io": ("istio-base", "istiod"),
    "serving.kserve.io": ("kserve-crd", "kserve-llmisvc-crd", "kserve-localmodel-crd"),
}
"""The releases that bring a group's kinds, admit objects of them and take off their finalizers."""

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "ClusterServingRuntime": ("kserve-resources",),
    "ClusterStorageContainer": ("kserve-resources",),
    "InferenceGraph": ("kserve-resources",),
    "InferenceService": ("kserve-resources",),
    "LLMInferenceService": ("kserve-llmisvc-resources",),
    "LLMInferenceServiceConfig": ("kserve-llmisvc-resources",),
    "LocalModelNamespaceCache": ("kserve-localmodel-resources",),
    "LocalModelNodeGroup": ("kserve-localmodel-resources",),
}
"""The same for KServe's kinds, whose CRDs and controllers are charts of their own."""


def brought_by(group: str, kind: str) -> tuple[str, ...]:
    """The releases that objects of a kind need, all of them; none for a built-in kind."""
    return (*GROUPS.get(group, ()), *(KINDS.get(kind, ()) if group == "serving.kserve.io" else ()))
