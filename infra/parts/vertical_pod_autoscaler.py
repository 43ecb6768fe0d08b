"""The Vertical Pod Autoscaler's recommender alone: it advises, and nothing of it changes a pod."""

from infra.parts.common import CONTAINER_SECURITY, POD_SECURITY, SYSTEM, resources
from infra.parts.mirror import mirrored
from infra.parts.part import Context, Part, Release

NAMESPACE = "vertical-pod-autoscaler"


def part(context: Context) -> Part:
    """The CRDs and one recommender, which nothing waits for."""
    return Part(
        name="vertical-pod-autoscaler",
        after=("node-pools",),
        releases=(
            Release(
                name="vertical-pod-autoscaler",
                chart="vertical-pod-autoscaler",
                namespace=NAMESPACE,
                values={
                    "admissionController": {"enabled": False},
                    "updater": {"enabled": False},
                    "containerSecurityContext": {**CONTAINER_SECURITY, **POD_SECURITY},
                    "recommender": {
                        "image": {"repository": mirrored(context, "vpa-recommender")},
                        "replicas": 1,
                        "podDisruptionBudget": {"enabled": False},
                        "nodeSelector": dict(SYSTEM),
                        "resources": resources("50m", "256Mi", "1Gi"),
                        # Remembers only pods that a VerticalPodAutoscaler names.
                        "extraArgs": ["--memory-saver=true"],
                    },
                },
            ),
        ),
    )
