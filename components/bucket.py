"""A bucket that nobody outside reads, by accident or by policy."""

import json
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from catalog.objects import Object

TYPE: Final = "slipway:aws:Bucket"

# Parts of uploads that never ended are billed and shown nowhere (S3 user guide, "Aborting a
# multipart upload"); weights of 100 GB upload within a day.
_ABORT_DAYS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketArgs:
    """What a bucket is for.

    `policy` is the whole bucket policy. `key_arn` encrypts what is put there; without one S3's own
    key does, which is the only one that access logs can be delivered under. `log_bucket` takes the
    access logs. `superseded_days` is how long a version stays readable after another took its
    place or it was deleted; `expire_days` how long the newest stays, for ever without. `protect`
    refuses to destroy the bucket and keeps it when the stack goes; without it the bucket goes with
    all that it holds.
    """

    bucket: str
    policy: Object
    superseded_days: int
    key_arn: pulumi.Input[str] | None = None
    log_bucket: pulumi.Input[str] | None = None
    expire_days: int | None = None
    protect: bool = False


class Bucket(pulumi.ComponentResource):
    """A private, versioned, encrypted bucket and the rules by which its objects age.

    One with access logs also tells EventBridge of its objects. `name` is the bucket's own, known
    only once its policy and its encryption hold.
    """

    name: pulumi.Output[str]

    def __init__(
        self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        self._name, self._args = name, args
        self._bucket = aws.s3.Bucket(
            f"{name}-bucket",
            bucket=args.bucket,
            force_destroy=not args.protect,
            opts=self._child(),
        )
        encryption = self._create_encryption(self._create_access())
        self._create_lifecycle(self._create_versioning())
        if args.log_bucket is not None:
            self._create_records(args.log_bucket)
        self.name = encryption.bucket
        self.register_outputs({"name": self.name})

    def _child(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        # What guards a bucket that is kept is kept with it.
        protect = self._args.protect
        return pulumi.ResourceOptions(
            parent=self, depends_on=list(after), protect=protect, retain_on_delete=protect
        )

    def _create_access(self) -> aws.s3.BucketPolicy:
        block = aws.s3.BucketPublicAccessBlock(
            f"{self._name}-private",
            bucket=self._bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._child(),
        )
        # One after the other: S3 refuses two changes of one bucket's access at a time.
        ownership = aws.s3.BucketOwnershipControls(
            f"{self._name}-ownership",
            bucket=self._bucket.bucket,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=self._child(block),
        )
        return aws.s3.BucketPolicy(
            f"{self._name}-policy",
            bucket=self._bucket.bucket,
            policy=json.dumps(self._args.policy, sort_keys=True),
            opts=self._child(ownership),
        )

    def _create_encryption(
        self, policy: aws.s3.BucketPolicy
    ) -> aws.s3.BucketServerSideEncryptionConfiguration:
        key = self._args.key_arn
        default: aws.s3.BucketServerSideEncryptionConfigurationRuleArgsDict = (
            {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
            if key is None
            else {
                "apply_server_side_encryption_by_default": {
                    "sse_algorithm": "aws:kms",
                    "kms_master_key_id": key,
                },
                # One data key for many objects: a request to KMS for each would cost more than S3.
                "bucket_key_enabled": True,
            }
        )
        return aws.s3.BucketServerSideEncryptionConfiguration(
            f"{self._name}-encryption",
            bucket=self._bucket.bucket,
            rules=[default],
            opts=self._child(policy),
        )

    def _create_versioning(self) -> aws.s3.BucketVersioning:
        return aws.s3.BucketVersioning(
            f"{self._name}-versioning",
            bucket=self._bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=self._child(),
        )

    def _create_lifecycle(self, versioning: aws.s3.BucketVersioning) -> None:
        days = self._args.expire_days
        aws.s3.BucketLifecycleConfiguration(
            f"{self._name}-lifecycle",
            bucket=self._bucket.bucket,
            rules=[
                {
                    "id": "age",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": _ABORT_DAYS},
                    "noncurrent_version_expiration": {
                        "noncurrent_days": self._args.superseded_days
                    },
                    # A marker of a deletion with nothing left behind it goes too.
                    "expiration": (
                        {"expired_object_delete_marker": True} if days is None else {"days": days}
                    ),
                }
            ],
            opts=self._child(versioning),
        )

    def _create_records(self, log_bucket: pulumi.Input[str]) -> None:
        aws.s3.BucketLogging(
            f"{self._name}-access-log",
            bucket=self._bucket.bucket,
            target_bucket=log_bucket,
            target_prefix=f"{self._args.bucket}/",
            opts=self._child(),
        )
        aws.s3.BucketNotification(
            f"{self._name}-events",
            bucket=self._bucket.bucket,
            eventbridge=True,
            opts=self._child(),
        )
