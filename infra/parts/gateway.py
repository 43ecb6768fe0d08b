"""The front door: Envoy Gateway, Envoy AI Gateway as its extension, and the one Gateway.

Values as in gateway-helm v1.8.1 and ai-gateway-helm v1.0.0; what the AI gateway asks of Envoy
Gateway is its own `manifests/envoy-gateway-values.yaml`, without the kinds `Backend` and
EnvoyPatchPolicy, which would let a route lead anywhere.

gateway-helm carries Gateway API v1.5.1 (experimental channel, a superset of the standard one, with
ListenerSet v1) and Envoy Gateway's own kinds in its `crds/`. No other chart of the platform has
them. Helm installs such a folder once and never changes it: an upgrade applies it by hand first.
"""

from typing import Final

from catalog import pins
from catalog.objects import Object
from infra.parts.common import (
    CONTAINER_SECURITY,
    POD_SECURITY,
    SYSTEM,
    disruption_budgets,
    replicas,
    resources,
    spread,
)
from infra.parts.door_policies import door_policies
from infra.parts.gateway_objects import CONTROLLER, gateway_objects
from infra.parts.mirror import mirrored, registry
from infra.parts.part import Context, Fact, Late, Part, Release, Values
from infra.parts.target_groups import target_group_bindings

AI_NAMESPACE: Final = "envoy-ai-gateway-system"
AI_SERVICE: Final = "ai-gateway-controller"
AI_PORT: Final = 1063
MESSAGE_BYTES: Final = 64 << 20
"""Envoy Gateway hands all it has translated to the extension at once; gRPC stops at 4 MiB, which
is some thousand endpoints."""

RATE_LIMIT_PORT: Final = 6379
EG_LABELS: Final = {"control-plane": "envoy-gateway"}
AI_LABELS: Final = {"app.kubernetes.io/name": "ai-gateway-helm"}
RATE_LIMIT_LABELS: Final = {
    "app.kubernetes.io/component": "ratelimit",
    "app.kubernetes.io/managed-by": "envoy-gateway",
}


def part(context: Context) -> Part:
    """The charts, then the Gateway, then what guards it, then its way to the load balancer."""
    door = context.settings.environment.gateway.namespace
    return Part(
        name="gateway",
        after=("istio", "node-pools", "load-balancer-controller", "cert-manager"),
        releases=(
            Release(
                name="ai-gateway-crds",
                chart="ai-gateway-crds-helm",
                namespace=AI_NAMESPACE,
                values={},
                holds_crds=True,
            ),
            Release(
                name="envoy-gateway", chart="gateway-helm", namespace=door, values=_envoy(context)
            ),
            Release(
                name="ai-gateway",
                chart="ai-gateway-helm",
                namespace=AI_NAMESPACE,
                values=_ai(context, door),
            ),
        ),
        objects=(
            *disruption_budgets(
                context, door, {"envoy-gateway": EG_LABELS, "envoy-ratelimit": RATE_LIMIT_LABELS}
            ),
            *disruption_budgets(context, AI_NAMESPACE, {AI_SERVICE: AI_LABELS}),
            *gateway_objects(context),
            *door_policies(context),
            *target_group_bindings(context),
        ),
    )


def _envoy(context: Context) -> Values:
    return {
        "global": {"imageRegistry": registry(context, pins.DOCKER_HUB)},
        # It tells proxies their zone, which no policy of ours looks at.
        "topologyInjector": {"enabled": False},
        "deployment": {
            "replicas": replicas(context),
            "envoyGateway": {"resources": resources("100m", "512Mi", "2048Mi")},
            "pod": {"nodeSelector": dict(SYSTEM), "topologySpreadConstraints": spread(EG_LABELS)},
            "priorityClassName": "system-cluster-critical",
        },
        "certgen": {
            "job": {"resources": resources("50m", "128Mi"), "nodeSelector": dict(SYSTEM)},
        },
        "config": {
            "envoyGateway": {
                "gateway": {"controllerName": CONTROLLER},
                "extensionApis": {"enableBackend": False, "enableEnvoyPatchPolicy": False},
                "extensionManager": _extension(),
                "provider": {
                    "type": "Kubernetes",
                    "kubernetes": {"rateLimitDeployment": _rate_limit_deployment(context)},
                },
                "rateLimit": {
                    "backend": {
                        "type": "Redis",
                        "redis": {
                            "url": Late(Fact.RATE_LIMIT_HOST, f"{{}}:{RATE_LIMIT_PORT}"),
                            # The store's certificate is Amazon's own, which the image trusts.
                            "tls": {},
                        },
                    },
                    # A store that is away must not take the door with it.
                    "failClosed": False,
                },
            }
        },
    }


def _extension() -> Object:
    """No route depends on the extension yet, so without it routes go on as they are."""
    return {
        "failOpen": True,
        "maxMessageSize": str(MESSAGE_BYTES),
        "hooks": {
            "xdsTranslator": {
                "translation": {
                    "listener": {"includeAll": True},
                    "route": {"includeAll": True},
                    "cluster": {"includeAll": True},
                    "secret": {"includeAll": True},
                },
                "post": ["Translation", "Cluster", "Route"],
            }
        },
        "service": {
            "fqdn": {
                "hostname": f"{AI_SERVICE}.{AI_NAMESPACE}.svc.cluster.local",
                "port": AI_PORT,
            }
        },
    }


def _rate_limit_deployment(context: Context) -> Object:
    return {
        "replicas": replicas(context),
        "pod": {
            "nodeSelector": dict(SYSTEM),
            "topologySpreadConstraints": spread(RATE_LIMIT_LABELS),
        },
        "container": {"resources": resources("100m", "128Mi", "256Mi")},
    }


def _ai(context: Context, door: str) -> Values:
    return {
        "envoyGateway": {"namespace": door},
        "extProc": {
            "image": {"repository": mirrored(context, "ai-gateway-extproc")},
        },
        "controller": {
            "image": {"repository": mirrored(context, "ai-gateway-controller")},
            "replicaCount": replicas(context),
            "maxRecvMsgSize": str(MESSAGE_BYTES),
            "resources": resources("50m", "128Mi", "512Mi"),
            "podSecurityContext": dict(POD_SECURITY),
            "securityContext": dict(CONTAINER_SECURITY),
            "nodeSelector": dict(SYSTEM),
            # The chart's own certificate lasts a year and is never renewed.
            "mutatingWebhook": {
                "certManager": {"enable": True},
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": door}},
            },
        },
    }
