"""The golden files say what entries become today."""

import pytest
import yaml

from tests.golden import CASES, FOLDER, objects_of, texts

TEXTS = texts()


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_what_an_entry_becomes_is_what_was_reviewed(name: str) -> None:
    path = FOLDER / name
    assert path.exists(), f"run make golden: {name} is missing"
    assert path.read_text(encoding="utf-8") == TEXTS[name], f"run make golden, and review {name}"


def test_no_golden_file_is_left_over() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(TEXTS), "run make golden"


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_golden_file_reads_back_as_the_objects(name: str) -> None:
    assert list(yaml.safe_load_all(TEXTS[f"{name}.yaml"])) == objects_of(CASES[name])
