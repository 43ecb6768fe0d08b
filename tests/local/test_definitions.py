"""The custom resources that the plane serves, made from the pinned modules."""

from collections.abc import Iterator
from typing import Any

import pytest

from infra import tenants
from infra.parts.local import local_context, local_parts
from local import crds, stages
from tests.programs import settings

pytestmark = pytest.mark.checkers

BUILT_IN = {
    "admissionregistration.k8s.io",
    "apps",
    "autoscaling",
    "batch",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "v1",
}


def served() -> set[tuple[str, str]]:
    return {
        (f"{crd['spec']['group']}/{version['name']}", crd["spec"]["names"]["kind"])
        for crd in crds.definitions()
        for version in crd["spec"]["versions"]
        if version["served"]
    }


def created() -> Iterator[tuple[str, str]]:
    """The kinds of custom resources that the stack `local` holds."""
    own = settings("local")
    context = local_context(own, *tenants.granted(own))
    objects = [obj for part in local_parts(context) for obj in part.objects]
    objects += [obj for tenant in tenants.read(own) for obj in tenant.built.objects]
    for obj in objects:
        if obj["apiVersion"].partition("/")[0] not in BUILT_IN:
            yield obj["apiVersion"], obj["kind"]


def test_every_kind_that_the_stack_holds_is_served() -> None:
    kinds = set(created())
    assert len(kinds) > 20
    assert kinds - served() == set()


def test_kwok_answers_only_for_what_is_served() -> None:
    assert {(answer.version, answer.kind) for answer in stages.answers(node=False)} <= served()


def test_one_version_of_each_is_stored_and_none_is_defined_twice() -> None:
    made = crds.definitions()
    assert len({crd["metadata"]["name"] for crd in made}) == len(made)
    for crd in made:
        assert [version["storage"] for version in crd["spec"]["versions"]].count(True) == 1


def test_schemas_have_lost_their_prose_and_nothing_else() -> None:
    fields: set[str] = set()
    for crd in crds.definitions():
        for version in crd["spec"]["versions"]:
            fields |= set(described(version["schema"]["openAPIV3Schema"]))
    assert "" not in fields
    assert fields  # Fields that are called `description` are kept.


def described(schema: dict[str, Any]) -> Iterator[str]:
    """ "" where a schema has prose, and the type of every field that is called `description`."""
    if isinstance(schema.get("description"), str):
        yield ""
    fields = schema.get("properties", {})
    if "description" in fields:
        yield fields["description"]["type"]
    below = [*fields.values(), schema.get("items"), schema.get("additionalProperties")]
    for each in below:
        if isinstance(each, dict):
            yield from described(each)
