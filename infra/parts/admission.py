"""Our policies for the tenants' namespaces, as Kyverno admits or refuses by them.

The rules of the pack judge what is planned; these judge what arrives, whoever sends it. Only
tenants' namespaces are asked about. Who may write there at all is RBAC's: owners only read.

ValidatingPolicy of `policies.kyverno.io/v1`, not ClusterPolicy: Kyverno 1.19 calls the latter
deprecated and will remove it (kyverno v1.19.1 `api/kyverno/v1/clusterpolicy_types.go`).
"""

from collections.abc import Sequence
from typing import Final

from catalog.objects import Object
from infra.parts.admission_objects import OBJECT_POLICIES
from infra.parts.admission_pods import image_policy, pod_policy
from infra.parts.admission_policy import Policy
from infra.parts.common import LABELS
from infra.parts.part import Context, Part

TENANTS: Final[Object] = {"matchLabels": {"slipway.dev/tenant": "true"}}
RULES: Final = "slipway.dev/rules"
"""The annotation that names the rules that a policy enforces."""


def part(context: Context) -> Part:
    """One policy for each kind of thing that tenants have."""
    env = context.settings.environment
    policies = (image_policy(env, context.registries), pod_policy(), *OBJECT_POLICIES)
    return Part(name="admission", after=("kyverno",), objects=objects_of(policies))


def objects_of(policies: Sequence[Policy]) -> tuple[Object, ...]:
    """The policies as Kyverno reads them, by name."""
    return tuple(_object(policy) for policy in sorted(policies, key=lambda each: each.name))


def _object(policy: Policy) -> Object:
    # The labels of a Namespace are its own, so that one selector fits it and what is in it.
    where = "objectSelector" if policy.cluster_scoped else "namespaceSelector"
    return {
        "apiVersion": "policies.kyverno.io/v1",
        "kind": "ValidatingPolicy",
        "metadata": {
            "name": policy.name,
            "labels": dict(LABELS),
            "annotations": {RULES: ",".join(policy.rules)},
        },
        "spec": {
            "validationActions": ["Deny"],
            "failurePolicy": "Fail",
            "evaluation": {"admission": {"enabled": True}, "background": {"enabled": True}},
            # A pod's controller is KServe or Knative: refusing the pod tells them as well.
            "autogen": {"podControllers": {"controllers": []}},
            "matchConstraints": {
                where: TENANTS,
                "resourceRules": [
                    {
                        "apiGroups": [group],
                        "apiVersions": ["*"],
                        "operations": ["CREATE", "UPDATE"],
                        "resources": list(resources),
                    }
                    for group, resources in policy.matches
                ],
            },
            "variables": [{"name": n, "expression": e} for n, e in policy.variables],
            "validations": [
                {"expression": each.expression, "message": each.message}
                for each in policy.validations
            ],
        },
    }
