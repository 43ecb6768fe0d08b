"""Every bad input gets its error: code, place, words, all in one run, and never a raw one."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from catalog import yaml_loader
from catalog.codes import ALL
from catalog.discover import discover, read_entry
from catalog.errors import Problem
from catalog.load import Loaded, load_platform, load_project, load_team, stacks_of
from tests.bad_inputs.cases import CASES, FILES, YAML, Case
from tests.bad_inputs.repository import RIGHT, Content, MemoryTree, repository

Loader = Callable[[str, bytes], Loaded[Any] | list[Problem]]
RAW_WORDS = re.compile(
    r"[Ii]nput should|valid (string|integer|dictionary|tuple)|not permitted|[Ff]ield required|"
    r"should (match|have)|validation error|yaml\.|pydantic|<class|None|Traceback|expected <"
)


def problems_of(files: Mapping[str, Content]) -> list[Problem]:
    """Everything wrong with a repository, sorted."""
    tree = MemoryTree(files)
    found = discover(tree)
    problems = list(found.problems)
    loads: list[tuple[str, Loader]] = [
        *((path.file, load_project) for path in found.projects),
        *((file, load_team) for file in found.teams.values()),
        *([(found.platform, load_platform)] if found.platform else []),
    ]
    for file, load in loads:
        raw = read_entry(tree, file)
        loaded = [raw] if isinstance(raw, Problem) else load(file, raw)
        problems += loaded if isinstance(loaded, list) else []
    stacks = {f: tree.read(f) for f, content in files.items() if "/" not in f and content}
    return sorted([*problems, *stacks_of(stacks).problems])


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


def test_case_ids_are_unique_and_every_code_of_files_schema_and_stacks_has_a_case():
    ids = [case.id for case in CASES]
    assert len(ids) == len(set(ids))
    covered = {code for case in CASES for code, _, _ in case.expected}
    asked_by_name_alone = {"SLW806"}
    assert {c.id for c in ALL if c.id[3] in "128"} - asked_by_name_alone <= covered


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


@pytest.mark.parametrize("length", [1, 63])
def test_a_name_may_have_1_to_63_characters(length: int):
    text = str(RIGHT["models/risk/cards.yaml"]).replace("  fraud:", f"  {'a' * length}:")
    assert problems_of(repository({"models/risk/cards.yaml": text})) == []
