"""Everything that runs in the cluster before the first tenant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi

from catalog.objects import Object
from catalog.parts import Fact, Identity, Part
from components.objects import object_name, register, register_secret
from components.platform_part import PlatformPart, PlatformPartArgs, resolved
from components.pod_identity import PodIdentity, PodIdentityArgs, PodRole

TYPE: Final = "slipway:kubernetes:Platform"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretArgs:
    """A Secret that the program itself is given."""

    namespace: str
    name: str
    content: Mapping[str, pulumi.Input[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformArgs:
    """Namespaces, Secrets and identities, then parts, each after those that its `after` names.

    `parts` are in an order in which they can be made. `roles` are those of their identities, by
    purpose. `protect` refuses to destroy CRDs.
    """

    namespaces: Sequence[Object]
    secrets: Sequence[SecretArgs]
    parts: Sequence[Part]
    facts: Mapping[Fact, pulumi.Input[str]]
    cluster: str
    roles: Mapping[str, PodRole]
    mirror: str | None
    protect: bool


class Platform(pulumi.ComponentResource):
    """The parts in their namespaces; `ready` is what tenants are made after."""

    ready: tuple[pulumi.Resource, ...]

    def __init__(
        self, name: str, args: PlatformArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        self._args = args
        self._namespaces = {
            obj["metadata"]["name"]: register(
                object_name(obj), obj, pulumi.ResourceOptions(parent=self)
            )
            for obj in args.namespaces
        }
        self._secrets = [(each.namespace, self._create_secret(each)) for each in args.secrets]
        # Long before the pods that need them: EKS takes seconds to heed an association, and a pod
        # that starts in between has no credentials for as long as it runs.
        self._identities = {
            identity.purpose: self._create_identity(identity)
            for part in args.parts
            for identity in part.identities
        }
        made: dict[str, PlatformPart] = {}
        for part in args.parts:
            made[part.name] = self._create_part(part, made)
        self.ready = tuple(resource for part in made.values() for resource in part.last)
        self.register_outputs({"parts": [part.name for part in args.parts]})

    def _create_secret(self, secret: SecretArgs) -> pulumi.Resource:
        parent = pulumi.ResourceOptions(parent=self._namespaces[secret.namespace])
        return register_secret(secret.name, secret.namespace, secret.content, parent)

    def _create_identity(self, identity: Identity) -> PodIdentity:
        args = self._args
        return PodIdentity(
            identity.purpose,
            PodIdentityArgs(
                role=args.roles[identity.purpose],
                cluster=args.cluster,
                namespace=identity.namespace,
                service_account=identity.service_account,
                statements=[resolved(each, args.facts) for each in identity.statements],
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _create_part(self, part: Part, made: Mapping[str, PlatformPart]) -> PlatformPart:
        args = self._args
        own = namespaces_of(part)
        before = [
            *(self._namespaces[name] for name in own if name in self._namespaces),
            *(secret for namespace, secret in self._secrets if namespace in own),
            *(self._identities[identity.purpose] for identity in part.identities),
            *(resource for name in sorted(part.after) for resource in made[name].last),
        ]
        return PlatformPart(
            part.name,
            PlatformPartArgs(
                part=part,
                facts=args.facts,
                mirror=args.mirror,
                protect=args.protect,
            ),
            pulumi.ResourceOptions(parent=self, depends_on=before),
        )


def namespaces_of(part: Part) -> tuple[str, ...]:
    """The namespaces that a part puts anything in, sorted."""
    named = {release.namespace for release in part.releases}
    named |= {identity.namespace for identity in part.identities}
    named |= {obj["metadata"].get("namespace", "") for obj in part.objects}
    return tuple(sorted(named - {""}))
