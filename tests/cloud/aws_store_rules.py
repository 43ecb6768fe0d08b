"""What S3, RDS, ElastiCache, ECR, CloudWatch, SNS, SQS, EventBridge and Budgets refuse."""

import json
from collections.abc import Callable

from tests.cloud import aws_names as t
from tests.cloud.aws_iam_rules import admits, trusted
from tests.cloud.kinds import Call, Phase, Rule
from tests.cloud.rules import between, found, holds, named, refers, unique

_S3, _RDS, _LOGS = "S3 API reference", "RDS API reference", "CloudWatch Logs API reference"
_CACHE, _ECR = "ElastiCache API reference", "ECR API reference"
_SNS, _SQS, _EVENTS = "SNS API reference", "SQS API reference", "EventBridge API reference"
_TWO = 2

_RETENTION = "1|3|5|7|14|30|60|90|120|150|180|365|400|545|731|1096|1827|2192|2557|2922|3288|3653"
_UPSTREAMS = ("ghcr.io", "public.ecr.aws", "quay.io", "registry-1.docker.io", "registry.k8s.io")
_WITH_CREDENTIALS = ("ghcr.io", "registry-1.docker.io")


def _is_not_empty(call: Call) -> str | None:
    inside = [e for e in call.account.of(t.OBJECT) if e.inputs["bucket"] == call.get("bucket")]
    if not inside or call.get("forceDestroy"):
        return None
    return f"The bucket you tried to delete is not empty: {len(inside)} objects"


def _covers_one_zone(call: Call) -> str | None:
    zones = {s.inputs["availabilityZone"] for s in found(call, t.SUBNET, "subnetIds")}
    if len(zones) >= _TWO:
        return None
    return f"The DB subnet group doesn't meet Availability Zone coverage: {sorted(zones)}"


def _family_is_anothers(call: Call) -> str | None:
    own = call.text("engine") + call.text("engineVersion").partition(".")[0]
    for group in found(call, t.PARAMETERS, "parameterGroupName"):
        if group.inputs["family"] != own:
            return f"parameter group {group.id} is of {group.inputs['family']}, not of {own}"
    return None


def _may_not_be_watched(call: Call) -> str | None:
    for role in found(call, t.ROLE, "monitoringRoleArn", "arn"):
        rights = [e for e in call.account.of(t.ATTACHMENT) if e.inputs["role"] == role.id]
        if not any("RDSEnhancedMonitoring" in each.inputs["policyArn"] for each in rights):
            return "IAM role ARN value does not include the permissions for ENHANCED_MONITORING"
    return None


def _grows_to_less(call: Call) -> str | None:
    most = int(call.get("maxAllocatedStorage") or 0)
    if most and most < int(call.get("allocatedStorage")) * 1.1:
        return f"max storage {most} must be a tenth more than {call.get('allocatedStorage')}"
    return None


def _storage_shrinks(call: Call) -> str | None:
    was = call.old.inputs.get("allocatedStorage", 0) if call.old else 0
    own = call.get("allocatedStorage")
    return None if own >= was else f"Requested storage {own} is less than the current {was}"


def _is_protected(call: Call) -> str | None:
    if not call.get("deletionProtection"):
        return None
    return "Cannot delete protected DB Instance, please disable deletion protection"


def _leaves_no_snapshot(call: Call) -> str | None:
    if call.get("skipFinalSnapshot") or call.get("finalSnapshotIdentifier"):
        return None
    return "FinalSnapshotIdentifier is required unless SkipFinalSnapshot is specified"


def _snapshot_is_there(call: Call) -> str | None:
    name = None if call.get("skipFinalSnapshot") else call.get("finalSnapshotIdentifier")
    if name and call.account.find(t.SNAPSHOT, name):
        return f"Cannot create the snapshot because one of the name {name} already exists"
    return None


def _fails_over_to_nothing(call: Call) -> str | None:
    if not call.get("automaticFailoverEnabled") or int(call.get("numCacheClusters") or 1) >= _TWO:
        return None
    return "Automatic failover needs at least one replica"


def _is_in_zones_alone(call: Call) -> str | None:
    if not call.get("multiAzEnabled") or call.get("automaticFailoverEnabled"):
        return None
    return "Must enable automatic failover to enable MultiAZ"


def _key_is_closed(call: Call) -> str | None:
    service = f"logs.{call.place.region}.amazonaws.com"
    for key in found(call, t.KEY, "kmsKeyId", "arn"):
        if not admits(
            key.inputs.get("policy", '{"Version": "2012-10-17", "Statement": []}'), service
        ):
            return f"The specified KMS key does not exist or is not allowed to be used by {service}"
    return None


def _has_no_credentials(call: Call) -> str | None:
    if call.get("upstreamRegistryUrl") not in _WITH_CREDENTIALS or call.get("credentialArn"):
        return None
    return f"{call.get('upstreamRegistryUrl')} asks for credentials"


def _is_no_json(path: str) -> Callable[[Call], str | None]:
    def finds(call: Call) -> str | None:
        try:
            json.loads(call.text(path) or "{}")
        except ValueError as error:
            return f"{path} is not valid JSON: {error}"
        return None

    return finds


def _nobody_is_told(call: Call) -> str | None:
    for each in call.get("notifications") or []:
        if not each.get("subscriberEmailAddresses") and not each.get("subscriberSnsTopicArns"):
            return "a notification needs a subscriber"
    return None


def _rule(
    what: str, token: str, code: str, finds: Callable[[Call], str | None], *on: Phase, source: str
) -> Rule:
    return Rule(what=what, types=(token,), on=on, code=code, source=source, finds=finds)


def _of_bucket(token: str, path: str = "bucket", code: str = "NoSuchBucket") -> Rule:
    return refers(token, path, t.BUCKET, "id", code, _S3)


def _encrypted(token: str, path: str, code: str, source: str, key: str = "arn") -> Rule:
    return refers(token, path, t.KEY, key, code, source)


_BUCKETS = (
    t.LIFECYCLE, t.BUCKET_LOGGING, t.NOTIFICATION, t.OBJECT, t.OWNERSHIP, t.BUCKET_POLICY,
    t.PUBLIC_ACCESS, t.ENCRYPTION, t.VERSIONING,
)  # fmt: skip

S3: tuple[Rule, ...] = (
    named(t.BUCKET, "bucket",
          r"(?!xn--|sthree-|amzn-s3-demo-)(?!.*\.\.)(?!.*-s3alias$)(?!\d+\.\d+\.\d+\.\d+$)"
          r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
          "InvalidBucketName", "S3 user guide, Bucket naming rules"),
    unique(t.BUCKET, "bucket", "BucketAlreadyExists", f"{_S3}, CreateBucket"),
    *(_of_bucket(each) for each in _BUCKETS),
    _of_bucket(t.BUCKET_LOGGING, "targetBucket", "InvalidTargetBucketForLogging"),
    _encrypted(t.ENCRYPTION, "rules.*.applyServerSideEncryptionByDefault.kmsMasterKeyId",
               "KMS.NotFoundException", f"{_S3}, PutBucketEncryption"),
    _encrypted(t.OBJECT, "kmsKeyId", "KMS.NotFoundException", f"{_S3}, PutObject"),
    _rule("a bucket goes empty", t.BUCKET, "BucketNotEmpty", _is_not_empty, "delete",
          source=f"{_S3}, DeleteBucket"),
)  # fmt: skip

STORES: tuple[Rule, ...] = (
    named(t.DATABASE, "identifier", r"(?!.*--)[a-z][a-z0-9-]{0,61}[a-z0-9]",
          "InvalidParameterValue", f"{_RDS}, CreateDBInstance"),
    named(t.PARAMETERS, "name", r"(?!.*--)[a-z][a-z0-9.-]{0,253}[a-z0-9]",
          "InvalidParameterValue", f"{_RDS}, CreateDBParameterGroup"),
    named(t.DATABASE_SUBNETS, "name", r"(?!default$)[a-z0-9 ._-]{1,255}",
          "InvalidParameterValue", f"{_RDS}, CreateDBSubnetGroup"),
    between(t.DATABASE, "backupRetentionPeriod", 0, 35, f"{_RDS}, CreateDBInstance"),
    between(t.DATABASE, "allocatedStorage", 20, 65_536, f"{_RDS}, CreateDBInstance"),
    named(t.DATABASE, "monitoringInterval", "0|1|5|10|15|30|60", "InvalidParameterValue",
          f"{_RDS}, CreateDBInstance"),
    unique(t.DATABASE_SUBNETS, "name", "DBSubnetGroupAlreadyExists", _RDS),
    refers(t.DATABASE_SUBNETS, "subnetIds", t.SUBNET, "id", "InvalidSubnet", _RDS),
    _rule("a subnet group has two zones", t.DATABASE_SUBNETS,
          "DBSubnetGroupDoesNotCoverEnoughAZs", _covers_one_zone, "create", "update",
          source=f"{_RDS}, CreateDBSubnetGroup"),
    unique(t.PARAMETERS, "name", "DBParameterGroupAlreadyExists", _RDS),
    unique(t.DATABASE, "identifier", "DBInstanceAlreadyExists", _RDS),
    refers(t.DATABASE, "dbSubnetGroupName", t.DATABASE_SUBNETS, "id", "DBSubnetGroupNotFoundFault",
           _RDS),
    refers(t.DATABASE, "parameterGroupName", t.PARAMETERS, "id", "DBParameterGroupNotFound", _RDS),
    refers(t.DATABASE, "vpcSecurityGroupIds", t.GROUP, "id", "InvalidParameterValue", _RDS),
    _encrypted(t.DATABASE, "kmsKeyId", "KMSKeyNotAccessibleFault", _RDS),
    _encrypted(t.DATABASE, "masterUserSecretKmsKeyId", "KMSKeyNotAccessibleFault", _RDS),
    trusted(t.DATABASE, "monitoringRoleArn", "monitoring.rds.amazonaws.com",
            "InvalidParameterValue", f"{_RDS}, CreateDBInstance"),
    _rule("the role may watch", t.DATABASE, "InvalidParameterValue", _may_not_be_watched,
          "create", source=f"{_RDS}, CreateDBInstance"),
    _rule("parameters are of the engine", t.DATABASE, "InvalidParameterCombination",
          _family_is_anothers, "create", "update", source=f"{_RDS}, CreateDBInstance"),
    _rule("storage grows", t.DATABASE, "InvalidParameterCombination", _grows_to_less, "create",
          "update", source="RDS user guide, storage autoscaling"),
    _rule("storage never shrinks", t.DATABASE, "InvalidParameterCombination", _storage_shrinks,
          "update", source=f"{_RDS}, ModifyDBInstance"),
    holds(t.DATABASE, "dbSubnetGroupName", t.DATABASE_SUBNETS, "id", "InvalidDBSubnetGroupState",
          _RDS),
    holds(t.DATABASE, "parameterGroupName", t.PARAMETERS, "id", "InvalidDBParameterGroupState",
          _RDS),
    _rule("a protected database stays", t.DATABASE, "InvalidParameterCombination", _is_protected,
          "delete", source=f"{_RDS}, DeleteDBInstance"),
    _rule("a last snapshot has a name", t.DATABASE, "InvalidParameterCombination",
          _leaves_no_snapshot, "delete", source=f"{_RDS}, DeleteDBInstance"),
    _rule("a last snapshot is one", t.DATABASE, "DBSnapshotAlreadyExists", _snapshot_is_there,
          "delete", source=f"{_RDS}, DeleteDBInstance"),
    named(t.CACHE, "replicationGroupId", r"(?!.*--)[a-z][a-z0-9-]{0,38}[a-z0-9]",
          "InvalidParameterValue", f"{_CACHE}, CreateReplicationGroup"),
    unique(t.CACHE_SUBNETS, "name", "CacheSubnetGroupAlreadyExists", _CACHE),
    refers(t.CACHE_SUBNETS, "subnetIds", t.SUBNET, "id", "InvalidSubnet", _CACHE),
    unique(t.CACHE, "replicationGroupId", "ReplicationGroupAlreadyExists", _CACHE),
    refers(t.CACHE, "subnetGroupName", t.CACHE_SUBNETS, "id", "CacheSubnetGroupNotFoundFault",
           _CACHE),
    refers(t.CACHE, "securityGroupIds", t.GROUP, "id", "InvalidParameterValue", _CACHE),
    _encrypted(t.CACHE, "kmsKeyId", "InvalidKMSKeyFault", _CACHE),
    _rule("failover has a replica", t.CACHE, "InvalidParameterCombination", _fails_over_to_nothing,
          "create", source=f"{_CACHE}, CreateReplicationGroup"),
    _rule("zones need failover", t.CACHE, "InvalidParameterCombination", _is_in_zones_alone,
          "create", source=f"{_CACHE}, CreateReplicationGroup"),
    holds(t.CACHE, "subnetGroupName", t.CACHE_SUBNETS, "id", "CacheSubnetGroupInUse", _CACHE),
    holds(t.DATABASE_SUBNETS, "subnetIds", t.SUBNET, "id", "DependencyViolation",
          "EC2 API reference, DeleteSubnet: interfaces of the database"),
    holds(t.CACHE_SUBNETS, "subnetIds", t.SUBNET, "id", "DependencyViolation",
          "EC2 API reference, DeleteSubnet: interfaces of the cache"),
    named(t.CACHE_RULE, "ecrRepositoryPrefix",
          r"((?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*/?|ROOT){2,30}?",
          "InvalidParameterException", f"{_ECR}, CreatePullThroughCacheRule"),
    unique(t.CACHE_RULE, "ecrRepositoryPrefix", "PullThroughCacheRuleAlreadyExistsException", _ECR),
    named(t.CACHE_RULE, "upstreamRegistryUrl", "|".join(_UPSTREAMS).replace(".", r"\."),
          "UnsupportedUpstreamRegistryException", f"{_ECR}, CreatePullThroughCacheRule"),
    _rule("credentials where they are asked for", t.CACHE_RULE, "InvalidParameterException",
          _has_no_credentials, "create", source=f"{_ECR}, CreatePullThroughCacheRule"),
    unique(t.REPOSITORIES, "prefix", "TemplateAlreadyExistsException", _ECR),
)  # fmt: skip

WATCH: tuple[Rule, ...] = (
    named(t.LOG_GROUP, "name", r"[.\-_/#A-Za-z0-9]{1,512}", "InvalidParameterException",
          f"{_LOGS}, CreateLogGroup"),
    named(t.LOG_GROUP, "retentionInDays", _RETENTION, "InvalidParameterException",
          f"{_LOGS}, PutRetentionPolicy"),
    unique(t.LOG_GROUP, "name", "ResourceAlreadyExistsException", f"{_LOGS}, CreateLogGroup"),
    _encrypted(t.LOG_GROUP, "kmsKeyId", "InvalidParameterException", f"{_LOGS}, CreateLogGroup"),
    _rule("logs may use the key", t.LOG_GROUP, "InvalidParameterException", _key_is_closed,
          "create", "update", source="CloudWatch Logs user guide, Encrypt log data"),
    refers(t.FLOW_LOG, "logDestination", t.LOG_GROUP, "arn", "InvalidParameter",
           "EC2 API reference, CreateFlowLogs"),
    trusted(t.FLOW_LOG, "iamRoleArn", "vpc-flow-logs.amazonaws.com", "InvalidParameter",
            "EC2 API reference, CreateFlowLogs"),
    named(t.ALARM, "name", r".{1,255}", "ValidationError", "CloudWatch API, PutMetricAlarm"),
    named(t.ALARM, "period", r"10|20|30|\d*[1-9]\d*0", "ValidationError",
          "CloudWatch API, PutMetricAlarm"),
    named(t.TOPIC, "name", r"[A-Za-z0-9_-]{1,256}", "InvalidParameter", f"{_SNS}, CreateTopic"),
    _encrypted(t.TOPIC, "kmsMasterKeyId", "KMSNotFound", _SNS),
    refers(t.TOPIC_POLICY, "arn", t.TOPIC, "arn", "NotFound", _SNS),
    refers(t.SUBSCRIPTION, "topic", t.TOPIC, "arn", "NotFound", _SNS),
    named(t.SUBSCRIPTION, "protocol",
          "application|email|email-json|firehose|http|https|lambda|sms|sqs", "InvalidParameter",
          f"{_SNS}, Subscribe"),
    named(t.QUEUE, "name", r"[A-Za-z0-9_-]{1,80}", "InvalidParameterValue", f"{_SQS}, CreateQueue"),
    between(t.QUEUE, "messageRetentionSeconds", 60, 1_209_600, f"{_SQS}, CreateQueue"),
    unique(t.QUEUE, "name", "QueueNameExists", f"{_SQS}, CreateQueue"),
    refers(t.QUEUE_POLICY, "queueUrl", t.QUEUE, "id", "QueueDoesNotExist", _SQS),
    named(t.EVENT_RULE, "name", r"[.\-_A-Za-z0-9]{1,64}", "ValidationException",
          f"{_EVENTS}, PutRule"),
    _rule("a pattern is JSON", t.EVENT_RULE, "InvalidEventPatternException",
          _is_no_json("eventPattern"), "create", "update", source=f"{_EVENTS}, PutRule"),
    refers(t.EVENT_TARGET, "rule", t.EVENT_RULE, "id", "ResourceNotFoundException", _EVENTS),
    holds(t.EVENT_TARGET, "rule", t.EVENT_RULE, "id", "ValidationException",
          f"{_EVENTS}, DeleteRule"),
    named(t.BUDGET, "name", r"(?!.*[:\\])(?!.*/action/).{1,100}", "InvalidParameterException",
          "Budgets API, Budget"),
    unique(t.BUDGET, "name", "DuplicateRecordException", "Budgets API, CreateBudget"),
    _rule("somebody is told", t.BUDGET, "InvalidParameterException", _nobody_is_told, "create",
          "update", source="Budgets API, CreateNotification"),
)  # fmt: skip
