"""Of large things in the cache only those that were used last are kept."""

import os
from pathlib import Path

from tools.cache import used


def test_what_was_used_last_stays(tmp_path: Path) -> None:
    for age, name in enumerate(("image-new", "image-older", "image-oldest", "other-oldest")):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1_000 - age, 1_000 - age))
    used(tmp_path / "image-oldest", "image-*")
    assert {path.name for path in tmp_path.iterdir()} == {
        "image-oldest", "image-new", "other-oldest"
    }  # fmt: skip


def test_what_is_being_made_is_left_alone(tmp_path: Path) -> None:
    for name in ("image-a", ".image-a.lock", ".image-b.part-1"):
        (tmp_path / name).mkdir()
    used(tmp_path / "image-a", "*", most=1)
    assert len(list(tmp_path.iterdir())) == 3
