"""Resources of AWS and Cloudflare, and a release, that break no rule."""

import json
from typing import Any

from catalog.objects import Object
from catalog.pins import chart
from policies.subjects import Resource


def document(*statements: Object) -> str:
    """An IAM document as a resource has it."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "arn:aws:s3:::models/*", **more: Any) -> Object:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


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


def cloud() -> list[Resource]:
    """All of them."""
    return [*_buckets(), *_stores(), *_ground(), _release(), *_edge()]
