"""Who may reach the pods of the platform's meshed namespaces, by identity and by network.

Mutual TLS is STRICT in the whole mesh. What the API server and the load balancer call is the
exception, port by port, because both are outside the mesh: a ztunnel refuses plaintext under
STRICT, and admits it on the ports that a PeerAuthentication with a selector names (Istio 1.30.3
`pilot/pkg/serviceregistry/ambient/authorization.go`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from catalog.objects import Object
from catalog.render.common import KNATIVE_NAMESPACE, MONITORING_NAMESPACE
from catalog.render.network import (
    DOOR_PORT,
    GATEWAY_ACCOUNT,
    HBONE,
    PROBES,
    PROMETHEUS_ACCOUNT,
    TRUST_DOMAIN,
)
from infra.parts.common import metadata, vpc_cidr
from infra.parts.part import Context

ROOT_NAMESPACE: Final = "istio-system"
DOOR_HTTP_PORT: Final = 10080
TENANT_LABEL: Final = "slipway.dev/tenant"

DOOR_LABELS: Final = {
    "app.kubernetes.io/component": "proxy",
    "app.kubernetes.io/managed-by": "envoy-gateway",
    "app.kubernetes.io/name": "envoy",
}
"""The proxies of Envoy Gateway (`internal/infrastructure/kubernetes/proxy/resource.go`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plaintext:
    """Ports that must answer to callers outside the mesh, of the pods with these labels."""

    name: str
    namespace: str
    labels: Mapping[str, str]
    ports: tuple[int, ...]


def plaintext(door: str) -> tuple[Plaintext, ...]:
    """Every exception from STRICT, but for KEDA's namespace; `door` is the Gateway's namespace."""
    return (
        Plaintext(
            name="door",
            namespace=door,
            labels=DOOR_LABELS,
            ports=(DOOR_HTTP_PORT, DOOR_PORT),
        ),
        Plaintext(
            name="webhook",
            namespace=KNATIVE_NAMESPACE,
            labels={"app": "webhook"},
            ports=(8443,),
        ),
    )


def mesh_objects(context: Context) -> tuple[Object, ...]:
    """PeerAuthentications, then AuthorizationPolicies, then NetworkPolicies."""
    door = context.settings.environment.gateway.namespace
    return (
        _peer_authentication("default", ROOT_NAMESPACE, {"mtls": {"mode": "STRICT"}}),
        # KEDA asks Prometheus, which is STRICT; the API server asks KEDA for metrics.
        _peer_authentication("default", "keda", {"mtls": {"mode": "PERMISSIVE"}}),
        *(_open(exception) for exception in plaintext(door)),
        _authorization(door, _door_rules(door)),
        _authorization(KNATIVE_NAMESPACE, _knative_rules(door)),
        *_door_network(door),
        *_knative_network(door, vpc_cidr(context)),
    )


def _peer_authentication(name: str, namespace: str, spec: Object) -> Object:
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": metadata(name, namespace),
        "spec": spec,
    }


def _open(exception: Plaintext) -> Object:
    return _peer_authentication(
        exception.name,
        exception.namespace,
        {
            "selector": {"matchLabels": dict(exception.labels)},
            "mtls": {"mode": "STRICT"},
            "portLevelMtls": {str(port): {"mode": "PERMISSIVE"} for port in exception.ports},
        },
    )


def _authorization(namespace: str, rules: Sequence[Object]) -> Object:
    """The namespace admits these and nobody else; kubelet's probes are never asked."""
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": metadata("platform", namespace),
        "spec": {"action": "ALLOW", "rules": list(rules)},
    }


def _door_rules(door: str) -> list[Object]:
    """The door's ports are everybody's."""
    return [
        {"from": [{"source": {"namespaces": [door]}}]},
        _to([DOOR_HTTP_PORT, DOOR_PORT]),
        _from(MONITORING_NAMESPACE, PROMETHEUS_ACCOUNT, [19001]),
    ]


def _knative_rules(door: str) -> list[Object]:
    """The way in is Kourier's internal port.

    The activator believes the headers that it is sent, so only Kourier and Knative's own
    controllers may call it.
    """
    return [
        {"from": [{"source": {"namespaces": [KNATIVE_NAMESPACE]}}]},
        _from(door, GATEWAY_ACCOUNT, [8081]),
        _from(MONITORING_NAMESPACE, PROMETHEUS_ACCOUNT, [9000, 9090]),
        _to([8443]),
    ]


def _from(namespace: str, account: str, ports: Sequence[int]) -> Object:
    principal = f"{TRUST_DOMAIN}/ns/{namespace}/sa/{account}"
    return {"from": [{"source": {"principals": [principal]}}], **_to(ports)}


def _to(ports: Sequence[int]) -> Object:
    return {"to": [{"operation": {"ports": [str(port) for port in ports]}}]}


def _door_network(door: str) -> tuple[Object, ...]:
    """The door's ports are open to all networks: clients keep their addresses on the way.

    A tenant's graph arrives by the mesh's tunnel.
    """
    tenants: Object = {"namespaceSelector": {"matchLabels": {TENANT_LABEL: "true"}}}
    anyone: Object = {"ports": [_tcp(DOOR_HTTP_PORT), _tcp(DOOR_PORT)]}
    return (
        _inside(door, [door, MONITORING_NAMESPACE]),
        _network("door", door, DOOR_LABELS, [anyone, {"from": [tenants], "ports": [_tcp(HBONE)]}]),
    )


def _knative_network(door: str, vpc: str) -> tuple[Object, ...]:
    return (
        _inside(KNATIVE_NAMESPACE, [door, KNATIVE_NAMESPACE, MONITORING_NAMESPACE]),
        _network("webhook", KNATIVE_NAMESPACE, {"app": "webhook"}, [_webhook(vpc, 8443)]),
    )


def _inside(namespace: str, callers: Sequence[str]) -> Object:
    """Closes the namespace to all but the tunnel from these and the kubelet's probes."""
    peers = [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": caller}}}
        for caller in sorted(callers)
    ]
    rules: list[Object] = [
        {"from": peers, "ports": [_tcp(HBONE)]},
        {"from": [{"ipBlock": {"cidr": PROBES}}]},
    ]
    return _network("platform", namespace, {}, rules)


def _webhook(vpc: str, port: int) -> Object:
    """The API server calls from its network interfaces in the VPC."""
    return {"from": [{"ipBlock": {"cidr": vpc}}], "ports": [_tcp(port)]}


def _network(
    name: str, namespace: str, labels: Mapping[str, str], ingress: Sequence[Object]
) -> Object:
    selector: Object = {"matchLabels": dict(labels)} if labels else {}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(name, namespace),
        "spec": {"podSelector": selector, "policyTypes": ["Ingress"], "ingress": list(ingress)},
    }


def _tcp(port: int) -> Object:
    return {"protocol": "TCP", "port": port}
