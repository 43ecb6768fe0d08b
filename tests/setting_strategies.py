"""Settings of stacks that are valid by construction, as plain data and as the programs get them."""

from ipaddress import IPv4Network
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from catalog.environment import Environment
from catalog.instances import INSTANCES, REGIONS
from catalog.setting_types import KUBERNETES, PRIVATE
from catalog.settings import Foundation, Layer, Settings
from catalog.stack_rules import BUCKET_LIMIT, STACK_LIMIT, system_nodes_usd

Data = dict[str, Any]

LAYERS: tuple[tuple[Layer, ...], ...] = (
    ("foundation",),
    ("foundation", "platform"),
    ("foundation", "platform", "edge"),
    ("foundation", "platform", "tenants"),
    ("foundation", "platform", "edge", "tenants"),
    ("platform",),
    ("platform", "tenants"),
    ("tenants",),
)
"""Every set of layers that a stack may hold."""

CPU_TYPES = sorted(i.name for i in INSTANCES.values() if i.accelerator is None)
ACCOUNTS = st.sampled_from(("111111111111", "222222222222", "000000000001"))
DOMAINS = st.sampled_from(("example.com", "dev.example.com", "models.eu.example.org"))
IMAGES: tuple[Data, ...] = (
    {"mirror": "registry.example.com/mirror"},
    {"registries": {"quay.io": "registry.example.com/quay"}},
)
EMAILS = st.sampled_from(("platform@example.com", "oncall@example.org", "a.b+c@example.net"))
HEX = st.text("0123456789abcdef", min_size=32, max_size=32)
DAYS = st.integers(1, 3653)


def some_of(options: dict[str, SearchStrategy[Any]]) -> SearchStrategy[Data]:
    """Some of these settings; those left out have their defaults."""
    return st.fixed_dictionaries({}, optional=options)


def names(longest: int) -> SearchStrategy[str]:
    """Names, often at their limit."""
    return st.one_of(
        st.from_regex(rf"[a-z](-?[a-z0-9]){{0,{(longest - 1) // 2}}}", fullmatch=True),
        st.just("s" * longest),
    )


def listed(values: SearchStrategy[str], most: int = 3) -> SearchStrategy[list[str]]:
    """One or more, each once."""
    return st.lists(values, min_size=1, max_size=most, unique=True)


@st.composite
def private_networks(draw: DrawFn) -> str:
    """A network that a VPC may have."""
    around, length = draw(st.sampled_from(PRIVATE)), draw(st.integers(16, 20))
    number = draw(st.integers(0, 2 ** (length - around.prefixlen) - 1))
    first = int(around.network_address) + number * 2 ** (32 - length)
    return str(IPv4Network((first, length)))


@st.composite
def foundations(draw: DrawFn, region: str, *, production: bool) -> Data:
    """The settings of the layer `foundation`."""
    account = draw(ACCOUNTS)
    roles = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True)
    admins = [f"arn:aws:iam::{account}:role/{role}" for role in draw(listed(roles))]
    nodes = draw(
        some_of({"instance_types": listed(st.sampled_from(CPU_TYPES)), "count": st.integers(2, 12)})
    )
    database = draw(
        some_of(
            {
                "instance_class": st.sampled_from(("db.t4g.medium", "db.m7g.large")),
                "storage_gb": st.integers(20, 16384),
                "multi_az": st.booleans(),
                "backup_days": st.integers(1, 35),
            }
        )
    )
    data: Data = {
        "account": account,
        "admins": admins,
        "system_nodes": nodes,
        "database": database,
        "budget": {"monthly_usd": 100_000_000, "notify": draw(listed(EMAILS))},
        **draw(
            some_of(
                {
                    "vpc_cidr": private_networks(),
                    "nat": st.sampled_from(("single", "zonal")),
                    "kubernetes": st.sampled_from(KUBERNETES),
                    "api_access": listed(st.sampled_from(("203.0.113.0/24", "198.51.100.7/32"))),
                    "rate_limits": some_of({"replicas": st.integers(0, 5)}),
                    "image_cache_credentials": st.dictionaries(
                        st.sampled_from(("docker.io", "ghcr.io")),
                        st.just(
                            f"arn:aws:secretsmanager:{region}:{account}:secret:"
                            "ecr-pullthroughcache/held-AbCdEf"
                        ),
                    ),
                    "log_days": st.sampled_from((1, 30, 365, 1096)),
                }
            )
        ),
        "protect": production or draw(st.booleans()),
    }
    least = system_nodes_usd(Foundation.model_validate(data), region)
    data["budget"]["monthly_usd"] = draw(st.integers(least, 10_000_000))
    return data


def platforms(*, production: bool) -> SearchStrategy[Data]:
    """The settings of the layer `platform`."""
    secret = st.sampled_from(("slipway/alerts/slack", "ops/pager-duty"))
    return st.fixed_dictionaries(
        {"acme_email": EMAILS, "replicas": st.integers(2 if production else 1, 3)},
        optional={
            "acme_staging": st.booleans(),
            "metrics_days": DAYS,
            "metrics_gb": st.integers(10, 4096),
            "log_days": DAYS,
            "trace_days": DAYS,
            "backup_days": DAYS,
            "alerts": some_of({"slack_secret": secret, "pagerduty_secret": secret}),
        },
    )


def edges(domain: str) -> SearchStrategy[Data]:
    """The settings of the layer `edge`."""
    zones = {domain, ".".join(domain.split(".")[-2:])}
    return st.fixed_dictionaries(
        {
            "account": HEX,
            "zone": HEX,
            "zone_name": st.sampled_from(sorted(zones)),
            "access": st.fixed_dictionaries(
                {"team": names(30), "email_domains": listed(DOMAINS)},
                optional={"session": st.sampled_from(("30m", "12h", "9999h"))},
            ),
        },
        optional={
            "zone_rules": st.booleans(),
            "managed_waf": st.booleans(),
            "requests_per_10s": st.integers(10, 1_000_000),
        },
    )


@st.composite
def environments(draw: DrawFn, cluster: str) -> Data:
    """The settings that entries depend on."""
    tiers = st.lists(
        st.sampled_from(("dev", "staging", "production")), min_size=1, max_size=3, unique=True
    )
    return {
        "tiers": draw(tiers),
        "domain": draw(DOMAINS),
        "region": draw(st.sampled_from(REGIONS)),
        "bucket": "b" * draw(st.integers(3, BUCKET_LIMIT)),
        "identity": {
            "issuer": "https://login.example.com/",
            "jwks": "https://login.example.com/.well-known/jwks.json",
        },
        "cluster": cluster,
        **draw(
            some_of(
                {
                    "one_tier": st.booleans(),
                    "edge": st.sampled_from(
                        ({"proxied": False}, {"proxied": True, "advanced_certificates": True})
                    ),
                    "images": st.sampled_from(IMAGES),
                }
            )
        ),
    }


@st.composite
def stack_data(draw: DrawFn, layers: tuple[Layer, ...] | None = None) -> Data:
    """The keys of a stack's file without their namespace."""
    held = draw(st.sampled_from(LAYERS)) if layers is None else layers
    alone = held == ("tenants",)
    # Without a foundation the platform is on the local control plane.
    cluster = "local" if held[0] == "platform" else "eks"
    if alone:
        cluster = draw(st.sampled_from(("eks", "local")))
    environment = draw(environments(cluster))
    production = "production" in environment["tiers"]
    data: Data = {"environment": environment, "layers": list(held)}
    if "foundation" in held:
        region = environment["region"]
        data["foundation"] = draw(foundations(region, production=production))
    if "platform" in held and cluster == "eks":
        data["platform"] = draw(platforms(production=production))
    if "edge" in held:
        data["edge"] = draw(edges(environment["domain"]))
        if data["edge"]["zone_name"] != environment["domain"]:
            environment["edge"] = {**environment.get("edge", {}), "advanced_certificates": True}
    if alone and cluster == "eks":
        data["platform_stack"] = "organization/platform/prod"
        data.update(draw(some_of({"team": names(20)})))
    return data


@st.composite
def stack_settings(draw: DrawFn, layers: tuple[Layer, ...] | None = None) -> Settings:
    """Valid settings of a stack, of these layers or of any."""
    data = draw(stack_data(layers))
    stack = draw(names(STACK_LIMIT))
    env = Environment.model_validate({**data["environment"], "stack": stack})
    return Settings.model_validate({**data, "environment": env})
