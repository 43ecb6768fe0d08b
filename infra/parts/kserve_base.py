"""What KServe finds when it starts: its CRDs and its configuration.

A part of its own, because the controllers read the ConfigMap as they start and the chart's has no
value for what a graph needs: `router.headers`, with which its router hands the caller's token on.
"""

import json
from typing import Any, Final

from catalog.footprint import PLATFORM
from catalog.objects import Object
from catalog.pod.platform import Share
from catalog.render.inference import PAYLOAD_SINK
from catalog.render.platform import KSERVE_NAMESPACE
from infra.parts.common import metadata
from infra.parts.mirror import pinned
from infra.parts.namespaces import DOWNLOADS
from infra.parts.part import Context, Part, Release

CONFIG: Final = "inferenceservice-config"
DOWNLOAD_GROUP: Final = 1000
"""Owns what is downloaded, of the downloader's files and of the model cache's folders."""

_CRDS: Final = ("kserve-crd", "kserve-llmisvc-crd", "kserve-localmodel-crd")
"""In this order: the first two hold ClusterStorageContainer, which the second leaves to the first
where it finds it (`templates/serving.kserve.io_clusterstoragecontainers.yaml`)."""


def part(context: Context) -> Part:
    """CRDs, then the ConfigMap."""
    releases = tuple(
        Release(name=name, chart=name, namespace=KSERVE_NAMESPACE, values={}, holds_crds=True)
        for name in _CRDS
    )
    return Part(name="kserve-base", releases=releases, objects=(_config(context),))


def _config(context: Context) -> Object:
    """KServe's configuration; what is left out has the default written upstream.

    Keys and fields: KServe 0.20 `pkg/apis/serving/v1beta1/configmap.go`, `pkg/types/config.go`,
    `pkg/webhook/admission/pod/*_injector.go`, `pkg/controller/v1alpha1/inferencegraph`.
    """
    agent = _helper(context, "kserve-agent", PLATFORM.agent)
    data: dict[str, Any] = {
        "agent": agent,
        # No entry has KServe's batcher, which knows the v1 protocol alone; the webhook still reads
        # its quantities.
        "batcher": {**agent, "maxBatchSize": "32", "maxLatency": "5000"},
        "credentials": _credentials(context),
        "deploy": {"defaultDeploymentMode": "Knative"},
        "explainers": {"art": _explainer(context)},
        "inferenceService": {"resource": _share(Share(memory_limit="2Gi", memory_request="2Gi"))},
        "ingress": _ingress(context),
        "localModel": {
            "enabled": True,
            "jobNamespace": DOWNLOADS,
            "defaultJobImage": pinned(context, "storage-initializer"),
            "fsGroup": DOWNLOAD_GROUP,
            "jobTTLSecondsAfterFinished": 3600,
            "reconcilationFrequencyInSecs": 60,
            "disableVolumeManagement": False,
        },
        "logger": {**agent, "defaultUrl": PAYLOAD_SINK},
        # PodMonitors of ours name each server's own port.
        "metricsAggregator": {
            "enableMetricAggregation": "false",
            "enablePrometheusScraping": "false",
        },
        "router": {
            **_helper(context, "kserve-router", PLATFORM.router),
            # A graph calls its members through the front door as its caller.
            "headers": {"propagate": ["Authorization"]},
            "imagePullPolicy": "IfNotPresent",
            "imagePullSecrets": [],
        },
        "security": {"autoMountServiceAccountToken": False},
        "service": {"serviceClusterIPNone": False},
        "storageInitializer": _storage_initializer(context),
    }
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(CONFIG, KSERVE_NAMESPACE),
        "data": {key: json.dumps(value, sort_keys=True) for key, value in sorted(data.items())},
    }


def _share(share: Share) -> dict[str, str]:
    return {
        "cpuLimit": share.cpu_limit,
        "cpuRequest": share.cpu_request,
        "memoryLimit": share.memory_limit,
        "memoryRequest": share.memory_request,
    }


def _helper(context: Context, name: str, share: Share) -> dict[str, str]:
    """A container that KServe adds to pods, with what `slipway plan` counts for it."""
    return {"image": pinned(context, name), **_share(share)}


def _storage_initializer(context: Context) -> dict[str, Any]:
    """Image volumes, and no sidecar for `oci://`, whose containers have no security context."""
    return {
        **_helper(context, "storage-initializer", PLATFORM.storage_initializer),
        "caBundleConfigMapName": "",
        "caBundleVolumeMountPath": "/etc/ssl/custom-certs",
        "enableModelcar": False,
        "enableOciModelSupport": True,
        "ociModelMode": "native",
    }


def _explainer(context: Context) -> dict[str, str]:
    """Joined by a colon again; a mirror may have one of its own, before its port."""
    reference, at, digest = pinned(context, "art-explainer").partition("@")
    name, _, tag = reference.rpartition(":")
    return {"image": name, "defaultImageVersion": f"{tag}{at}{digest}"}


def _credentials(context: Context) -> dict[str, Any]:
    """Names of what a ServiceAccount may carry; Pod Identity makes them unneeded."""
    return {
        "storageSpecSecretName": "storage-config",
        "storageSecretNameAnnotation": "serving.kserve.io/secretName",
        "gcs": {"gcsCredentialFileName": "gcloud-application-credentials.json"},
        "s3": {
            "s3AccessKeyIDName": "AWS_ACCESS_KEY_ID",
            "s3SecretAccessKeyName": "AWS_SECRET_ACCESS_KEY",
            "s3Region": context.settings.environment.region,
        },
    }


def _ingress(context: Context) -> dict[str, Any]:
    """KServe routes nothing: hosts, routes and policies are the tenants' own objects.

    `ingressGateway` is required by `NewIngressConfig` and used by nothing while
    `disableIstioVirtualHost` holds; `domainTemplate` keeps long names within a DNS label.
    """
    gateway = context.settings.environment.gateway
    return {
        "enableGatewayApi": False,
        "enableLLMInferenceServiceTLS": False,
        "kserveIngressGateway": f"{gateway.namespace}/{gateway.name}",
        "ingressGateway": f"{gateway.namespace}/{gateway.name}",
        "ingressDomain": context.settings.environment.models_domain,
        "domainTemplate": "{{ .Name }}.{{ .Namespace }}.{{ .IngressDomain }}",
        "urlScheme": "https",
        "disableIstioVirtualHost": True,
        "disableIngressCreation": True,
        "disableHTTPRouteTimeout": True,
    }
