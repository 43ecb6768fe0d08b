"""The tenants of a stack, from `models/`."""

from pathlib import Path

import pulumi

from catalog.applied import stack_digest, tenant_digest
from catalog.artifact import uploads_of
from catalog.discover import discover
from catalog.disk import Disk
from catalog.errors import Problem
from catalog.fleet import Built
from catalog.hosted import NothingKept, hosted
from catalog.load import stack_name
from catalog.names import namespace_of
from catalog.quota import Allowance, amounts_of
from catalog.settings import Settings
from catalog.side import Side
from catalog.tree import Tree
from components.model_catalogue import ModelCatalogue, ModelCatalogueArgs
from components.tenant import ArtifactStore, TenantArgs
from infra.outputs import FoundationOutputs
from infra.settings import ROOT


def read(settings: Settings, root: Path = ROOT) -> tuple[TenantArgs, ...]:
    """What each tenant becomes, with the files of its models.

    Raises RunError with every problem of every entry, so that nothing is registered of a fleet
    that has one.
    """
    kept = NothingKept()
    disk = Disk(root, kept)
    env = settings.environment
    found = hosted(Side(disk, kept, (env.stack,)), env, settings.team)
    if found.problems:
        raise pulumi.RunError(told(found.problems))
    return tuple(_tenant(built, disk, root) for built in found.tenants)


def told(problems: tuple[Problem, ...]) -> str:
    """All problems as `slipway check` tells them."""
    count = f"{len(problems)} error{'' if len(problems) == 1 else 's'}; nothing was changed"
    return "\n".join(["models/ is not ready:", *(t for p in problems for t in p.lines()), count])


def granted(settings: Settings, root: Path = ROOT) -> tuple[Allowance, tuple[str, ...]]:
    """The platform's quota on a stack, and the registries that teams' own images may come from.

    Raises RunError where `models/platform.yaml` is wrong.
    """
    kept = NothingKept()
    stack = settings.environment.stack
    builder = Side(Disk(root, kept), kept, (stack,)).builder
    platform = builder.platform
    if platform is None:
        raise pulumi.RunError(told(builder.problems))
    return amounts_of(platform.value.quota, stack), platform.value.registries


def _tenant(built: Built, tree: Tree, root: Path) -> TenantArgs:
    return TenantArgs(built=built, root=root, uploads=uploads_of(tree, built.tenant))


def applied(settings: Settings, fleet: tuple[TenantArgs, ...], root: Path = ROOT) -> str:
    """What `slipway up` compares to find the stacks that have something to do."""
    tenants = {
        each.built.tenant.namespace: tenant_digest(each.built, each.uploads) for each in fleet
    }
    platform = stack_name(settings.platform_stack) if settings.platform_stack else ""
    return stack_digest(root, settings.environment, settings.layers, platform, tenants)


def every_namespace(root: Path = ROOT) -> tuple[str, ...]:
    """The namespaces of all projects by the names of their files, whichever stack hosts them."""
    found = discover(Disk(root, NothingKept()))
    return tuple(sorted(namespace_of(path.team, path.project) for path in found.projects))


def build(
    settings: Settings,
    tenants: tuple[TenantArgs, ...],
    foundation: FoundationOutputs | None,
    opts: pulumi.ResourceOptions,
) -> ModelCatalogue:
    """Registers tenants; without a foundation nothing of theirs is in AWS."""
    store = None
    if foundation is not None:
        store = ArtifactStore(
            bucket=settings.environment.bucket,
            key_arn=foundation.artifact_key_arn,
            cluster=foundation.cluster_name,
            role_arn=foundation.tenant_role_arn,
        )
    stored = tuple(
        TenantArgs(built=each.built, root=each.root, uploads=each.uploads, store=store)
        for each in tenants
    )
    return ModelCatalogue("models", ModelCatalogueArgs(tenants=stored), opts)
