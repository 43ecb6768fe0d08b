"""What KServe hands to Knative or to a Deployment: a pod that is not finished yet."""

from dataclasses import dataclass

from catalog.objects import Object


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One component of a service, before Knative, Kubernetes and KServe's pod webhook add to it."""

    name: str
    """The ksvc or Deployment, and the Service, that KServe makes for it."""

    namespace: str
    labels: Object
    annotations: Object
    spec: Object
    timeout: int | None = None
    response_start_timeout: int = 0
    concurrency: int | None = None


def finished(
    name: str, workload: Workload, labels: Object, annotations: Object, spec: Object
) -> Object:
    """The pod as an object, named like its Deployment: the random tail is not known."""
    metadata: Object = {
        "name": name,
        "namespace": workload.namespace,
        "labels": dict(sorted(labels.items())),
        "annotations": dict(sorted(annotations.items())),
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
