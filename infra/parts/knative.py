"""Knative Serving with Kourier, by the operator: revisions, scale to zero, the inner ingress.

The operator installs the release that `spec.version` names, its images pinned by digest in its own
manifests, and by injecting its own namespace puts Kourier beside it (knative.dev/operator 0.48
`pkg/reconciler/common/transformers.go`). What is not set here is upstream's default in
`config/core/configmaps/*.yaml` of Serving 1.21.
"""

from typing import Final

from catalog import pins
from catalog.checks.serving import LONGEST_TIMEOUT
from catalog.objects import Object
from catalog.pins import chart
from catalog.registries import UPSTREAM
from catalog.render.common import KNATIVE_NAMESPACE, QUEUE_PROXY
from catalog.render.network import OBSERVABILITY_NAMESPACE
from catalog.render.platform import KNATIVE_FEATURES
from infra.parts.common import POD_SECURITY, SYSTEM, metadata, replicas, spread
from infra.parts.mirror import mirrored, pinned
from infra.parts.part import Context, Part, Release, Values
from infra.parts.tracing import COLLECTOR, OTLP_GRPC

OPERATOR_NAMESPACE: Final = "knative-operator"
_RELEASES: Final = "knative"
GATEWAY: Final = "3scale-kourier-gateway"
_SERVING: Final = ("activator", "autoscaler", "autoscaler-hpa", "controller", "webhook")
"""Deployments of Serving, each with one container of the same name."""
_KOURIER_VERSION: Final = "v1.21.0"
"""Of net-kourier 0.48.0, which the operator's `kodata/ingress/1.21` carries."""

# Requests and limits of what requests pass through, above upstream's: its limit of one core would
# throttle every tenant at once.
_IN_THE_PATH: Final = {
    "activator": ("activator", "300m", "128Mi"),
    GATEWAY: ("kourier-gateway", "500m", "256Mi"),
}


def part(context: Context) -> Part:
    """The operator, then what it reads; it takes Knative away again before it goes."""
    return Part(
        name="knative",
        after=("istio", "node-pools"),
        releases=(
            Release(
                name="knative-operator",
                chart="knative-operator",
                namespace=OPERATOR_NAMESPACE,
                values=_operator(context),
            ),
        ),
        objects=(_serving(context),),
    )


def _operator(context: Context) -> Values:
    """One replica of each: without them Knative keeps serving. Tags are the chart's own.

    `securityContext` is a key of the chart's template alone (`templates/operator.yaml`).
    """
    affinity = {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [
                    {
                        "matchExpressions": [
                            {"key": key, "operator": "In", "values": [value]}
                            for key, value in SYSTEM.items()
                        ]
                    }
                ]
            }
        }
    }
    images = {"knative_operator": "operator", "operator_webhook": "webhook"}
    return {
        "knative_operator": {
            key: {
                "image": f"{mirrored(context, _RELEASES)}/operator/cmd/{name}",
                "affinity": affinity,
                "securityContext": dict(POD_SECURITY),
                "resources": {
                    "requests": {"cpu": "100m", "memory": "128Mi"},
                    "limits": {"cpu": "1", "memory": "1Gi"},
                },
            }
            for key, name in images.items()
        }
    }


def _serving(context: Context) -> Object:
    """The annotation makes the engine wait until Knative serves: KServe looks for it as it starts.

    Source: pulumi-kubernetes `provider/pkg/await/condition`, annotation `pulumi.com/waitFor`.
    """
    about = metadata("knative-serving", KNATIVE_NAMESPACE)
    about["annotations"] = {
        "pulumi.com/waitFor": "condition=Ready",
        "pulumi.com/timeoutSeconds": "900",
    }
    budgets = ("activator-pdb", "webhook-pdb", f"{GATEWAY}-pdb")
    return {
        "apiVersion": "operator.knative.dev/v1beta1",
        "kind": "KnativeServing",
        "metadata": about,
        "spec": {
            "version": chart("knative-operator").version.removeprefix("v"),
            "ingress": {"kourier": {"enabled": True, "service-type": "ClusterIP"}},
            "high-availability": {"replicas": replicas(context)},
            # Upstream's 80 % would hold up every drain while there is one replica.
            "podDisruptionBudgets": [{"name": name, "maxUnavailable": 1} for name in budgets],
            "workloads": _workloads(),
            "registry": {"override": _images(context)},
            "config": _config(context),
        },
    }


def _workloads() -> list[Object]:
    labels = {name: {"app": name} for name in (*_SERVING, GATEWAY, "net-kourier-controller")}
    deployments = [
        {
            "name": name,
            "nodeSelector": dict(SYSTEM),
            "topologySpreadConstraints": spread(labels[name]),
            **_resources(name),
        }
        for name in sorted(labels)
    ]
    # Jobs are known by the prefix of their generated names.
    jobs = [
        {"name": name, "nodeSelector": dict(SYSTEM)}
        for name in ("cleanup-serving-", "storage-version-migration-serving-")
    ]
    return [*deployments, *jobs]


def _resources(name: str) -> Object:
    if name not in _IN_THE_PATH:
        return {}
    container, cpu, memory = _IN_THE_PATH[name]
    return {
        "resources": [
            {
                "container": container,
                "requests": {"cpu": cpu, "memory": memory},
                "limits": {"cpu": "4", "memory": "1Gi"},
            }
        ]
    }


def _images(context: Context) -> dict[str, str]:
    """Kourier's Envoy always, because upstream's tag floats; with another registry all of them."""
    own = {f"{GATEWAY}/kourier-gateway": pinned(context, "kourier-gateway")}
    if mirrored(context, _RELEASES) == pins.of_chart(_RELEASES):
        return own
    return dict(sorted({**own, **_from_mirror(context)}.items()))


def _from_mirror(context: Context) -> dict[str, str]:
    """By Deployment, or prefix of a Job's name, and container; a mirror keeps path and tag."""
    serving = chart("knative-operator").version
    found = {f"{name}/{name}": (f"serving/cmd/{name}", serving) for name in _SERVING} | {
        "cleanup-serving-/cleanup": ("serving/pkg/cleanup/cmd/cleanup", serving),
        "net-kourier-controller/controller": ("net-kourier/cmd/kourier", _KOURIER_VERSION),
        "storage-version-migration-serving-/migrate": (
            "pkg/apiextensions/storageversion/cmd/migrate",
            serving,
        ),
    }
    return {
        "queue-proxy": pinned(context, "queue-proxy"),
        **{
            key: f"{mirrored(context, _RELEASES)}/{path}:{tag}"
            for key, (path, tag) in found.items()
        },
    }


def _config(context: Context) -> Object:
    return {
        "autoscaler": {
            "enable-scale-to-zero": "true",
            # Else KServe drops `initial-scale: "0"`, and a deployment of none boots a GPU first.
            "allow-zero-initial-scale": "true",
            "scale-to-zero-grace-period": "30s",
        },
        "defaults": {
            # Knative refuses a revision that asks for more; an entry may ask for as much.
            "max-revision-timeout-seconds": str(LONGEST_TIMEOUT // 1_000),
            # No deadline of its own for the first byte: upstream's five minutes would cut every
            # longer graph, for which KServe sets none (`pkg/apis/serving/v1/revision_defaults.go`).
            "revision-response-start-timeout-seconds": "0",
        },
        "deployment": _deployment(context),
        # Every Route is reached inside the cluster alone, with the label or without.
        "domain": {"svc.cluster.local": ""},
        "features": dict(KNATIVE_FEATURES),
        # Two to roll back to; upstream keeps twenty.
        "gc": {
            "min-non-active-revisions": "2",
            "max-non-active-revisions": "5",
            "retain-since-create-time": "48h",
            "retain-since-last-active-time": "15h",
        },
        # The front door decides what is traced, so that no trace begins here. Knative's own spans
        # would come from queue-proxies, whose namespaces let none of them out.
        "kourier": {
            "tracing-endpoint": f"http://{COLLECTOR}.{OBSERVABILITY_NAMESPACE}.svc:{OTLP_GRPC}",
            "tracing-protocol": "grpc",
            "tracing-sampling-rate": "0",
        },
        "network": {
            "ingress-class": "kourier.ingress.networking.knative.dev",
            "domain-template": "{{.Name}}.{{.Namespace}}.{{.Domain}}",
        },
        # Off since 1.19 unless asked for (knative/operator#2121).
        "observability": {
            "metrics-protocol": "prometheus",
            "request-metrics-protocol": "prometheus",
        },
    }


def _deployment(context: Context) -> dict[str, str]:
    prefix = "queue.sidecar.serving.knative.dev/"
    share = {key.removeprefix(prefix): text for key, text in QUEUE_PROXY.items()}
    return {
        # A pod that waits for a node is no failure (knative/serving#14862).
        "pod-is-always-schedulable": "true",
        "queue-sidecar-image": pinned(context, "queue-proxy"),
        "queue-sidecar-cpu-limit": share["cpu-resource-limit"],
        "queue-sidecar-cpu-request": share["cpu-resource-request"],
        "queue-sidecar-memory-limit": share["memory-resource-limit"],
        "queue-sidecar-memory-request": share["memory-resource-request"],
        "registries-skipping-tag-resolving": ",".join(_registries(context)),
    }


def _registries(context: Context) -> list[str]:
    """Where Knative must not look a tag up: it has credentials for none of them.

    Docker Hub is known to it as `index.` and its name (go-containerregistry `pkg/name`).
    """
    names = context.names
    moved = context.settings.environment.registries.of_images
    found = {name.partition("/")[0] for name in UPSTREAM.of_images | moved}
    found |= {f"index.{pins.DOCKER_HUB}", f"{names.account}.dkr.ecr.{names.region}.amazonaws.com"}
    return sorted(found)
