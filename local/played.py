"""What answers for the pods that KWOK plays, where a real ingress asks them.

Kourier and the activator ask each pod's queue-proxy before they send anything to it (knative.dev/
networking `pkg/http/probe`, knative.dev/serving `pkg/queue/health`). Addresses of played pods are
the machine's own, so one Envoy in the machine's network answers for all of them: probes as a
queue-proxy does, and everything else by saying that nobody runs this model here.
"""

import json
from typing import Any, Final

from catalog.objects import Object
from local.network import NODE

_NAME: Final = "played-pods"
_NAMESPACE: Final = "kube-system"
_LABELS: Final = {"app.kubernetes.io/name": _NAME}
_PORTS: Final = (8012, 8013)
"""Of queue-proxies, for HTTP/1.1 and for HTTP/2 (knative.dev/networking `pkg/http/const.go`)."""
_QUIET: Final = ("--concurrency", "1", "--log-level", "warn")
_SAID: Final = (
    "Nobody runs this model on this machine: it asks for a GPU, or for an image or an artifact "
    "that is not here."
)


def objects(image: str) -> list[Object]:
    """Its configuration and its pod. `image` has Envoy."""
    about = {"name": _NAME, "namespace": _NAMESPACE}
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": about,
            "data": {"envoy.json": json.dumps(_configuration())},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": about,
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": dict(_LABELS)},
                "template": {"metadata": {"labels": dict(_LABELS)}, "spec": _pod(image)},
            },
        },
    ]


def _pod(image: str) -> Object:
    return {
        "hostNetwork": True,
        "automountServiceAccountToken": False,
        "containers": [
            {
                "name": "envoy",
                "image": image,
                "args": ["-c", "/etc/envoy/envoy.json", *_QUIET],
                "resources": {"requests": {"cpu": "10m", "memory": "32Mi"},
                              "limits": {"memory": "128Mi"}},
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "readOnlyRootFilesystem": True,
                    "runAsNonRoot": True,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "volumeMounts": [{"name": "config", "mountPath": "/etc/envoy"}],
            }
        ],
        "volumes": [{"name": "config", "configMap": {"name": _NAME}}],
    }  # fmt: skip


def _configuration() -> Any:
    """As in https://www.envoyproxy.io/docs/envoy/v1.38.1/api-v3/config/bootstrap/v3/."""
    return {
        "node": {"id": NODE, "cluster": _NAME},
        "static_resources": {"listeners": [_listener(port) for port in _PORTS]},
    }


def _listener(port: int) -> Any:
    types = "type.googleapis.com/envoy.extensions.filters"
    manager = {
        "@type": f"{types}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": _NAME,
        "codec_type": "AUTO",
        "http2_protocol_options": {},
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": _routes()}]},
        "http_filters": [
            {"name": "router", "typed_config": {"@type": f"{types}.http.router.v3.Router"}}
        ],
    }
    return {
        "name": f"queue-proxies-{port}",
        "address": {"socket_address": {"address": "0.0.0.0", "port_value": port}},  # noqa: S104
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }


def _routes() -> list[Any]:
    probed = {"append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
              "header": {"key": "K-Network-Hash", "value": "%REQ(K-Network-Hash)%"}}  # fmt: skip
    return [
        _route("probe", {"status": 200}) | {"response_headers_to_add": [probed]},
        _route("queue", {"status": 200, "body": {"inline_string": "queue"}}),
        {
            "match": {"prefix": "/"},
            "direct_response": {
                "status": 503,
                "body": {"inline_string": json.dumps({"error": _SAID})},
            },
        },
    ]


def _route(value: str, answer: Any) -> Any:
    header = {"name": "K-Network-Probe", "string_match": {"exact": value}}
    return {"match": {"prefix": "/", "headers": [header]}, "direct_response": answer}
