"""All tenants of a stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi

from components.tenant import Tenant, TenantArgs

TYPE: Final = "slipway:kubernetes:ModelCatalogue"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCatalogueArgs:
    """The tenants, in the order of their namespaces."""

    tenants: tuple[TenantArgs, ...]


class ModelCatalogue(pulumi.ComponentResource):
    """Every endpoint of the stack.

    What all of them need is named once, in this component's `depends_on`: its children are made
    after it and destroyed before it, so the number of dependencies does not grow with tenants.
    """

    namespaces: tuple[str, ...]
    endpoints: Mapping[str, str]
    """URLs by `namespace/name`."""

    def __init__(
        self, name: str, args: ModelCatalogueArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        tenants = [Tenant(each.built.tenant.namespace, each, child) for each in args.tenants]
        self.namespaces = tuple(tenant.namespace for tenant in tenants)
        self.endpoints = {
            f"{tenant.namespace}/{endpoint}": url
            for tenant in tenants
            for endpoint, url in tenant.urls.items()
        }
        self.register_outputs({"namespaces": self.namespaces, "endpoints": self.endpoints})
