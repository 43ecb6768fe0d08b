"""KServe as its charts would leave it, with its controllers outside the cluster.

Accounts, rights and webhooks are those of the pinned charts, the ConfigMap is the one that the
program registers in production. What differs here: the controllers are processes of the plane, so
there are no Deployments and Services, and webhooks are called by URL with the plane's authority.
"""

import base64
import copy
from collections.abc import Mapping
from typing import Any, Final

from catalog.objects import Object
from catalog.render.platform import KSERVE_NAMESPACE
from infra.parts import kserve_base
from infra.parts.kserve import LLM_ENVIRONMENT
from infra.parts.part import Context
from local import upstream
from local.network import LOOPBACK
from local.place import Place
from local.process import Process, Ready
from tools.toolchain import binary

MODULE: Final = "github.com/kserve/kserve"
CHARTS: Final = (
    "charts/kserve-resources/files/kserve/resources.yaml",
    "charts/kserve-llmisvc-resources/files/llmisvc/resources.yaml",
    "charts/kserve-localmodel-resources/files/resources.yaml",
)
_KEPT: Final = frozenset(
    {"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "ServiceAccount"}
)

MANAGER, LLM, CACHE = "kserve-manager", "kserve-llmisvc", "kserve-localmodel"
BINARIES: Final = (MANAGER, LLM, CACHE)

_LLM_PORT: Final = 9444
_PORTS: Final = {
    "kserve-webhook-server-service": 9443,
    "llmisvc-webhook-server-service": _LLM_PORT,
    "localmodel-webhook-server-service": 9445,
}
"""Where each process serves its webhooks, by the Service that leads to it in a cluster."""

CONVERTED: Final = frozenset(
    {"llminferenceserviceconfigs.serving.kserve.io", "llminferenceservices.serving.kserve.io"}
)
"""The definitions of which a webhook converts versions into each other."""


_CACHE_ACCOUNT: Final = "localmodel-controller-manager"
_RENAMED: Final = {f"kserve-{_CACHE_ACCOUNT}": _CACHE_ACCOUNT}
"""A certificate's common name takes 64 characters, and `system:serviceaccount:` is in it."""


def core(context: Context) -> list[Object]:
    """Accounts and rights, and the configuration that the controllers read as they start."""
    rights = [_renamed(obj) for obj in upstream.objects(MODULE, *CHARTS) if obj["kind"] in _KEPT]
    config = [obj for obj in kserve_base.part(context).objects if obj["kind"] == "ConfigMap"]
    return [*rights, *config]


def webhooks(authority: str) -> list[Object]:
    """The webhook configurations. `authority` is the certificate that signed for the processes."""
    return [
        _by_url(obj, authority)
        for obj in upstream.objects(MODULE, *CHARTS)
        if obj["kind"].endswith("WebhookConfiguration")
    ]


def conversion(authority: str) -> Object:
    """Of the definitions in `CONVERTED`.

    As in upstream's `config/crd/full/llmisvc/llmisvc_conversion_webhook_patch.yaml`.
    """
    return {
        "strategy": "Webhook",
        "webhook": {
            "clientConfig": _client(_LLM_PORT, "/convert", authority),
            "conversionReviewVersions": ["v1", "v1beta1"],
        },
    }


def processes(place: Place) -> dict[str, Process]:
    """Every one, by name."""
    return {
        MANAGER: _process(place, MANAGER, "kserve-controller-manager", 9443, 8480),
        LLM: _process(
            place,
            LLM,
            "llmisvc-controller-manager",
            _LLM_PORT,
            8490,
            "--metrics-secure=false",
            environment=LLM_ENVIRONMENT,
        ),
        CACHE: _process(place, CACHE, _CACHE_ACCOUNT, 9445, 8500),
    }


def _process(
    place: Place,
    name: str,
    account: str,
    webhooks: int,
    metrics: int,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
) -> Process:
    """It is ready when its webhooks answer; certificates are where TMPDIR leads it."""
    return Process(
        name=name,
        command=(
            str(binary(name)),
            f"--webhook-port={webhooks}",
            f"--metrics-addr={LOOPBACK}:{metrics}",
            f"--health-probe-addr={LOOPBACK}:{metrics + 1}",
            "--leader-elect=false",
            *arguments,
        ),
        environment={
            "KUBECONFIG": str(place.kubeconfig_of(name)),
            "POD_NAMESPACE": KSERVE_NAMESPACE,
            **(environment or {}),
        },
        ready=Ready(port=webhooks, tls=True),
        subject=f"system:serviceaccount:{KSERVE_NAMESPACE}:{account}",
    )


def _renamed(upstreams: Object) -> Object:
    obj = copy.deepcopy(upstreams)
    for named in (obj["metadata"], *obj.get("subjects", ())):
        if obj["kind"] == "ServiceAccount" or named is not obj["metadata"]:
            named["name"] = _RENAMED.get(named["name"], named["name"])
    return obj


def _by_url(configuration: Object, authority: str) -> Object:
    obj = copy.deepcopy(configuration)
    obj["metadata"] = {key: obj["metadata"][key] for key in ("name", "labels")
                       if key in obj["metadata"]}  # fmt: skip
    for each in obj["webhooks"]:
        service: dict[str, Any] = each["clientConfig"]["service"]
        each["clientConfig"] = _client(_PORTS[service["name"]], service["path"], authority)
    return obj


def _client(port: int, path: str, authority: str) -> Object:
    return {
        "url": f"https://{LOOPBACK}:{port}{path}",
        "caBundle": bundle(authority),
    }


def bundle(authority: str) -> str:
    """A certificate as configurations of webhooks hold it."""
    return base64.b64encode(authority.encode()).decode()
