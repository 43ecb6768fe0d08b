"""The Gateway and the Envoys that serve it."""

from collections.abc import Iterator
from typing import Final

from catalog.objects import Object
from catalog.render.common import ENVOY_GATEWAY_API, GATEWAY_API
from catalog.render.network import GATEWAY_ACCOUNT
from infra.edge_rules import API
from infra.parts.common import SYSTEM, metadata, replicas, resources, spread
from infra.parts.console_hosts import HOSTS, host_of, tls_secret
from infra.parts.mesh import DOOR_LABELS, TENANT_LABEL
from infra.parts.mirror import mirrored
from infra.parts.part import Context
from infra.parts.tracing import COLLECTOR_HOST, OTLP_GRPC, SAMPLED_PERCENT

CONTROLLER: Final = "gateway.envoyproxy.io/gatewayclass-controller"
HTTP_LISTENER: Final = "http"

DRAIN: Final = "300s"
"""How long a leaving proxy lets requests end; the pod's grace period is five minutes more."""
DEREGISTRATION: Final = "150s"
"""How long it goes on accepting, until the load balancer no longer sends to it: a network load
balancer takes two minutes, whatever the target group's delay says (measured in
kubernetes-sigs/aws-load-balancer-controller#2366 and aws/containers-roadmap#470)."""
REGISTRATION_SECONDS: Final = 180
"""How long a rollout waits after a new proxy is ready: a target takes up to three minutes to be
used, and without the wait all proxies could be replaced before any is (LBC `docs/deploy/
pod_readiness_gate.md`). A readiness gate would wait for port 443 too, which nothing opens before
the first certificate is there."""

ACCESS_LOG: Final = {
    "authority": "%REQ(:AUTHORITY)%",
    "bytes_received": "%BYTES_RECEIVED%",
    "bytes_sent": "%BYTES_SENT%",
    "caller": "%REQ(X-SLIPWAY-CALLER)%",
    "client": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    "duration_ms": "%DURATION%",
    "flags": "%RESPONSE_FLAGS%",
    "grpc_status": "%GRPC_STATUS%",
    "method": "%REQ(:METHOD)%",
    "path": "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH):256%",
    "protocol": "%PROTOCOL%",
    "reason": "%RESPONSE_CODE_DETAILS%",
    "request_id": "%REQ(X-REQUEST-ID)%",
    "route": "%ROUTE_NAME%",
    "start_time": "%START_TIME%",
    "status": "%RESPONSE_CODE%",
    "traceparent": "%REQ(TRACEPARENT)%",
    "upstream_cluster": "%UPSTREAM_CLUSTER%",
    "upstream_host": "%UPSTREAM_HOST%",
}
"""Never a header that holds a token."""


def gateway_objects(context: Context) -> tuple[Object, ...]:
    """EnvoyProxy and GatewayClass, the Gateway, and the redirect of plain HTTP."""
    return (_proxy(context), _class(context), _gateway(context), _redirect(context))


def _gateway_metadata(context: Context, name: str | None = None) -> Object:
    gateway = context.settings.environment.gateway
    return metadata(name or gateway.name, gateway.namespace)


def _class(context: Context) -> Object:
    gateway = context.settings.environment.gateway
    return {
        "apiVersion": f"{GATEWAY_API}/v1",
        "kind": "GatewayClass",
        "metadata": metadata(gateway.name),
        "spec": {
            "controllerName": CONTROLLER,
            "parametersRef": {
                "group": "gateway.envoyproxy.io",
                "kind": "EnvoyProxy",
                "name": gateway.name,
                "namespace": gateway.namespace,
            },
        },
    }


def _gateway(context: Context) -> Object:
    """Tenants bring their own listeners.

    The Gateway's own have a hostname wherever they speak TLS: one without would overlap every
    tenant's, and Envoy Gateway turns HTTP/2 off for those that overlap.
    """
    return {
        "apiVersion": f"{GATEWAY_API}/v1",
        "kind": "Gateway",
        "metadata": _gateway_metadata(context),
        "spec": {
            "gatewayClassName": context.settings.environment.gateway.name,
            "allowedListeners": {
                "namespaces": {
                    "from": "Selector",
                    "selector": {"matchLabels": {TENANT_LABEL: "true"}},
                }
            },
            "listeners": [
                {
                    "name": HTTP_LISTENER,
                    "port": 80,
                    "protocol": "HTTP",
                    "allowedRoutes": {"namespaces": {"from": "Same"}},
                },
                *_own_listeners(context),
            ],
        },
    }


def _own_listeners(context: Context) -> Iterator[Object]:
    """One for each host of the platform's own, which only the layer `edge` gives a record."""
    if not context.settings.has("edge"):
        return
    for name in (API, *(host.name for host in HOSTS)):
        yield {
            "name": name,
            "hostname": host_of(name, context),
            "port": 443,
            "protocol": "HTTPS",
            "tls": {
                "mode": "Terminate",
                "certificateRefs": [{"group": "", "kind": "Secret", "name": tls_secret(name)}],
            },
            "allowedRoutes": {
                "kinds": [{"group": GATEWAY_API, "kind": "HTTPRoute"}],
                "namespaces": {"from": "Same"},
            },
        }


def _redirect(context: Context) -> Object:
    name = context.settings.environment.gateway.name
    return {
        "apiVersion": f"{GATEWAY_API}/v1",
        "kind": "HTTPRoute",
        "metadata": _gateway_metadata(context, "https-redirect"),
        "spec": {
            "parentRefs": [
                {
                    "group": GATEWAY_API,
                    "kind": "Gateway",
                    "name": name,
                    "sectionName": HTTP_LISTENER,
                }
            ],
            "rules": [
                {
                    "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                    "filters": [
                        {
                            "type": "RequestRedirect",
                            "requestRedirect": {"scheme": "https", "statusCode": 301},
                        }
                    ],
                }
            ],
        },
    }


def _proxy(context: Context) -> Object:
    """Names are chosen, because tenants' policies and the load balancer name them.

    The Service is no LoadBalancer: the balancer is made beside the cluster, and outlives what is
    behind it.
    """
    return {
        "apiVersion": ENVOY_GATEWAY_API,
        "kind": "EnvoyProxy",
        "metadata": _gateway_metadata(context),
        "spec": {
            "logging": {"level": {"default": "warn"}},
            "shutdown": {"drainTimeout": DRAIN, "minDrainDuration": DEREGISTRATION},
            "telemetry": _telemetry(),
            "provider": {
                "type": "Kubernetes",
                "kubernetes": {
                    "envoyDeployment": _deployment(context),
                    "envoyService": {"name": GATEWAY_ACCOUNT, "type": "ClusterIP"},
                    "envoyServiceAccount": {"name": GATEWAY_ACCOUNT},
                    **_scaling(context),
                },
            },
        },
    }


def _deployment(context: Context) -> Object:
    """`patch` reaches what the kind has no field for, the container beside Envoy among it."""
    shutdown = {"name": "shutdown-manager", "resources": resources("10m", "32Mi", "64Mi")}
    fixed = {"replicas": 1} if replicas(context) == 1 else {}
    return {
        "name": GATEWAY_ACCOUNT,
        **fixed,
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
        },
        "container": {
            "imageRepository": mirrored(context, "envoy"),
            "resources": resources("500m", "512Mi", "2048Mi"),
        },
        "pod": {
            "nodeSelector": dict(SYSTEM),
            "priorityClassName": "system-cluster-critical",
            "topologySpreadConstraints": spread(DOOR_LABELS),
        },
        "patch": {
            "type": "StrategicMerge",
            "value": {
                "spec": {
                    **_registration(context),
                    "template": {"spec": {"containers": [shutdown]}},
                }
            },
        },
    }


def _registration(context: Context) -> Object:
    """A machine of its own has no load balancer that would have to learn of a proxy."""
    local = context.settings.environment.cluster == "local"
    return {} if local else {"minReadySeconds": REGISTRATION_SECONDS}


def _scaling(context: Context) -> Object:
    count = replicas(context)
    if count == 1:
        return {}
    cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}
    return {
        "envoyHpa": {
            "minReplicas": count,
            "maxReplicas": 4 * count,
            "metrics": [{"type": "Resource", "resource": cpu}],
        },
        "envoyPDB": {"maxUnavailable": 1},
    }


def _telemetry() -> Object:
    """Statistics of gRPC are what its SLOs are counted from.

    The collector is named by address: a reference to a Service that is not there yet would make
    the whole Gateway invalid.
    """
    return {
        "accessLog": {
            "settings": [
                {
                    "format": {"type": "JSON", "json": dict(ACCESS_LOG)},
                    "sinks": [{"type": "File", "file": {"path": "/dev/stdout"}}],
                }
            ]
        },
        "metrics": {"enableGRPCStats": True, "prometheus": {"disable": False}},
        "tracing": {
            "samplingRate": SAMPLED_PERCENT,
            "provider": {"type": "OpenTelemetry", "host": COLLECTOR_HOST, "port": OTLP_GRPC},
        },
    }
