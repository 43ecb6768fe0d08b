"""The platform's own pages: their names below the stack's domain, and what serves them."""

from dataclasses import dataclass
from typing import Final

from catalog.parts import Fact
from catalog.render.common import MONITORING_NAMESPACE
from catalog.render.network import MLFLOW_NAMESPACE, OBSERVABILITY_NAMESPACE
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


def host_of(host: ConsoleHost, context: Context) -> str:
    """Its full name."""
    return f"{host.name}.{context.settings.environment.domain}"


def tls_secret(host: ConsoleHost) -> str:
    """The Secret of its certificate, in the Gateway's namespace."""
    return f"{host.name}-tls"
