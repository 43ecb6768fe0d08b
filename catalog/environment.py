"""What differs between stacks, as one frozen type.

It is the value of `slipway:environment` in `Pulumi.<stack>.yaml`, read here without Pulumi; the
infrastructure program builds the same type from the engine's configuration.
"""

from typing import Annotated, Literal

from pydantic import Field

from catalog.registries import Registries
from catalog.scalars import Domain, Duration, Name
from catalog.words import Strict, Tier

CONFIG_KEY = "slipway:environment"
LAYERS_KEY = "slipway:layers"
PLATFORM_STACK_KEY = "slipway:platform_stack"
TEAM_KEY = "slipway:team"

Digest = Annotated[
    str,
    Field(
        pattern=r"^sha256:[0-9a-f]{64}$", description="sha256: and 64 hex digits.",
        examples=["sha256:" + "0" * 64],
    ),
]  # fmt: skip
Host = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]+)?$", description="A registry's host.",
        examples=["quay.io"],
    ),
]  # fmt: skip
Prefix = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*$",
        description="A registry without its scheme, and a path in it.",
        examples=["registry.example.com/mirror"],
    ),
]
HttpsUrl = Annotated[str, Field(pattern=r"^https://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?$")]


class Identity(Strict):
    """Whose tokens the front door accepts, and where a token names its team."""

    issuer: HttpsUrl = Field(
        description="The OpenID issuer (`iss`), an address with https.",
        examples=["https://login.example.com/"],
    )
    jwks: HttpsUrl = Field(
        description="Where its signing keys are published, an address with https.",
        examples=["https://login.example.com/.well-known/jwks.json"],
    )
    audience: Annotated[str, Field(min_length=1, max_length=128)] = Field(
        "slipway", description="The audience (`aud`) that tokens must name."
    )
    team_claim: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.]{0,63}$")] = Field(
        "teams", description="The claim that lists the caller's teams."
    )


class Edge(Strict):
    """How the internet reaches the front door."""

    proxied: bool = Field(
        default=False,
        description="Through Cloudflare's proxy. Needs Advanced Certificate Manager, because the "
        "universal certificate stops at the first level below the domain.",
    )
    advanced_certificates: bool = Field(
        default=False, description="The zone has Advanced Certificate Manager."
    )
    read_timeout: Duration = Field(
        120_000,
        description="The proxy's read limit, in which an answer must begin; 120s on all plans "
        "below Enterprise.",
    )


class Gateway(Strict):
    """The Gateway that fronts every endpoint."""

    name: Name = Field("slipway", description="Its name.")
    namespace: Name = Field("envoy-gateway-system", description="Its namespace.")


class Images(Strict):
    """Where container images and charts come from."""

    mirror: Prefix | None = Field(
        None,
        description="A registry that holds every image and chart under its own path, for "
        "clusters without the internet.",
        examples=["registry.example.com/mirror"],
    )
    registries: dict[Host, Prefix] = Field(
        default_factory=dict,
        description="What stands in an image's name for an upstream registry, by that registry: "
        "the prefixes of a pull-through cache. Charts stay where they are.",
        examples=[{"quay.io": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/slipway-dev/quay"}],
    )
    digests: dict[str, Digest] = Field(
        default_factory=dict,
        description="Digests of the mirror's images by their name in the pin table, where they "
        "differ from upstream's.",
    )
    rebuilt: bool = Field(
        default=False,
        description="The mirror's images were built anew, so that no digest of upstream holds: "
        "images without one among `digests` go by their tags.",
    )


def _gateway() -> Gateway:
    return Gateway.model_validate({})


def _edge() -> Edge:
    return Edge.model_validate({})


def _images() -> Images:
    return Images.model_validate({})


class Environment(Strict):
    """A stack, as far as it decides what an entry becomes."""

    stack: Name = Field(description="The stack's name; set by the file name.")
    tiers: tuple[Tier, ...] = Field(
        strict=False, min_length=1, description="The tiers that the stack hosts."
    )
    one_tier: bool = Field(
        default=False,
        description="Of several hosted tiers of one deployment, take the one nearest to "
        "production instead of refusing; for `local`.",
    )
    domain: Domain = Field(
        description="Endpoints are below `models.{domain}`.", examples=["dev.example.com"]
    )
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")] = Field(
        description="The AWS region.", examples=["eu-west-1"]
    )
    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$")] = Field(
        description="The artifact bucket, chosen and never generated: 3 to 63 lower-case letters, "
        "digits and hyphens.",
        examples=["example-models-dev"],
    )
    identity: Identity = Field(description="Whose tokens are accepted.")
    gateway: Gateway = Field(default_factory=_gateway, description="The front door.")
    edge: Edge = Field(default_factory=_edge, description="The way from the internet.")
    images: Images = Field(default_factory=_images, description="Where images come from.")
    certificate_issuer: Name = Field(
        "letsencrypt", description="The ClusterIssuer that signs the tenants' certificates."
    )
    cluster: Literal["eks", "local"] = Field("eks", description="What runs the stack.")

    @property
    def models_domain(self) -> str:
        """The domain below which every endpoint has its host."""
        return f"models.{self.domain}"

    @property
    def registries(self) -> Registries:
        """Where the images come from."""
        images = self.images
        return Registries(
            mirror=images.mirror,
            by_host=images.registries,
            digests=images.digests,
            rebuilt=images.rebuilt,
        )
