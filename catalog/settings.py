"""What a stack's programs are told: which layers, how large, for whom.

The values of the keys `slipway:*` in `Pulumi.<stack>.yaml` beside `slipway:environment`. No secret
stands here: those are Pulumi secrets, read by name, or names in AWS Secrets Manager.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from catalog.environment import Environment
from catalog.scalars import Domain, Name
from catalog.setting_types import (
    AccessTeam,
    AccountId,
    CacheSecretArn,
    CacheType,
    Cidr,
    CloudflareId,
    DatabaseClass,
    Days,
    Email,
    KubernetesVersion,
    RoleArn,
    SecretName,
    SystemInstance,
    Unique,
    VpcCidr,
)
from catalog.words import Strict

Layer: TypeAlias = Literal["foundation", "platform", "edge", "tenants"]
"""A layer of the whole, in the order in which they are built."""

EDGE_KEY: Final = "cloudflareToken"
DNS_KEY: Final = "cloudflareDnsToken"
TOKENS: Final[Mapping[Layer, str]] = {"platform": DNS_KEY, "edge": EDGE_KEY}
"""The Pulumi secret that a layer needs: `pulumi config set --secret slipway:<name>`.

Both are tokens of the zone at Cloudflare. The edge's writes records and rules, and stays with the
program. The platform's goes into the cluster, where certificates are proven by DNS, and may edit
DNS alone.
"""

BUCKET_PURPOSES: Final = ("access-logs", "loki", "mlflow", "velero")
"""The buckets beside the artifacts' own, each named `<bucket>-<purpose>`."""


class SystemNodes(Strict):
    """The managed node group that carries what Karpenter itself needs to run."""

    instance_types: Annotated[tuple[SystemInstance, ...], Unique] = Field(
        default=("m7i.xlarge",), strict=False, min_length=1, examples=[["m7i.xlarge"]],
        description="EC2 types, the first preferred.",
    )  # fmt: skip
    count: Annotated[int, Field(ge=2, le=12)] = Field(
        default=3, description="Nodes, spread over the VPC's zones.", examples=[3]
    )


class Database(Strict):
    """Postgres for MLflow, on RDS."""

    instance_class: DatabaseClass = Field(
        default="db.t4g.medium",
        description="The RDS instance class, of those in the table of prices.",
        examples=["db.m7g.large"],
    )
    storage_gb: Annotated[int, Field(ge=20, le=16384)] = Field(
        default=50,
        description="GiB of gp3 to begin with; it grows to four times that by itself.",
        examples=[50],
    )
    multi_az: bool = Field(default=False, description="A standby in another zone.")
    backup_days: Annotated[int, Field(ge=1, le=35)] = Field(
        default=7, description="Days of automated backups.", examples=[7]
    )


class RateLimitStore(Strict):
    """Valkey for the front door's rate limits, on ElastiCache."""

    node_type: CacheType = Field(
        default="cache.t4g.small",
        description="The ElastiCache node type, of those in the table of prices.",
        examples=["cache.m7g.large"],
    )
    replicas: Annotated[int, Field(ge=0, le=5)] = Field(
        default=0,
        description="Replicas, each in another zone; one or more fails over by itself.",
        examples=[2],
    )


class Budget(Strict):
    """The AWS budget of the account, and who hears of it."""

    monthly_usd: Annotated[int, Field(ge=1, le=100_000_000)] = Field(
        description="Dollars a month; warned at 80 % and when the forecast passes it.",
        examples=[6000],
    )
    notify: Annotated[tuple[Email, ...], Unique] = Field(
        strict=False, min_length=1, max_length=10, examples=[["platform@example.com"]],
        description="Mail addresses that are told, of alarms too.",
    )  # fmt: skip


class Foundation(Strict):
    """The layer `foundation`: network, cluster, nodes, stores."""

    account: AccountId = Field(
        description="The AWS account, 12 digits in quotes; the provider refuses any other."
    )
    vpc_cidr: VpcCidr = Field(
        default="10.0.0.0/16", description="The VPC's private addresses, a /16 to a /20."
    )
    nat: Literal["single", "zonal"] = Field(
        default="single",
        description="One NAT gateway, or one in each zone that outlives the others.",
    )
    kubernetes: KubernetesVersion = Field(
        default="1.35", description="The EKS minor, of those that every pinned part supports."
    )
    api_access: Annotated[tuple[Cidr, ...], Unique] = Field(
        default=(), strict=False, examples=[["203.0.113.0/24"]],
        description="Networks that reach the cluster's API from outside; none makes it private.",
    )  # fmt: skip
    admins: Annotated[tuple[RoleArn, ...], Unique] = Field(
        strict=False, min_length=1,
        description="ARNs of the IAM roles or users that administer the cluster.",
        examples=[["arn:aws:iam::123456789012:role/platform-engineers"]],
    )  # fmt: skip
    system_nodes: SystemNodes = Field(
        default_factory=SystemNodes, description="What the platform's own pods begin on."
    )
    database: Database = Field(default_factory=Database, description="Postgres for MLflow.")
    rate_limits: RateLimitStore = Field(
        default_factory=RateLimitStore, description="Where the front door counts requests."
    )
    image_cache_credentials: dict[Literal["docker.io", "ghcr.io"], CacheSecretArn] = Field(
        default_factory=dict,
        description="ARNs of secrets by which the image cache also pulls from these registries.",
        examples=[
            {
                "docker.io": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"
                "ecr-pullthroughcache/docker-AbCdEf"
            }
        ],
    )
    budget: Budget = Field(
        description="What the account may cost.",
        examples=[{"monthly_usd": 6000, "notify": ["platform@example.com"]}],
    )
    log_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096] = Field(
        default=365, description="Days that CloudWatch keeps logs."
    )
    protect: bool = Field(
        default=False,
        description="Refuse to destroy what holds data, and keep it when the stack goes.",
    )


class Alerts(Strict):
    """Where Alertmanager sends, by the name of a secret in AWS Secrets Manager."""

    slack_secret: SecretName | None = Field(
        default=None, description="A secret whose value is a Slack webhook address.",
        examples=["slipway/alerts/slack"],
    )  # fmt: skip
    pagerduty_secret: SecretName | None = Field(
        default=None, description="A secret whose value is a PagerDuty routing key.",
        examples=["slipway/alerts/pagerduty"],
    )  # fmt: skip


class Platform(Strict):
    """The layer `platform`: everything that runs in the cluster before the first tenant."""

    acme_email: Email = Field(description="The mail address of the account at Let's Encrypt.")
    acme_staging: bool = Field(
        default=False, description="Use Let's Encrypt's staging issuer, whose limits are higher."
    )
    replicas: Literal[1, 2, 3] = Field(
        default=1, description="Replicas of what requests pass through and of admission webhooks."
    )
    metrics_days: Days = Field(
        default=15, description="Days that Prometheus keeps metrics.", examples=[15]
    )
    metrics_gb: Annotated[int, Field(ge=10, le=4096)] = Field(
        default=50, description="GiB of Prometheus's volume.", examples=[50]
    )
    log_days: Days = Field(default=30, description="Days that Loki keeps logs.", examples=[30])
    trace_days: Days = Field(default=7, description="Days that Jaeger keeps traces.", examples=[7])
    backup_days: Days = Field(
        default=30, description="Days that Velero keeps backups.", examples=[30]
    )
    alerts: Alerts = Field(default_factory=Alerts, description="Where alerts go.")


class EdgeAccess(Strict):
    """Who passes Cloudflare Access, to Grafana, MLflow and Kiali."""

    team: AccessTeam = Field(
        description="The team's name at Cloudflare, that of `<team>.cloudflareaccess.com`.",
        examples=["example"],
    )
    email_domains: Annotated[tuple[Domain, ...], Unique] = Field(
        strict=False, min_length=1,
        description="Whoever has a mail address at one of these may sign in.",
        examples=[["example.com"]],
    )  # fmt: skip
    session: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3}(m|h)$")] = Field(
        default="12h", description="How long a sign-in lasts: a number and m or h.",
        examples=["12h"],
    )  # fmt: skip


class EdgeSettings(Strict):
    """The layer `edge`: DNS, WAF, rate limit and cache rules, Access."""

    account: CloudflareId = Field(
        description="The Cloudflare account's id, 32 hex digits in lower case."
    )
    zone: CloudflareId = Field(
        description="The id of the zone that holds the stack's domain, 32 hex digits in lower case."
    )
    zone_name: Domain = Field(
        description="The zone's name: the stack's domain, or what it is below.",
        examples=["example.com"],
    )
    zone_rules: bool = Field(
        default=True,
        description="This stack owns what a zone has once: TLS settings, WAF, rate limit and "
        "cache rules. Of stacks that share a zone one does.",
    )
    managed_waf: bool = Field(
        default=True,
        description="Run Cloudflare's managed and OWASP rules, which the Free plan lacks.",
    )
    access: EdgeAccess = Field(
        description="Who reaches the platform's own pages.",
        examples=[{"team": "example", "email_domains": ["example.com"]}],
    )
    requests_per_10s: Annotated[int, Field(ge=10, le=1_000_000)] = Field(
        default=1000,
        description="Requests in ten seconds from one address before it is held off.",
        examples=[1000],
    )


class StackKeys(Strict):
    """The keys of a stack beside `slipway:environment`, none of which a plan needs."""

    layers: Annotated[tuple[Layer, ...], Unique] = Field(
        default_factory=tuple[Layer, ...], strict=False, min_length=1,
        description="The layers that the stack holds; nothing is deployed without.",
        examples=[["foundation", "platform", "edge", "tenants"]],
    )  # fmt: skip
    team: Name | None = Field(
        default=None, examples=["risk"],
        description="The one team whose tenants the stack holds; all teams without.",
    )  # fmt: skip
    platform_stack: (
        Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$")] | None
    ) = Field(
        default=None,
        description="The stack that holds the platform, as organization/project/stack, for one "
        "that holds tenants alone.",
        examples=["organization/slipway/prod"],
    )
    foundation: Foundation | None = Field(
        default=None, description="The layer `foundation`: network, cluster, nodes, stores."
    )
    platform: Platform | None = Field(
        default=None, description="The layer `platform`: everything in the cluster but tenants."
    )
    edge: EdgeSettings | None = Field(
        default=None, description="The layer `edge`: DNS, WAF, cache rules, Access."
    )

    def has(self, layer: Layer) -> bool:
        """Whether the stack holds a layer."""
        return layer in self.layers


class Settings(StackKeys):
    """Everything that a stack's programs are told."""

    environment: Environment


class SoundSettings(StackKeys):
    """The keys of a stack that have no fault of their own; a faulty one is as if not there."""

    environment: Environment | None = None
