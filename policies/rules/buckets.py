"""Buckets: closed, encrypted, versioned, logged, and read over TLS."""

from collections.abc import Iterator
from typing import Final

from policies.rules.reading import (
    Fields,
    objects,
    statements,
    text,
    texts,
    true,
    whole,
)
from policies.rules.rule import About, Scene, Severity, Stack, Subject, rule, stack_rule

BUCKET: Final = "aws:s3/bucket:Bucket"
PUBLIC_ACLS: Final = ("public-read", "public-read-write", "authenticated-read")
BLOCKS: Final = (
    "blockPublicAcls",
    "blockPublicPolicy",
    "ignorePublicAcls",
    "restrictPublicBuckets",
)


def of_bucket(name: str) -> str:
    """The type token of a resource that says something of a bucket."""
    return f"aws:s3/{name[0].lower()}{name[1:]}:{name}"


ACCESS_BLOCK: Final = of_bucket("BucketPublicAccessBlock")
ACL: Final = of_bucket("BucketAcl")
ENCRYPTION: Final = of_bucket("BucketServerSideEncryptionConfiguration")
LIFECYCLE: Final = of_bucket("BucketLifecycleConfiguration")
LOGGING: Final = of_bucket("BucketLogging")
NOTIFICATION: Final = of_bucket("BucketNotification")
OWNERSHIP: Final = of_bucket("BucketOwnershipControls")
POLICY: Final = of_bucket("BucketPolicy")
VERSIONING: Final = of_bucket("BucketVersioning")


def _beside(stack: Stack, bucket: Subject, kind: str) -> list[Subject]:
    """The resources of a kind that name a bucket; whichever name of it they have."""
    names = {bucket.id, text(bucket.props, "bucket"), text(bucket.props, "id")} - {""}
    return [one for one in stack.all(kind) if text(one.props, "bucket") in names]


def _is_target(stack: Stack, bucket: Subject) -> bool:
    """Whether access logs are delivered there: S3 cannot, to a bucket that KMS encrypts."""
    names = {bucket.id, text(bucket.props, "bucket")} - {""}
    return any(text(one.props, "targetBucket") in names for one in stack.all(LOGGING))


@rule(
    About(
        id="bucket-acl",
        title="No bucket has an access control list",
        severity=Severity.CRITICAL,
        why="A list opens objects to the world one by one, past every policy.",
        remedy="Take acl out, and set objectOwnership: BucketOwnerEnforced.",
        sources=("CKV_AWS_20", "CKV_AWS_57", "CKV_AWS_379", "CKV2_AWS_65"),
    ),
    BUCKET, ACL, OWNERSHIP,
)  # fmt: skip
def acl(subject: Subject, _scene: Scene) -> Iterator[str]:
    found = text(subject.props, "acl")
    if found in PUBLIC_ACLS:
        yield f"is {found}"
    if subject.kind == OWNERSHIP:
        owner = text(subject.props, "rule", "objectOwnership")
        if owner != "BucketOwnerEnforced":
            yield f"its object ownership is {owner or 'not set'}"


@rule(
    About(
        id="bucket-public-access",
        title="A public access block blocks all four ways",
        severity=Severity.CRITICAL,
        why="Each switch that is off leaves one way to make objects public.",
        remedy=f"Set {', '.join(BLOCKS)} to true.",
        sources=("CKV_AWS_53", "CKV_AWS_54", "CKV_AWS_55", "CKV_AWS_56"),
    ),
    ACCESS_BLOCK,
)
def public_access(subject: Subject, _scene: Scene) -> Iterator[str]:
    missing = [name for name in BLOCKS if not true(subject.props, name)]
    if missing:
        yield f"does not set {', '.join(missing)}"


@stack_rule(
    About(
        id="bucket-closed",
        title="Every bucket has a public access block",
        severity=Severity.CRITICAL,
        why="One policy written in haste would publish a tenant's weights.",
        remedy="Add a BucketPublicAccessBlock.",
        sources=("CKV2_AWS_6",),
    ),
    BUCKET, ACCESS_BLOCK,
)  # fmt: skip
def bucket_closed(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    for bucket in stack.all(BUCKET):
        if not _beside(stack, bucket, ACCESS_BLOCK):
            yield bucket, "has no public access block"


@stack_rule(
    About(
        id="bucket-encrypted",
        title="Every bucket is encrypted with a key of ours, or says why not",
        severity=Severity.HIGH,
        why="S3 encrypts by itself; only with a key of ours is who reads it logged and revocable.",
        remedy="Add a BucketServerSideEncryptionConfiguration with aws:kms; a bucket that AWS's "
        "log delivery writes to takes AES256 only.",
        sources=("CKV_AWS_19", "CKV_AWS_145"),
    ),
    BUCKET, ENCRYPTION,
)  # fmt: skip
def bucket_encrypted(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    for bucket in stack.all(BUCKET):
        by_default = "applyServerSideEncryptionByDefault"
        algorithms = [
            text(one, by_default, "sseAlgorithm")
            for found in _beside(stack, bucket, ENCRYPTION)
            for one in objects(found.props, "rules")
        ]
        if not algorithms:
            yield bucket, "has no encryption of its own"
        elif not _is_target(stack, bucket) and not all(a.startswith("aws:kms") for a in algorithms):
            yield bucket, f"is encrypted with {', '.join(algorithms)}"


@stack_rule(
    About(
        id="bucket-kept",
        title="A bucket keeps versions, and has an end to them",
        severity=Severity.MEDIUM,
        why="An object that was overwritten can be had back; old versions are paid for until a "
        "lifecycle rule ends them.",
        remedy="Add a BucketVersioning that is Enabled and a BucketLifecycleConfiguration.",
        sources=("CKV_AWS_21", "CKV2_AWS_61"),
    ),
    BUCKET, VERSIONING, LIFECYCLE,
)  # fmt: skip
def bucket_kept(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    for bucket in stack.all(BUCKET):
        states = [
            text(one.props, "versioningConfiguration", "status")
            for one in _beside(stack, bucket, VERSIONING)
        ]
        if "Enabled" not in states:
            yield bucket, "keeps no versions"
        if not _beside(stack, bucket, LIFECYCLE):
            yield bucket, "has no lifecycle"


@rule(
    About(
        id="bucket-uploads-end",
        title="Uploads that never ended are cleared away",
        severity=Severity.LOW,
        why="Their parts are invisible and paid for.",
        remedy="Add a rule with abortIncompleteMultipartUpload.daysAfterInitiation.",
        sources=("CKV_AWS_300",),
    ),
    LIFECYCLE,
)
def uploads_end(subject: Subject, _scene: Scene) -> Iterator[str]:
    ended = [
        whole(one, "abortIncompleteMultipartUpload", "daysAfterInitiation")
        for one in objects(subject.props, "rules")
        if text(one, "status") == "Enabled"
    ]
    if not any(ended):
        yield "never aborts an upload"


@stack_rule(
    About(
        id="bucket-logged",
        title="Who reads a bucket is written down",
        severity=Severity.LOW,
        why="After a leak the question is which objects, and who.",
        remedy="Add a BucketLogging to the bucket for access logs.",
        sources=("CKV_AWS_18",),
    ),
    BUCKET, LOGGING,
)  # fmt: skip
def bucket_logged(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    for bucket in stack.all(BUCKET):
        if not _is_target(stack, bucket) and not _beside(stack, bucket, LOGGING):
            yield bucket, "has no access log"


@stack_rule(
    About(
        id="bucket-events",
        title="Changes of a bucket can be heard",
        severity=Severity.LOW,
        why="What reacts to new weights, or to their deletion, has nothing else to go by.",
        remedy="Add a BucketNotification with eventbridge: true.",
        sources=("CKV2_AWS_62",),
        mandatory=False,
    ),
    BUCKET, NOTIFICATION,
)  # fmt: skip
def bucket_events(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    for bucket in stack.all(BUCKET):
        if not _is_target(stack, bucket) and not _beside(stack, bucket, NOTIFICATION):
            yield bucket, "tells nobody of its changes"


@stack_rule(
    About(
        id="bucket-tls",
        title="A bucket is read and written over TLS only",
        severity=Severity.HIGH,
        why="Anything else sends weights and tokens in the clear.",
        remedy="Add a policy that denies s3:* where aws:SecureTransport is false.",
        sources=("CKV_AWS_379",),
    ),
    BUCKET, POLICY,
)  # fmt: skip
def bucket_tls(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    for bucket in stack.all(BUCKET):
        found = _beside(stack, bucket, POLICY)
        if not any(_denies_plain(s) for one in found for s in statements(one.props, "policy")):
            yield bucket, "has no policy that demands TLS"


def _denies_plain(statement: Fields) -> bool:
    switch = texts(statement, "Condition", "Bool", "aws:SecureTransport")
    return text(statement, "Effect") == "Deny" and switch == ["false"]


@rule(
    About(
        id="bucket-not-emptied",
        title="In production no stack empties a bucket to destroy it",
        severity=Severity.HIGH,
        why="With forceDestroy one wrong command deletes every weight.",
        remedy="Take forceDestroy out, and set slipway:foundation.protect.",
        sources=("slipway/production",),
    ),
    BUCKET,
)
def not_emptied(subject: Subject, scene: Scene) -> Iterator[str]:
    if scene.production and true(subject.props, "forceDestroy"):
        yield "is emptied when it is destroyed"
    if scene.production and not subject.protect:
        yield "is not protected"


RULES = (
    acl,
    bucket_closed,
    bucket_encrypted,
    bucket_events,
    bucket_kept,
    bucket_logged,
    bucket_tls,
    not_emptied,
    public_access,
    uploads_end,
)
