"""The whole programs on the stacks of the repository, and on settings that nobody wrote."""

import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import Phase, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from catalog.settings import Layer, Settings
from infra import tenants
from tests.engine import UNKNOWN
from tests.engine_rules import NAMED
from tests.programs import ROOT
from tests.programs import settings as settings_of
from tests.setting_strategies import LAYERS, stack_settings
from tests.whole import STACKS, built, small_repository, text, whole

MIRROR = "registry.example.com/mirror"

KUBERNETES = {"apiextensions", "core", "helm", "storage", "yaml"}
"""Of Kubernetes' typed classes the program uses those of Helm; the rest is what `pulumi_eks` and
Helm's own module import (pulumi_eks `_inputs.py`, pulumi_kubernetes `helm/v3`)."""


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_repository(tmp_path_factory.mktemp("repository"))


# The repository's own stacks


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_builds_the_same_with_and_without_unknowns(stack: str) -> None:
    known, preview = whole(stack), whole(stack, preview=True)
    assert [r.urn for r in known.resources] == [r.urn for r in preview.resources]
    assert all(
        set(a.inputs) == set(b.inputs)
        for a, b in zip(known.resources, preview.resources, strict=True)
    )
    assert known.warnings == preview.warnings == ()


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_holds_every_layer(stack: str) -> None:
    graph = whole(stack)
    components = {r.type for r in graph.resources if r.package == "slipway"}
    assert {
        "slipway:aws:Network", "slipway:aws:Cluster", "slipway:kubernetes:Platform",
        "slipway:cloudflare:Zone", "slipway:kubernetes:ModelCatalogue",
    } <= components  # fmt: skip
    assert graph.without_provider() == []


@pytest.mark.parametrize("stack", STACKS)
def test_what_a_preview_does_not_know_is_in_no_name(stack: str) -> None:
    for resource in whole(stack, preview=True).resources:
        key, _ = NAMED.get(resource.type, ("", 0))
        assert resource.inputs.get(key) is not UNKNOWN
        assert "metadata" not in resource.inputs or UNKNOWN not in resource.object_id


# Random settings


@pytest.mark.parametrize("layers", LAYERS, ids="-".join)
def test_all_valid_settings_build_into_what_the_engine_takes(
    layers: tuple[Layer, ...], small: Path
) -> None:
    @profile(max_examples=2, phases=[Phase.explicit, Phase.generate])
    @given(stack_settings(layers), st.booleans())
    def build(drawn: Settings, preview: bool) -> None:
        told = {drawn.platform_stack: dict(whole("dev").exports)} if drawn.platform_stack else None
        given = drawn.model_copy(update={"team": "risk"}) if drawn.team else drawn
        fleet = tenants.read(given, small) if given.has("tenants") else ()
        graph = built(given, fleet, preview=preview, stacks=told)
        assert graph.without_provider() == []
        assert set(graph.exports) >= ({"namespaces"} if given.has("tenants") else set())

    build()


def test_no_type_with_a_name_of_its_own_is_left_out_of_the_limits() -> None:
    unnamed = {"aws:budgets/budget:Budget", "aws:iam/rolePolicy:RolePolicy", "aws:s3/bucketPolicy"}
    types = {r.type for r in whole("prod").resources if r.package in {"aws", "eks"}}
    named = {r.type for r in whole("prod").resources if r.package == "aws" and "name" in r.inputs}
    assert named - set(NAMED) <= unnamed
    assert set(NAMED) <= types


# The same again


CHILD = """
import json, sys
from pathlib import Path
import infra.__main__
from tests.whole import text, whole
path, stack = sys.argv[1:]
graph = whole(stack)
modules = sorted(name for name in sys.modules if name.startswith("pulumi_"))
Path(path).write_text(json.dumps([modules, text(graph)]))
"""


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> tuple[frozenset[str], str]:
    """What the program of prod imports and registers in a process with other hashes."""
    path = tmp_path_factory.mktemp("process") / "told.json"
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CHILD, str(path), "prod"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "1"},
        check=True,
    )
    modules, graph = json.loads(path.read_text("utf-8"))
    return frozenset(modules), graph


def test_a_program_registers_the_same_whatever_its_hashes(
    elsewhere: tuple[frozenset[str], str],
) -> None:
    assert elsewhere[1] == text(whole("prod"))


def loaded(modules: frozenset[str], sdk: str) -> set[str]:
    """The packages of an SDK that were opened; a lazy one is known by name and holds nothing."""
    return {parts[1] for m in modules if len(parts := m.split(".")) > 2 and parts[0] == sdk}


def test_a_program_opens_no_more_of_the_sdks_than_it_uses(
    elsewhere: tuple[frozenset[str], str],
) -> None:
    modules = elsewhere[0]
    assert "pulumi_cloudflare" not in modules
    used = {re.split("[:/]", r.type)[1] for r in whole("prod").resources if r.package == "aws"}
    assert loaded(modules, "pulumi_aws") <= used
    assert loaded(modules, "pulumi_kubernetes") <= KUBERNETES


# Stacks differ by their settings


@cache
def as_stack(stack: str, root: Path) -> str:
    """What the settings of dev make under another name.

    `models/platform.yaml` grants a quota by the name of a stack, so that both have the same here.
    """
    settings = settings_of("dev")
    env = settings.environment.model_copy(update={"stack": stack})
    named = settings.model_copy(update={"environment": env})
    quota = tenants.granted(settings_of("dev"))
    with patch.object(tenants, "granted", return_value=quota):
        return text(built(named, tenants.read(named, root)))


@pytest.mark.parametrize("stack", STACKS)
def test_no_stack_is_anything_by_its_name(stack: str, small: Path) -> None:
    """The placeholder is a word that is nowhere else in the graph."""
    own, other = as_stack(stack, small), as_stack("zzzz", small)
    assert "zzzz" not in own
    assert sorted(other.replace("zzzz", stack).splitlines()) == own.splitlines()
