"""Every name that upstream makes from an entry's name, and the limit that each must keep.

Sources: Kubernetes object names and DNS labels (RFC 1035, RFC 1123: 63 characters a label, 253 a
name); Knative Serving `pkg/reconciler/revision/resources/names` and `pkg/reconciler/route/
resources/names`; KServe `pkg/constants`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

LABEL_LIMIT = 63
HOST_LIMIT = 253

RESERVED_NAMESPACES = frozenset(
    {
        "cert-manager", "default", "envoy-ai-gateway-system", "envoy-gateway-system",
        "external-secrets", "istio-system", "karpenter", "keda", "knative-operator",
        "knative-serving", "kourier-system", "kserve", "kyverno", "mlflow", "model-cache",
        "model-downloads", "monitoring", "node-agents", "observability", "velero",
        "vertical-pod-autoscaler",
    }
)  # fmt: skip
"""Namespaces of the platform itself; a tenant's may have none of these names."""

RESERVED_PREFIXES = (
    "kube-",
    "istio-",
    "knative-",
    "slipway-",
    "aws-",
    "eks-",
    "amazon-",
    "kserve-",
)
"""A tenant's namespace may not begin like one of the cluster's own."""

RESERVED_ENDINGS = ("-predictor", "-transformer", "-explainer", "-canary", "-private", "-metrics")
"""A deployment's name may not end like a name that upstream derives from another's."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A name that will exist in the cluster: what it is, the name, and how long it may be."""

    what: str
    text: str
    limit: int = LABEL_LIMIT

    @property
    def excess(self) -> int:
        """How many characters it is too long; zero or less when it fits."""
        return len(self.text) - self.limit


def namespace_of(team: str, project: str) -> str:
    """The namespace of a project."""
    return f"{team}-{project}"


def host_of(name: str, namespace: str, models_domain: str) -> str:
    """The host of an endpoint."""
    return f"{name}.{namespace}.{models_domain}"


def derived_names(
    name: str, namespace: str, models_domain: str, *, serving: str, kind: str, explainer: bool
) -> Iterator[Derived]:
    """Every derived name of an endpoint, the longest forms that upstream can reach."""
    yield Derived("host", host_of(name, namespace, models_domain), HOST_LIMIT)
    yield Derived("wildcard certificate", f"*.{namespace}.{models_domain}", HOST_LIMIT)
    for component in ("predictor", "explainer") if explainer else ("predictor",):
        service = f"{name}-{component}" if kind == "model" else name
        if kind == "llm":
            yield from _llm_names(name)
        elif serving == "knative":
            yield from _knative_names(service)
        else:
            yield Derived("Service", service)
            yield Derived("pod label app", f"isvc.{service}")


def _knative_names(service: str) -> Iterator[Derived]:
    revision = f"{service}-00001"
    yield Derived("Knative Service", service)
    yield Derived("tagged route", f"latest-{service}")
    yield Derived("revision", revision)
    yield Derived("revision's private Service", f"{revision}-private")


def _llm_names(name: str) -> Iterator[Derived]:
    yield Derived("LLM workload Service", f"{name}-kserve-workload-svc")
