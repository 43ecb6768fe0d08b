"""All entries of a repository: read, resolved on a stack, checked against each other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from catalog.amounts import Amounts, total
from catalog.check import Surroundings, check
from catalog.endpoint import Endpoint, Tenant
from catalog.environment import Environment
from catalog.errors import Problem, all_of, one_of
from catalog.footprint import footprint_of, pods_of
from catalog.objects import Identity, Object
from catalog.price import monthly_cost
from catalog.quota import Allowance, amounts_of, surge_of
from catalog.render.endpoint import render_endpoint
from catalog.render.tenant import render_tenant
from catalog.resolve import Draft, Project, drafts, hosted_tier, tiers_of
from catalog.summary import (
    EndpointSummary,
    ProjectSummary,
    summarize_endpoint,
    summarize_project,
)
from catalog.tiers import TIERS
from catalog.tree import Tree


@dataclass(frozen=True, slots=True)
class Built:
    """A project on one stack: the tenant, its objects, its summary, and what is wrong with it.

    `pods` are those that its objects become.
    """

    tenant: Tenant
    objects: tuple[Object, ...]
    pods: Mapping[Identity, Sequence[Object]]
    summary: ProjectSummary
    problems: tuple[Problem, ...]


def build(
    project: Project,
    env: Environment,
    teams: frozenset[str],
    tree: Tree,
    quotas_of: str | None = None,
) -> Built | None:
    """A project on one stack, or None when the stack hosts none of its tiers.

    Objects are rendered only when nothing is wrong. `quotas_of` is the stack under whose name
    quotas count, where that is another.
    """
    own = _own_quota(project, quotas_of or env.stack)
    made = list(drafts(project, env, tree))
    if not made:
        return None
    siblings = {draft.endpoint.name: draft.endpoint for draft in made}
    around = Surroundings(env, project.platform, teams, siblings)
    problems = [found for draft in made for found in check(draft, around)]
    tenant = _tenant(project, made)
    if problems:
        return Built(tenant, (), {}, _summary(project, env, tenant, own), tuple(problems))
    rows: list[EndpointSummary] = []
    objects: list[Object] = []
    pods: dict[Identity, list[Object]] = {}
    for endpoint in tenant.endpoints:
        rendered = render_endpoint(endpoint, tenant, env)
        its_pods = pods_of(rendered)
        rows.append(_row(endpoint, chain.from_iterable(its_pods.values())))
        objects += rendered
        pods |= its_pods
    needs = total(row.needs for row in rows)
    tenant = tenant.with_amounts(needs, _held_to(own, needs))
    objects = [*render_tenant(tenant, env), *objects]
    summary = _summary(project, env, tenant, own, rows, objects)
    return Built(tenant, tuple(objects), pods, summary, ())


def _tenant(project: Project, made: Sequence[Draft]) -> Tenant:
    value = project.loaded.value
    return Tenant(
        team=project.team,
        project=project.name,
        namespace=project.namespace,
        file=project.loaded.document.file,
        owners=project.team_file.owners,
        cost_center=project.team_file.cost_center,
        issuer=project.team_file.issuer,
        description=value.description or "",
        labels=dict(sorted(value.labels.items())),
        endpoints=tuple(draft.endpoint for draft in made),
    )


def _row(endpoint: Endpoint, pods: Iterable[Object]) -> EndpointSummary:
    if endpoint.placement is None:
        raise ValueError(f"{endpoint.name}: an endpoint without problems has a place")
    footprint = footprint_of(endpoint, pods)
    scaling = endpoint.scaling
    cost = monthly_cost(endpoint.placement, scaling.min, scaling.max)
    return summarize_endpoint(endpoint, footprint, surge_of(endpoint), cost)


def _own_quota(project: Project, stack: str) -> Allowance | None:
    quota = project.loaded.value.quota
    return None if quota is None else amounts_of(quota, stack)


def _held_to(own: Allowance | None, needs: Amounts) -> Amounts:
    if own is None:
        return needs
    return Amounts(
        cpu=needs.cpu if own.cpu is None else own.cpu,
        memory=needs.memory if own.memory is None else own.memory,
        accelerators=needs.accelerators if own.accelerators is None else own.accelerators,
    )


def _summary(
    project: Project,
    env: Environment,
    tenant: Tenant,
    own: Allowance | None,
    rows: Sequence[EndpointSummary] = (),
    objects: Sequence[Object] = (),
) -> ProjectSummary:
    quota = None
    line = 0
    if own is not None:
        amounts = Amounts(own.cpu or 0, own.memory or 0, own.accelerators or {})
        kinds = ("cpu", "memory", "accelerators")
        quota = (amounts, tuple(k for k in kinds if getattr(own, k) is not None))
        line = project.loaded.document.place(("quota",), key=True).line
    return summarize_project(env.stack, tenant, line, rows, quota, objects)


def tier_problems(
    project: Project, environments: Sequence[Environment], *, every: bool = True
) -> list[Problem]:
    """Deployments that no stack hosts, and those that one stack would host twice.

    Without `every` stack known, a tier may be hosted by one that is not.
    """
    found: list[Problem] = []
    document = project.loaded.document
    known = [tier for tier in TIERS if any(tier in env.tiers for env in environments)]
    for name, deployment in sorted(project.loaded.value.deployments.items()):
        place, subject = document.place(("deployments", name, "tier")), f"{name}.tier"
        tiers = tiers_of(deployment)
        hosted_here = any(hosted_tier(deployment, env) for env in environments)
        if not hosted_here and (every or not tiers):
            found.append(
                Problem(
                    place, "SLW521", subject,
                    f"no stack hosts tier {one_of(tiers)}" if tiers else "no tier is named",
                    f"write {one_of(known)}, which stacks host"
                    + (f", or have {one_of(tiers)} added to a stack's settings" if tiers else ""),
                )
            )  # fmt: skip
        for env in environments:
            hosted = hosted_tier(deployment, env)
            if len(hosted) > 1:
                found.append(
                    Problem(
                        place, "SLW521", subject,
                        f"{all_of(hosted)} are hosted by one stack, and a deployment has one host "
                        "there",
                        f"keep {one_of(hosted)}", stacks=(env.stack,),
                    )
                )  # fmt: skip
    return found
