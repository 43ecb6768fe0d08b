"""Knative and KServe on the plane are set up as production sets them up, but for what is told."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import pytest

from catalog.environment import Environment
from catalog.objects import Object, identity
from infra.parts import kserve_base
from infra.parts.local import local_context
from infra.parts.part import Context
from local import knative, kserve, upstream
from local.place import Place
from tests.programs import ROOT, context, settings

pytestmark = pytest.mark.checkers

SECTIONS = ("autoscaler", "defaults", "deployment", "domain", "features", "gc", "network",
            "observability")  # fmt: skip


@pytest.fixture(scope="module")
def local() -> Context:
    return local_context(settings("local"))


def config_maps(objects: Sequence[Object]) -> dict[str, dict[str, str]]:
    return {
        obj["metadata"]["name"].removeprefix("config-"): obj["data"]
        for obj in objects
        if obj["kind"] == "ConfigMap"
    }


def test_knative_has_every_setting_of_the_program(local: Context) -> None:
    there = config_maps(knative.core(local, node=False))
    told: Mapping[str, Mapping[str, str]] = knative.serving(local)["spec"]["config"]
    assert set(told) == {*SECTIONS, "kourier"}
    for section in SECTIONS:
        assert told[section].items() <= there[section].items()


def test_prod_is_told_the_same_but_for_its_registries(local: Context) -> None:
    ours, prods = (knative.serving(each)["spec"]["config"] for each in (local, context("prod")))
    for section in SECTIONS:
        differ = {key for key in ours[section] if ours[section][key] != prods[section].get(key)}
        assert differ <= {"queue-sidecar-image", "registries-skipping-tag-resolving"}


def test_a_difference_overrides_nothing_that_the_program_sets(local: Context) -> None:
    told = knative.serving(local)["spec"]["config"]
    there = config_maps(knative.core(local, node=False))
    for section, changed in knative.PLAYED.items():
        assert not changed.keys() & told.get(section, {}).keys()
        assert changed.items() <= there[section].items()


def test_all_else_is_as_upstream_ships_it(local: Context) -> None:
    there = config_maps(knative.core(local, node=False))
    told = knative.serving(local)["spec"]["config"]
    shipped = {
        obj["metadata"]["name"].removeprefix("config-"): cast("dict[str, str]", obj.get("data", {}))
        for obj in upstream.objects(knative.MODULE, knative.CORE)
        if obj["kind"] == "ConfigMap"
    }
    assert there.keys() == shipped.keys()
    for section, data in there.items():
        ours = {**told.get(section, {}), **knative.PLAYED.get(section, {})}
        rest = {key: text for key, text in data.items() if key not in ours}
        assert rest == {k: t for k, t in shipped[section].items() if k not in {*ours, "_example"}}


def test_kserve_reads_the_config_map_that_the_program_registers_in_production(
    local: Context,
) -> None:
    prod = context("prod", environment=with_images_of(local))
    ours, prods = (
        next(obj for obj in objects if obj["kind"] == "ConfigMap")
        for objects in (kserve.core(local), kserve_base.part(prod).objects)
    )
    assert identity(ours) == identity(prods)
    differ = {
        key for key in ours["data"] | prods["data"] if ours["data"][key] != prods["data"][key]
    }
    assert differ == {"ingress"}  # Hosts are below each stack's own domain.


def with_images_of(other: Context) -> Environment:
    """Those of prod, from the registries of another stack."""
    images = other.settings.environment.images
    return settings("prod").environment.model_copy(update={"images": images})


def knatives() -> tuple[list[Object], Sequence[Object]]:
    return knative.webhooks(), upstream.objects(knative.MODULE, knative.CORE)


def kserves() -> tuple[list[Object], Sequence[Object]]:
    return kserve.webhooks("-"), upstream.objects(kserve.MODULE, *kserve.CHARTS)


@pytest.mark.parametrize("made", [knatives, kserves])
def test_every_webhook_of_upstream_is_called_as_strictly(
    made: Callable[[], tuple[list[Object], Sequence[Object]]],
) -> None:
    ours, shipped = made()
    theirs = [obj for obj in shipped if obj["kind"].endswith("WebhookConfiguration")]
    assert rules(ours) == rules(theirs)
    assert {each["failurePolicy"] for each in rules(ours).values()} == {"Fail"}


def rules(configurations: Sequence[Object]) -> dict[tuple[str, ...], Any]:
    """Each webhook by its name, without where it is."""
    return {
        (*identity(obj), each["name"]): {k: v for k, v in each.items() if k != "clientConfig"}
        for obj in configurations
        for each in obj["webhooks"]
    }


def test_every_process_is_an_account_with_rights(local: Context) -> None:
    place = Place.of(ROOT)
    processes = [*knative.processes(place).values(), *kserve.processes(place).values()]
    objects = [*knative.core(local, node=False), *kserve.core(local)]
    accounts = {
        f"system:serviceaccount:{obj['metadata']['namespace']}:{obj['metadata']['name']}"
        for obj in objects
        if obj["kind"] == "ServiceAccount"
    }
    bound = {
        f"system:serviceaccount:{subject['namespace']}:{subject['name']}": obj["roleRef"]["name"]
        for obj in objects
        if obj["kind"] == "ClusterRoleBinding"
        for subject in obj["subjects"]
    }
    for process in processes:
        assert process.subject in accounts
        assert process.subject in bound
        assert len(process.subject) <= 64  # X.509's bound of a common name.
    assert "cluster-admin" not in bound.values()
