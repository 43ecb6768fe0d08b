"""The stack whose cluster is the local control plane: what of the layers can run there."""

import pulumi
import pulumi_kubernetes as kubernetes

from catalog.settings import Settings
from components.platform import Platform, PlatformArgs
from infra import tenants
from infra.parts.local import CONTEXT, local_context, local_namespaces, local_parts


def local_provider() -> kubernetes.Provider:
    """A way into the local plane and nowhere else, whatever the shell's kubeconfig names."""
    return kubernetes.Provider(
        "kubernetes",
        context=CONTEXT,
        # As on EKS; see `infra.kubernetes`.
        enable_config_map_mutable=True,
        # What a killed run made is not in the state (`deploy/journal.py`), and is taken up.
        upsert_existing_objects=True,
    )


def local_platform(settings: Settings, opts: pulumi.ResourceOptions) -> Platform:
    """The platform's objects, without charts and without identities in AWS."""
    context = local_context(settings, *tenants.granted(settings))
    args = PlatformArgs(
        namespaces=local_namespaces(),
        secrets=(),
        parts=local_parts(context),
        facts={},
        cluster=context.names.cluster,
        roles={},
        mirror=None,
        protect=False,
    )
    return Platform("platform", args, opts)
