"""The platform's own hosts below the stack's domain: their certificates, and what serves pages."""

from dataclasses import dataclass
from typing import Final

from catalog.objects import Object
from catalog.parts import Fact
from catalog.render.common import MONITORING_NAMESPACE
from catalog.render.network import MLFLOW_NAMESPACE, OBSERVABILITY_NAMESPACE
from infra.parts.common import metadata
from infra.parts.kiali import PORT as KIALI_PORT
from infra.parts.part import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleHost:
    """A page at `{name}.{domain}`; `audience` is that of its application in Cloudflare Access."""

    name: str
    namespace: str
    service: str
    port: int
    audience: Fact


HOSTS: Final = (
    ConsoleHost(
        name="grafana",
        namespace=MONITORING_NAMESPACE,
        service="kube-prometheus-stack-grafana",
        port=80,
        audience=Fact.ACCESS_AUDIENCE_GRAFANA,
    ),
    ConsoleHost(
        name="kiali",
        namespace=OBSERVABILITY_NAMESPACE,
        service="kiali",
        port=KIALI_PORT,
        audience=Fact.ACCESS_AUDIENCE_KIALI,
    ),
    ConsoleHost(
        name="mlflow",
        namespace=MLFLOW_NAMESPACE,
        service="mlflow",
        port=5000,
        audience=Fact.ACCESS_AUDIENCE_MLFLOW,
    ),
)


def host_of(name: str, context: Context) -> str:
    """The full name of a host of the platform's own."""
    return f"{name}.{context.settings.environment.domain}"


def tls_secret(name: str) -> str:
    """The Secret of its certificate, in the Gateway's namespace."""
    return f"{name}-tls"


def certificate(name: str, context: Context) -> Object:
    """One each: certificates whose names overlap would cost the listeners HTTP/2."""
    env = context.settings.environment
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": metadata(name, env.gateway.namespace),
        "spec": {
            "secretName": tls_secret(name),
            "dnsNames": [host_of(name, context)],
            "issuerRef": {
                "group": "cert-manager.io",
                "kind": "ClusterIssuer",
                "name": env.certificate_issuer,
            },
            "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
            "usages": ["digital signature", "server auth"],
        },
    }
