"""The platform's namespaces."""

import pytest

from catalog.names import RESERVED_NAMESPACES, RESERVED_PREFIXES
from infra.parts.namespaces import NAMESPACES, PlatformNamespace, namespace_object
from infra.parts.table import parts
from tests.programs import context


@pytest.mark.parametrize("namespace", NAMESPACES, ids=lambda each: each.name)
def test_no_tenant_may_have_a_name_of_the_platform(namespace: PlatformNamespace) -> None:
    reserved = namespace.name in RESERVED_NAMESPACES
    assert reserved or namespace.name.startswith(RESERVED_PREFIXES)


@pytest.mark.parametrize("namespace", NAMESPACES, ids=lambda each: each.name)
def test_a_level_below_restricted_has_its_reason(namespace: PlatformNamespace) -> None:
    assert (namespace.level == "restricted") != bool(namespace.why)
    labels = namespace_object(namespace)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == namespace.level


def test_releases_and_objects_go_to_namespaces_that_exist() -> None:
    known = {each.name for each in NAMESPACES} | {"default", "kube-system"}
    for part in parts(context("prod")):
        used = {release.namespace for release in part.releases}
        used |= {obj["metadata"].get("namespace", "default") for obj in part.objects}
        assert used <= known, part.name
