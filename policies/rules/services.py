"""AWS services that keep something: keys, databases, caches, queues, topics, logs, images."""

from collections.abc import Iterator
from typing import Final

from policies.rules.documents import open_principal
from policies.rules.reading import at, objects, statements, text, texts, true, whole
from policies.rules.rule import About, Scene, Severity, Subject, rule

KEY: Final = "aws:kms/key:Key"
DATABASE: Final = "aws:rds/instance:Instance"
CACHE: Final = "aws:elasticache/replicationGroup:ReplicationGroup"
QUEUE: Final = "aws:sqs/queue:Queue"
QUEUE_POLICY: Final = "aws:sqs/queuePolicy:QueuePolicy"
TOPIC: Final = "aws:sns/topic:Topic"
LOG_GROUP: Final = "aws:cloudwatch/logGroup:LogGroup"
REPOSITORY: Final = "aws:ecr/repository:Repository"
TEMPLATE: Final = "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate"
YEAR: Final = 365


@rule(
    About(
        id="key-rotated",
        title="A key of ours rotates",
        severity=Severity.MEDIUM,
        why="What a leaked key opens then has an end.",
        remedy="Set enableKeyRotation: true, and leave the key enabled.",
        sources=("CKV_AWS_7", "CKV_AWS_227"),
    ),
    KEY,
)
def key_rotated(subject: Subject, _scene: Scene) -> Iterator[str]:
    symmetric = text(subject.props, "customerMasterKeySpec") in ("", "SYMMETRIC_DEFAULT")
    if symmetric and not true(subject.props, "enableKeyRotation"):
        yield "does not rotate"
    if at(subject.props, "isEnabled") is False:
        yield "is off"


@rule(
    About(
        id="key-policy",
        title="A key says who may use it",
        severity=Severity.HIGH,
        why="Without a policy of its own IAM of the whole account decides, and * is everyone.",
        remedy="Give it a policy that names the account's root and the services that use it.",
        sources=("CKV_AWS_33", "CKV2_AWS_64"),
    ),
    KEY,
)
def key_policy(subject: Subject, _scene: Scene) -> Iterator[str]:
    found = statements(subject.props, "policy")
    if not found:
        yield "has no policy"
    if any(open_principal(statement) for statement in found):
        yield "may be used by everyone"


@rule(
    About(
        id="database-encrypted",
        title="The database is encrypted, private, and without a password of ours",
        severity=Severity.CRITICAL,
        why="It knows every experiment; a password in the state would be read with it.",
        remedy="Set storageEncrypted: true, publiclyAccessible: false, manageMasterUserPassword: "
        "true.",
        sources=("CKV_AWS_16", "CKV_AWS_17"),
    ),
    DATABASE,
)
def database_encrypted(subject: Subject, _scene: Scene) -> Iterator[str]:
    if not true(subject.props, "storageEncrypted"):
        yield "is not encrypted"
    if true(subject.props, "publiclyAccessible"):
        yield "has a public address"
    if not true(subject.props, "manageMasterUserPassword"):
        yield "has a password that AWS does not keep"


@rule(
    About(
        id="database-kept",
        title="The database is backed up, patched and logged",
        severity=Severity.HIGH,
        why="Without backups the last copy is the only one.",
        remedy="Set backupRetentionPeriod to 7 or more, autoMinorVersionUpgrade, "
        "copyTagsToSnapshot and enabledCloudwatchLogsExports.",
        sources=("CKV_AWS_133", "CKV_AWS_226", "CKV_AWS_129"),
    ),
    DATABASE,
)
def database_kept(subject: Subject, _scene: Scene) -> Iterator[str]:
    days = whole(subject.props, "backupRetentionPeriod")
    if days is None or days < 7:
        yield f"keeps backups for {days or 'no'} days"
    if at(subject.props, "autoMinorVersionUpgrade") is False:
        yield "is not patched by itself"
    if not texts(subject.props, "enabledCloudwatchLogsExports"):
        yield "sends no logs"


@rule(
    About(
        id="database-production",
        title="In production the database survives a zone and a wrong command",
        severity=Severity.HIGH,
        why="A standby takes over in a minute; a restore takes hours.",
        remedy="Set multiAz, deletionProtection, a final snapshot, and slipway:foundation.protect.",
        sources=("CKV_AWS_157", "CKV_AWS_293"),
    ),
    DATABASE,
)
def database_production(subject: Subject, scene: Scene) -> Iterator[str]:
    if not scene.production:
        return
    for field, message in (
        ("multiAz", "stands in one zone"),
        ("deletionProtection", "may be deleted"),
    ):
        if not true(subject.props, field):
            yield message
    if true(subject.props, "skipFinalSnapshot"):
        yield "leaves no last snapshot"
    if not subject.protect:
        yield "is not protected"


@rule(
    About(
        id="cache-encrypted",
        title="The rate limits' store is encrypted at rest and on the way",
        severity=Severity.HIGH,
        why="Callers' names pass through it.",
        remedy="Set atRestEncryptionEnabled and transitEncryptionEnabled.",
        sources=("CKV_AWS_29", "CKV_AWS_30"),
    ),
    CACHE,
)
def cache_encrypted(subject: Subject, _scene: Scene) -> Iterator[str]:
    if not true(subject.props, "atRestEncryptionEnabled"):
        yield "is not encrypted at rest"
    if not true(subject.props, "transitEncryptionEnabled"):
        yield "is not encrypted on the way"


@rule(
    About(
        id="cache-production",
        title="In production the rate limits' store survives a zone",
        severity=Severity.MEDIUM,
        why="Without it callers are not limited, or are all refused.",
        remedy="Set slipway:foundation.rate_limits.replicas to 1 or more.",
        sources=("slipway/production",),
    ),
    CACHE,
)
def cache_production(subject: Subject, scene: Scene) -> Iterator[str]:
    if scene.production and not true(subject.props, "automaticFailoverEnabled"):
        yield "does not fail over"
    if scene.production and not true(subject.props, "multiAzEnabled"):
        yield "stands in one zone"


@rule(
    About(
        id="queue-encrypted",
        title="Queues and topics are encrypted",
        severity=Severity.MEDIUM,
        why="Messages name nodes, alarms and who is on call.",
        remedy="Set kmsMasterKeyId; on a queue that AWS's events fill, a key of ours that lets "
        "them, or sqsManagedSseEnabled.",
        sources=("CKV_AWS_26", "CKV_AWS_27", "CKV2_AWS_73"),
    ),
    QUEUE, TOPIC,
)  # fmt: skip
def queue_encrypted(subject: Subject, _scene: Scene) -> Iterator[str]:
    own = at(subject.props, "kmsMasterKeyId") not in (None, "")
    if not own and not (subject.kind == QUEUE and true(subject.props, "sqsManagedSseEnabled")):
        yield "is not encrypted"


@rule(
    About(
        id="queue-policy",
        title="A queue or topic names who may write to it",
        severity=Severity.HIGH,
        why="Whoever may send to Karpenter's queue can have nodes drained.",
        remedy="Name the services and their account in Principal and Condition, and the actions.",
        sources=("CKV_AWS_72", "CKV_AWS_168", "CKV_AWS_387"),
    ),
    QUEUE, QUEUE_POLICY, TOPIC, "aws:sns/topicPolicy:TopicPolicy",
)  # fmt: skip
def queue_policy(subject: Subject, _scene: Scene) -> Iterator[str]:
    for statement in statements(subject.props, "policy"):
        allowed = text(statement, "Effect") == "Allow"
        if open_principal(statement):
            yield "lets everyone in"
        if allowed and {"*", "sqs:*", "sns:*", "SQS:*"}.intersection(texts(statement, "Action")):
            yield "allows every action"


@rule(
    About(
        id="log-retention",
        title="A log group has an end",
        severity=Severity.LOW,
        why="CloudWatch keeps logs for ever unless it is told otherwise, and bills them.",
        remedy="Set retentionInDays.",
        sources=("CKV_AWS_66",),
    ),
    LOG_GROUP,
)
def log_retention(subject: Subject, _scene: Scene) -> Iterator[str]:
    if not whole(subject.props, "retentionInDays"):
        yield "keeps logs for ever"


@rule(
    About(
        id="log-year",
        title="In production logs are kept for a year, under a key of ours",
        severity=Severity.LOW,
        why="Breaches are found after months; the audit log is the witness.",
        remedy="Set slipway:foundation.log_days to 365 or more, and kmsKeyId.",
        sources=("CKV_AWS_158", "CKV_AWS_338"),
    ),
    LOG_GROUP,
)
def log_year(subject: Subject, scene: Scene) -> Iterator[str]:
    days = whole(subject.props, "retentionInDays")
    if scene.production and days and days < YEAR:
        yield f"keeps logs for {days} days"
    if scene.production and at(subject.props, "kmsKeyId") in (None, ""):
        yield "has no key of ours"


@rule(
    About(
        id="image-repository",
        title="An image repository scans, encrypts, and keeps its tags",
        severity=Severity.MEDIUM,
        why="A tag that moves, or an image that nobody scanned, is what a digest cannot mend.",
        remedy="Set imageTagMutability: IMMUTABLE, scanOnPush, and encryption with KMS.",
        sources=("CKV_AWS_51", "CKV_AWS_136", "CKV_AWS_163", "CIS-5.1.1"),
    ),
    REPOSITORY,
)
def repository(subject: Subject, _scene: Scene) -> Iterator[str]:
    if not text(subject.props, "imageTagMutability").startswith("IMMUTABLE"):
        yield "lets tags move"
    encrypted = objects(subject.props, "encryptionConfigurations")
    if not any(text(one, "encryptionType").startswith("KMS") for one in encrypted):
        yield "is not encrypted with KMS"
    if not true(subject.props, "imageScanningConfiguration", "scanOnPush"):
        yield "does not scan what is pushed"


@rule(
    About(
        id="image-repository-policy",
        title="No image repository is public",
        severity=Severity.HIGH,
        why="Whoever may push decides what runs.",
        remedy="Name accounts or roles in Principal.",
        sources=("CKV_AWS_32", "CIS-5.1.2"),
    ),
    "aws:ecr/repositoryPolicy:RepositoryPolicy", "aws:ecr/registryPolicy:RegistryPolicy", TEMPLATE,
)  # fmt: skip
def repository_policy(subject: Subject, _scene: Scene) -> Iterator[str]:
    field = "repositoryPolicy" if subject.kind == TEMPLATE else "policy"
    if any(open_principal(statement) for statement in statements(subject.props, field)):
        yield "lets everyone in"


RULES = (
    cache_encrypted,
    cache_production,
    database_encrypted,
    database_kept,
    database_production,
    key_policy,
    key_rotated,
    log_retention,
    log_year,
    queue_encrypted,
    queue_policy,
    repository,
    repository_policy,
)
