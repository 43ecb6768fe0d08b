"""EKS add-ons."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import pulumi
import pulumi_aws as aws

TYPE: Final = "slipway:aws:Addons"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addon:
    """One add-on, its values by its own schema (`aws eks describe-addon-configuration`).

    `roles` are ARNs by the ServiceAccount that takes them on, by EKS Pod Identity.
    """

    name: str
    values: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    roles: Mapping[str, pulumi.Input[str]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class AddonsArgs:
    """`kubernetes` is the minor that versions are chosen for."""

    cluster: pulumi.Input[str]
    kubernetes: str
    addons: tuple[Addon, ...]


class Addons(pulumi.ComponentResource):
    """Add-ons at the version that EKS holds to be the default of the Kubernetes minor.

    EKS alone knows which builds it still offers, and withdraws old ones. The version is asked for
    at every run, so an upgrade of an add-on, like the one that a new minor brings, is a line in a
    preview and never happens by itself.
    """

    def __init__(
        self, name: str, args: AddonsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        for addon in args.addons:
            self._create_addon(addon, args)
        self.register_outputs({})

    def _create_addon(self, addon: Addon, args: AddonsArgs) -> None:
        asked = aws.eks.get_addon_version_output(
            addon_name=addon.name,
            kubernetes_version=args.kubernetes,
            most_recent=False,
            opts=pulumi.InvokeOptions(parent=self),
        )
        aws.eks.Addon(
            addon.name,
            addon_name=addon.name,
            addon_version=asked.version,
            cluster_name=args.cluster,
            configuration_values=json.dumps(addon.values, sort_keys=True) if addon.values else None,
            pod_identity_associations=[
                {"service_account": account, "role_arn": arn}
                for account, arn in sorted(addon.roles.items())
            ]
            or None,
            # Nobody else configures what an add-on owns.
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            opts=pulumi.ResourceOptions(parent=self),
        )
