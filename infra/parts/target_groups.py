"""The way from the load balancer, which is made beside the cluster, to the door's pods."""

from typing import Final

from catalog.objects import Object
from catalog.render.network import DOOR_PORT, GATEWAY_ACCOUNT
from infra.parts.common import metadata
from infra.parts.mesh import DOOR_HTTP_PORT
from infra.parts.part import Context, Fact, Late

PORTS: Final = (
    ("http", 80, DOOR_HTTP_PORT, Fact.TARGET_GROUP_HTTP),
    ("https", 443, DOOR_PORT, Fact.TARGET_GROUP_HTTPS),
)
"""A listener, the port of the Service, that of the pods behind it, and where they are targets."""


def target_group_bindings(context: Context) -> tuple[Object, ...]:
    """One for each port: pods' addresses become targets, and admit the load balancer alone."""
    return tuple(_binding(context, *port) for port in PORTS)


def _binding(context: Context, name: str, port: int, pod_port: int, target: Fact) -> Object:
    balancer = {"securityGroup": {"groupID": Late(Fact.LOAD_BALANCER_SECURITY_GROUP)}}
    rule = {"from": [balancer], "ports": [{"protocol": "TCP", "port": pod_port}]}
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
            "networking": {"ingress": [rule]},
        },
    }
