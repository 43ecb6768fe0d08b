"""What holds for every request at the door, unless a route's own policy replaces it."""

from typing import Final

from catalog.objects import Object
from catalog.render.common import ENVOY_GATEWAY_API, GATEWAY_API
from catalog.render.door import CALLER_HEADER, CONNECT_TIMEOUT
from infra.parts.common import metadata
from infra.parts.part import Context

IDLE: Final = "300s"
"""An idle connection ends here and not in the load balancer, which drops its flow without a word to
either side, though much later (`components/load_balancer.py`)."""

INTERNAL_HEADERS: Final = (
    "knative-serving-namespace",
    "knative-serving-revision",
    CALLER_HEADER,
)
"""What the platform says to itself; no client may say it."""


def door_policies(context: Context) -> tuple[Object, ...]:
    """A route without a SecurityPolicy of its own is closed; the redirect is open to all."""
    gateway = context.settings.environment.gateway
    whole = _target("Gateway", gateway.name)
    return (
        _policy(
            context,
            "SecurityPolicy",
            "default-deny",
            {"targetRefs": whole, "authorization": {"defaultAction": "Deny"}},
        ),
        _policy(
            context,
            "SecurityPolicy",
            "https-redirect",
            {
                "targetRefs": _target("HTTPRoute", "https-redirect"),
                "authorization": {"defaultAction": "Allow"},
            },
        ),
        _policy(
            context,
            "ClientTrafficPolicy",
            gateway.name,
            {"targetRefs": whole, **_client(context)},
        ),
        _policy(
            context,
            "BackendTrafficPolicy",
            gateway.name,
            {
                "targetRefs": whole,
                "timeout": {
                    "tcp": {"connectTimeout": CONNECT_TIMEOUT},
                    "http": {"requestTimeout": IDLE, "streamIdleTimeout": IDLE},
                },
            },
        ),
    )


def _target(kind: str, name: str) -> list[Object]:
    return [{"group": GATEWAY_API, "kind": kind, "name": name}]


def _policy(context: Context, kind: str, name: str, spec: Object) -> Object:
    return {
        "apiVersion": ENVOY_GATEWAY_API,
        "kind": kind,
        "metadata": metadata(name, context.settings.environment.gateway.namespace),
        "spec": spec,
    }


def _client(context: Context) -> Object:
    """No deadline for receiving a whole request: it would end a gRPC stream.

    The load balancer keeps the client's address; Cloudflare's proxy puts it last in
    X-Forwarded-For.
    """
    client_address: Object = {}
    if context.settings.environment.edge.proxied:
        client_address = {"clientIPDetection": {"xForwardedFor": {"numTrustedHops": 1}}}
    return {
        **client_address,
        "tls": {"minVersion": "1.2", "alpnProtocols": ["h2", "http/1.1"]},
        # As the routes' path rules assume it (docs/decisions/front-door.md).
        "path": {"escapedSlashesAction": "UnescapeAndRedirect", "disableMergeSlashes": False},
        "headers": {
            "withUnderscoresAction": "RejectRequest",
            "xForwardedClientCert": {"mode": "Sanitize"},
            "earlyRequestHeaders": {"remove": sorted(INTERNAL_HEADERS)},
        },
        "timeout": {"http": {"idleTimeout": IDLE}},
        # A quiet stream stays alive in the load balancer.
        "tcpKeepalive": {"probes": 3, "idleTime": "60s", "interval": "60s"},
        "connection": {"connectionLimit": {"value": 10_000}},
        "http2": {"maxConcurrentStreams": 100},
    }
