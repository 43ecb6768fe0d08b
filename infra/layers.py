"""The layers that a stack's settings name, in their order, each told what those below it know."""

from collections.abc import Sequence

import pulumi

from catalog.settings import Foundation, Settings
from components.tenant import TenantArgs
from infra import edge, outputs, platform_layer, tenants
from infra.aws import aws_provider
from infra.kubernetes import kubernetes_provider
from infra.local_layer import local_platform, local_provider
from infra.names import Names
from infra.outputs import FoundationOutputs
from infra.parts.part import Context
from infra.settings import token


def build(settings: Settings, fleet: tuple[TenantArgs, ...]) -> None:
    """Registers the stack. Its settings have been judged, so what a layer needs is there.

    Raises RunError, and registers nothing, where a pin may not be used.
    """
    platform_layer.check_pins(settings)
    if settings.environment.cluster == "local":
        _on_the_local_plane(settings, fleet)
    elif settings.foundation is not None:
        _from_the_ground(settings, settings.foundation, fleet)
    elif settings.platform_stack is not None:
        _on_another(settings, settings.platform_stack, fleet)


def _on_the_local_plane(settings: Settings, fleet: tuple[TenantArgs, ...]) -> None:
    plane = local_provider()
    ready: Sequence[pulumi.Resource] = ()
    if settings.has("platform"):
        ready = local_platform(settings, pulumi.ResourceOptions(providers=[plane])).ready
    _tenants(settings, fleet, None, [plane], ready)
    pulumi.export("digest", tenants.applied(settings, fleet))


def _from_the_ground(
    settings: Settings, foundation: Foundation, fleet: tuple[TenantArgs, ...]
) -> None:
    # What it needs of AWS's SDK takes a second to import, and tenants alone need none of it.
    from infra.foundation import create_foundation

    env = settings.environment
    context = Context(settings, Names.of(env, foundation.account), *tenants.granted(settings))
    cloud = aws_provider(env, foundation.account)
    ground = create_foundation(context, pulumi.ResourceOptions(providers=[cloud]))
    outputs.export(ground)
    if not settings.has("platform"):
        return
    providers: list[pulumi.ProviderResource] = [cloud, kubernetes_provider(ground, env.region)]
    door = edge.begin(settings, token("edge")) if settings.has("edge") else None
    facts = {**ground.facts, **(door.facts if door else {})}
    built = platform_layer.build(
        context, ground, facts, token("platform"), pulumi.ResourceOptions(providers=providers)
    )
    hosted = _tenants(settings, fleet, ground, providers, built.ready)
    if door is not None:
        # Stacks of tenants alone have no edge, so that the names of theirs are made here.
        edge.publish(door, ground, hosted if settings.has("tenants") else tenants.every_namespace())


def _on_another(settings: Settings, platform_stack: str, fleet: tuple[TenantArgs, ...]) -> None:
    """A stack of tenants alone, so that an edit of theirs touches no other."""
    ground = outputs.imported(platform_stack)
    env = settings.environment
    providers = [aws_provider(env, ground.account), kubernetes_provider(ground, env.region)]
    _tenants(settings, fleet, ground, providers, ())
    pulumi.export("digest", tenants.applied(settings, fleet))


def _tenants(
    settings: Settings,
    fleet: tuple[TenantArgs, ...],
    ground: FoundationOutputs | None,
    providers: Sequence[pulumi.ProviderResource],
    after: Sequence[pulumi.Resource],
) -> tuple[str, ...]:
    if not settings.has("tenants"):
        return ()
    opts = pulumi.ResourceOptions(providers=list(providers), depends_on=list(after))
    catalogue = tenants.build(settings, fleet, ground, opts)
    pulumi.export("namespaces", list(catalogue.namespaces))
    pulumi.export("endpoints", dict(catalogue.endpoints))
    return catalogue.namespaces
