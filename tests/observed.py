"""What a cluster holds of one endpoint, written as its controllers write it.

`World` begins with an endpoint that is ready; a test changes what its controllers would.
Conditions, reasons and messages are those of KServe 0.20, Knative Serving 0.48, Kubernetes 1.34.
"""

import copy
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from catalog.environment import Environment
from catalog.objects import Object
from deploy.status.declared import Declared, declared_of
from deploy.status.judge import judge
from deploy.status.snapshot import ENDPOINT_KINDS, Snapshot
from deploy.status.verdict import Verdict, Verdicts
from tests.fleets import DEV, NAMESPACE, PROJECT, TEAM, build_one, sklearn

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
MANAGER = "pulumi-kubernetes-1a2b3c4d"
STANDARD = sklearn(serving="standard")
LLM = {
    "model": "hf://acme/model@0000000000000000000000000000000000000000",
    "framework": "vllm",
    "tier": "staging",
    "resources": {"accelerator": "l4"},
    "llm": {"parameters": "7B", "context": 8192, "concurrency": 4},
    "scaling": {"min": 1, "max": 2},
}
GRAPH = {
    "tier": "staging",
    "graph": {"type": "sequence", "steps": [{"deployment": "one"}, {"deployment": "two"}]},
}
FIRST, SECOND = "fraud-predictor-00001", "fraud-predictor-00002"


def ago(**since: float) -> str:
    """A time before `NOW` as the API writes it."""
    return (NOW - timedelta(**since)).isoformat().replace("+00:00", "Z")


def condition(kind: str, status: str = "True", reason: str = "", message: str = "") -> Object:
    """A condition; without reason and message, as Knative leaves them out."""
    told = {key: text for key, text in (("reason", reason), ("message", message)) if text}
    return {"type": kind, "status": status, "lastTransitionTime": ago(minutes=5), **told}


VOLUMES = {
    "type": "OciImageVolumeCompatible", "status": "False", "severity": "Info",
    "lastTransitionTime": ago(hours=1), "reason": "ImageVolumeAlpha",
    "message": "Cluster K8s 1.34 has ImageVolume feature-gated.",
}  # fmt: skip
"""What KServe says of every InferenceService on Kubernetes 1.34; nothing depends on it."""


class World:
    """A cluster with the endpoint `fraud`, ready, and all that was made for it."""

    def __init__(self, entry: dict[str, Any] | None = None, env: Environment = DEV) -> None:
        others = {"one": sklearn(), "two": sklearn()} if entry is GRAPH else {}
        one = build_one(entry or sklearn(), env, others=others)
        assert not one.problems
        self.env, self.tenants = env, one.fleet.tenants
        self.endpoint = one.endpoint
        self.objects: dict[str, list[Object]] = {}
        self.unreadable: dict[str, str] = {}
        self.namespace = self.add(
            "Namespace", self._applied(one.get("Namespace")), status={"phase": "Active"}
        )
        kind = ENDPOINT_KINDS[self.endpoint.kind]
        self.main = self.add(kind, self._applied(one.get(kind, "fraud")))
        self.main["status"] = {"conditions": [condition("Ready")]}
        self.route = self.add("HTTPRoute", self._applied(one.get("HTTPRoute", "fraud")))
        parent = {"conditions": [condition("Accepted"), condition("ResolvedRefs")]}
        self.route["status"] = {"parents": [parent]}
        self.listeners = self.add("ListenerSet", self._applied(one.get("ListenerSet")))
        programmed = [condition("Accepted"), condition("Programmed")]
        self.listeners["status"] = {"conditions": programmed}
        self.certificate = self.add("Certificate", self._applied(one.get("Certificate")))
        self.certificate["status"] = {"conditions": [condition("Ready")]}
        if self.endpoint.kind == "model":
            self.main["status"] = ready_status()
        if self.endpoint.kind != "llm" and self.endpoint.serving == "knative":
            self.service = self.add("KnativeService", service())
            self.revision = self.add("Revision", revision(FIRST))
            self.deployment = self.add("Deployment", deployment(f"{FIRST}-deployment", FIRST))
        else:
            name = "fraud-kserve" if self.endpoint.kind == "llm" else "fraud-predictor"
            self.deployment = self.add("Deployment", deployment(name))
        self.pod = self.add("Pod", pod("a", FIRST))

    def add(self, kind: str, obj: Object, **more: Any) -> Object:
        """Puts an object into the cluster."""
        obj.update(more)
        self.objects.setdefault(kind, []).append(obj)
        return obj

    def drop(self, *kinds: str) -> None:
        """Takes all objects of these kinds out."""
        for kind in kinds:
            self.objects.pop(kind, None)

    def _applied(self, rendered: Object) -> Object:
        obj = copy.deepcopy(rendered)
        obj["metadata"] |= {
            "uid": "0b1c", "generation": 1, "creationTimestamp": ago(hours=1),
            "managedFields": [
                {
                    "manager": MANAGER, "operation": "Apply", "time": ago(hours=1),
                    "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": owned(obj.get("spec", {}))},
                },
                {
                    "manager": "kserve-manager", "operation": "Update", "time": ago(seconds=1),
                    "fieldsV1": {"f:metadata": {"f:finalizers": {}}},
                },
                {
                    "manager": "kserve-manager", "operation": "Update", "subresource": "status",
                    "time": ago(minutes=1), "fieldsV1": {"f:status": {}},
                },
            ],
        }  # fmt: skip
        return obj

    def not_ready(self, *conditions: Object, **status: Any) -> None:
        """What the controllers say of the endpoint while it is not ready."""
        # Knative's library lets Ready repeat one that is False, else one that is Unknown.
        worst = min(conditions, key=lambda each: each["status"])
        ready = {**worst, "type": "Ready"}
        self.main["status"] = {
            **self.main["status"],
            "conditions": [ready, *conditions, VOLUMES],
            **status,
        }

    def never_ready(self) -> None:
        """No revision has ever been ready: nothing answers, and a first pod is on its way."""
        if "KnativeService" not in self.objects:
            minimum = ("MinimumReplicasUnavailable", _MINIMUM)
            self.not_ready(condition("PredictorReady", "False", *minimum))
        else:
            self.not_ready(
                condition("PredictorReady", "Unknown", "RevisionMissing", _WAITING),
                condition("PredictorConfigurationReady", "Unknown"),
                condition("IngressReady", "False", "Predictor ingress not created"),
            )
            self.service["status"].pop("latestReadyRevisionName")
            self.service["status"]["conditions"] = [condition("Ready", "Unknown")]
            unknown = [condition(kind, "Unknown", "Deploying") for kind in _REVISION]
            self.revision["status"]["conditions"] = unknown
        self.deployment["status"] = {
            "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1,
            "conditions": [
                condition("Available", "False", "MinimumReplicasUnavailable", _MINIMUM),
                condition("Progressing", "True", "ReplicaSetUpdated"),
            ],
        }  # fmt: skip
        self.pod["status"]["conditions"] = [
            condition("PodScheduled"),
            condition("Ready", "False", "ContainersNotReady"),
        ]

    def replacing(self) -> None:
        """An edit made a second revision, whose pods are not ready, while the first answers."""
        self.service["status"] |= {
            "latestCreatedRevisionName": SECOND,
            "conditions": [condition("Ready", "Unknown"), condition("RoutesReady")],
        }
        components = {"latestCreatedRevision": SECOND, "latestReadyRevision": FIRST}
        self.main["status"]["components"] = {"predictor": components}
        self.revision = self.add("Revision", revision(SECOND))
        self.revision["status"]["conditions"] = [
            condition(kind, "Unknown", "Deploying") for kind in _REVISION
        ]
        self.deployment = self.add("Deployment", deployment(f"{SECOND}-deployment", SECOND))
        self.deployment["status"]["readyReplicas"] = 0
        self.pod = self.add("Pod", pod("b", SECOND))
        self.pod["status"]["conditions"] = [condition("PodScheduled"), condition("Ready", "False")]

    def event(self, kind: str, name: str, reason: str, message: str, minutes: float = 1) -> None:
        """A warning about an object."""
        self.add(
            "Event",
            {
                "metadata": {"namespace": NAMESPACE, "name": f"{name}.17f"},
                "type": "Warning", "reason": reason, "message": message,
                "involvedObject": {"kind": kind, "namespace": NAMESPACE, "name": name},
                "lastTimestamp": ago(minutes=minutes),
            },
        )  # fmt: skip

    def by_hand(
        self, path: str, value: Any, manager: str = "kubectl-edit", operation: str = "Update"
    ) -> None:
        """Somebody sets a field of the endpoint's object."""
        *parents, last = path.split(".")
        inside: Any = self.main
        fields: Object = {}
        for key in parents:
            inside = inside.setdefault(key, {})
        inside[last] = value
        for key in reversed([*parents, last]):
            fields = {f"f:{key}": fields}
        self.main["metadata"]["managedFields"].append(
            {
                "manager": manager, "operation": operation, "time": ago(minutes=10),
                "fieldsType": "FieldsV1", "fieldsV1": fields,
            }
        )  # fmt: skip

    @property
    def declared(self) -> Declared:
        """What the entry declares."""
        return declared_of(self.tenants, self.env)

    @property
    def snapshot(self) -> Snapshot:
        """The cluster as it is read."""
        objects = {kind: tuple(each) for kind, each in self.objects.items()}
        return Snapshot(NOW, objects, self.unreadable)

    def verdicts(self) -> Verdicts:
        """All that is said."""
        return judge(self.declared, self.snapshot)

    def verdict(self) -> Verdict:
        """What is said of the endpoint."""
        return next(each for each in self.verdicts().each if each.name == "fraud")


_WAITING = 'Configuration "fraud-predictor" is waiting for a Revision to become ready.'
_MINIMUM = "Deployment does not have minimum availability."
_REVISION = ("Ready", "ResourcesAvailable", "ContainerHealthy")


def made(name: str, revision_name: str = "", **more: Any) -> Object:
    """Metadata of what controllers made: the labels of the endpoint, and the revision's."""
    labels = {
        "app.kubernetes.io/managed-by": "slipway",
        "slipway.dev/team": TEAM,
        "slipway.dev/project": PROJECT,
        "slipway.dev/endpoint": "fraud",
        "serving.kserve.io/inferenceservice": "fraud",
        "component": "predictor",
    }
    if revision_name:
        labels |= {"serving.knative.dev/revision": revision_name}
    return {
        "name": name, "namespace": NAMESPACE, "labels": labels, "generation": 1,
        "creationTimestamp": ago(hours=1), **more,
    }  # fmt: skip


def ready_status() -> Object:
    """The status of an InferenceService that is ready."""
    kinds = (
        "IngressReady", "LatestDeploymentReady", "PredictorConfigurationReady", "PredictorReady",
        "PredictorRouteReady", "Ready", "RoutesReady",
    )  # fmt: skip
    return {
        "conditions": [*map(condition, kinds), condition("Stopped", "False"), VOLUMES],
        "deploymentMode": "Knative",
        "modelStatus": {
            "copies": {"failedCopies": 0, "totalCopies": 1},
            "states": {"activeModelState": "Loaded", "targetModelState": "Loaded"},
            "transitionStatus": "UpToDate",
        },
        "observedGeneration": 1,
    }


def service() -> Object:
    """The Knative Service that KServe makes, ready."""
    return {
        "metadata": made("fraud-predictor"),
        "status": {
            "observedGeneration": 1,
            "latestCreatedRevisionName": FIRST,
            "latestReadyRevisionName": FIRST,
            "traffic": [{"latestRevision": True, "percent": 100, "revisionName": FIRST}],
            "conditions": [*map(condition, ("ConfigurationsReady", "Ready", "RoutesReady"))],
        },
    }


def revision(name: str) -> Object:
    """A revision that is ready."""
    return {
        "metadata": made(name),
        "status": {
            "observedGeneration": 1,
            "actualReplicas": 1,
            "desiredReplicas": 1,
            "conditions": [condition("Active"), *map(condition, _REVISION)],
        },
    }


def deployment(name: str, revision_name: str = "") -> Object:
    """A Deployment of one ready replica."""
    return {
        "metadata": made(name, revision_name),
        "spec": {"replicas": 1},
        "status": {
            "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1,
            "availableReplicas": 1,
            "conditions": [
                condition("Available", "True", "MinimumReplicasAvailable"),
                condition("Progressing", "True", "NewReplicaSetAvailable"),
            ],
        },
    }  # fmt: skip


def pod(suffix: str, revision_name: str = "") -> Object:
    """A pod that is ready."""
    return {
        "metadata": made(f"fraud-predictor-{suffix}", revision_name),
        "spec": {"nodeSelector": {"slipway.dev/pool": "cpu"}},
        "status": {
            "phase": "Running",
            "conditions": [condition("PodScheduled"), condition("Ready")],
            "containerStatuses": [
                container("kserve-container", running=True, ready=True),
                container("queue-proxy", running=True, ready=True),
            ],
        },
    }


def container(
    name: str,
    *,
    running: bool = False,
    ready: bool = False,
    waiting: Object | None = None,
    ended: Object | None = None,
    last: Object | None = None,
    restarts: int = 0,
) -> Object:
    """The status of a container."""
    state: Object = {}
    if running:
        state["running"] = {"startedAt": ago(minutes=4)}
    if waiting is not None:
        state["waiting"] = waiting
    if ended is not None:
        state["terminated"] = ended
    return {
        "name": name,
        "image": "registry.example.com/ml/server:1@sha256:" + "5" * 64,
        "ready": ready, "restartCount": restarts, "state": state,
        "lastState": {"terminated": last} if last is not None else {},
    }  # fmt: skip


def owned(value: Any) -> Object:
    """The fields of a value as server-side apply keeps them."""
    if not isinstance(value, dict):
        return {}
    return {f"f:{key}": owned(inside) for key, inside in value.items()}


def codes(verdict: Verdict) -> list[str]:
    """The codes of all causes."""
    return [cause.code for cause in verdict.causes]


def told(verdict: Verdict) -> str:
    """All that a reader is told of a verdict's causes."""
    parts: Iterable[str] = (f"{c.what} → {c.remedy} [{c.seen}]" for c in verdict.causes)
    return "\n".join(parts)
