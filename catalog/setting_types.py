"""The scalar types of a stack's settings, and the rules on one value, each with its remedy."""

import re
from collections.abc import Hashable, Sequence
from ipaddress import IPv4Network
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from catalog.errors import did_you_mean, one_of
from catalog.instances import INSTANCES
from catalog.kubernetes_versions import shared_minors
from catalog.scalars import Name
from catalog.service_prices import CACHES, DATABASES

PRIVATE: Final = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
"""RFC 1918."""

RESERVED: Final = (
    *PRIVATE,
    *map(IPv4Network, ("0.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16")),
    *map(IPv4Network, ("224.0.0.0/4", "240.0.0.0/4")),
)
"""Networks that no packet from the internet comes from: RFC 6890, RFC 5771."""

WIDEST: Final = 8
"""The shortest prefix of a network that may reach the cluster's API: no organisation has more
than a /8, and two halves of the internet are the internet."""

KUBERNETES: Final = shared_minors()

T = TypeVar("T", bound=Hashable)


def _refusal(code: str, message: str, remedy: str) -> PydanticCustomError:
    """An error in the words in which `catalog.refusals` passes it on."""
    told = {"code": code, "message": message, "remedy": remedy}
    return PydanticCustomError("setting_rule", "{message}", told)


def _network(text: str) -> IPv4Network:
    address, _, length = text.partition("/")
    octets = [int(octet) for octet in address.split(".")]
    if max(octets) > 255:
        raise _refusal(
            "SLW815", f"{text} is no network: {max(octets)} is above 255",
            "write four numbers from 0 to 255, a slash and the length",
        )  # fmt: skip
    network = IPv4Network((int.from_bytes(bytes(octets)), int(length)), strict=False)
    if str(network) != text:
        raise _refusal(
            "SLW815", f"{text} is an address within a network: the network is {network}",
            f"write {network}, or {address}/32 for the one address"
            if int(length) > 20
            else f"write {network}",
        )  # fmt: skip
    return network


def vpc_network(text: str) -> str:
    """The network of a VPC: private, and written without host bits."""
    network = _network(text)
    if not any(network.subnet_of(private) for private in PRIVATE):
        raise _refusal(
            "SLW815",
            f"{text} is not private; a VPC's addresses are within {one_of(_names(PRIVATE))}, so "
            "that none belongs to somebody else",
            f"write a network such as 10.16.0.0/{network.prefixlen}",
        )
    return text


def public_network(text: str) -> str:
    """A network that may reach the cluster's API from the internet.

    EKS refuses reserved addresses there: docs.aws.amazon.com/eks/latest/userguide,
    config-cluster-endpoint.
    """
    network = _network(text)
    if network.prefixlen < WIDEST:
        raise _refusal(
            "SLW816",
            f"{text} lets {'the whole' if network.prefixlen == 0 else 'a large part of the'} "
            "internet reach the cluster's API",
            "name the networks of your offices and runners, or [] for an API that only the VPC "
            "reaches",
        )
    reserved = next((each for each in RESERVED if network.overlaps(each)), None)
    if reserved is not None:
        raise _refusal(
            "SLW816",
            f"{text} holds addresses of {reserved}, from where nothing comes over the internet; "
            "EKS refuses it",
            "name the public addresses that your offices and runners come from; what is in the "
            "VPC reaches the API without",
        )
    return text


def instance_type(name: str) -> str:
    """An instance type of the table, without GPUs."""
    known = [each.name for each in INSTANCES.values() if each.accelerator is None]
    if name in known:
        return name
    if name in INSTANCES:
        raise _refusal(
            "SLW817", f"{name} has GPUs, and the system nodes carry no model",
            "write a type such as m7i.xlarge; Karpenter makes GPU nodes when they are asked for",
        )  # fmt: skip
    raise _refusal(
        "SLW817", f"{name} is not in the table of instance types",
        did_you_mean(name, known, f"write {one_of([n for n in known if n.startswith('m7i.')])}"),
    )  # fmt: skip


def database_class(name: str) -> str:
    """An RDS instance class that has a price."""
    return _priced(name, [row.name for row in DATABASES])


def cache_type(name: str) -> str:
    """An ElastiCache node type that has a price."""
    return _priced(name, [row.name for row in CACHES])


def _priced(name: str, known: Sequence[str]) -> str:
    if name in known:
        return name
    raise _refusal(
        "SLW832", f"{name} is not in the table of prices; it has {one_of(known)}",
        did_you_mean(name, known, f"write {known[0]}, or another of these"),
    )  # fmt: skip


ACCESS_DOMAIN: Final = ".cloudflareaccess.com"


def access_team(value: object) -> object:
    """Refuses the whole host, of which the team's name is the first label."""
    if isinstance(value, str) and value.endswith(ACCESS_DOMAIN):
        raise _refusal(
            "SLW212", f"{value} is the host; the team's name is what stands before {ACCESS_DOMAIN}",
            f"write {value.removesuffix(ACCESS_DOMAIN).rpartition('/')[2]}",
        )  # fmt: skip
    return value


def kubernetes_version(version: str) -> str:
    """An EKS minor that every pinned part supports."""
    if version in KUBERNETES:
        return version
    raise _refusal(
        "SLW208",
        f"{version!r} is no EKS minor that every part supports; allowed are {one_of(KUBERNETES)}",
        f'write "{KUBERNETES[-1]}"',
    )


NAME_IN_MANAGER: Final = r"^[A-Za-z0-9_+=.@-]+(/[A-Za-z0-9_+=.@-]+)+$"
"""A name in AWS Secrets Manager, below a path, so that a key in its place is not taken for one."""


def secret_name(text: str) -> str:
    """The name of a secret. What is none may be the secret itself, and is not repeated."""
    if re.fullmatch(NAME_IN_MANAGER, text) and len(text) <= 512:
        return text
    raise _refusal(
        "SLW808", "the name of a secret in AWS Secrets Manager is wanted here, as path/name",
        "keep the value in Secrets Manager, and write its name, such as slipway/alerts/slack; if "
        "this was the value, it has been seen, so replace it",
    )  # fmt: skip


CACHE_ARN: Final = (
    r"^arn:aws:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:"
    r"ecr-pullthroughcache/[A-Za-z0-9/_+=.@-]{1,500}$"
)
"""The ARN of a secret as ECR takes it: its API, CreatePullThroughCacheRule, credentialArn."""


def cache_secret(text: str) -> str:
    """The ARN of a secret for the image cache. What is none may be the secret itself."""
    if re.fullmatch(CACHE_ARN, text):
        return text
    raise _refusal(
        "SLW808",
        "the ARN of a secret in AWS Secrets Manager is wanted here, whose name begins with "
        "ecr-pullthroughcache/",
        "keep username and accessToken in such a secret, and write its ARN; if this was the value, "
        "it has been seen, so replace it",
    )


def _once(values: tuple[T, ...]) -> tuple[T, ...]:
    for number, value in enumerate(values):
        if value in values[:number]:
            raise _refusal("SLW811", f"{value} is listed twice", f"keep {value} once")
    return values


Unique: Final = AfterValidator(_once)
"""A list in which nothing stands twice."""


def _names(networks: Sequence[IPv4Network]) -> list[str]:
    return [str(network) for network in networks]


AccountId = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{12}$", description="The 12 digits of an AWS account, in quotes.",
        examples=["123456789012"],
    ),
]  # fmt: skip
RoleArn = Annotated[
    str,
    Field(
        pattern=r"^arn:aws:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]{1,512}$",
        description="The ARN of an IAM role or user.",
        examples=["arn:aws:iam::123456789012:role/platform-engineers"],
    ),
]
Cidr = Annotated[
    str,
    Field(
        pattern=r"^([0-9]{1,3}\.){3}[0-9]{1,3}/([0-9]|[12][0-9]|3[0-2])$",
        description="An IPv4 network as address/length.", examples=["203.0.113.0/24"],
    ),
    AfterValidator(public_network),
]  # fmt: skip
VpcCidr = Annotated[
    str,
    Field(
        pattern=r"^([0-9]{1,3}\.){3}[0-9]{1,3}/(1[6-9]|20)$", examples=["10.0.0.0/16"],
    ),
    AfterValidator(vpc_network),
]  # fmt: skip
Email = Annotated[
    str,
    Field(
        pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254, description="A mail address.",
        examples=["platform@example.com"],
    ),
]  # fmt: skip
SystemInstance = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9-]+\.[a-z0-9]+$", description="An EC2 instance type.",
        examples=["m7i.xlarge"],
    ),
    AfterValidator(instance_type),
]  # fmt: skip
DatabaseClass = Annotated[
    str,
    Field(pattern=r"^db\.[a-z0-9]+\.[a-z0-9]+$", examples=["db.m7g.large"]),
    AfterValidator(database_class),
]
CacheType = Annotated[
    str,
    Field(pattern=r"^cache\.[a-z0-9]+\.[a-z0-9]+$", examples=["cache.m7g.large"]),
    AfterValidator(cache_type),
]
AccessTeam = Annotated[Name, BeforeValidator(access_team)]
KubernetesVersion = Annotated[
    str,
    AfterValidator(kubernetes_version),
    WithJsonSchema({"type": "string", "enum": list(KUBERNETES)}),
]
SecretName = Annotated[
    str, AfterValidator(secret_name), WithJsonSchema({"type": "string", "pattern": NAME_IN_MANAGER})
]
CacheSecretArn = Annotated[
    str, AfterValidator(cache_secret), WithJsonSchema({"type": "string", "pattern": CACHE_ARN})
]
Days = Annotated[int, Field(ge=1, le=3653)]
CloudflareId = Annotated[
    str, Field(pattern=r"^[0-9a-f]{32}$", examples=["0123456789abcdef0123456789abcdef"])
]
