"""What a stack's programs are told: which layers, how large, for whom.

The values of the keys `slipway:*` in `Pulumi.<stack>.yaml` beside `slipway:environment`. No secret
stands here: those are Pulumi secrets, read by name, or names in AWS Secrets Manager.
"""

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from catalog.environment import Environment
from catalog.scalars import Domain, Name
from catalog.words import Strict

Layer: TypeAlias = Literal["foundation", "platform", "edge", "tenants"]
"""A layer of the whole, in the order in which they are built."""

CLOUDFLARE_KEY: Final = "cloudflareToken"
"""The Pulumi secret of a stack with `edge`: `pulumi config set --secret slipway:cloudflareToken`.
Its value is a token of the zone, never printed."""

AccountId = Annotated[str, Field(pattern=r"^[0-9]{12}$")]
RoleArn = Annotated[
    str, Field(pattern=r"^arn:aws:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]{1,512}$")
]
Cidr = Annotated[str, Field(pattern=r"^([0-9]{1,3}\.){3}[0-9]{1,3}/([0-9]|[12][0-9]|3[0-2])$")]
VpcCidr = Annotated[str, Field(pattern=r"^([0-9]{1,3}\.){3}[0-9]{1,3}/(1[6-9]|20)$")]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]
InstanceTypeName = Annotated[str, Field(pattern=r"^[a-z0-9-]+\.[a-z0-9]+$")]
Days = Annotated[int, Field(ge=1, le=3653)]
CloudflareId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class SystemNodes(Strict):
    """The managed node group that carries what Karpenter itself needs to run."""

    instance_types: tuple[InstanceTypeName, ...] = Field(
        ("m7i.xlarge",), strict=False, min_length=1, description="EC2 types, the first preferred."
    )
    count: Annotated[int, Field(ge=2, le=12)] = Field(
        3, description="Nodes, over as many zones as the VPC has."
    )


class Database(Strict):
    """Postgres for MLflow, on RDS."""

    instance_class: Annotated[str, Field(pattern=r"^db\.[a-z0-9]+\.[a-z0-9]+$")] = Field(
        "db.t4g.medium", description="The RDS instance class."
    )
    storage_gb: Annotated[int, Field(ge=20, le=16384)] = Field(
        50, description="GiB of gp3 to begin with; it grows to four times that by itself."
    )
    multi_az: bool = Field(default=False, description="A standby in another zone.")
    backup_days: Annotated[int, Field(ge=1, le=35)] = Field(
        7, description="Days of automated backups."
    )


class RateLimitStore(Strict):
    """Valkey for the front door's rate limits, on ElastiCache."""

    node_type: Annotated[str, Field(pattern=r"^cache\.[a-z0-9]+\.[a-z0-9]+$")] = Field(
        "cache.t4g.small", description="The ElastiCache node type."
    )
    replicas: Annotated[int, Field(ge=0, le=5)] = Field(
        0, description="Replicas, each in another zone; one or more fails over by itself."
    )


class Budget(Strict):
    """The AWS budget of the account, and who hears of it."""

    monthly_usd: Annotated[int, Field(ge=1, le=100_000_000)] = Field(
        description="Dollars a month; warned at 80 % and when the forecast passes it."
    )
    notify: tuple[Email, ...] = Field(
        strict=False, min_length=1, max_length=10, description="Who is told, of alarms too."
    )


class Foundation(Strict):
    """The layer `foundation`: network, cluster, nodes, stores."""

    account: AccountId = Field(
        description="The AWS account; the provider refuses any other.", examples=["123456789012"]
    )
    vpc_cidr: VpcCidr = Field("10.0.0.0/16", description="The VPC's addresses, a /16 to a /20.")
    nat: Literal["single", "zonal"] = Field(
        "single", description="One NAT gateway, or one in each zone that outlives the others."
    )
    kubernetes: Literal["1.35"] = Field(
        "1.35", description="The EKS minor, of those that every pinned part supports."
    )
    api_access: tuple[Cidr, ...] = Field(
        (), strict=False,
        description="Networks that reach the cluster's API from outside; none makes it private.",
    )  # fmt: skip
    admins: tuple[RoleArn, ...] = Field(
        strict=False, min_length=1, description="IAM roles that administer the cluster."
    )
    system_nodes: SystemNodes = Field(default_factory=lambda: SystemNodes.model_validate({}))
    database: Database = Field(default_factory=lambda: Database.model_validate({}))
    rate_limits: RateLimitStore = Field(default_factory=lambda: RateLimitStore.model_validate({}))
    budget: Budget = Field(description="What the account may cost.")
    log_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096] = Field(
        365, description="Days that CloudWatch keeps logs."
    )
    protect: bool = Field(
        default=False,
        description="Refuse to destroy what holds data, and keep it when the stack goes.",
    )


class Alerts(Strict):
    """Where Alertmanager sends, by the name of a secret in AWS Secrets Manager."""

    slack_secret: str | None = Field(
        None, description="A secret whose value is a Slack webhook address.",
        examples=["slipway/alerts/slack"],
    )  # fmt: skip
    pagerduty_secret: str | None = Field(
        None, description="A secret whose value is a PagerDuty routing key.",
        examples=["slipway/alerts/pagerduty"],
    )  # fmt: skip


class Platform(Strict):
    """The layer `platform`: everything that runs in the cluster before the first tenant."""

    acme_email: Email = Field(description="The account at Let's Encrypt.")
    acme_staging: bool = Field(
        default=False, description="Use Let's Encrypt's staging issuer, whose limits are higher."
    )
    replicas: Literal[1, 2, 3] = Field(
        1, description="Replicas of what requests pass through and of admission webhooks."
    )
    metrics_days: Days = Field(15, description="Days that Prometheus keeps metrics.")
    metrics_gb: Annotated[int, Field(ge=10, le=4096)] = Field(
        50, description="GiB of Prometheus's volume."
    )
    log_days: Days = Field(30, description="Days that Loki keeps logs.")
    trace_days: Days = Field(7, description="Days that Jaeger keeps traces.")
    backup_days: Days = Field(30, description="Days that Velero keeps backups.")
    alerts: Alerts = Field(default_factory=lambda: Alerts.model_validate({}))


class Access(Strict):
    """Who passes Cloudflare Access, to Grafana, MLflow and Kiali."""

    team: Name = Field(
        description="The team's name at Cloudflare: <team>.cloudflareaccess.com.",
        examples=["example"],
    )
    email_domains: tuple[Domain, ...] = Field(
        strict=False, min_length=1, description="Whoever has an address there."
    )
    session: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3}(m|h)$")] = Field(
        "12h", description="How long a sign-in lasts."
    )


class EdgeSettings(Strict):
    """The layer `edge`: DNS, WAF, rate limit and cache rules, Access."""

    account: CloudflareId = Field(description="The Cloudflare account.")
    zone: CloudflareId = Field(description="The id of the zone that holds the stack's domain.")
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
    access: Access = Field(description="Who reaches the platform's own pages.")
    requests_per_10s: Annotated[int, Field(ge=10, le=1_000_000)] = Field(
        1000, description="Requests in ten seconds from one address before it is held off."
    )


class Settings(Strict):
    """Everything that a stack's programs are told."""

    environment: Environment
    layers: tuple[Layer, ...] = Field(
        strict=False, min_length=1, description="The layers that the stack holds."
    )
    team: Name | None = Field(
        None, description="The one team whose tenants the stack holds; all teams without."
    )
    platform_stack: (
        Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$")] | None
    ) = Field(
        None, description="The stack that holds the platform, for one that holds tenants alone.",
        examples=["organization/slipway/prod"],
    )  # fmt: skip
    foundation: Foundation | None = Field(None, description="For the layer `foundation`.")
    platform: Platform | None = Field(None, description="For the layer `platform`.")
    edge: EdgeSettings | None = Field(None, description="For the layer `edge`.")

    def has(self, layer: Layer) -> bool:
        """Whether the stack holds a layer."""
        return layer in self.layers
