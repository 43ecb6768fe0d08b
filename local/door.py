"""The front door: Envoy Gateway as its chart leaves it, on the real node.

Values are those of the program (`infra.parts.gateway`). What differs here: the store of the rate
limit is a Redis without TLS beside it, and there is no AI gateway, which answers for LLMs alone.
"""

import copy
from pathlib import Path
from typing import Any, Final

from catalog import pins
from catalog.objects import Object
from infra.parts import gateway
from infra.parts.part import Context
from local import charts, real_node

MODULE: Final = "github.com/envoyproxy/gateway"
_CHART: Final = "charts/gateway-helm"
_RELEASE: Final = "envoy-gateway"
_STORE: Final = "rate-limit-store"
_LABELS: Final = {"app.kubernetes.io/name": _STORE}


def objects(context: Context) -> list[Object]:
    """All of it but the Gateway, which the stack brings."""
    namespace = context.settings.environment.gateway.namespace
    made = charts.objects(MODULE, _CHART, _RELEASE, namespace, _values(context), _arranged)
    return [*made, *_store(namespace)]


def _values(context: Context) -> dict[str, Any]:
    part = gateway.part(context)
    [values] = [release.values for release in part.releases if release.name == _RELEASE]
    told = copy.deepcopy(dict(values))
    config = told["config"]["envoyGateway"]
    config.pop("extensionManager")
    config["rateLimit"]["backend"]["redis"] = {"url": f"{_STORE}:{gateway.RATE_LIMIT_PORT}"}
    return told


def _arranged(chart: Path) -> None:
    """The defaults as a release has them (`tools/make/helm.mk`)."""
    template = chart / "values.tmpl.yaml"
    image = f"docker.io/envoyproxy/gateway:{pins.chart('gateway-helm').version}"
    text = template.read_text("utf-8").replace("${GatewayImage}", image)
    (chart / "values.yaml").write_text(
        text.replace("${GatewayImagePullPolicy}", "IfNotPresent"), "utf-8"
    )


def _store(namespace: str) -> list[Object]:
    about = {"name": _STORE, "namespace": namespace}
    container = {
        "name": "redis",
        "image": real_node.image("redis"),
        # What it counts is of one minute, so nothing is kept.
        "args": ["--save", "", "--appendonly", "no", "--protected-mode", "no"],
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": about,
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": dict(_LABELS)},
                "template": {
                    "metadata": {"labels": dict(_LABELS)},
                    "spec": {"automountServiceAccountToken": False, "containers": [container]},
                },
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": about,
            "spec": {
                "selector": dict(_LABELS),
                "ports": [{"name": "redis", "port": gateway.RATE_LIMIT_PORT}],
            },
        },
    ]
