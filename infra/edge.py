"""The layer `edge`: who signs in comes before the platform, names and rules after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from catalog.parts import Fact
from catalog.settings import Settings
from infra.dns import Access, EdgeArgs, TenantRecords, Zone, provider
from infra.outputs import FoundationOutputs
from infra.parts.console_hosts import HOSTS


@dataclass(frozen=True, slots=True)
class Edge:
    """The edge as far as it stands; `facts` are what Cloudflare tells the platform."""

    args: EdgeArgs
    cloudflare: pulumi.ProviderResource
    facts: Mapping[Fact, pulumi.Input[str]]


def begin(settings: Settings, token: pulumi.Input[str]) -> Edge:
    """Registers Access, whose audiences the platform's pages check. ValueError without `edge`."""
    env = settings.environment
    if settings.edge is None:
        raise ValueError(f"stack {env.stack} holds no layer `edge`")
    args = EdgeArgs(
        stack=env.stack,
        domain=env.domain,
        edge=settings.edge,
        proxied=env.edge.proxied,
    )
    cloudflare = provider(token)
    access = Access("access", args, pulumi.ResourceOptions(providers=[cloudflare]))
    return Edge(args, cloudflare, {host.audience: access.audiences[host.name] for host in HOSTS})


def publish(edge: Edge, foundation: FoundationOutputs, namespaces: Sequence[str]) -> None:
    """Registers names and rules: of the platform's pages, and of each tenant's namespace."""
    opts = pulumi.ResourceOptions(providers=[edge.cloudflare])
    Zone("zone", edge.args, foundation.front_door, opts)
    TenantRecords("tenants", edge.args, namespaces, foundation.front_door, opts)
