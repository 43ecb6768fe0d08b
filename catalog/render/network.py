"""Who may talk to a tenant's pods, and whom they may talk to.

NetworkPolicies see ambient's tunnel (TCP 15008), whatever the real port; AuthorizationPolicies see
the real port and the caller's identity. Both close everything that is not named. Sources: Istio's
ambient documentation (network policy, layer 4 policy), `cni/pkg/nodeagent/options.go` for the probe
address; the EKS user guide for the Pod Identity agent's.
"""

from collections.abc import Sequence

from catalog.endpoint import Tenant
from catalog.environment import Environment
from catalog.objects import Object
from catalog.render.common import (
    KNATIVE_NAMESPACE,
    MONITORING_NAMESPACE,
    metadata,
    tenant_labels,
)

HBONE = 15008
DOOR_PORT = 10443
"""Where Envoy Gateway's proxies listen for 443: ports below 1024 are moved up by 10000
(`internal/gatewayapi`)."""
PROBES = "169.254.7.127/32"
"""The address that ambient gives the kubelet's probes."""
POD_IDENTITY_AGENT = "169.254.170.23/32"
NOT_THE_INTERNET = (
    "10.0.0.0/8",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
)
"""Private and link-local addresses, the instance metadata service among them."""

TRUST_DOMAIN = "cluster.local"
GATEWAY_ACCOUNT = "slipway-gateway"
PROMETHEUS_ACCOUNT = "kube-prometheus-stack-prometheus"
OBSERVABILITY_NAMESPACE = "observability"
MLFLOW_NAMESPACE = "mlflow"


def network_objects(tenant: Tenant, env: Environment) -> list[Object]:
    """NetworkPolicies and mesh policies of a tenant."""
    labels = tenant_labels(tenant)
    return [
        _policy("default-deny", tenant, labels, {}),
        _policy("serving", tenant, labels, _openings(tenant, env)),
        _strict_mtls(tenant, labels),
        _authorization(tenant, env, labels),
    ]


def _policy(name: str, tenant: Tenant, labels: dict[str, str], rules: Object) -> Object:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(name, tenant.namespace, labels),
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], **rules},
    }


def _openings(tenant: Tenant, env: Environment) -> Object:
    callers = sorted({MONITORING_NAMESPACE, *_front(tenant, env)})
    ingress: list[Object] = [
        {"from": [_namespace(name) for name in callers], "ports": [_tcp(HBONE)]},
        {"from": [{"ipBlock": {"cidr": PROBES}}]},
    ]
    egress: list[Object] = [
        {
            "to": [
                {
                    **_namespace("kube-system"),
                    "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
                }
            ],
            "ports": [{"protocol": "UDP", "port": 53}, _tcp(53)],
        },
        {"to": [{"ipBlock": {"cidr": POD_IDENTITY_AGENT}}], "ports": [_tcp(80)]},
        {
            "to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": list(NOT_THE_INTERNET)}}],
            "ports": [_tcp(443)],
        },
    ]
    inside = sorted(_meshed_peers(tenant))
    if inside:
        egress.append({"to": [_namespace(name) for name in inside], "ports": [_tcp(HBONE)]})
    # Endpoints' hosts lead straight to the door from inside the cluster (`infra/addons.py`), for a
    # graph that calls its members and for whoever else calls another endpoint.
    door = [_namespace(env.gateway.namespace)]
    egress.append({"to": door, "ports": [_tcp(HBONE), _tcp(DOOR_PORT)]})
    if any(e.explainer for e in tenant.endpoints):
        own: Object = {"podSelector": {}}
        ingress.append({"from": [own], "ports": [_tcp(HBONE)]})
        egress.append({"to": [own], "ports": [_tcp(HBONE)]})
    return {"ingress": ingress, "egress": egress}


def _front(tenant: Tenant, env: Environment) -> set[str]:
    """The namespaces from which requests arrive, by the serving modes that occur."""
    modes = {e.serving for e in tenant.endpoints}
    knative = {KNATIVE_NAMESPACE} if "knative" in modes else set[str]()
    return knative | ({env.gateway.namespace} if "standard" in modes else set())


def _meshed_peers(tenant: Tenant) -> set[str]:
    peers: set[str] = set()
    for endpoint in tenant.endpoints:
        if endpoint.logging is not None:
            peers.add(OBSERVABILITY_NAMESPACE)
        if endpoint.model is not None and endpoint.model.source.startswith("mlflow://"):
            peers.add(MLFLOW_NAMESPACE)
    return peers


def _namespace(name: str) -> Object:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def _tcp(port: int) -> Object:
    return {"protocol": "TCP", "port": port}


def _strict_mtls(tenant: Tenant, labels: dict[str, str]) -> Object:
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": metadata("default", tenant.namespace, labels),
        "spec": {"mtls": {"mode": "STRICT"}},
    }


def _authorization(tenant: Tenant, env: Environment, labels: dict[str, str]) -> Object:
    modes = {e.serving for e in tenant.endpoints}
    rules: list[Object] = []
    if "knative" in modes:
        data_path = [_principal(KNATIVE_NAMESPACE, name) for name in ("activator", "default")]
        rules.append(_allow(data_path, ("8012", "8013")))
        rules.append(_allow([_principal(KNATIVE_NAMESPACE, "controller")], ("9090",)))
    if "standard" in modes:
        door = [_principal(env.gateway.namespace, GATEWAY_ACCOUNT)]
        if any(e.explainer for e in tenant.endpoints):
            door.append(_principal(tenant.namespace, "models"))
        rules.append(_allow(door, _standard_ports(tenant)))
    scraper = [_principal(MONITORING_NAMESPACE, PROMETHEUS_ACCOUNT)]
    rules.append(_allow(scraper, _metrics_ports(tenant)))
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": metadata("models", tenant.namespace, labels),
        "spec": {"action": "ALLOW", "rules": rules},
    }


def _standard_ports(tenant: Tenant) -> Sequence[str]:
    ports = {"8080"}
    for endpoint in tenant.endpoints:
        if endpoint.kind == "llm":
            ports.add("8000")
        elif endpoint.serving == "standard":
            ports |= {"9000"} if endpoint.protocol in {"grpc", "both"} else set()
            ports |= {"8090"} if endpoint.transformer else set()
            ports |= {"9081"} if endpoint.logging else set()
            ports |= {str(endpoint.container.port)} if endpoint.container else set()
    return sorted(ports)


def _metrics_ports(tenant: Tenant) -> Sequence[str]:
    """Queue-proxy's, vLLM's, Triton's, the servers' own, and those of a team's containers."""
    own = {str(e.container.port) for e in tenant.endpoints if e.container is not None}
    return sorted({"8000", "8002", "8080", "8082", "9091", *own})


def _principal(namespace: str, account: str) -> str:
    return f"{TRUST_DOMAIN}/ns/{namespace}/sa/{account}"


def _allow(principals: Sequence[str], ports: Sequence[str]) -> Object:
    return {
        "from": [{"source": {"principals": list(principals)}}],
        "to": [{"operation": {"ports": list(ports)}}],
    }
