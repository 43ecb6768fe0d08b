"""What must hold between the settings of one stack, each rule with its code and its remedy.

A rule speaks where what it reads is sound, so that every error comes out in one run.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final, get_args

from catalog.environment import Gateway
from catalog.errors import Problem, all_of
from catalog.instances import hourly_price
from catalog.price import HOURS_A_MONTH
from catalog.settings import BUCKET_PURPOSES, Foundation, Layer
from catalog.stack import Stack, full_key
from catalog.stack_images import image_problems
from catalog.stack_region import region_problems

_ORDER: Final[tuple[Layer, ...]] = get_args(Layer)
_BELOW: Final[dict[Layer, Layer]] = {
    "platform": "foundation", "edge": "platform", "tenants": "platform"
}  # fmt: skip

STACK_LIMIT: Final = 15
"""Characters of a stack's name: the repositories of the image cache begin with
`slipway-<stack>/<registry>`, of at most 30 (API of ECR, CreatePullThroughCacheRule). A target
group's 32, a cache's 40 and a role's 64 leave more room."""

BUCKET_LIMIT: Final = 63 - max(len(f"-{purpose}") for purpose in BUCKET_PURPOSES)
"""Characters of the artifact bucket's name, so that the buckets beside it keep within 63."""

_S3_PREFIXES: Final = ("xn--", "sthree-", "amzn-s3-demo-")
_S3_SUFFIXES: Final = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
# S3 user guide, "General purpose bucket naming rules".


def stack_problems(stack: Stack) -> Iterator[Problem]:
    """Everything that is wrong between the settings of a stack."""
    for rule in _RULES:
        yield from rule(stack)


def _tiers(stack: Stack) -> Iterator[Problem]:
    env, path = stack.settings.environment, ("environment", "tiers")
    if env is None or not stack.is_sound(*path):
        return
    for tier in sorted({tier for tier in env.tiers if env.tiers.count(tier) > 1}):
        yield stack.problem(path, "SLW811", f"{tier} is listed twice", f"keep {tier} once")


def _no_layers(stack: Stack) -> Iterator[Problem]:
    """Without any layer a stack is there for plans; then settings of layers are a mistake."""
    told = [layer for layer in _ORDER if layer in stack.told]
    if "layers" not in stack.told and stack.is_sound("layers") and told:
        yield no_layers(stack, f"[{', '.join([*told, 'tenants'])}]")


def no_layers(stack: Stack, layers: str) -> Problem:
    """A stack that would deploy nothing."""
    return stack.problem(
        ("layers",), "SLW826", "the stack has no slipway:layers, so it holds nothing",
        f"add slipway:layers: {layers}",
    )  # fmt: skip


def _order(stack: Stack) -> Iterator[Problem]:
    layers = stack.settings.layers
    right = [layer for layer in _ORDER if layer in layers]
    if list(layers) != right:
        yield stack.problem(
            ("layers",), "SLW810", "layers are written in the order in which they are built",
            f"write [{', '.join(right)}]",
        )  # fmt: skip


def _lower_layers(stack: Stack) -> Iterator[Problem]:
    layers = stack.settings.layers
    alone = layers == ("tenants",)
    local = is_local(stack)  # The control plane is there already.
    for layer in layers:
        below = _BELOW.get(layer)
        if below is None or below in layers or alone or local:
            continue
        yield stack.problem(
            ("layers",), "SLW810", f"the layer {layer} stands on {below}, which the stack lacks",
            f"add {below}"
            if layer != "tenants"
            else "add platform and foundation, or hold tenants alone with slipway:platform_stack",
        )  # fmt: skip


def is_local(stack: Stack) -> bool:
    """Whether the stack is on the local control plane, and says so soundly."""
    env = stack.settings.environment
    return env is not None and env.cluster == "local" and stack.is_sound("environment", "cluster")


def _local(stack: Stack) -> Iterator[Problem]:
    beyond = [layer for layer in stack.settings.layers if layer not in {"platform", "tenants"}]
    if is_local(stack) and beyond:
        verb = "needs" if len(beyond) == 1 else "need"
        yield stack.problem(
            ("layers",), "SLW810",
            f"cluster is local, and {all_of(beyond)} {verb} AWS or Cloudflare",
            "write [platform, tenants], or cluster: eks",
        )  # fmt: skip


def _settings_of_layers(stack: Stack) -> Iterator[Problem]:
    layers = stack.settings.layers
    if is_local(stack):
        yield from _settings_on_the_plane(stack)
        return
    for layer in _ORDER[:-1]:
        if layer in layers and layer not in stack.told:
            yield stack.problem(
                ("layers",), "SLW812", f"the layer {layer} has no {full_key(layer)}",
                f"add {full_key(layer)}, or remove {layer} from the layers",
            )  # fmt: skip
        if layers and layer not in layers and layer in stack.told:
            yield stack.problem(
                (layer,), "SLW813",
                f"{full_key(layer)} has no effect: {layer} is none of the stack's layers",
                f"add {layer} to slipway:layers, or remove {full_key(layer)}",
            )  # fmt: skip


def _settings_on_the_plane(stack: Stack) -> Iterator[Problem]:
    """What they size, charts and AWS, the local control plane has none of."""
    layers = stack.settings.layers
    for layer in _ORDER[:-1]:
        refused = layer in layers and layer != "platform"  # Told by `_local`.
        if layers and layer in stack.told and not refused:
            yield stack.problem(
                (layer,), "SLW813", f"{full_key(layer)} has no effect: cluster is local",
                f"remove {full_key(layer)}, or write cluster: eks",
            )  # fmt: skip


def _team(stack: Stack) -> Iterator[Problem]:
    settings = stack.settings
    if settings.team is not None and settings.layers not in {(), ("tenants",)}:
        yield stack.problem(
            ("team",), "SLW814", "one team's stack holds tenants alone, and this one holds "
            f"{all_of(settings.layers)}",
            "remove slipway:team, or write layers: [tenants] and slipway:platform_stack",
        )  # fmt: skip


def _platform_stack(stack: Stack) -> Iterator[Problem]:
    settings = stack.settings
    named = settings.platform_stack
    alone = settings.layers == ("tenants",)
    if named is not None and settings.layers and not alone:
        yield stack.problem(
            ("platform_stack",), "SLW814",
            f"the stack holds {all_of(settings.layers)}; only one that holds tenants alone reads "
            "another's platform",
            "remove slipway:platform_stack, or write layers: [tenants]",
        )  # fmt: skip
    elif named is not None and named.rpartition("/")[2] == stack.name:
        yield stack.problem(
            ("platform_stack",), "SLW814", f"{named} is this stack itself",
            "name the stack that holds the platform",
        )  # fmt: skip
    elif alone and _on_eks(stack) and "platform_stack" not in stack.told:
        yield stack.problem(
            ("layers",), "SLW814", "tenants alone need a platform, and no stack is named for it",
            "add slipway:platform_stack: organization/slipway/<stack>, or the layers below",
        )  # fmt: skip


def _on_eks(stack: Stack) -> bool:
    env = stack.settings.environment
    return env is not None and env.cluster == "eks" and stack.is_sound("environment", "cluster")


def _stack_name(stack: Stack) -> Iterator[Problem]:
    """RDS and ElastiCache take no two hyphens in a row (API of each, the identifier)."""
    if stack.settings.has("foundation") and "--" in stack.name:
        yield Problem(
            stack.document.place(("layers",)), "SLW819", stack.name,
            "the stack's name has two hyphens in a row, which names in AWS that are made of it "
            "may not have",
            f"rename the file to Pulumi.{re.sub('-+', '-', stack.name)}.yaml",
        )  # fmt: skip
    if stack.settings.has("foundation") and len(stack.name) > STACK_LIMIT:
        yield Problem(
            stack.document.place(("layers",)), "SLW819", stack.name,
            f"the stack's name has {len(stack.name)} characters, and names in AWS that are made "
            f"of it have room for {STACK_LIMIT}",
            f"rename the file to Pulumi.{stack.name[:STACK_LIMIT].rstrip('-')}.yaml",
        )  # fmt: skip


def _gateway(stack: Stack) -> Iterator[Problem]:
    """Envoy Gateway runs its proxies in its own namespace, so the platform's Gateway is there."""
    env, path = stack.settings.environment, ("environment", "gateway", "namespace")
    own = Gateway.model_validate({}).namespace
    if env is None or not stack.settings.has("platform") or not stack.is_sound(*path):
        return
    if env.gateway.namespace != own:
        yield stack.problem(
            path, "SLW833",
            f"{env.gateway.namespace} is not where the platform of this stack has its Gateway",
            f"remove the line, or write {own}",
        )  # fmt: skip


def _bucket_name(stack: Stack) -> Iterator[Problem]:
    env = stack.settings.environment
    path = ("environment", "bucket")
    if env is None or not stack.settings.has("foundation") or not stack.is_sound(*path):
        return
    if len(env.bucket) > BUCKET_LIMIT:
        longest = f"{env.bucket}-{max(BUCKET_PURPOSES, key=len)}"
        yield stack.problem(
            path, "SLW818",
            f"{longest!r} beside it would have {len(longest)} characters, of at most 63",
            f"choose a name of at most {BUCKET_LIMIT} characters",
        )  # fmt: skip
    bad = [p for p in _S3_PREFIXES if env.bucket.startswith(p)]
    bad += [s for s in _S3_SUFFIXES if env.bucket.endswith(s)]
    if bad:
        yield stack.problem(
            path, "SLW818", f"S3 keeps names with {bad[0]!r} to itself", "choose another name"
        )


def _budget(stack: Stack) -> Iterator[Problem]:
    foundation, env = stack.settings.foundation, stack.settings.environment
    reads = (("foundation", "system_nodes"), ("foundation", "budget"), ("environment", "region"))
    if foundation is None or env is None or not all(stack.is_sound(*path) for path in reads):
        return
    dollars = system_nodes_usd(foundation, env.region)
    if foundation.budget.monthly_usd < dollars:
        nodes = foundation.system_nodes
        yield stack.problem(
            ("foundation", "budget", "monthly_usd"), "SLW823",
            f"${foundation.budget.monthly_usd:,} a month would always be exceeded: the system "
            f"nodes alone, {nodes.count} of {nodes.instance_types[0]}, cost ${dollars:,}",
            "allow more, or choose fewer or smaller system nodes",
        )  # fmt: skip


def system_nodes_usd(foundation: Foundation, region: str) -> int:
    """Dollars a month, rounded up, of the system nodes on demand."""
    nodes = foundation.system_nodes
    hourly = hourly_price(nodes.instance_types[0], region)
    return -(-hourly.micro_usd * nodes.count * HOURS_A_MONTH // 1_000_000)


_ZONE: Final = (("environment", "domain"), ("edge", "zone_name"))


def _proxy(stack: Stack) -> Iterator[Problem]:
    env = stack.settings.environment
    if env is None or not stack.is_sound("environment", "edge"):
        return
    if env.edge.proxied and not env.edge.advanced_certificates:
        yield stack.problem(
            ("environment", "edge", "proxied"), "SLW807",
            "Cloudflare's universal certificate stops one level below the domain, and endpoints "
            f"are deeper: *.<namespace>.{env.models_domain}",
            "order Advanced Certificate Manager for the zone and write advanced_certificates: "
            "true, or write proxied: false",
        )  # fmt: skip


def _deep_domain(stack: Stack) -> Iterator[Problem]:
    """Access is at Cloudflare's proxy, so the platform's own pages always pass it."""
    env, edge = stack.settings.environment, stack.settings.edge
    reads = (*_ZONE, ("environment", "edge"))
    if env is None or edge is None or not all(stack.is_sound(*path) for path in reads):
        return
    certified = env.edge.advanced_certificates or env.edge.proxied  # Told by `_proxy`.
    if env.domain.endswith(f".{edge.zone_name}") and not certified:
        yield stack.problem(
            ("environment", "edge"), "SLW807",
            "Cloudflare's universal certificate stops one level below the zone, and the "
            f"platform's own pages are deeper: grafana.{env.domain} in the zone {edge.zone_name}",
            "order Advanced Certificate Manager for the zone and write edge: "
            "{advanced_certificates: true} in slipway:environment",
        )  # fmt: skip


def _zone(stack: Stack) -> Iterator[Problem]:
    env, edge = stack.settings.environment, stack.settings.edge
    if env is None or edge is None or not all(stack.is_sound(*path) for path in _ZONE):
        return
    if env.domain != edge.zone_name and not env.domain.endswith(f".{edge.zone_name}"):
        yield stack.problem(
            ("edge", "zone_name"), "SLW829",
            f"{env.domain} is not in the zone {edge.zone_name}, so no record of it can be there",
            f"name the zone that holds it: {env.domain}, or what it is below",
        )  # fmt: skip


def _production(stack: Stack) -> Iterator[Problem]:
    env, held = stack.settings.environment, stack.settings.layers or _ORDER
    if env is None or "production" not in env.tiers or not stack.is_sound("environment", "tiers"):
        return
    foundation = stack.settings.foundation if "foundation" in held else None
    platform = stack.settings.platform if "platform" in held else None
    protect, replicas = ("foundation", "protect"), ("platform", "replicas")
    if foundation is not None and not foundation.protect and stack.is_sound(*protect):
        yield stack.problem(
            protect, "SLW824",
            "the stack hosts production, and one destroy would take its models, runs and logs",
            "write protect: true",
        )  # fmt: skip
    if platform is not None and platform.replicas == 1 and stack.is_sound(*replicas):
        yield stack.problem(
            replicas, "SLW825",
            "the stack hosts production, and every request would pass through a single pod",
            "write replicas: 3, or 2",
        )  # fmt: skip


_RULES: Final[tuple[Callable[[Stack], Iterator[Problem]], ...]] = (
    _tiers, region_problems, _no_layers, _order, _lower_layers, _local, _settings_of_layers, _team,
    _platform_stack, _stack_name, _bucket_name, _gateway, _budget, _production, _proxy,
    _deep_domain, _zone, image_problems,
)  # fmt: skip
