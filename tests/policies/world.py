"""One production stack that breaks no rule, small enough to be broken one field at a time."""

import json
from collections.abc import Mapping
from typing import Any, Final

from catalog.objects import Object
from catalog.pins import chart, image
from policies.rules.rule import Scene
from policies.scene import scene_of
from policies.subjects import Resource
from tests.fleets import IMAGE, NAMESPACE, PROD, REGISTRY, build_fleet

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


def document(*statements: Object) -> str:
    """An IAM document as a resource has it."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "arn:aws:s3:::models/*", **more: Any) -> Object:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


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


def _aws(kind: str, name: str, /, **props: Any) -> Resource:
    module, _, last = kind.partition("/")
    token = f"aws:{module}/{last[0].lower()}{last[1:]}:{last}"
    return Resource(type=token, name=name, props=props, protect=True, id=f"{name}-id")


def _buckets() -> list[Resource]:
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    blocks = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    by_default = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}}
    abort = {"status": "Enabled", "abortIncompleteMultipartUpload": {"daysAfterInitiation": 3}}
    config = {"status": "Enabled"}
    return [
        _aws("s3/Bucket", "bucket", bucket="models"),
        _aws("s3/BucketAcl", "acl", bucket="models", acl="private"),
        _aws("s3/BucketLifecycleConfiguration", "lifecycle", bucket="models", rules=[abort]),
        _aws("s3/BucketLogging", "logging", bucket="models", targetBucket="logs"),
        _aws("s3/BucketNotification", "events", bucket="models", eventbridge=True),
        _aws(
            "s3/BucketOwnershipControls", "ownership",
            bucket="models", rule={"objectOwnership": "BucketOwnerEnforced"},
        ),
        _aws("s3/BucketPolicy", "bucket-policy", bucket="models", policy=document(deny)),
        _aws("s3/BucketPublicAccessBlock", "block", bucket="models", **dict.fromkeys(blocks, True)),
        _aws(
            "s3/BucketServerSideEncryptionConfiguration", "encryption",
            bucket="models", rules=[by_default],
        ),
        _aws("s3/BucketVersioning", "versions", bucket="models", versioningConfiguration=config),
    ]  # fmt: skip


def _stores() -> list[Resource]:
    root = {"AWS": "arn:aws:iam::111111111111:root"}
    sender = {"Service": "events.amazonaws.com"}
    return [
        _aws("ebs/EncryptionByDefault", "disks", enabled=True),
        _aws("ebs/Volume", "disk", encrypted=True, kmsKeyId="key"),
        _aws("efs/AccessPoint", "point", rootDirectory={"path": "/risk"}, posixUser={"uid": 1000}),
        _aws(
            "ecr/Repository", "images",
            imageTagMutability="IMMUTABLE",
            encryptionConfigurations=[{"encryptionType": "KMS"}],
            imageScanningConfiguration={"scanOnPush": True},
        ),
        _aws(
            "ecr/RepositoryPolicy", "images-policy",
            policy=document(allow("ecr:BatchGetImage", "*", Principal=root)),
        ),
        _aws(
            "elasticache/ReplicationGroup", "cache",
            atRestEncryptionEnabled=True, transitEncryptionEnabled=True,
            automaticFailoverEnabled=True, multiAzEnabled=True,
        ),
        _aws(
            "kms/Key", "key",
            enableKeyRotation=True, policy=document(allow("kms:*", "*", Principal=root)),
        ),
        _aws(
            "rds/Instance", "database",
            storageEncrypted=True, publiclyAccessible=False, manageMasterUserPassword=True,
            backupRetentionPeriod=7, enabledCloudwatchLogsExports=["postgresql"],
            multiAz=True, deletionProtection=True,
        ),
        _aws("sqs/Queue", "queue", sqsManagedSseEnabled=True),
        _aws(
            "sqs/QueuePolicy", "queue-policy",
            policy=document(allow("sqs:SendMessage", "queue", Principal=sender)),
        ),
        _aws("cloudwatch/EventTarget", "interruptions", arn="queue"),
        _aws("cloudwatch/LogGroup", "logs", retentionInDays=365, kmsKeyId="key"),
    ]  # fmt: skip


def _ground() -> list[Resource]:
    types = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
    }
    return [
        _aws(
            "eks/Cluster", "cluster",
            enabledClusterLogTypes=types,
            vpcConfig={"endpointPrivateAccess": True, "endpointPublicAccess": False},
            encryptionConfig={"resources": ["secrets"], "provider": {"keyArn": "key"}},
            accessConfig={"authenticationMode": "API"},
            version="1.35",
        ),
        _aws(
            "eks/Addon", "cni",
            addonName="vpc-cni", configurationValues=json.dumps({"enableNetworkPolicy": "true"}),
        ),
        _aws("eks/NodeGroup", "nodes", instanceTypes=["m7i.xlarge"]),
        _aws(
            "ec2/LaunchTemplate", "template",
            metadataOptions={"httpTokens": "required", "httpPutResponseHopLimit": 1},
            userData="W3NldHRpbmdzXQ==",
            vpcSecurityGroupIds=["door-id"],
        ),
        _aws("ec2/Vpc", "vpc"),
        _aws("ec2/FlowLog", "flows", trafficType="ALL"),
        _aws("ec2/DefaultSecurityGroup", "default"),
        _aws("ec2/Subnet", "subnet", mapPublicIpOnLaunch=False),
        _aws("ec2/SecurityGroup", "door", description="The front door"),
        _aws(
            "vpc/SecurityGroupIngressRule", "web",
            securityGroupId="door-id", cidrIpv4="0.0.0.0/0", fromPort=443, toPort=443,
            description="Clients",
        ),
        _aws(
            "lb/LoadBalancer", "balancer",
            loadBalancerType="network", securityGroups=["door-id"], enableDeletionProtection=True,
        ),
        _aws("lb/Listener", "listener", protocol="TCP"),
        _aws("iam/Role", "role", assumeRolePolicy=document(trust)),
        _aws("iam/RolePolicy", "policy", policy=document(allow("s3:GetObject"))),
        _aws("iam/RolePolicyAttachment", "attached", policyArn="arn:aws:iam::aws:policy/Own"),
        _aws("iam/PolicyAttachment", "shared", policyArn="arn:aws:iam::1:policy/x", roles=["r"]),
        _aws("budgets/Budget", "budget", notifications=[{"threshold": 80}]),
        Resource(
            type="pulumi:providers:aws",
            name="aws",
            props={
                "region": "eu-west-1",
                "allowedAccountIds": '["111111111111"]',
                "defaultTags": json.dumps({"tags": {"slipway.dev/stack": "prod"}}),
            },
        ),
    ]  # fmt: skip


def _release() -> Resource:
    return Resource(
        type="kubernetes:helm.sh/v3:Release",
        name="kyverno",
        props={
            "chart": "kyverno",
            "version": chart("kyverno").version,
            "repositoryOpts": {"repo": chart("kyverno").repository},
            "namespace": "kyverno",
            "atomic": True,
            "cleanupOnFail": True,
        },
    )


def _cloudflare(kind: str, name: str, /, **props: Any) -> Resource:
    token = f"cloudflare:index/{kind[0].lower()}{kind[1:]}:{kind}"
    return Resource(type=token, name=name, props=props)


def _edge() -> list[Resource]:
    limit = {"period": 10, "requestsPerPeriod": 1000}
    host = "grafana.example.com"
    return [
        _cloudflare("DnsRecord", "grafana", name=host, type="CNAME", proxied=True),
        _cloudflare(
            "ZeroTrustAccessApplication", "app",
            domain=host, policies=[{"id": "people"}], sessionDuration="12h",
        ),
        _cloudflare("ZeroTrustAccessPolicy", "people", decision="allow"),
        _cloudflare("ZoneSetting", "tls", settingId="ssl", value="strict"),
        _cloudflare(
            "Ruleset", "limits",
            rules=[{"action": "block", "enabled": True, "ratelimit": limit}],
        ),
    ]  # fmt: skip


World = dict[str, Resource]


def world() -> World:
    """Every resource by a short name: the logical name, or `<kind> <name>` of an object."""
    objects = {**_rendered(), **{f"{o['kind']} {o['metadata']['name']}": o for o in _platform()}}
    found = {key: of_object(obj) for key, obj in objects.items()}
    for one in (*_buckets(), *_stores(), *_ground(), _release(), *_edge()):
        found[one.name] = one
    return found


def of_object(obj: Mapping[str, Any]) -> Resource:
    """A Kubernetes object as the engine registers it."""
    api = obj["apiVersion"]
    token = f"kubernetes:{'core/v1' if api == 'v1' else api}:{obj['kind']}"
    return Resource(type=token, name=f"{obj['kind']}-{obj['metadata']['name']}", props=obj)


UNRESOLVED: Final = image("storage-initializer").reference()
