"""One production stack that breaks no rule, small enough to be broken one field at a time."""

from collections.abc import Mapping
from typing import Any, Final

from catalog.objects import Object
from catalog.pins import image
from policies.rules.rule import Scene
from policies.scene import scene_of
from policies.subjects import Resource
from tests.fleets import IMAGE, NAMESPACE, PROD, REGISTRY, build_fleet
from tests.policies.cloud import cloud

SCENE: Final[Scene] = scene_of(PROD, [REGISTRY])
SPACE: Final = NAMESPACE
OWNER: Final = {
    "app.kubernetes.io/managed-by": "slipway",
    "slipway.dev/team": "risk",
    "slipway.dev/project": "scoring",
    "slipway.dev/cost-center": "cc-1",
}
HARDENED: Final = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
    "runAsUser": 1000,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def _object(api: str, kind: str, name: str, namespace: str | None = SPACE, **rest: Any) -> Object:
    scope = {} if namespace is None else {"namespace": namespace}
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": name, **scope, "labels": dict(OWNER)},
        **rest,
    }


def _pod() -> Object:
    probe = {"httpGet": {"path": "/", "port": 8080}}
    container = {
        "name": "main",
        "image": IMAGE,
        "env": [{"name": "LOG_LEVEL", "value": "info"}],
        "ports": [{"containerPort": 8080}],
        "resources": {
            "requests": {"cpu": "1", "memory": "1Gi"},
            "limits": {"cpu": "1", "memory": "1Gi"},
        },
        "readinessProbe": probe,
        "livenessProbe": probe,
        "securityContext": dict(HARDENED),
    }
    spec = {
        "automountServiceAccountToken": False,
        "serviceAccountName": "models",
        "securityContext": {"runAsNonRoot": True},
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }
    return _object("v1", "Pod", "plain", spec=spec)


def _rendered() -> dict[str, Object]:
    """What rendering makes of a model with secrets, a graph of it, and a large model."""
    shared = f"s3://{PROD.bucket}/{SPACE}"
    model = {
        "model": f"{shared}/model/v3",
        "framework": "onnx",
        "tier": "production",
        "scaling": {"min": 2, "max": 4},
        "secrets": {"STORE_TOKEN": "store/token"},
        "serving": "standard",
    }
    graph = {
        "tier": "production",
        "scaling": {"min": 2, "max": 4},
        "graph": {"type": "sequence", "steps": [{"deployment": "model"}]},
    }
    large = {
        "model": "hf://Qwen/Qwen2.5-14B-Instruct@cf98f3b3",
        "framework": "vllm",
        "tier": "production",
        "llm": {"parameters": "14B", "concurrency": 16},
        "scaling": {"min": 2, "max": 4},
    }
    fleet = build_fleet({"model": model, "graph": graph, "large": large}, PROD)
    assert not fleet.problems, fleet.problems
    return {f"{o['kind']} {o['metadata']['name']}": o for o in fleet.objects}


def _platform() -> list[Object]:
    """Objects of the platform that rules read."""
    read = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]
    subject = {"kind": "Group", "name": "operators"}
    node = {
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
        "blockDeviceMappings": [{"deviceName": "/dev/xvdb", "ebs": {"encrypted": True}}],
        "amiSelectorTerms": [{"alias": "bottlerocket@v1.50.0"}],
    }
    template = {
        "metadata": {"labels": {"slipway.dev/accelerator": "l4"}},
        "spec": {"expireAfter": "720h", "taints": [{"key": "nvidia.com/gpu"}]},
    }
    pool = {
        "limits": {"cpu": "100"},
        "disruption": {"budgets": [{"nodes": "10%"}]},
        "template": template,
    }
    rbac = "rbac.authorization.k8s.io/v1"
    return [
        _object(rbac, "ClusterRole", "readers", None, rules=read),
        _object(rbac, "ClusterRole", "slipway-tenant-owner", None, rules=read),
        _object(
            rbac, "ClusterRoleBinding", "readers", None,
            roleRef={"kind": "ClusterRole", "name": "readers"}, subjects=[subject],
        ),
        _object("v1", "Service", "plain", spec={"type": "ClusterIP"}),
        _object("karpenter.k8s.aws/v1", "EC2NodeClass", "default", None, spec=node),
        _object("karpenter.sh/v1", "NodePool", "gpu-l4", None, spec=pool),
        _object(
            "gateway.networking.k8s.io/v1", "Gateway", "slipway", "envoy-gateway-system",
            spec={"allowedListeners": {"namespaces": {"from": "Selector"}}},
        ),
        _pod(),
    ]  # fmt: skip


World = dict[str, Resource]


def world() -> World:
    """Every resource by a short name: the logical name, or `<kind> <name>` of an object."""
    objects = {**_rendered(), **{f"{o['kind']} {o['metadata']['name']}": o for o in _platform()}}
    found = {key: of_object(obj) for key, obj in objects.items()}
    for one in cloud():
        found[one.name] = one
    return found


def of_object(obj: Mapping[str, Any]) -> Resource:
    """A Kubernetes object as the engine registers it."""
    api = obj["apiVersion"]
    token = f"kubernetes:{'core/v1' if api == 'v1' else api}:{obj['kind']}"
    return Resource(type=token, name=f"{obj['kind']}-{obj['metadata']['name']}", props=obj)


UNRESOLVED: Final = image("storage-initializer").reference()
