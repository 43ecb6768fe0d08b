"""The foundation's keys, buckets, database, rate limit store and image cache, from the settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import pulumi

from components.bucket import Bucket, BucketArgs
from components.database import Database, DatabaseArgs
from components.image_cache import ImageCache, ImageCacheArgs
from components.key import Key, KeyArgs
from components.network import Network
from components.rate_limit_store import RateLimitStore, RateLimitStoreArgs
from infra.iam.bucket import LOGS, bucket_policy, log_bucket_policy
from infra.iam.database import MONITORING, monitoring_trust
from infra.iam.database import PURPOSE as DATABASE
from infra.iam.key import key_policy, telemetry_key_policy
from infra.network import foundation_settings
from infra.parts.part import Context

ARTIFACTS: Final = "artifacts"
"""What the artifacts' bucket is called here; its name is the environment's `bucket`."""

# Days that a superseded object stays readable. Artifacts and MLflow's runs outlive every rollback
# that someone may still want; Loki and Velero delete by their own retention, so there it is only
# the time to notice a mistake.
_SUPERSEDED: Final = MappingProxyType({ARTIFACTS: 180, "loki": 7, "mlflow": 90, "velero": 7})


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """One for what is stored, which holds data, and one for log groups and alarms."""

    data: Key
    telemetry: Key


def create_keys(context: Context, opts: pulumi.ResourceOptions | None = None) -> Keys:
    """The keys; a bucket that is kept is worth as much as its key."""
    names = context.names
    data = KeyArgs(
        alias=names.of_stack("data"),
        description="Buckets, the database and its password, the rate limits' store",
        policy=key_policy(names),
        protect=foundation_settings(context).protect,
    )
    telemetry = KeyArgs(
        alias=names.of_stack("telemetry"),
        description="Log groups and the topic of alarms",
        policy=telemetry_key_policy(names),
    )
    return Keys(data=Key("data-key", data, opts), telemetry=Key("telemetry-key", telemetry, opts))


def create_buckets(
    context: Context, keys: Keys, opts: pulumi.ResourceOptions | None = None
) -> Mapping[str, Bucket]:
    """The buckets by purpose, `artifacts` among them."""
    settings, names = foundation_settings(context), context.names
    logs = Bucket(
        f"bucket-{LOGS}",
        BucketArgs(
            bucket=names.bucket_for(LOGS),
            policy=log_bucket_policy(names),
            superseded_days=1,
            expire_days=settings.log_days,
            protect=settings.protect,
        ),
        opts,
    )
    buckets = {LOGS: logs}
    for purpose, days in _SUPERSEDED.items():
        suffix = None if purpose == ARTIFACTS else purpose
        buckets[purpose] = Bucket(
            f"bucket-{purpose}",
            BucketArgs(
                bucket=names.bucket if suffix is None else names.bucket_for(suffix),
                policy=bucket_policy(names.bucket_arn(suffix)),
                superseded_days=days,
                key_arn=keys.data.arn,
                log_bucket=logs.name,
                protect=settings.protect,
            ),
            opts,
        )
    return MappingProxyType(buckets)


def create_database(
    context: Context,
    network: Network,
    keys: Keys,
    clients: pulumi.Input[str],
    opts: pulumi.ResourceOptions | None = None,
) -> Database:
    """MLflow's Postgres; `clients` is the security group of nodes and pods."""
    settings, names = foundation_settings(context), context.names
    return Database(
        "database",
        DatabaseArgs(
            identifier=names.of_stack(DATABASE),
            instance_class=settings.database.instance_class,
            storage_gb=settings.database.storage_gb,
            multi_az=settings.database.multi_az,
            backup_days=settings.database.backup_days,
            vpc_id=network.vpc_id,
            subnet_ids=network.database_subnet_ids,
            clients=clients,
            key_arn=keys.data.arn,
            log_key_arn=keys.telemetry.arn,
            log_days=settings.log_days,
            monitoring_role=names.role(MONITORING),
            monitoring_trust=monitoring_trust(names),
            protect=settings.protect,
        ),
        opts,
    )


def create_rate_limit_store(
    context: Context,
    network: Network,
    keys: Keys,
    clients: pulumi.Input[str],
    opts: pulumi.ResourceOptions | None = None,
) -> RateLimitStore:
    """The front door's counters; `clients` is the security group of nodes and pods."""
    settings = foundation_settings(context).rate_limits
    return RateLimitStore(
        "rate-limits",
        RateLimitStoreArgs(
            group=context.names.of_stack("rate-limits"),
            node_type=settings.node_type,
            replicas=settings.replicas,
            vpc_id=network.vpc_id,
            subnet_ids=network.database_subnet_ids,
            clients=clients,
            key_arn=keys.data.arn,
        ),
        opts,
    )


def create_image_cache(context: Context, opts: pulumi.ResourceOptions | None = None) -> ImageCache:
    """The cache of the registries that ask for no credentials, or that the stack has some for."""
    names = context.names
    registry = f"{names.account}.dkr.ecr.{names.region}.amazonaws.com"
    args = ImageCacheArgs(
        registry=registry,
        prefix=names.cluster,
        credentials={**foundation_settings(context).image_cache_credentials},
    )
    return ImageCache("image-cache", args, opts)
