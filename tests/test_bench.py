"""What is measured is what it is said to be: a fleet without errors, and a chart that equals it."""

import json
from pathlib import Path

import pytest
import yaml

from catalog.explanations import BY_KIND
from catalog.stacks import stacks_of
from tests.bench import recorded
from tests.bench.chart import write_chart
from tests.bench.figure import Figure
from tests.bench.fleet import WHOLE, Size, files, files_of_one_stack
from tests.bench.measure import Command, FailedError
from tests.bench.readme import README, written
from tests.bench.recipes import RECIPES
from tests.bench.report import conditions, renewed
from tests.bench.stage import owners
from tests.fleets import BuiltFleet, read_fleet

SMALL = Size(2, 2, len(RECIPES))


@pytest.fixture(scope="module")
def built() -> list[BuiltFleet]:
    texts = dict(files(SMALL))
    stacks = stacks_of({name: text.encode() for name, text in texts.items() if "/" not in name})
    assert not stacks.problems
    fleet = read_fleet({name: text for name, text in texts.items() if "/" in name})
    return [fleet.build(env) for env in stacks.environments]


def test_the_fleet_has_ten_thousand_entries() -> None:
    assert WHOLE.entries == 10_000


def test_the_fleet_has_no_error(built: list[BuiltFleet]) -> None:
    assert [problem for side in built for one in side.tenants for problem in one.problems] == []
    assert [problem for side in built for problem in side.quotas.problems()] == []


def test_the_fleet_becomes_nearly_every_kind(built: list[BuiltFleet]) -> None:
    kinds = {obj["kind"] for side in built for obj in side.objects}
    assert set(BY_KIND) - kinds == {"LocalModelNamespaceCache"}


@pytest.mark.checkers
def test_helm_renders_the_very_same_objects(built: list[BuiltFleet], tmp_path: Path) -> None:
    from tools.toolchain import binary

    write_chart(tmp_path / "chart", (owner for side in built for owner in owners(side.objects)))
    output = tmp_path / "objects.yaml"
    Command((binary("helm"), "template", "fleet", tmp_path / "chart"), tmp_path, {}).run(output)
    made = list(yaml.load_all(output.read_bytes(), Loader=yaml.CSafeLoader))
    expected = [obj for side in built for obj in side.objects]
    assert sorted(map(repr, map(_sorted, made))) == sorted(map(repr, map(_sorted, expected)))


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def test_the_readme_shows_the_figures_that_were_measured() -> None:
    text = README.read_text(encoding="utf-8")
    assert written(text) == text, "stale: run python -m tests.bench.readme"


def test_the_bare_program_registers_the_very_same_resources(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    size = Size(1, 1, len(RECIPES))
    for path, text in files_of_one_stack(size):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    listing = str(tmp_path / "listing.json")
    recorded.main(["stack", str(tmp_path), "models", listing])
    ours = json.loads(capsys.readouterr().out)
    recorded.main(["bare", listing])
    bare = json.loads(capsys.readouterr().out)
    assert ours["endpoints"] == size.entries
    assert ours["resources"] == bare["resources"] > size.entries


def test_one_figure_is_renewed_among_others_of_the_same_machine_alone() -> None:
    others = {"measured": "2026-01-02", **conditions(), "figures": {"other": {}, "placement": {}}}
    figure = Figure(name="placement", says="placing", value=1.5, unit="µs")
    figures = renewed(others, [figure])["figures"]
    assert list(figures) == ["other", "placement"]
    assert figures["other"] == {}
    assert figures["placement"]["value"] == 1.5
    assert figures["placement"]["measured"] > "2026-01-02"
    with pytest.raises(FailedError, match="of another machine"):
        renewed({**others, "machine": {}}, [figure])
    with pytest.raises(FailedError, match="of another helm"):
        renewed({**others, "versions": {"helm": "0.0.0"}}, [figure])
