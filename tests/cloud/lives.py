"""The life of a stack, from nothing to nothing, by the real engine over the stand-ins."""

from dataclasses import dataclass
from typing import Final

from catalog import pins
from local.apply import Api
from tests.cloud import aws_names as aws
from tests.cloud.inventory import Identity, objects
from tests.cloud.project import Project, Ran
from tests.cloud.store import Store

ENDPOINT: Final = "parcel-damage"
"""The endpoint that is edited; every stack hosts it."""

_ENTRY: Final = "models/supply/warehouse.yaml"
_EDIT: Final = ("timeout: 30s", "timeout: 40s")
_MIRROR: Final = "mirror.internal:5000/all"
_PROTECTED: Final = ("deletionProtection", "enableDeletionProtection")


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What the engine did at each turn, and what the API server held before, amid and after it.

    `dared` is a destroy that is only foreseen, of the stack as its file has it.
    """

    project: Project
    foreseen: Ran
    first: Ran
    second: Ran
    unchanged: Ran
    edited: Ran
    dared: Ran
    destroyed: Ran
    before: frozenset[Identity]
    alive: frozenset[Identity]
    after: frozenset[Identity]


def live(project: Project, stack: str, api: Api) -> Life:
    """The whole of it. What fails is for the tests to tell: the life goes on."""
    project.begin(stack)
    environment = project.setting(stack, "environment")
    project.configure(stack, "environment", {**environment, "images": _resolved()})
    before = objects(api)
    foreseen = project.preview(stack, "--policy-pack", "policies")
    first = project.up(stack)
    alive = objects(api)
    second = project.up(stack)
    unchanged = project.preview(stack, "--expect-no-changes")
    project.rewrite(_ENTRY, *_EDIT)
    edited = project.up(stack)
    dared = project.run("destroy", "--preview-only", "-s", stack)
    if dared.code:
        unprotect(project, stack)
    destroyed = project.destroy(stack)
    return Life(
        project=project,
        foreseen=foreseen,
        first=first,
        second=second,
        unchanged=unchanged,
        edited=edited,
        dared=dared,
        destroyed=destroyed,
        before=before,
        alive=alive,
        after=objects(api),
    )


def _resolved() -> dict[str, object]:
    """A mirror that has a digest of its own for every image that nobody resolved yet."""
    digests = {row.name: f"sha256:{'0' * 64}" for row in pins.unresolved()}
    return {"mirror": _MIRROR, "digests": digests}


def unprotect(project: Project, stack: str) -> None:
    """Steps 3 to 5 of docs/destroy.md for a stack with `protect`."""
    end_database(project.store)
    for kind in (aws.CLUSTER, aws.BALANCER):
        for thing in project.store.resources(kind):
            off = {key: False for key in _PROTECTED if key in thing.inputs}
            project.store.alter(kind, thing.id, **off)
    project.run("state", "unprotect", "--all", "--yes", "-s", stack)


def end_database(store: Store) -> None:
    """The database and what guards it, which otherwise holds the VPC."""
    [database] = store.resources(aws.DATABASE)
    guards: list[str] = database.get("vpcSecurityGroupIds")
    store.lose(aws.DATABASE, database.id)
    store.lose(aws.DATABASE_SUBNETS, database.get("dbSubnetGroupName"))
    for guard in guards:
        store.lose(aws.GROUP, guard)
