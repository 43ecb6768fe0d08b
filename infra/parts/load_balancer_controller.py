"""The AWS Load Balancer Controller, for one kind of object: TargetGroupBinding.

The balancer belongs to these programs, so that `destroy` leaves none behind. The controller only
registers the front door's pods with its target groups; Ingresses and Services of type LoadBalancer
mean nothing to it.
"""

from typing import Final

from catalog.parts import Fact, Identity, Late, Part, Release, Values
from infra.iam.load_balancer_controller import statements
from infra.parts.common import SYSTEM, replicas, resources, spread
from infra.parts.mirror import mirrored
from infra.parts.part import Context

NAME: Final = "load-balancer-controller"
NAMESPACE: Final = "kube-system"
_CHART: Final = "aws-load-balancer-controller"
_PODS: Final = {"app.kubernetes.io/name": _CHART, "app.kubernetes.io/instance": _CHART}


def part(context: Context) -> Part:
    """After cert-manager, which renews its webhook's certificate; the chart's own never changes."""
    return Part(
        name=NAME,
        after=("cert-manager",),
        identities=(
            Identity(
                purpose=NAME,
                namespace=NAMESPACE,
                service_account=_CHART,
                statements=statements(context.names),
            ),
        ),
        releases=(
            Release(name=_CHART, chart=_CHART, namespace=NAMESPACE, values=_values(context)),
        ),
    )


def _values(context: Context) -> Values:
    names = context.names
    return {
        "clusterName": names.cluster,
        "region": names.region,
        # Pods cannot ask the instance's metadata: it answers over one hop only.
        "vpcId": Late(Fact.VPC_ID),
        "replicaCount": replicas(context),
        "image": {"repository": mirrored(context, _CHART)},
        "serviceAccount": {"create": True, "name": _CHART},
        "enableCertManager": True,
        "nodeSelector": dict(SYSTEM),
        "topologySpreadConstraints": spread(_PODS),
        "resources": resources("100m", "256Mi"),
        "podDisruptionBudget": {"maxUnavailable": 1},
        **_targets_only(),
    }


def _targets_only() -> Values:
    gates = (
        "ALBGatewayAPI",
        "EnableServiceController",
        "GatewayListenerSet",
        "GlobalAcceleratorController",
        "NLBGatewayAPI",
    )
    return {
        "createIngressClassResource": False,
        "ingressClassParams": {"create": False},
        "enableServiceMutatorWebhook": False,
        "enableBackendSecurityGroup": False,
        "enableShield": False,
        "enableWaf": False,
        "enableWafv2": False,
        "webhookConfig": {"disableIngressValidation": True},
        "controllerConfig": {"featureGates": dict.fromkeys(gates, False)},
    }
