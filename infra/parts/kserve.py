"""KServe's controllers, and what every tenant is given: runtimes, downloaders, the LLM preset.

Of its charts the runtimes are left out, which are ours (`catalog.render.platform`), and the shared
resources too, save for the issuer of the webhooks' certificates: see `kserve_base`.
"""

from typing import Final

from catalog.objects import Object
from catalog.render.platform import KSERVE_NAMESPACE, platform_objects
from infra.parts.common import SYSTEM, disruption_budgets, replicas, spread
from infra.parts.mirror import mirrored
from infra.parts.part import Context, Part, Release, Values

_LLM_PODS: Final = {"control-plane": "llmisvc-controller-manager"}

LLM_ENVIRONMENT: Final = {"PREVENT_WELL_KNOWN_CONFIG_DELETION": "false"}
"""Else its webhook refuses to let the preset go, which is ours, and with it every destroy
(`pkg/apis/serving/v1alpha2/llm_inference_service_config_validation.go`)."""


def part(context: Context) -> Part:
    """The controllers with their webhooks first; they judge the objects that follow.

    A release has its chart's name, because the charts make names from both.
    """
    releases = {
        "kserve-resources": _kserve(context),
        "kserve-llmisvc-resources": _llm(context),
    }
    return Part(
        name="kserve",
        after=("cert-manager", "gateway", "knative", "kserve-base"),
        releases=tuple(
            Release(name=name, chart=name, namespace=KSERVE_NAMESPACE, values=values)
            for name, values in releases.items()
        ),
        objects=(
            *disruption_budgets(context, KSERVE_NAMESPACE, {"llmisvc-controller": _LLM_PODS}),
            *platform_objects(context.settings.environment),
        ),
    )


def controller_share(cpu: str, memory: str) -> Object:
    """With a limit on CPU, because the charts set one that no value takes away.

    Theirs, 100m, makes webhooks time out at 300 models (opendatahub-io/kserve#76).
    """
    return {
        "requests": {"cpu": cpu, "memory": memory},
        "limits": {"cpu": "2", "memory": "1Gi"},
    }


def _kserve(context: Context) -> Values:
    """The chart knows no number of replicas: while its one pod moves, entries are not admitted."""
    return {
        "kserve": {
            "createSharedResources": False,
            "certManager": {"enabled": True},
            "controller": {
                "image": mirrored(context, "kserve-controller"),
                "imagePullPolicy": "IfNotPresent",
                "rbacProxyImage": mirrored(context, "kube-rbac-proxy"),
                "rbacProxy": {
                    "resources": {
                        "requests": {"cpu": "10m", "memory": "32Mi"},
                        "limits": {"cpu": "100m", "memory": "128Mi"},
                    }
                },
                "resources": controller_share("200m", "512Mi"),
                "nodeSelector": dict(SYSTEM),
            },
        }
    }


def _llm(context: Context) -> Values:
    """Its CRDs of the inference extension come along: the controller watches them."""
    return {
        "kserve": {
            "createSharedResources": False,
            "llmisvc": {
                "controller": {
                    "image": mirrored(context, "llmisvc-controller"),
                    "imagePullPolicy": "IfNotPresent",
                    "env": [{"name": k, "value": v} for k, v in LLM_ENVIRONMENT.items()],
                    "replicas": replicas(context),
                    "resources": controller_share("100m", "256Mi"),
                    "nodeSelector": dict(SYSTEM),
                    "topologySpreadConstraints": spread(_LLM_PODS),
                }
            },
        }
    }
