"""Keys, buckets, the database, the rate limits' store, the image cache, alarms: what holds data is
closed, encrypted and kept, and every name is one that AWS takes."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from catalog.objects import Object
from catalog.settings import BUCKET_PURPOSES
from components.database import CONNECTIONS
from components.image_cache import ImageCache, ImageCacheArgs
from infra.iam.bucket import log_bucket_policy
from infra.iam.database import monitoring_trust
from infra.iam.document import document
from infra.iam.flow_logs import flow_logs_policy, flow_logs_trust
from infra.iam.image_cache import pull_through_statement
from infra.names import Names
from infra.network import create_load_balancer, create_network, foundation_settings
from infra.parts.part import Context
from infra.stores import (
    create_buckets,
    create_database,
    create_image_cache,
    create_keys,
    create_rate_limit_store,
)
from infra.watch import create_alarms, create_budget
from tests.engine import Graph, Recorded, run, run_both
from tests.iam_lint import findings
from tests.programs import context

BUCKET = "aws:s3/bucket:Bucket"
ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
)
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
KEY = "aws:kms/key:Key"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
CACHE_RULE = "aws:ecr/pullThroughCacheRule:PullThroughCacheRule"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
CLUSTER_GROUP = "sg-cluster"

# The longest that the tightest limit leaves room for: 30 characters of an ECR prefix are
# `slipway-<stack>/github`, 63 of a bucket `<bucket>-access-logs`.
LONGEST_STACK = "s" * 15
LONGEST_BUCKET = "b" * 51

NAME_RULES: Mapping[str, tuple[str, str]] = {
    "aws:cloudwatch/logGroup:LogGroup": ("name", r"[A-Za-z0-9._/#-]{1,512}"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("name", r"[ -~]{1,255}"),
    "aws:budgets/budget:Budget": ("name", r"[^:\\]{1,100}"),
    CACHE_RULE: ("ecrRepositoryPrefix", r"(?=.{2,30}$)([a-z0-9]+([._-][a-z0-9]+)*/?)+"),
    "aws:ec2/securityGroup:SecurityGroup": (
        "name",
        r"(?!sg-)[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]{1,255}",
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": (
        "replicationGroupId",
        r"(?=.{1,40}$)[a-z][a-z0-9]*(-[a-z0-9]+)*",
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": ("name", r"[a-z][a-z0-9-]{0,254}"),
    "aws:iam/role:Role": ("name", r"[A-Za-z0-9+=,.@_-]{1,64}"),
    "aws:kms/alias:Alias": ("name", r"alias/(?!aws/)[A-Za-z0-9/_-]{1,250}"),
    "aws:lb/loadBalancer:LoadBalancer": (
        "name",
        r"(?!internal-)(?=.{1,32}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?",
    ),
    "aws:lb/targetGroup:TargetGroup": (
        "name",
        r"(?=.{1,32}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?",
    ),
    "aws:rds/instance:Instance": ("identifier", r"(?=.{1,63}$)[a-z][a-z0-9]*(-[a-z0-9]+)*"),
    "aws:rds/parameterGroup:ParameterGroup": ("name", r"(?=.{1,255}$)[a-z][a-z0-9]*(-[a-z0-9]+)*"),
    "aws:rds/subnetGroup:SubnetGroup": ("name", r"[a-z0-9 ._-]{1,255}"),
    BUCKET: ("bucket", r"(?=.{3,63}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])"),
    "aws:sns/topic:Topic": ("name", r"[A-Za-z0-9_-]{1,256}"),
}
"""What AWS's API reference takes for each, ANDed with its length."""


def program(found: Context) -> Callable[[], None]:
    """Everything of the foundation but the cluster."""

    def build() -> None:
        keys = create_keys(found)
        network = create_network(found, keys.telemetry)
        balancer = create_load_balancer(found, network)
        create_buckets(found, keys)
        create_database(found, network, keys, CLUSTER_GROUP)
        store = create_rate_limit_store(found, network, keys, CLUSTER_GROUP)
        create_image_cache(found)
        create_budget(found)
        queue = found.names.of_stack("interruptions")
        create_alarms(found, keys, network, balancer, store, queue)

    return build


@pytest.fixture(scope="module")
def dev() -> Graph:
    return run(program(context("dev")))


@pytest.fixture(scope="module")
def prod() -> Graph:
    return run(program(context("prod")))


@pytest.fixture(params=["dev", "prod"])
def graph(request: pytest.FixtureRequest, dev: Graph, prod: Graph) -> Graph:
    return {"dev": dev, "prod": prod}[request.param]


def buckets(graph: Graph) -> list[Recorded]:
    return graph.of_type("slipway:aws:Bucket")


def of_bucket(graph: Graph, bucket: Recorded, token: str) -> Mapping[str, Any]:
    """The inputs of the one resource of a type that belongs to a bucket."""
    (found,) = (each for each in graph.children(bucket) if each.type == token)
    return found.inputs


def policies(graph: Graph) -> Iterator[tuple[str, Object]]:
    """Every document in the graph, by the URN of what it is of."""
    for each in graph.resources:
        for key in ("policy", "assumeRolePolicy"):
            if isinstance(each.inputs.get(key), str):
                yield each.urn, json.loads(each.inputs[key])


def test_unknowns_change_nothing_that_is_registered() -> None:
    run_both(program(context("prod")))


class TestBuckets:
    def test_there_is_one_for_every_purpose(self, graph: Graph) -> None:
        names = {b.inputs["bucket"] for b in graph.of_type(BUCKET)}
        (artifacts,) = (n for n in names if n.endswith("-models"))
        assert names == {artifacts, *(f"{artifacts}-{purpose}" for purpose in BUCKET_PURPOSES)}

    def test_none_can_be_read_from_outside(self, graph: Graph) -> None:
        for bucket in buckets(graph):
            block = of_bucket(
                graph, bucket, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
            )
            assert all(value is True for key, value in block.items() if key != "bucket")
            assert len(block) == 5
            owner = of_bucket(
                graph, bucket, "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
            )
            assert owner["rule"] == {"objectOwnership": "BucketOwnerEnforced"}

    def test_each_refuses_plain_transport_and_old_tls(self, graph: Graph) -> None:
        for bucket in buckets(graph):
            of = of_bucket(graph, bucket, "aws:s3/bucketPolicy:BucketPolicy")
            refused = [s for s in json.loads(of["policy"])["Statement"] if s["Effect"] == "Deny"]
            arn = f"arn:aws:s3:::{of['bucket']}"
            assert [s["Condition"] for s in refused] == [
                {"Bool": {"aws:SecureTransport": "false"}},
                {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
            ]
            assert all(s["Resource"] == [arn, f"{arn}/*"] for s in refused)
            assert all((s["Principal"], s["Action"]) == ("*", "s3:*") for s in refused)

    def test_data_is_encrypted_with_the_stacks_own_key(self, graph: Graph) -> None:
        for bucket in buckets(graph):
            (rule,) = of_bucket(graph, bucket, ENCRYPTION)["rules"]
            default = rule["applyServerSideEncryptionByDefault"]
            if bucket.name == "bucket-access-logs":  # S3 delivers under no other key.
                assert default == {"sseAlgorithm": "AES256"}
            else:
                assert default["kmsMasterKeyId"].endswith("key/key-data-key-key")
                assert rule["bucketKeyEnabled"] is True

    def test_versions_stay_for_a_while_and_leftovers_go(self, graph: Graph) -> None:
        kept: dict[str, int] = {}
        for bucket in buckets(graph):
            versioning = of_bucket(graph, bucket, "aws:s3/bucketVersioning:BucketVersioning")
            assert versioning["versioningConfiguration"] == {"status": "Enabled"}
            (rule,) = of_bucket(graph, bucket, LIFECYCLE)["rules"]
            assert rule["status"] == "Enabled"
            assert rule["abortIncompleteMultipartUpload"]["daysAfterInitiation"] == 3
            kept[bucket.name] = rule["noncurrentVersionExpiration"]["noncurrentDays"]
            expires = "days" in rule["expiration"]
            assert expires == (bucket.name == "bucket-access-logs")
        assert kept["bucket-artifacts"] == 180

    def test_who_read_what_is_logged_everywhere_but_in_the_log(self, graph: Graph) -> None:
        logged = {e.inputs["bucket"] for e in graph.of_type("aws:s3/bucketLogging:BucketLogging")}
        every = {b.inputs["bucket"] for b in graph.of_type(BUCKET)}
        (log,) = every - logged
        assert log.endswith("-access-logs")
        events = graph.of_type("aws:s3/bucketNotification:BucketNotification")
        assert {e.inputs["bucket"] for e in events if e.inputs["eventbridge"]} == logged

    def test_only_s3_for_this_account_writes_the_log(self) -> None:
        names = Names("dev", "eu-west-1", "111111111111", "models")
        (allow,) = (s for s in log_bucket_policy(names)["Statement"] if s["Effect"] == "Allow")
        assert allow["Principal"] == {"Service": "logging.s3.amazonaws.com"}
        assert allow["Action"] == "s3:PutObject"
        assert allow["Condition"]["StringEquals"] == {"aws:SourceAccount": "111111111111"}

    def test_a_bucket_is_named_to_others_when_its_policy_holds(self, graph: Graph) -> None:
        (log,) = (b for b in buckets(graph) if b.name == "bucket-access-logs")
        (policy,) = (e for e in graph.children(log) if e.type == "aws:s3/bucketPolicy:BucketPolicy")
        writers = graph.of_type("aws:s3/bucketLogging:BucketLogging")
        assert [e.name for e in writers if not graph.depends_on(e, policy)] == []

    def test_policies_come_after_the_block_and_lifecycles_after_versions(
        self, graph: Graph
    ) -> None:
        for bucket in buckets(graph):
            by_type = {each.type: each for each in graph.children(bucket)}
            for later, earlier in (
                (
                    "aws:s3/bucketPolicy:BucketPolicy",
                    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
                ),
                (
                    LIFECYCLE,
                    "aws:s3/bucketVersioning:BucketVersioning",
                ),
            ):
                assert graph.depends_on(by_type[later], by_type[earlier])


class TestKeeping:
    def test_prod_keeps_what_holds_data_and_what_guards_it(self, prod: Graph) -> None:
        held = {BUCKET, KEY, "aws:rds/instance:Instance"}
        for each in prod.resources:
            if each.type in held or "Bucket" in each.type.rpartition(":")[2]:
                kept = each.name not in {"telemetry-key-key"} and each.custom
                assert (each.protect, each.retain_on_delete) == (kept, kept), each

    def test_dev_leaves_nothing(self, dev: Graph) -> None:
        assert not [each for each in dev.resources if each.protect or each.retain_on_delete]
        assert all(bucket.inputs["forceDestroy"] for bucket in dev.of_type(BUCKET))
        database = dev.one("aws:rds/instance:Instance").inputs
        assert database["skipFinalSnapshot"] is True
        assert database["deletionProtection"] is False
        assert database["deleteAutomatedBackups"] is True

    def test_prod_takes_a_last_snapshot(self, prod: Graph) -> None:
        database = prod.one("aws:rds/instance:Instance").inputs
        assert database["finalSnapshotIdentifier"] == "slipway-prod-mlflow-final"
        assert (database["skipFinalSnapshot"], database["deletionProtection"]) == (False, True)
        assert not any(bucket.inputs["forceDestroy"] for bucket in prod.of_type(BUCKET))

    def test_the_stacks_make_the_same_but_for_nat_endpoints_and_replicas(
        self, dev: Graph, prod: Graph
    ) -> None:
        def names(graph: Graph) -> set[tuple[str, str]]:
            return {(each.type, each.name) for each in graph.resources}

        assert not names(dev) - names(prod)
        extra = {name for _, name in names(prod) - names(dev)}
        more = re.compile(
            r"endpoints-|network-nat-eu-west-1[bc]|alarms-nat-[23]|alarms-rate-limits-[23]"
        )
        assert extra
        assert not [name for name in extra if not more.match(name)]


class TestDatabase:
    def test_it_is_private_encrypted_and_knows_no_password(self, graph: Graph) -> None:
        database = graph.one("aws:rds/instance:Instance").inputs
        assert database["publiclyAccessible"] is False
        assert database["storageEncrypted"] is True
        assert database["manageMasterUserPassword"] is True
        assert "password" not in database
        for key in ("kmsKeyId", "masterUserSecretKmsKeyId", "performanceInsightsKmsKeyId"):
            assert database[key].endswith("key/key-data-key-key")
        assert database["iamDatabaseAuthenticationEnabled"] is True

    def test_it_speaks_tls_alone_and_its_family_is_its_major(self, graph: Graph) -> None:
        group = graph.one("aws:rds/parameterGroup:ParameterGroup").inputs
        database = graph.one("aws:rds/instance:Instance").inputs
        assert group["family"] == f"postgres{database['engineVersion']}"
        assert database["parameterGroupName"] == group["name"]
        values = {each["name"]: each["value"] for each in group["parameters"]}
        assert values["rds.force_ssl"] == "1"
        assert values["max_connections"] == str(CONNECTIONS)

    def test_only_the_cluster_connects(self, graph: Graph) -> None:
        for name, port in (("database-access-clients", 5432), ("rate-limits-access-clients", 6379)):
            rule = graph.one(INGRESS, name).inputs
            assert rule["referencedSecurityGroupId"] == CLUSTER_GROUP
            assert (rule["fromPort"], rule["toPort"]) == (port, port)
            assert "cidrIpv4" not in rule

    def test_it_grows_to_four_times_its_size(self, dev: Graph, prod: Graph) -> None:
        for graph, size in ((dev, 50), (prod, 100)):
            database = graph.one("aws:rds/instance:Instance").inputs
            assert database["storageType"] == "gp3"
            assert (database["allocatedStorage"], database["maxAllocatedStorage"]) == (
                size,
                4 * size,
            )

    def test_its_logs_are_ours_before_rds_makes_them(self, graph: Graph) -> None:
        database = graph.one("aws:rds/instance:Instance")
        exported = database.inputs["enabledCloudwatchLogsExports"]
        assert exported == ["postgresql", "upgrade"]
        for log in exported:
            group = graph.one(LOG_GROUP, f"database-log-{log}")
            assert (
                group.inputs["name"] == f"/aws/rds/instance/{database.inputs['identifier']}/{log}"
            )
            assert graph.depends_on(database, group)

    def test_it_begins_when_its_monitoring_role_has_its_rights(self, graph: Graph) -> None:
        database = graph.one("aws:rds/instance:Instance")
        right = graph.one("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
        assert right.inputs["policyArn"].endswith("/AmazonRDSEnhancedMonitoringRole")
        assert graph.depends_on(database, right)

    def test_prod_survives_a_zone(self, dev: Graph, prod: Graph) -> None:
        assert dev.one("aws:rds/instance:Instance").inputs["multiAz"] is False
        assert prod.one("aws:rds/instance:Instance").inputs["multiAz"] is True


class TestRateLimitStore:
    def test_it_is_encrypted_on_disk_and_on_the_wire(self, graph: Graph) -> None:
        store = graph.one("aws:elasticache/replicationGroup:ReplicationGroup").inputs
        assert (store["engine"], store["transitEncryptionMode"]) == ("valkey", "required")
        assert store["transitEncryptionEnabled"] is True
        assert store["atRestEncryptionEnabled"] is True
        assert store["kmsKeyId"].endswith("key/key-data-key-key")

    def test_replicas_fail_over_and_a_single_node_does_not_promise_to(
        self, dev: Graph, prod: Graph
    ) -> None:
        for graph, nodes in ((dev, 1), (prod, 3)):
            store = graph.one("aws:elasticache/replicationGroup:ReplicationGroup").inputs
            assert store["numCacheClusters"] == nodes
            assert store["automaticFailoverEnabled"] is (nodes > 1)
            assert store["multiAzEnabled"] is (nodes > 1)


class TestImageCache:
    def test_only_registries_without_credentials_are_cached_by_default(self, graph: Graph) -> None:
        urls = {rule.inputs["upstreamRegistryUrl"] for rule in graph.of_type(CACHE_RULE)}
        assert urls == {"public.ecr.aws", "quay.io", "registry.k8s.io"}
        assert not any("credentialArn" in rule.inputs for rule in graph.of_type(CACHE_RULE))

    def test_credentials_of_the_settings_open_their_registries(self) -> None:
        held = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:ecr-pullthroughcache/a-AbCdEf"
        settings = foundation_settings(context("dev")).model_copy(
            update={"image_cache_credentials": {"ghcr.io": held}}
        )
        made = context("dev", foundation=settings)

        def build() -> None:
            create_image_cache(made)

        rule = run(build).one(CACHE_RULE, "image-cache-github")
        assert rule.inputs["credentialArn"] == held
        assert rule.inputs["ecrRepositoryPrefix"] == "slipway-dev/github"

    def test_credentials_open_docker_hub(self) -> None:
        held = "arn:aws:secretsmanager:eu-west-1:1:secret:ecr-pullthroughcache/docker-AbCdEf"
        args = ImageCacheArgs(
            registry="1.dkr.ecr.eu-west-1.amazonaws.com",
            prefix="slipway-dev",
            credentials={"docker.io": held},
        )
        cached: dict[str, str] = {}
        found = run(lambda: cached.update(ImageCache("cache", args).repositories))
        rule = found.one(CACHE_RULE, "cache-docker").inputs
        assert rule["upstreamRegistryUrl"] == "registry-1.docker.io"
        assert rule["credentialArn"] == held
        assert cached["docker.io"] == "1.dkr.ecr.eu-west-1.amazonaws.com/slipway-dev/docker"

    def test_a_registry_that_takes_no_credentials_says_so(self) -> None:
        with pytest.raises(
            ValueError, match=r"nvcr\.io takes no credentials; .* docker\.io, ghcr\.io"
        ):
            ImageCacheArgs(registry="r", prefix="p", credentials={"nvcr.io": "arn"})

    def test_repositories_are_formed_before_the_first_pull(self, graph: Graph) -> None:
        for rule in graph.of_type(CACHE_RULE):
            template = graph.one(
                "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate",
                f"{rule.name}-repositories",
            )
            assert template.inputs["prefix"] == rule.inputs["ecrRepositoryPrefix"]
            assert graph.depends_on(rule, template)
            assert json.loads(template.inputs["lifecyclePolicy"])["rules"]


class TestAlarms:
    def test_everybody_on_the_list_hears_of_money_and_of_trouble(self, graph: Graph) -> None:
        budget = graph.one("aws:budgets/budget:Budget").inputs
        told = [(n["notificationType"], n["threshold"]) for n in budget["notifications"]]
        assert told == [("ACTUAL", 80), ("FORECASTED", 100)]
        for notification in budget["notifications"]:
            assert notification["subscriberEmailAddresses"] == ["platform@example.com"]
        readers = graph.of_type("aws:sns/topicSubscription:TopicSubscription")
        assert [r.inputs["endpoint"] for r in readers] == ["platform@example.com"]

    def test_every_alarm_reaches_the_topic_and_says_what_to_do(self, graph: Graph) -> None:
        alarms = graph.of_type(ALARM)
        topic = graph.one("aws:sns/topic:Topic")
        for alarm in alarms:
            arn = f"arn:aws:sns:eu-west-1:111111111111:{topic.inputs['name']}"
            assert alarm.inputs["alarmActions"] == [arn]
            assert alarm.inputs["okActions"] == [arn]
            assert alarm.inputs["alarmDescription"].endswith(".")
            assert all(alarm.inputs["dimensions"].values())

    def test_what_can_run_full_is_watched(self, graph: Graph) -> None:
        watched = {(a.inputs["namespace"], a.inputs["metricName"]) for a in graph.of_type(ALARM)}
        assert watched == {
            ("AWS/RDS", "FreeStorageSpace"), ("AWS/RDS", "CPUUtilization"),
            ("AWS/RDS", "DatabaseConnections"), ("AWS/ElastiCache", "Evictions"),
            ("AWS/ElastiCache", "DatabaseMemoryUsagePercentage"),
            ("AWS/NATGateway", "ErrorPortAllocation"),
            ("AWS/NetworkELB", "UnHealthyHostCount"), ("AWS/SQS", "ApproximateAgeOfOldestMessage"),
        }  # fmt: skip

    def test_thresholds_follow_the_sizes(self, prod: Graph) -> None:
        storage = prod.one(ALARM, "alarms-database-storage").inputs
        assert storage["threshold"] == 10 * 1024**3
        assert storage["comparisonOperator"] == "LessThanThreshold"
        assert storage["evaluationPeriods"] == 6
        assert prod.one(ALARM, "alarms-database-connections").inputs["threshold"] == 160
        nodes = {
            a.inputs["dimensions"]["CacheClusterId"]
            for a in prod.of_type(ALARM)
            if a.inputs["namespace"] == "AWS/ElastiCache"
        }
        assert nodes == {f"slipway-prod-rate-limits-00{n}" for n in (1, 2, 3)}

    def test_the_topic_is_encrypted_with_a_key_that_alarms_may_use(self, graph: Graph) -> None:
        topic = graph.one("aws:sns/topic:Topic").inputs
        assert topic["kmsMasterKeyId"].endswith("key/key-telemetry-key-key")
        policy = json.loads(graph.one(KEY, "telemetry-key-key").inputs["policy"])
        (alarms,) = (s for s in policy["Statement"] if s["Sid"] == "CloudWatchAlarms")
        assert alarms["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]


class TestKeys:
    def test_every_key_renews_itself_and_belongs_to_the_account(self, graph: Graph) -> None:
        for key in graph.of_type(KEY):
            assert key.inputs["enableKeyRotation"] is True
            assert key.inputs["isEnabled"] is True
            first = json.loads(key.inputs["policy"])["Statement"][0]
            assert re.fullmatch(r"arn:aws:iam::[0-9]{12}:root", first["Principal"]["AWS"])

    def test_every_log_group_is_encrypted_with_a_key_that_admits_it(self, graph: Graph) -> None:
        policy = json.loads(graph.one(KEY, "telemetry-key-key").inputs["policy"])
        (logs,) = (s for s in policy["Statement"] if s["Sid"] == "CloudWatchLogs")
        arns = logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
        patterns = [re.escape(arn.split("log-group:")[1]).replace(r"\*", ".*") for arn in arns]
        for group in graph.of_type(LOG_GROUP):
            assert group.inputs["kmsKeyId"].endswith("key/key-telemetry-key-key")
            assert any(re.fullmatch(p, group.inputs["name"]) for p in patterns), group


class TestDocuments:
    def test_nothing_is_allowed_to_everybody(self, graph: Graph) -> None:
        found = list(policies(graph))
        assert len(found) > 10
        for urn, policy in found:
            for statement in policy["Statement"]:
                if statement["Effect"] == "Allow":
                    assert statement.get("Principal") not in ("*", {"AWS": "*"}), urn

    def test_a_service_acts_for_this_account_alone(self, graph: Graph) -> None:
        for urn, policy in policies(graph):
            for statement in policy["Statement"]:
                principal = statement.get("Principal")
                if isinstance(principal, dict) and "Service" in principal:
                    assert "111111111111" in str(statement["Condition"]) or "222222222222" in str(
                        statement["Condition"]
                    ), urn

    def test_no_right_of_a_role_is_a_wildcard(self) -> None:
        names = Names("dev", "eu-west-1", "111111111111", "models")
        for policy in (flow_logs_policy(names), document(pull_through_statement(names))):
            for statement in policy["Statement"]:
                actions = statement["Action"]
                assert "*" not in str(actions)
                assert statement["Resource"] != "*" or actions == "logs:DescribeLogGroups"
            assert findings(policy) == []

    def test_roles_are_assumed_for_one_thing(self) -> None:
        names = Names("dev", "eu-west-1", "111111111111", "models")
        arns = [
            trust["Statement"][0]["Condition"]["ArnLike"]["aws:SourceArn"]
            for trust in (flow_logs_trust(names), monitoring_trust(names))
        ]
        assert arns == [
            "arn:aws:ec2:eu-west-1:111111111111:vpc-flow-log/*",
            "arn:aws:rds:eu-west-1:111111111111:db:slipway-dev-mlflow",
        ]


class TestNames:
    def test_every_name_fits_at_the_longest(self) -> None:
        found = context("prod")
        env = found.settings.environment.model_copy(
            update={"stack": LONGEST_STACK, "bucket": LONGEST_BUCKET}
        )
        settings = found.settings.model_copy(update={"environment": env})
        graph = run(program(replace(found, settings=settings, names=Names.of(env, "1" * 12))))
        checked: set[str] = set()
        for each in graph.resources:
            if each.type in NAME_RULES:
                key, rule = NAME_RULES[each.type]
                assert re.fullmatch(rule, each.inputs[key]), (each, each.inputs[key])
                checked.add(each.type)
        assert checked == set(NAME_RULES)
