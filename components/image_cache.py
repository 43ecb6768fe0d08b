"""A cache of other registries' images in the account's own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import pulumi
import pulumi_aws as aws

from catalog import pins

TYPE: Final = "slipway:aws:ImageCache"


@dataclass(frozen=True, slots=True)
class _Upstream:
    """Where ECR pulls from, and under which last word it keeps what it pulled."""

    url: str
    label: str
    credentials: bool


# ECR user guide, "Sync an upstream registry with an Amazon ECR private registry", which also says
# which of them ask for credentials. NVIDIA's registry is none of them.
_UPSTREAMS: Final = MappingProxyType(
    {
        pins.DOCKER_HUB: _Upstream(f"registry-1.{pins.DOCKER_HUB}", "docker", credentials=True),
        pins.GITHUB: _Upstream(pins.GITHUB, "github", credentials=True),
        pins.ECR_PUBLIC: _Upstream(pins.ECR_PUBLIC, "aws", credentials=False),
        pins.QUAY: _Upstream(pins.QUAY, "quay", credentials=False),
        pins.KUBERNETES: _Upstream(pins.KUBERNETES, "k8s", credentials=False),
    }
)

# Days after which a copy goes; the next pull of it brings it again.
_KEEP_DAYS: Final = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageCacheArgs:
    """`registry` is the account's own, `prefix` what every cached repository's name begins with.

    `credentials` are ARNs of secrets with `username` and `accessToken`, by registry. ECR reads only
    those of its own account and region whose names begin with `ecr-pullthroughcache/`, and when the
    rule is made, so they must exist by then. ValueError for a registry that takes none.
    """

    registry: str
    prefix: str
    credentials: Mapping[str, pulumi.Input[str]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    def __post_init__(self) -> None:
        """The registries with credentials must be among those that take them."""
        takes = sorted(name for name, upstream in _UPSTREAMS.items() if upstream.credentials)
        for name in sorted(self.credentials):
            if name not in takes:
                raise ValueError(f"{name} takes no credentials; those that do: {', '.join(takes)}")


class ImageCache(pulumi.ComponentResource):
    """Pull-through rules, and the form of the repositories that ECR makes by them.

    A registry that asks for credentials is cached only when there are some. `repositories` says
    for each cached registry what stands in an image's name in its stead. The repositories belong
    to ECR, not to the stack: `destroy` leaves them, and their images go by age. They hold public
    images, so ECR's own encryption is enough, and their tags move as upstream's do.
    """

    repositories: Mapping[str, str]

    def __init__(
        self, name: str, args: ImageCacheArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        self._name = name
        prefixes = {
            registry: f"{args.prefix}/{upstream.label}"
            for registry, upstream in _UPSTREAMS.items()
            if registry in args.credentials or not upstream.credentials
        }
        for registry, prefix in prefixes.items():
            self._create_rule(_UPSTREAMS[registry], prefix, args.credentials.get(registry))
        self.repositories = MappingProxyType(
            {registry: f"{args.registry}/{prefix}" for registry, prefix in prefixes.items()}
        )
        self.register_outputs({})

    def _create_rule(
        self, upstream: _Upstream, prefix: str, credential: pulumi.Input[str] | None
    ) -> None:
        template = aws.ecr.RepositoryCreationTemplate(
            f"{self._name}-{upstream.label}-repositories",
            prefix=prefix,
            description=f"Images of {upstream.url}",
            applied_fors=["PULL_THROUGH_CACHE"],
            encryption_configurations=[{"encryption_type": "AES256"}],
            image_tag_mutability="MUTABLE",
            lifecycle_policy=json.dumps(_lifecycle(), sort_keys=True),
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.ecr.PullThroughCacheRule(
            f"{self._name}-{upstream.label}",
            ecr_repository_prefix=prefix,
            upstream_registry_url=upstream.url,
            credential_arn=credential,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[template]),
        )


def _lifecycle() -> Mapping[str, object]:
    return {
        "rules": [
            {
                "rulePriority": 1,
                "description": f"Copies older than {_KEEP_DAYS} days",
                "selection": {
                    "tagStatus": "any",
                    "countType": "sinceImagePushed",
                    "countUnit": "days",
                    "countNumber": _KEEP_DAYS,
                },
                "action": {"type": "expire"},
            }
        ]
    }
