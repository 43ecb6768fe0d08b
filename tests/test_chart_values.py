"""Every value that a release sets is one that its chart knows, at the version that is pinned."""

import pytest

from catalog.parts import Release
from catalog.pins import CHARTS
from catalog.pins import chart as pinned
from infra.parts.table import parts
from tests.chart_values import known_keys, unknown_values
from tests.programs import context

STACKS = ("dev", "prod")


def _releases() -> dict[str, Release]:
    return {
        f"{stack}-{release.name}": release
        for stack in STACKS
        for part in parts(context(stack))
        for release in part.releases
    }


@pytest.mark.parametrize("name", _releases())
def test_a_release_sets_no_value_that_its_chart_does_not_know(name: str) -> None:
    assert unknown_values(_releases()[name]) == []


@pytest.mark.parametrize("chart", [row.name for row in CHARTS])
def test_the_index_of_a_chart_is_of_the_version_that_is_pinned(chart: str) -> None:
    assert known_keys(chart)[0] == pinned(chart).version, "run: make chart-keys"


def test_every_pinned_chart_is_installed() -> None:
    installed = {release.chart for release in _releases().values()}
    assert [row.name for row in CHARTS if row.name not in installed] == []


def test_a_misspelt_value_is_told_with_the_nearest() -> None:
    release = Release(
        name="karpenter", chart="karpenter", namespace="kube-system",
        values={"replicaz": 2, "settings": {"clusterNam": "x"}, "controller": {"resources": {}}},
    )  # fmt: skip
    assert unknown_values(release) == [
        "replicaz (nearest: replicas)",
        "settings.clusterNam (nearest: clusterName)",
    ]


def test_a_value_of_another_shape_is_told() -> None:
    release = Release(
        name="karpenter", chart="karpenter", namespace="kube-system",
        values={"replicas": {"min": 1}, "settings": "x"},
    )  # fmt: skip
    assert unknown_values(release) == [
        "replicas (the chart has one value there)",
        "settings (the chart has keys below it)",
    ]
