"""The front door of a tenant and of each endpoint.

Listener, certificate, route, who may call, how much and how long.

Shapes as the CRDs of Gateway API and Envoy Gateway leave them after defaulting, so that a later
diff is empty; decisions and their sources are in `docs/decisions/front-door.md`.
"""

from collections.abc import Iterator, Sequence

from catalog.duration import gateway_duration
from catalog.endpoint import Endpoint, Tenant
from catalog.environment import Environment
from catalog.objects import Object
from catalog.render.common import (
    ENVOY_GATEWAY_API,
    GATEWAY_API,
    KNATIVE_NAMESPACE,
    LISTENER,
    LISTENER_SET,
    PREFIX,
    endpoint_labels,
    metadata,
    tenant_labels,
)

CALLER_HEADER = "x-slipway-caller"
"""The JWT subject, set by the front door and the key of the rate limit; a client cannot set it,
because Envoy overwrites it from the verified token."""

GRPC_METHODS = (
    "ModelInfer",
    "ModelMetadata",
    "ModelReady",
    "ModelStreamInfer",
    "ServerLive",
    "ServerMetadata",
    "ServerReady",
)
"""Open Inference Protocol v2 over gRPC, without RepositoryModelLoad and -Unload."""

OPENAI_PATHS = (
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/responses",
)
"""The OpenAI paths that serve; administrative ones below /v1 stay closed."""

LLM_WORKLOAD_PORT = 8000
GRPC_PORT = 9000
CONNECT_TIMEOUT = "5s"
BREAKER = 1024


def tenant_door(tenant: Tenant, env: Environment) -> list[Object]:
    """One listener and one wildcard certificate per tenant, and the grant to reach Kourier."""
    labels = tenant_labels(tenant)
    wildcard = f"*.{tenant.namespace}.{env.models_domain}"
    return [
        _certificate(tenant, env, labels, wildcard),
        _listener_set(tenant, env, labels, wildcard),
        _reference_grant(tenant, labels),
    ]


def endpoint_door(endpoint: Endpoint, tenant: Tenant, env: Environment) -> list[Object]:
    """Route, access and traffic policy of one endpoint."""
    labels = endpoint_labels(endpoint, tenant)
    return [
        _route(endpoint, labels),
        _access(endpoint, tenant, env, labels),
        _traffic(endpoint, labels),
    ]


def _certificate(tenant: Tenant, env: Environment, labels: dict[str, str], wildcard: str) -> Object:
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": metadata(LISTENER_SET, tenant.namespace, labels),
        "spec": {
            "secretName": f"{LISTENER_SET}-tls",
            "dnsNames": [wildcard],
            "issuerRef": {
                "group": "cert-manager.io",
                "kind": "ClusterIssuer",
                "name": env.certificate_issuer,
            },
            "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
            "usages": ["digital signature", "server auth"],
        },
    }


def _listener_set(
    tenant: Tenant, env: Environment, labels: dict[str, str], wildcard: str
) -> Object:
    return {
        "apiVersion": f"{GATEWAY_API}/v1",
        "kind": "ListenerSet",
        "metadata": metadata(LISTENER_SET, tenant.namespace, labels),
        "spec": {
            "parentRef": {
                "group": GATEWAY_API,
                "kind": "Gateway",
                "name": env.gateway.name,
                "namespace": env.gateway.namespace,
            },
            "listeners": [
                {
                    "name": LISTENER,
                    "hostname": wildcard,
                    "port": 443,
                    "protocol": "HTTPS",
                    "tls": {
                        "mode": "Terminate",
                        "certificateRefs": [
                            {"group": "", "kind": "Secret", "name": f"{LISTENER_SET}-tls"}
                        ],
                    },
                    "allowedRoutes": {
                        "kinds": [{"group": GATEWAY_API, "kind": "HTTPRoute"}],
                        "namespaces": {"from": "Same"},
                    },
                }
            ],
        },
    }


def _reference_grant(tenant: Tenant, labels: dict[str, str]) -> Object:
    return {
        "apiVersion": f"{GATEWAY_API}/v1",
        "kind": "ReferenceGrant",
        "metadata": metadata(tenant.namespace, KNATIVE_NAMESPACE, labels),
        "spec": {
            "from": [{"group": GATEWAY_API, "kind": "HTTPRoute", "namespace": tenant.namespace}],
            "to": [{"group": "", "kind": "Service", "name": "kourier-internal"}],
        },
    }


def _route(endpoint: Endpoint, labels: dict[str, str]) -> Object:
    return {
        "apiVersion": f"{GATEWAY_API}/v1",
        "kind": "HTTPRoute",
        "metadata": metadata(endpoint.name, endpoint.namespace, labels, _about(endpoint)),
        "spec": {
            "hostnames": [endpoint.host],
            "parentRefs": [
                {
                    "group": GATEWAY_API,
                    "kind": "ListenerSet",
                    "name": LISTENER_SET,
                    "sectionName": LISTENER,
                }
            ],
            "rules": list(_rules(endpoint)),
        },
    }


def _about(endpoint: Endpoint) -> dict[str, str]:
    """What people want to know.

    It stands on the route, because an annotation on the workload would roll a new revision
    whenever it changes.
    """
    about = {f"{PREFIX}/owner": endpoint.owner}
    if endpoint.description:
        about[f"{PREFIX}/description"] = endpoint.description
    if endpoint.model is not None:
        about[f"{PREFIX}/model"] = endpoint.model.source
    lineage = endpoint.lineage
    for key in ("commit", "data", "run"):
        value = getattr(lineage, key, None)
        if value:
            about[f"{PREFIX}/lineage-{key}"] = value
    return dict(sorted(about.items()))


def _rules(endpoint: Endpoint) -> Iterator[Object]:
    """What serves comes first: the door's metrics count rules by their index."""
    if endpoint.protocol in {"rest", "both"}:
        yield _rule("predict", list(_rest_paths(endpoint)), endpoint, 80)
    if endpoint.protocol in {"grpc", "both"}:
        paths = [_exact(f"/inference.GRPCInferenceService/{method}") for method in GRPC_METHODS]
        port = GRPC_PORT if endpoint.protocol == "both" else 80
        yield _rule("grpc", paths, endpoint, port)
    if endpoint.explainer is not None:
        path = {"type": "Exact", "value": f"/v1/models/{endpoint.name}:explain"}
        yield {
            "name": "explain",
            "matches": [{"path": path, "method": "POST"}],
            "filters": [_forget_token()],
            "backendRefs": [_backend(f"{endpoint.name}-explainer", 80)],
        }


def _rest_paths(endpoint: Endpoint) -> Iterator[Object]:
    if endpoint.kind == "graph":
        yield _exact("/")
        return
    if endpoint.kind == "llm" or endpoint.framework in {"vllm", "huggingface"}:
        yield from (_exact(path) for path in OPENAI_PATHS)
        yield _prefix("/v1/models")
    if endpoint.framework != "vllm":
        yield _exact("/v2")
        yield _prefix("/v2/health")
        yield _prefix(f"/v2/models/{endpoint.name}")


def _exact(path: str) -> Object:
    return {"path": {"type": "Exact", "value": path}}


def _prefix(path: str) -> Object:
    return {"path": {"type": "PathPrefix", "value": path}}


def _rule(name: str, matches: Sequence[Object], endpoint: Endpoint, port: int) -> Object:
    filters = [] if endpoint.kind == "graph" else [_forget_token()]
    if endpoint.kind == "llm":
        backend = _backend(f"{endpoint.name}-kserve-workload-svc", LLM_WORKLOAD_PORT)
    elif endpoint.serving == "standard":
        backend = _backend(f"{endpoint.name}-predictor", port)
    else:
        service = endpoint.name if endpoint.kind == "graph" else f"{endpoint.name}-predictor"
        host = f"{service}.{endpoint.namespace}.svc.cluster.local"
        filters.append({"type": "URLRewrite", "urlRewrite": {"hostname": host}})
        backend = _backend("kourier-internal", 80, KNATIVE_NAMESPACE)
    return {"name": name, "matches": matches, "filters": filters, "backendRefs": [backend]}


def _forget_token() -> Object:
    """The model never sees the caller's token; a graph needs it to call its members with."""
    return {
        "type": "RequestHeaderModifier",
        "requestHeaderModifier": {"remove": ["authorization"]},
    }


def _backend(service: str, port: int, namespace: str | None = None) -> Object:
    backend: Object = {"group": "", "kind": "Service", "name": service}
    if namespace is not None:
        backend["namespace"] = namespace
    return {**backend, "port": port, "weight": 1}


def _target(endpoint: Endpoint) -> list[Object]:
    return [{"group": GATEWAY_API, "kind": "HTTPRoute", "name": endpoint.name}]


def _access(endpoint: Endpoint, tenant: Tenant, env: Environment, labels: dict[str, str]) -> Object:
    identity = env.identity
    providers = [_provider("stack", identity.issuer, identity.jwks, env)]
    if tenant.issuer is not None:
        jwks = f"{tenant.issuer.rstrip('/')}/.well-known/jwks.json"
        providers.append(_provider("team", tenant.issuer, jwks, env))
    rules = [
        rule
        for provider in providers
        for rule in _allowed(endpoint, provider["name"], identity.team_claim)
    ]
    return {
        "apiVersion": ENVOY_GATEWAY_API,
        "kind": "SecurityPolicy",
        "metadata": metadata(endpoint.name, endpoint.namespace, labels),
        "spec": {
            "targetRefs": _target(endpoint),
            "jwt": {"providers": providers},
            "authorization": {"defaultAction": "Deny", "rules": rules},
        },
    }


def _provider(name: str, issuer: str, jwks: str, env: Environment) -> Object:
    return {
        "name": name,
        "issuer": issuer,
        "audiences": [env.identity.audience],
        "remoteJWKS": {"uri": jwks, "cacheDuration": "300s"},
        "claimToHeaders": [{"claim": "sub", "header": CALLER_HEADER}],
    }


def _allowed(endpoint: Endpoint, provider: str, team_claim: str) -> Iterator[Object]:
    """A team's own issuer vouches for that team alone, whatever its tokens say of others."""
    teams = endpoint.teams if provider == "stack" else (endpoint.team,)
    yield _allow(f"{provider}-teams", provider, team_claim, "StringArray", teams)
    if endpoint.clients and provider == "stack":
        yield _allow(f"{provider}-clients", provider, "sub", "String", endpoint.clients)


def _allow(name: str, provider: str, claim: str, kind: str, values: Sequence[str]) -> Object:
    claims = [{"name": claim, "valueType": kind, "values": list(values)}]
    principal = {"jwt": {"provider": provider, "claims": claims}}
    return {"name": name, "action": "Allow", "principal": principal}


def _traffic(endpoint: Endpoint, labels: dict[str, str]) -> Object:
    timeout = gateway_duration(endpoint.timeout)
    spec: Object = {
        "targetRefs": _target(endpoint),
        "timeout": {
            "tcp": {"connectTimeout": CONNECT_TIMEOUT},
            "http": {"requestTimeout": timeout, "streamIdleTimeout": timeout},
        },
    }
    if endpoint.serving == "standard":
        spec["loadBalancer"] = {"type": "LeastRequest", "slowStart": {"window": "30s"}}
        spec["healthCheck"] = {"passive": _outlier_detection()}
    spec["retry"] = _retry()
    spec["circuitBreaker"] = _circuit_breaker()
    spec["rateLimit"] = _rate_limit(endpoint.requests_per_minute)
    if endpoint.protocol == "grpc" and endpoint.serving == "knative":
        spec["useClientProtocol"] = True
    return {
        "apiVersion": ENVOY_GATEWAY_API,
        "kind": "BackendTrafficPolicy",
        "metadata": metadata(endpoint.name, endpoint.namespace, labels),
        "spec": spec,
    }


def _outlier_detection() -> Object:
    """In standard mode only: behind Kourier it would eject Kourier itself."""
    return {
        "alwaysEjectOneEndpoint": False,
        "baseEjectionTime": "30s",
        "consecutive5XxErrors": 5,
        "consecutiveGatewayErrors": 5,
        "consecutiveLocalOriginFailures": 5,
        "interval": "3s",
        "maxEjectionPercent": 50,
        "splitExternalLocalOriginErrors": True,
    }


def _retry() -> Object:
    return {
        "numRetries": 2,
        "perRetry": {"backOff": {"baseInterval": "100ms", "maxInterval": "1s"}},
        "retryOn": {
            "triggers": [
                "connect-failure",
                "refused-stream",
                "reset-before-request",
                "retriable-status-codes",
            ],
            "httpStatusCodes": [503],
        },
    }


def _circuit_breaker() -> Object:
    """Retries are at most a fifth of the requests in flight, so that they never feed a storm."""
    return {
        "maxConnections": BREAKER,
        "maxPendingRequests": BREAKER,
        "maxParallelRequests": BREAKER,
        "maxParallelRetries": BREAKER,
        "retryBudget": {
            "percent": {"numerator": 20, "denominator": 100},
            "minRetryConcurrency": 3,
        },
    }


def _rate_limit(per_minute: int) -> Object:
    """Each caller has a bucket of its own: the rule counts distinct values of the caller header."""
    caller = {"name": CALLER_HEADER, "type": "Distinct", "invert": False}
    return {
        "type": "Global",
        "global": {
            "rules": [
                {
                    "clientSelectors": [{"headers": [caller]}],
                    "limit": {"requests": per_minute, "unit": "Minute"},
                }
            ]
        },
    }
