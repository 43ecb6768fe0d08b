"""Grafana, MLflow and Kiali at the door, for whom Cloudflare Access has signed in and nobody else.

A part of stacks with the layer `edge` alone: without it nothing would sign the token. The door
checks the token itself, so that a request which goes around Cloudflare is refused.
"""

from collections.abc import Iterator
from typing import Final

from catalog.objects import Object
from catalog.render.common import ENVOY_GATEWAY_API, GATEWAY_API
from infra.parts.common import metadata
from infra.parts.console_hosts import HOSTS, ConsoleHost, certificate, host_of
from infra.parts.part import Context, Late, Part

TOKEN_HEADER: Final = "Cf-Access-Jwt-Assertion"  # noqa: S105 - a header's name, no token.
PROVIDER: Final = "cloudflare-access"


def part(context: Context) -> Part:
    """Certificate, route, grant and policy of each page; ValueError without the layer `edge`."""
    edge = context.settings.edge
    if edge is None:
        stack = context.settings.environment.stack
        raise ValueError(f"stack {stack} holds no layer `edge`, so it has no console")
    issuer = f"https://{edge.access.team}.cloudflareaccess.com"
    return Part(
        name="console",
        after=("cert-manager", "gateway"),
        objects=tuple(obj for host in HOSTS for obj in _objects(host, context, issuer)),
    )


def _objects(host: ConsoleHost, context: Context, issuer: str) -> Iterator[Object]:
    door = context.settings.environment.gateway.namespace
    yield certificate(host.name, context)
    yield {
        "apiVersion": f"{GATEWAY_API}/v1",
        "kind": "ReferenceGrant",
        "metadata": metadata(f"console-{host.name}", host.namespace),
        "spec": {
            "from": [{"group": GATEWAY_API, "kind": "HTTPRoute", "namespace": door}],
            "to": [{"group": "", "kind": "Service", "name": host.service}],
        },
    }
    yield {
        "apiVersion": ENVOY_GATEWAY_API,
        "kind": "SecurityPolicy",
        "metadata": metadata(host.name, door),
        "spec": {
            "targetRefs": [{"group": GATEWAY_API, "kind": "HTTPRoute", "name": host.name}],
            **_signed_in(host, issuer),
        },
    }
    yield _route(host, context)


def _signed_in(host: ConsoleHost, issuer: str) -> Object:
    """Each page has an application of its own in Access, and takes no other's token."""
    provider: Object = {
        "name": PROVIDER,
        "issuer": issuer,
        "audiences": [Late(host.audience)],
        "remoteJWKS": {"uri": f"{issuer}/cdn-cgi/access/certs", "cacheDuration": "300s"},
        "extractFrom": {"headers": [{"name": TOKEN_HEADER}]},
    }
    claim = {"name": "iss", "valueType": "String", "values": [issuer]}
    return {
        "jwt": {"providers": [provider]},
        "authorization": {
            "defaultAction": "Deny",
            "rules": [
                {
                    "name": "signed-in",
                    "action": "Allow",
                    "principal": {"jwt": {"provider": PROVIDER, "claims": [claim]}},
                }
            ],
        },
    }


def _route(host: ConsoleHost, context: Context) -> Object:
    gateway = context.settings.environment.gateway
    backend = {
        "group": "",
        "kind": "Service",
        "name": host.service,
        "namespace": host.namespace,
        "port": host.port,
        "weight": 1,
    }
    return {
        "apiVersion": f"{GATEWAY_API}/v1",
        "kind": "HTTPRoute",
        "metadata": metadata(host.name, gateway.namespace),
        "spec": {
            "hostnames": [host_of(host.name, context)],
            "parentRefs": [
                {
                    "group": GATEWAY_API,
                    "kind": "Gateway",
                    "name": gateway.name,
                    "sectionName": host.name,
                }
            ],
            "rules": [
                {
                    "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                    "backendRefs": [backend],
                }
            ],
        },
    }
