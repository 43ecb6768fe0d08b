"""What `https://api.{domain}/` tells a client: where endpoints are, what they speak, which token.

The door answers by itself, so nothing has to run. A part of stacks with the layer `edge` alone,
which has the host's record. Shapes as in Envoy Gateway v1.8.1 (`HTTPRouteFilter`).
"""

import json
from typing import Final

from catalog.environment import Environment
from catalog.objects import Object
from catalog.render.common import ENVOY_GATEWAY_API, GATEWAY_API
from catalog.render.door import GRPC_METHODS, OPENAI_PATHS
from infra.edge_rules import API
from infra.parts.common import metadata
from infra.parts.console_hosts import certificate, host_of
from infra.parts.part import Context, Part

GRPC_SERVICE: Final = "/inference.GRPCInferenceService"
V2_PATHS: Final = (
    "/v2",
    "/v2/health/live",
    "/v2/health/ready",
    "/v2/models/{name}",
    "/v2/models/{name}/infer",
    "/v2/models/{name}/ready",
)
"""Open Inference Protocol v2 over REST, without the paths that name a model's version."""

ANYONE: Final = ("0.0.0.0/0", "::/0")


def part(context: Context) -> Part:
    """Certificate, answer, policy and route; ValueError without the layer `edge`."""
    env = context.settings.environment
    if not context.settings.has("edge"):
        raise ValueError(f"stack {env.stack} holds no layer `edge`, so it has no host {API}")
    objects = (certificate(API, context), _answer(env), _policy(env), _route(context))
    return Part(name="api", after=("cert-manager", "gateway"), objects=objects)


def document(env: Environment) -> Object:
    """How to call the endpoints of a stack. A team whose identity is its own has another issuer."""
    return {
        "endpoints": f"https://{{name}}.{{namespace}}.{env.models_domain}",
        "protocols": [
            {"name": "open-inference-v2", "paths": list(V2_PATHS)},
            {
                "name": "open-inference-v2-grpc",
                "paths": [f"{GRPC_SERVICE}/{method}" for method in GRPC_METHODS],
            },
            {"name": "openai", "paths": [*OPENAI_PATHS, "/v1/models"]},
        ],
        "identity": {
            "issuer": env.identity.issuer,
            "audience": env.identity.audience,
            "team_claim": env.identity.team_claim,
        },
    }


def _answer(env: Environment) -> Object:
    """Envoy reads `%` in a body as the start of a command, so JSON escapes it."""
    body = json.dumps(document(env), indent=2).replace("%", "\\u0025")
    return {
        "apiVersion": ENVOY_GATEWAY_API,
        "kind": "HTTPRouteFilter",
        "metadata": metadata(API, env.gateway.namespace),
        "spec": {
            "directResponse": {
                "contentType": "application/json",
                "statusCode": 200,
                "body": {"type": "Inline", "inline": f"{body}\n"},
            }
        },
    }


def _policy(env: Environment) -> Object:
    """Open by a rule of its own: what the rule does not name stays denied."""
    anyone = {
        "name": "anyone-reads",
        "action": "Allow",
        "operation": {"methods": ["GET"]},
        "principal": {"clientCIDRs": list(ANYONE)},
    }
    return {
        "apiVersion": ENVOY_GATEWAY_API,
        "kind": "SecurityPolicy",
        "metadata": metadata(API, env.gateway.namespace),
        "spec": {
            "targetRefs": [{"group": GATEWAY_API, "kind": "HTTPRoute", "name": API}],
            "authorization": {"defaultAction": "Deny", "rules": [anyone]},
        },
    }


def _route(context: Context) -> Object:
    """No other path and no other method has a route: the door answers 404."""
    gateway = context.settings.environment.gateway
    answer = {
        "type": "ExtensionRef",
        "extensionRef": {
            "group": ENVOY_GATEWAY_API.partition("/")[0],
            "kind": "HTTPRouteFilter",
            "name": API,
        },
    }
    parent = {"group": GATEWAY_API, "kind": "Gateway", "name": gateway.name, "sectionName": API}
    return {
        "apiVersion": f"{GATEWAY_API}/v1",
        "kind": "HTTPRoute",
        "metadata": metadata(API, gateway.namespace),
        "spec": {
            "hostnames": [host_of(API, context)],
            "parentRefs": [parent],
            "rules": [
                {
                    "matches": [{"path": {"type": "Exact", "value": "/"}, "method": "GET"}],
                    "filters": [answer],
                }
            ],
        },
    }
