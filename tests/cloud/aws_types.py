"""What makes an AWS type: its outputs, its name, and whose change makes another of it.

`replaces` is ForceNew and RequiresReplace in terraform-provider-aws v6 (`internal/service/*`), in
the file of the type.
"""

from collections.abc import Mapping
from typing import Any

from tests.cloud import aws_eks_outputs as e
from tests.cloud import aws_names as t
from tests.cloud import aws_outputs as o
from tests.cloud.kinds import Kind, Place

_FLOW_LOG = "deliverCrossAccountRole destinationOptions eniId iamRoleArn logDestination"
_CACHE = "atRestEncryptionEnabled kmsKeyId port replicationGroupId snapshotArns snapshotName"
_DATABASE = "availabilityZone dbName engine kmsKeyId snapshotIdentifier storageEncrypted username"
_NODES = "amiType capacityType clusterName diskSize instanceTypes launchTemplate.id nodeGroupName"
_CLUSTER = (
    "accessConfig.bootstrapClusterCreatorAdminPermissions bootstrapSelfManagedAddons"
    " encryptionConfig kubernetesNetworkConfig name roleArn"
)
_TARGETS = "ipAddressType name port protocol protocolVersion targetType vpcId"


def _of_bucket(replaces: str = "bucket", needs: str = "") -> Kind:
    """A part of a bucket's configuration, of which there is one."""
    return Kind(
        outputs=o.joined("bucket"),
        needs=f"bucket {needs}",
        replaces=replaces,
        tagged=False,
        within=(t.BUCKET, "bucket"),
    )


KINDS: Mapping[str, Kind] = {
    t.BUDGET: Kind(
        outputs=lambda call: {
            "id": f"{call.place.account}:{call.text('name')}",
            "arn": call.place.arn("budgets", f"budget/{call.text('name')}", region=False),
        },
        named="name",
        needs="name budgetType timeUnit",
        replaces="accountId name",
    ),
    t.EVENT_RULE: Kind(
        outputs=o.named("events", "rule/{}"),
        named="name",
        needs="name",
        replaces="eventBusName name",
    ),
    t.EVENT_TARGET: Kind(
        outputs=lambda call: {
            "id": f"{call.text('rule')}-{call.numbered('t')}",
            "targetId": call.numbered("t"),
        },
        needs="arn rule",
        replaces="eventBusName rule targetId",
        tagged=False,
    ),
    t.LOG_GROUP: Kind(
        outputs=o.named("logs", "log-group:{}"),
        named="name",
        needs="name",
        replaces="logGroupClass name",
    ),
    t.ALARM: Kind(
        outputs=o.named("cloudwatch", "alarm:{}"),
        named="name",
        replaces="name",
        needs="name comparisonOperator evaluationPeriods",
    ),
    t.DEFAULT_GROUP: Kind(
        outputs=o.default_group,
        needs="vpcId",
        replaces="vpcId",
        within=(t.VPC, "vpcId"),
    ),
    t.ADDRESS: Kind(outputs=o.address, replaces="address domain publicIpv4Pool"),
    t.FLOW_LOG: Kind(
        outputs=o.plain("fl", "ec2", "vpc-flow-log", owned=False),
        replaces=f"{_FLOW_LOG} logDestinationType logFormat maxAggregationInterval subnetId"
        " trafficType vpcId",
    ),
    t.GATEWAY: Kind(outputs=o.plain("igw", "ec2", "internet-gateway")),
    t.TEMPLATE: Kind(
        outputs=o.template,
        named="name",
        needs="name",
        replaces="name",
        renewed="latestVersion defaultVersion",
    ),
    t.PREFIX_LIST: Kind(
        outputs=o.plain("pl", "ec2", "prefix-list", version=1),
        needs="addressFamily maxEntries name",
        replaces="addressFamily",
    ),
    t.NAT: Kind(
        outputs=o.nat,
        needs="subnetId",
        replaces="allocationId connectivityType privateIp subnetId",
    ),
    t.ROUTE: Kind(
        outputs=o.route,
        needs="routeTableId",
        tagged=False,
        replaces="destinationCidrBlock destinationIpv6CidrBlock destinationPrefixListId"
        " routeTableId",
        within=(t.ROUTE_TABLE, "routeTableId"),
    ),
    t.ROUTE_TABLE: Kind(
        outputs=o.plain("rtb", "ec2", "route-table"), needs="vpcId", replaces="vpcId"
    ),
    t.ASSOCIATION: Kind(
        outputs=o.own("rtbassoc"),
        needs="routeTableId",
        replaces="gatewayId subnetId",
        tagged=False,
    ),
    t.GROUP: Kind(
        outputs=o.plain("sg", "ec2", "security-group"),
        named="name",
        needs="name vpcId",
        replaces="description name vpcId",
    ),
    t.SUBNET: Kind(
        outputs=o.plain("subnet", "ec2", "subnet"),
        needs="vpcId cidrBlock",
        replaces="availabilityZone cidrBlock vpcId",
    ),
    t.TAG: Kind(
        outputs=o.joined("resourceId", "key", by=","),
        needs="key resourceId value",
        replaces="key resourceId",
        tagged=False,
        within=(t.GROUP, "resourceId"),
    ),
    t.VPC: Kind(outputs=o.vpc, needs="cidrBlock", replaces="cidrBlock", along=o.with_default_group),
    t.ENDPOINT: Kind(
        outputs=o.endpoint,
        needs="vpcId serviceName",
        replaces="serviceName vpcEndpointType vpcId",
    ),
    t.EGRESS: Kind(
        outputs=o.group_rule,
        needs="ipProtocol securityGroupId",
        replaces="securityGroupId",
        within=(t.GROUP, "securityGroupId"),
    ),
    t.INGRESS: Kind(
        outputs=o.group_rule,
        needs="ipProtocol securityGroupId",
        replaces="securityGroupId",
        within=(t.GROUP, "securityGroupId"),
    ),
    t.CACHE_RULE: Kind(
        outputs=o.registry("ecrRepositoryPrefix"),
        needs="ecrRepositoryPrefix upstreamRegistryUrl",
        replaces="ecrRepositoryPrefix upstreamRegistryUrl",
        tagged=False,
    ),
    t.REPOSITORIES: Kind(
        outputs=o.registry("prefix"), needs="appliedFors prefix", replaces="prefix", tagged=False
    ),
    t.ACCESS: Kind(
        outputs=e.access,
        needs="clusterName principalArn",
        replaces="clusterName principalArn type",
        within=(t.CLUSTER, "clusterName"),
    ),
    t.ACCESS_POLICY: Kind(
        outputs=lambda call: {
            **o.joined("clusterName", "principalArn", "policyArn", by="#")(call),
            "associatedAt": o.NOW,
            "modifiedAt": o.NOW,
        },
        needs="accessScope clusterName policyArn principalArn",
        replaces="accessScope clusterName policyArn principalArn",
        tagged=False,
        within=(t.CLUSTER, "clusterName"),
    ),
    t.ADDON: Kind(
        outputs=e.addon,
        needs="addonName clusterName",
        replaces="addonName clusterName",
        within=(t.CLUSTER, "clusterName"),
    ),
    t.CLUSTER: Kind(
        outputs=e.cluster,
        named="name",
        needs="name roleArn vpcConfig",
        replaces=_CLUSTER,
        along=e.with_cluster_group,
        left=e.held_group,
    ),
    t.NODES: Kind(
        outputs=e.nodes,
        named="nodeGroupName",
        needs="clusterName nodeRoleArn scalingConfig subnetIds",
        replaces=f"{_NODES} nodeRoleArn remoteAccess subnetIds",
    ),
    t.POD_IDENTITY: Kind(
        outputs=e.pod_identity,
        needs="clusterName namespace roleArn serviceAccount",
        replaces="clusterName namespace serviceAccount",
        within=(t.CLUSTER, "clusterName"),
    ),
    t.CACHE: Kind(
        outputs=o.cache,
        named="replicationGroupId",
        needs="description replicationGroupId",
        replaces=f"{_CACHE} subnetGroupName",
    ),
    t.CACHE_SUBNETS: Kind(
        outputs=o.named("elasticache", "subnetgroup:{}"),
        named="name",
        needs="name subnetIds",
        replaces="name",
    ),
    t.ROLE: Kind(outputs=o.role, named="name", needs="name assumeRolePolicy", replaces="name path"),
    t.ROLE_POLICY: Kind(
        outputs=o.joined("role", "name"),
        named="name",
        needs="name policy role",
        replaces="name role",
        tagged=False,
    ),
    t.ATTACHMENT: Kind(
        outputs=o.joined("role", "policyArn", by="/"),
        needs="policyArn role",
        replaces="policyArn role",
        tagged=False,
    ),
    t.ALIAS: Kind(
        outputs=o.alias,
        named="name",
        needs="name targetKeyId",
        replaces="name",
        tagged=False,
        within=(t.KEY, "targetKeyId"),
    ),
    t.KEY: Kind(
        outputs=o.key,
        replaces="customKeyStoreId customerMasterKeySpec keyUsage multiRegion xksKeyId",
    ),
    t.LISTENER: Kind(
        outputs=o.listener,
        needs="defaultActions loadBalancerArn",
        replaces="loadBalancerArn",
        within=(t.BALANCER, "loadBalancerArn"),
    ),
    t.BALANCER: Kind(
        outputs=o.balancer, named="name", needs="name", replaces="internal loadBalancerType name"
    ),
    t.TARGETS: Kind(outputs=o.targets, named="name", needs="name", replaces=_TARGETS),
    t.DATABASE: Kind(
        outputs=o.database,
        named="identifier",
        needs="identifier instanceClass",
        replaces=_DATABASE,
        along=o.with_password,
        left=o.last_snapshot,
    ),
    t.PARAMETERS: Kind(
        outputs=o.named("rds", "pg:{}"),
        named="name",
        needs="name family",
        replaces="description family name",
    ),
    t.DATABASE_SUBNETS: Kind(
        outputs=o.named("rds", "subgrp:{}"), named="name", needs="name subnetIds", replaces="name"
    ),
    t.BUCKET: Kind(
        outputs=o.bucket, named="bucket", needs="bucket", replaces="bucket objectLockEnabled"
    ),
    t.LIFECYCLE: _of_bucket(needs="rules"),
    t.BUCKET_LOGGING: _of_bucket(needs="targetBucket targetPrefix"),
    t.NOTIFICATION: _of_bucket(),
    t.OBJECT: Kind(
        outputs=o.bucket_object,
        needs="bucket key",
        replaces="bucket key",
        within=(t.BUCKET, "bucket"),
    ),
    t.OWNERSHIP: _of_bucket(needs="rule"),
    t.BUCKET_POLICY: _of_bucket(needs="policy"),
    t.PUBLIC_ACCESS: _of_bucket(),
    t.ENCRYPTION: _of_bucket(needs="rules"),
    t.VERSIONING: _of_bucket(needs="versioningConfiguration"),
    t.TOPIC: Kind(outputs=o.topic, named="name", needs="name", replaces="fifoTopic name"),
    t.TOPIC_POLICY: Kind(
        outputs=lambda call: {"id": call.text("arn"), "owner": call.place.account},
        needs="arn policy",
        replaces="arn",
        tagged=False,
        within=(t.TOPIC, "arn"),
    ),
    t.SUBSCRIPTION: Kind(
        outputs=o.subscription,
        needs="endpoint protocol topic",
        replaces="endpoint protocol topic",
        tagged=False,
        within=(t.TOPIC, "topic"),
    ),
    t.QUEUE: Kind(outputs=o.queue, named="name", needs="name", replaces="fifoQueue name"),
    t.QUEUE_POLICY: Kind(
        outputs=o.joined("queueUrl"),
        needs="policy queueUrl",
        replaces="queueUrl",
        tagged=False,
        within=(t.QUEUE, "queueUrl"),
    ),
}


def addon_version(args: Mapping[str, Any], _place: Place) -> dict[str, Any]:
    """A version for a Kubernetes minor, always the same."""
    version = f"v{args['kubernetesVersion']}.0-eksbuild.1"
    return {**args, "id": args["addonName"], "version": version}


ANSWERS = {
    "aws:eks/getAddonVersion:getAddonVersion": addon_version,
    "aws:index/getPartition:getPartition": lambda _args, _place: {
        "id": "aws",
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    },
}
