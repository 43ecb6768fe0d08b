"""The layer `platform`: every part of the table, told what the foundation knows."""

import textwrap
from collections.abc import Mapping

import pulumi

from catalog import pins
from catalog.parts import Fact
from catalog.settings import Settings
from components.platform import Platform, PlatformArgs, SecretArgs
from components.pod_identity import PodRole
from infra.iam.pod_identity import pod_identity_trust
from infra.names import Names
from infra.outputs import FoundationOutputs
from infra.parts import cert_manager
from infra.parts.namespaces import NAMESPACES, namespace_object
from infra.parts.part import Context, Part
from infra.parts.table import parts


def build(
    context: Context,
    foundation: FoundationOutputs,
    facts: Mapping[Fact, pulumi.Input[str]],
    dns_token: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> Platform:
    """Registers the platform after the foundation.

    `facts` are those of the foundation and of the edge.
    """
    settings, names = context.settings, context.names
    table = parts(context)
    token = SecretArgs(
        namespace=cert_manager.NAMESPACE,
        name=cert_manager.TOKEN_SECRET,
        content={cert_manager.TOKEN_KEY: dns_token},
    )
    args = PlatformArgs(
        namespaces=[namespace_object(each) for each in NAMESPACES],
        secrets=[token],
        parts=table,
        facts=facts,
        cluster=names.cluster,
        roles={role: made for part in table for role, made in roles_of(part, names).items()},
        mirror=settings.environment.images.mirror,
        protect=_protects(settings),
    )
    after = pulumi.ResourceOptions(depends_on=list(foundation.ready))
    return Platform("platform", args, pulumi.ResourceOptions.merge(opts, after))


def roles_of(part: Part, names: Names) -> dict[str, PodRole]:
    """The roles of a part's identities, by purpose."""
    return {
        each.purpose: PodRole(
            names.role(each.purpose),
            pod_identity_trust(names, each.service_account, each.namespace),
        )
        for each in part.identities
    }


def check_pins(settings: Settings) -> None:
    """A stack that protects its data runs nothing whose digest nobody looked up.

    `preview` warns, because it changes nothing. Raises RunError in `up`.
    """
    images = settings.environment.images
    own = images.digests if images.mirror is not None else {}
    open_rows = sorted({row.name for row in pins.unresolved()} - set(own))
    if not open_rows or not _protects(settings):
        return
    names = textwrap.indent(textwrap.fill(", ".join(open_rows), 92, break_on_hyphens=False), "    ")
    message = (
        f"{len(open_rows)} rows of catalog/pins.py have no digest, and this stack protects its "
        f"data:\n{names}\n    → run slipway pins resolve --write where their registries can be "
        "reached, and commit what it finds"
    )
    if not pulumi.runtime.is_dry_run():
        raise pulumi.RunError(message)
    pulumi.log.warn(message)


def _protects(settings: Settings) -> bool:
    return settings.foundation is not None and settings.foundation.protect
