"""The way from the load balancer, which is made beside the cluster, to the door's pods."""

from typing import Final

from catalog.objects import Object
from catalog.render.network import GATEWAY_ACCOUNT
from infra.parts.common import metadata
from infra.parts.part import Context, Fact, Late

PORTS: Final = (
    ("http", 80, Fact.TARGET_GROUP_HTTP),
    ("https", 443, Fact.TARGET_GROUP_HTTPS),
)
"""A listener, the port of the Service, and where its pods are targets."""


def target_group_bindings(context: Context) -> tuple[Object, ...]:
    """One for each port: pods' addresses become targets.

    Without `networking`, by which the controller would write rules of security groups, and for
    that would need the right to: the foundation opens the nodes' group to the balancer's itself.
    """
    return tuple(_binding(context, *port) for port in PORTS)


def _binding(context: Context, name: str, port: int, target: Fact) -> Object:
    return {
        "apiVersion": "elbv2.k8s.aws/v1beta1",
        "kind": "TargetGroupBinding",
        "metadata": metadata(
            f"{GATEWAY_ACCOUNT}-{name}", context.settings.environment.gateway.namespace
        ),
        "spec": {
            "serviceRef": {"name": GATEWAY_ACCOUNT, "port": port},
            "targetGroupARN": Late(target),
            "targetType": "ip",
        },
    }
