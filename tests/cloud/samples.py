"""One plain thing of every type, in an order in which they can be made.

A text `@name` stands for the id of the sample of that name, `@name.arn` for one of its properties.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from tests.cloud import aws_names as t
from tests.cloud import cloudflare as c

Samples: TypeAlias = Mapping[str, tuple[str, dict[str, Any]]]

ROOT: Final = {"AWS": "arn:aws:iam::111111111111:root"}
ZONE: Final = "89abcdef0123456789abcdef01234567"
ACCOUNT: Final = "0123456789abcdef0123456789abcdef"
_POLICIES: Final = "arn:aws:iam::aws:policy"


def policy(principal: Any = None, action: str = "sts:AssumeRole", **more: Any) -> str:
    """A document of one statement."""
    whom = {} if principal is None else {"Principal": principal}
    statement = {"Effect": "Allow", "Action": action, **whom, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _trust(service: str) -> str:
    return policy({"Service": service})


_KEY_POLICY: Final = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "kms:*", "Principal": ROOT, "Resource": "*"},
            {
                "Effect": "Allow",
                "Action": "kms:Encrypt",
                "Principal": {"Service": "logs.eu-west-1.amazonaws.com"},
                "Resource": "*",
            },
        ],
    }
)

_NETWORK: Final[Samples] = {
    "vpc": (
        t.VPC,
        {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True, "enableDnsSupport": True},
    ),
    "default": (t.DEFAULT_GROUP, {"vpcId": "@vpc"}),
    "gateway": (t.GATEWAY, {"vpcId": "@vpc"}),
    "public": (
        t.SUBNET,
        {"vpcId": "@vpc", "cidrBlock": "10.0.0.0/24", "availabilityZone": "eu-west-1a"},
    ),
    "a": (
        t.SUBNET,
        {"vpcId": "@vpc", "cidrBlock": "10.0.1.0/24", "availabilityZone": "eu-west-1a"},
    ),
    "b": (
        t.SUBNET,
        {"vpcId": "@vpc", "cidrBlock": "10.0.2.0/24", "availabilityZone": "eu-west-1b"},
    ),
    "public-table": (t.ROUTE_TABLE, {"vpcId": "@vpc"}),
    "public-association": (
        t.ASSOCIATION,
        {"routeTableId": "@public-table", "subnetId": "@public"},
    ),
    "to-internet": (
        t.ROUTE,
        {
            "routeTableId": "@public-table",
            "destinationCidrBlock": "0.0.0.0/0",
            "gatewayId": "@gateway",
        },
    ),
    "address": (t.ADDRESS, {"domain": "vpc"}),
    "nat": (t.NAT, {"subnetId": "@public", "allocationId": "@address"}),
    "table": (t.ROUTE_TABLE, {"vpcId": "@vpc"}),
    "association-a": (t.ASSOCIATION, {"routeTableId": "@table", "subnetId": "@a"}),
    "association-b": (t.ASSOCIATION, {"routeTableId": "@table", "subnetId": "@b"}),
    "to-nat": (
        t.ROUTE,
        {"routeTableId": "@table", "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "@nat"},
    ),
    "group": (t.GROUP, {"name": "door", "description": "The door", "vpcId": "@vpc"}),
    "other-group": (t.GROUP, {"name": "inside", "description": "Inside", "vpcId": "@vpc"}),
    "prefixes": (t.PREFIX_LIST, {"name": "sources", "addressFamily": "IPv4", "maxEntries": 1}),
    "in": (
        t.INGRESS,
        {
            "securityGroupId": "@group",
            "ipProtocol": "tcp",
            "fromPort": 443,
            "toPort": 443,
            "cidrIpv4": "0.0.0.0/0",
            "description": "Everybody",
        },
    ),
    "in-from-list": (
        t.INGRESS,
        {"securityGroupId": "@group", "ipProtocol": "tcp", "prefixListId": "@prefixes"},
    ),
    "in-from-group": (
        t.INGRESS,
        {
            "securityGroupId": "@other-group",
            "ipProtocol": "tcp",
            "referencedSecurityGroupId": "@group",
        },
    ),
    "out": (
        t.EGRESS,
        {
            "securityGroupId": "@group",
            "ipProtocol": "tcp",
            "referencedSecurityGroupId": "@other-group",
        },
    ),
    "tag": (t.TAG, {"resourceId": "@group", "key": "owner", "value": "us"}),
    "s3": (
        t.ENDPOINT,
        {
            "vpcId": "@vpc",
            "serviceName": "com.amazonaws.eu-west-1.s3",
            "vpcEndpointType": "Gateway",
            "routeTableIds": ["@table"],
        },
    ),
    "sts": (
        t.ENDPOINT,
        {
            "vpcId": "@vpc",
            "serviceName": "com.amazonaws.eu-west-1.sts",
            "vpcEndpointType": "Interface",
            "subnetIds": ["@a", "@b"],
            "securityGroupIds": ["@group"],
            "privateDnsEnabled": True,
        },
    ),
    "balancer": (
        t.BALANCER,
        {
            "name": "door",
            "loadBalancerType": "network",
            "internal": False,
            "subnets": ["@public"],
            "securityGroups": ["@group"],
        },
    ),
    "targets": (
        t.TARGETS,
        {
            "name": "door-https",
            "port": 10443,
            "protocol": "TCP",
            "targetType": "ip",
            "vpcId": "@vpc",
            "healthCheck": {"interval": 10, "healthyThreshold": 2},
        },
    ),
    "listener": (
        t.LISTENER,
        {
            "loadBalancerArn": "@balancer.arn",
            "port": 443,
            "protocol": "TCP",
            "tcpIdleTimeoutSeconds": 350,
            "defaultActions": [{"type": "forward", "targetGroupArn": "@targets.arn"}],
        },
    ),
}

_RIGHTS: Final[Samples] = {
    "key": (t.KEY, {"policy": _KEY_POLICY, "deletionWindowInDays": 30}),
    "alias": (t.ALIAS, {"name": "alias/data", "targetKeyId": "@key"}),
    "role": (t.ROLE, {"name": "cluster", "assumeRolePolicy": _trust("eks.amazonaws.com")}),
    "node-role": (t.ROLE, {"name": "node", "assumeRolePolicy": _trust("ec2.amazonaws.com")}),
    "node-rights": (
        t.ATTACHMENT,
        {"role": "@node-role.name", "policyArn": f"{_POLICIES}/AmazonEKSWorkerNodePolicy"},
    ),
    "pod-role": (t.ROLE, {"name": "pod", "assumeRolePolicy": _trust("pods.eks.amazonaws.com")}),
    "pod-rights": (
        t.ROLE_POLICY,
        {"name": "pod", "role": "@pod-role.name", "policy": policy(action="s3:GetObject")},
    ),
    "watcher": (
        t.ROLE,
        {"name": "watcher", "assumeRolePolicy": _trust("monitoring.rds.amazonaws.com")},
    ),
    "watcher-rights": (
        t.ATTACHMENT,
        {
            "role": "@watcher.name",
            "policyArn": f"{_POLICIES}/service-role/AmazonRDSEnhancedMonitoringRole",
        },
    ),
    "flow-role": (
        t.ROLE,
        {"name": "flow", "assumeRolePolicy": _trust("vpc-flow-logs.amazonaws.com")},
    ),
    "logs": (t.LOG_GROUP, {"name": "flow", "retentionInDays": 30, "kmsKeyId": "@key.arn"}),
    "flow-log": (
        t.FLOW_LOG,
        {
            "vpcId": "@vpc",
            "trafficType": "ALL",
            "logDestination": "@logs.arn",
            "iamRoleArn": "@flow-role.arn",
            "maxAggregationInterval": 600,
        },
    ),
}

_CLUSTER: Final[Samples] = {
    "cluster": (
        t.CLUSTER,
        {
            "name": "main",
            "roleArn": "@role.arn",
            "version": "1.34",
            "bootstrapSelfManagedAddons": False,
            "vpcConfig": {"subnetIds": ["@a", "@b"], "endpointPrivateAccess": True},
            "encryptionConfig": {"provider": {"keyArn": "@key.arn"}, "resources": ["secrets"]},
        },
    ),
    "entry": (
        t.ACCESS,
        {
            "clusterName": "@cluster",
            "principalArn": "arn:aws:iam::111111111111:role/admins",
            "type": "STANDARD",
        },
    ),
    "entry-policy": (
        t.ACCESS_POLICY,
        {
            "clusterName": "@cluster",
            "principalArn": "arn:aws:iam::111111111111:role/admins",
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
            "accessScope": {"type": "cluster"},
        },
    ),
    "vpc-cni": (
        t.ADDON,
        {
            "clusterName": "@cluster",
            "addonName": "vpc-cni",
            "addonVersion": "v1.34.0-eksbuild.1",
            "podIdentityAssociations": [{"serviceAccount": "aws-node", "roleArn": "@pod-role.arn"}],
        },
    ),
    "kube-proxy": (t.ADDON, {"clusterName": "@cluster", "addonName": "kube-proxy"}),
    "template": (t.TEMPLATE, {"name": "system"}),
    "nodes": (
        t.NODES,
        {
            "clusterName": "@cluster",
            "nodeGroupName": "system",
            "nodeRoleArn": "@node-role.arn",
            "subnetIds": ["@a", "@b"],
            "version": "1.34",
            "scalingConfig": {"minSize": 1, "desiredSize": 2, "maxSize": 3},
            "launchTemplate": {"id": "@template", "version": "1"},
        },
    ),
    "coredns": (t.ADDON, {"clusterName": "@cluster", "addonName": "coredns"}),
    "pod-identity": (
        t.POD_IDENTITY,
        {
            "clusterName": "@cluster",
            "namespace": "team",
            "serviceAccount": "models",
            "roleArn": "@pod-role.arn",
        },
    ),
}

_STORES: Final[Samples] = {
    "log-bucket": (t.BUCKET, {"bucket": "sample-access-logs", "forceDestroy": True}),
    "bucket": (t.BUCKET, {"bucket": "sample-models"}),
    "lifecycle": (t.LIFECYCLE, {"bucket": "@bucket", "rules": []}),
    "bucket-logging": (
        t.BUCKET_LOGGING,
        {"bucket": "@bucket", "targetBucket": "@log-bucket", "targetPrefix": "models/"},
    ),
    "notification": (t.NOTIFICATION, {"bucket": "@bucket", "eventbridge": True}),
    "ownership": (
        t.OWNERSHIP,
        {"bucket": "@bucket", "rule": {"objectOwnership": "BucketOwnerEnforced"}},
    ),
    "bucket-policy": (
        t.BUCKET_POLICY,
        {"bucket": "@bucket", "policy": policy("*", "s3:*", Effect="Deny", Resource="*")},
    ),
    "public-access": (t.PUBLIC_ACCESS, {"bucket": "@bucket", "blockPublicAcls": True}),
    "encryption": (
        t.ENCRYPTION,
        {
            "bucket": "@bucket",
            "rules": [{"applyServerSideEncryptionByDefault": {"kmsMasterKeyId": "@key.arn"}}],
        },
    ),
    "versioning": (
        t.VERSIONING,
        {"bucket": "@bucket", "versioningConfiguration": {"status": "Enabled"}},
    ),
    "object": (t.OBJECT, {"bucket": "@bucket", "key": "model.bin", "kmsKeyId": "@key.arn"}),
    "database-subnets": (t.DATABASE_SUBNETS, {"name": "mlflow", "subnetIds": ["@a", "@b"]}),
    "parameters": (t.PARAMETERS, {"name": "mlflow-18", "family": "postgres18"}),
    "database": (
        t.DATABASE,
        {
            "identifier": "mlflow",
            "instanceClass": "db.t4g.medium",
            "engine": "postgres",
            "engineVersion": "18",
            "allocatedStorage": 50,
            "maxAllocatedStorage": 200,
            "backupRetentionPeriod": 7,
            "port": 5432,
            "dbSubnetGroupName": "@database-subnets",
            "parameterGroupName": "@parameters",
            "vpcSecurityGroupIds": ["@other-group"],
            "kmsKeyId": "@key.arn",
            "manageMasterUserPassword": True,
            "masterUserSecretKmsKeyId": "@key.arn",
            "monitoringInterval": 60,
            "monitoringRoleArn": "@watcher.arn",
            "skipFinalSnapshot": True,
        },
    ),
    "cache-subnets": (t.CACHE_SUBNETS, {"name": "limits", "subnetIds": ["@a", "@b"]}),
    "cache": (
        t.CACHE,
        {
            "replicationGroupId": "limits",
            "description": "Counters",
            "numCacheClusters": 2,
            "automaticFailoverEnabled": True,
            "multiAzEnabled": True,
            "engineVersion": "8.2",
            "kmsKeyId": "@key.arn",
            "securityGroupIds": ["@other-group"],
            "subnetGroupName": "@cache-subnets",
        },
    ),
    "repositories": (t.REPOSITORIES, {"prefix": "dev/aws", "appliedFors": ["PULL_THROUGH_CACHE"]}),
    "image-cache": (
        t.CACHE_RULE,
        {"ecrRepositoryPrefix": "dev/aws", "upstreamRegistryUrl": "public.ecr.aws"},
    ),
}

_WATCH: Final[Samples] = {
    "topic": (t.TOPIC, {"name": "alarms", "kmsMasterKeyId": "@key.arn"}),
    "topic-policy": (
        t.TOPIC_POLICY,
        {
            "arn": "@topic.arn",
            "policy": policy({"Service": "cloudwatch.amazonaws.com"}, "sns:Publish"),
        },
    ),
    "subscription": (
        t.SUBSCRIPTION,
        {"topic": "@topic.arn", "protocol": "email", "endpoint": "us@example.com"},
    ),
    "queue": (t.QUEUE, {"name": "interruption", "messageRetentionSeconds": 300}),
    "queue-policy": (
        t.QUEUE_POLICY,
        {
            "queueUrl": "@queue.url",
            "policy": policy({"Service": "events.amazonaws.com"}, "sqs:SendMessage"),
        },
    ),
    "event-rule": (t.EVENT_RULE, {"name": "spot", "eventPattern": '{"source": ["aws.ec2"]}'}),
    "event-target": (t.EVENT_TARGET, {"rule": "@event-rule.name", "arn": "@queue.arn"}),
    "alarm": (
        t.ALARM,
        {
            "name": "busy",
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 3,
            "period": 300,
        },
    ),
    "budget": (
        t.BUDGET,
        {
            "name": "month",
            "budgetType": "COST",
            "timeUnit": "MONTHLY",
            "notifications": [{"subscriberEmailAddresses": ["us@example.com"]}],
        },
    ),
}

AWS: Final[Samples] = {**_NETWORK, **_RIGHTS, **_CLUSTER, **_STORES, **_WATCH}

CLOUDFLARE: Final[Samples] = {
    "record": (
        c.RECORD,
        {
            "zoneId": ZONE,
            "name": "api.example.com",
            "type": "CNAME",
            "content": "door.example.net",
            "ttl": 60,
        },
    ),
    "certificate": (
        c.CERTIFICATE,
        {
            "zoneId": ZONE,
            "type": "advanced",
            "hosts": ["example.com", "*.models.example.com"],
            "certificateAuthority": "lets_encrypt",
            "validationMethod": "txt",
            "validityDays": 90,
        },
    ),
    "ruleset": (
        c.RULESET,
        {"zoneId": ZONE, "kind": "zone", "name": "Rates", "phase": "http_ratelimit"},
    ),
    "people": (c.POLICY, {"accountId": ACCOUNT, "decision": "allow", "name": "people"}),
    "page": (
        c.APPLICATION,
        {
            "accountId": ACCOUNT,
            "domain": "grafana.example.com",
            "policies": [{"id": "@people", "precedence": 1}],
        },
    ),
    "setting": (c.SETTING, {"zoneId": ZONE, "settingId": "ssl", "value": "strict"}),
}
