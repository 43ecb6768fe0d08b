"""Every bad input gets its error: code, place, words, all in one run, and never a raw one."""

import re
from collections import Counter
from collections.abc import Mapping

import pytest

from catalog import yaml_loader
from catalog.codes import ALL
from catalog.discover import discover
from catalog.errors import Problem
from catalog.side import Side
from catalog.survey import survey
from cli.workspace import policy_judge
from tests.bad_inputs import options
from tests.bad_inputs.case import Case
from tests.bad_inputs.cases import CASES, FILES, YAML
from tests.bad_inputs.meaning import DEV_AND_PROD, MEANING, at
from tests.bad_inputs.repository import PROJECT, RIGHT, Content, Memory, MemoryTree, repository
from tests.bad_inputs.stack_settings import SECRETS as WRONG_SECRETS

RAW_WORDS = re.compile(
    r"[Ii]nput should|valid (string|integer|dictionary|tuple)|not permitted|[Ff]ield required|"
    r"should (match|have)|validation error|yaml\.|pydantic|<class|None|Traceback|expected <|"
    r"\b[A-Z]\w*\(\w+=|\['|\{'|\('|frozenset|object at 0x"
)
"""Words of pydantic and PyYAML, class names, and the way Python writes its values."""
SECRETS = (
    options.AWS_KEY,
    options.HUB_TOKEN,
    options.OPAQUE,
    options.PEM,
    "hunter2",
    *WRONG_SECRETS,
)


def problems_of(files: Mapping[str, Content]) -> list[Problem]:
    """Everything wrong with a repository, as `slipway check` finds it."""
    kept = Memory()
    return list(survey(Side(MemoryTree(files), kept, (), policy_judge), None, kept).problems)


def test_the_right_repository_has_no_problem():
    assert problems_of(RIGHT) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_bad_input_gets_exactly_its_errors(case: Case):
    found = problems_of(repository(case.files))
    shown = "\n".join(line for problem in found for line in problem.lines())
    expected = sorted((code, place) for code, place, _ in case.expected)
    assert sorted((p.code, str(p.place)) for p in found) == expected, shown
    for code, place, words in case.expected:
        assert any(
            p.code == code and str(p.place) == place and words in p.message for p in found
        ), shown
    for words in case.told:
        assert words in shown, shown


@pytest.mark.parametrize("case", [*FILES, *YAML], ids=lambda case: case.id)
def test_the_errors_are_the_same_without_libyaml(case: Case, monkeypatch: pytest.MonkeyPatch):
    found = problems_of(repository(case.files))
    monkeypatch.setattr(yaml_loader, "LOADER", yaml_loader.PureLoader)
    assert problems_of(repository(case.files)) == found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_an_error_is_for_people(case: Case):
    for problem in problems_of(repository(case.files)):
        text = "\n".join(problem.lines())
        assert not RAW_WORDS.search(text), text
        assert problem.remedy, text
        assert not problem.message.endswith("."), text
        assert len(problem.message) < 400, text
        assert not any(secret in text for secret in SECRETS), text


def test_case_ids_are_unique_and_every_code_has_a_case():
    ids = [case.id for case in CASES]
    assert len(ids) == len(set(ids))
    covered = {code for case in CASES for code, _, _ in case.expected}
    assert {c.id for c in ALL} == covered


def test_problems_do_not_depend_on_the_order_of_files():
    files: dict[str, Content] = dict(RIGHT)
    for number, case in enumerate(CASES):
        for path, content in case.files.items():
            if path.startswith("models/risk/") and isinstance(content, str):
                files[f"models/risk/case-{number}.yaml"] = content
    first = problems_of(files)
    by_name = sorted(files)
    for names in (by_name, by_name[::-1], [*by_name[1::2], *by_name[::2]]):
        assert problems_of({name: files[name] for name in names}) == first
    assert len(first) > 50


def test_every_error_of_every_file_comes_out_in_one_run():
    picked = [case for case in (*MEANING, *options.OPTIONS) if {*case.files} == {PROJECT}]
    names = [f"models/risk/case-{number}.yaml" for number in range(len(picked))]
    files = {name: case.files[PROJECT] for name, case in zip(names, picked, strict=True)}
    found = problems_of({**RIGHT, "models/platform.yaml": 'version: "1"\nquota: {}\n', **files})
    by_file = Counter(problem.place.file for problem in found)
    for name, case in zip(names, picked, strict=True):
        assert by_file[name] == len(case.expected), case.id
    assert found == sorted({*found})
    assert len(picked) > 80


def test_a_team_that_cannot_be_used_hides_no_error_of_its_projects():
    broken = {"models/risk/team.yaml": 'version: "1"\n', **at("gs://bucket/model")}
    assert {p.code for p in problems_of(repository(broken))} == {"SLW203", "SLW402"}


def test_a_stack_that_cannot_be_used_leaves_no_tier_without_a_home():
    broken = {"Pulumi.prod.yaml": "config: {}\n", **named_tier("production")}
    only_dev = {"Pulumi.dev.yaml": DEV_AND_PROD["Pulumi.dev.yaml"]}
    assert [p.code for p in problems_of(repository({**broken, **only_dev}))] == ["SLW801"]


def named_tier(tier: str) -> dict[str, Content]:
    """The right entry of another tier."""
    return {PROJECT: str(RIGHT[PROJECT]).replace("tier: dev", f"tier: {tier}")}


def test_dotfiles_notes_and_artifacts_are_passed_over():
    files = {
        "models/.DS_Store": b"\0",
        "models/risk/.cards.yaml.swp": b"\0",
        "models/.hidden/x.yaml": "a: 1",
        "models/README.md": "# Models",
        "models/risk/NOTES.md": "# Notes",
        "models/risk/artifacts/a/config.yaml": "no: [",
        "models/risk/artifacts/a/deep/er/model.bin": b"\0" * 300_000,
    }
    assert problems_of(repository(files)) == []


def test_crlf_is_accepted():
    files = {path: str(content).replace("\n", "\r\n") for path, content in RIGHT.items()}
    assert problems_of(files) == []


def test_five_thousand_files_are_read():
    entry = RIGHT["models/risk/cards.yaml"]
    files = {f"models/risk/p{number}.yaml": entry for number in range(5000)}
    assert len(discover(MemoryTree(repository(files))).projects) == 5001


@pytest.mark.parametrize("length", [1, 39])
def test_a_name_may_have_1_to_39_characters(length: int):
    """39 and what Knative makes of it, `-predictor-00001-private`, are the 63 of a label."""
    text = str(RIGHT["models/risk/cards.yaml"]).replace("  fraud:", f"  {'a' * length}:")
    assert problems_of(repository({"models/risk/cards.yaml": text})) == []
