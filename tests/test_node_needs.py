"""What a machine lacks for a real node, and who decides whether there is one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import node_needs
from local.errors import LocalError


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    node_needs.lacking.cache_clear()
    yield
    node_needs.lacking.cache_clear()


def as_root(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(node_needs, "PATH", str(path))


def test_programs_that_are_missing_are_named_with_their_packages(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    as_root(monkeypatch, tmp_path)
    assert node_needs.lacking() == (
        "runc and nft cannot be found: install runc nftables (apt or dnf)"
    )
    there = tmp_path / "runc"
    there.touch(0o755)
    node_needs.lacking.cache_clear()
    assert node_needs.lacking() == "nft cannot be found: install nftables (apt or dnf)"


def test_only_root_can_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "run it as root" in node_needs.lacking()


def test_where_there_can_be_none_it_is_left_out_and_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    as_root(monkeypatch, tmp_path)
    monkeypatch.delenv(node_needs.CHOICE)
    assert not node_needs.there_is_one()
    assert node_needs.left_out().startswith("There is no real node")


def test_whoever_will_have_one_is_told_why_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    as_root(monkeypatch, tmp_path)
    monkeypatch.setenv(node_needs.CHOICE, "on")
    with pytest.raises(LocalError, match="There can be no real node: runc and nft"):
        node_needs.there_is_one()


def test_whoever_leaves_it_out_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(node_needs.CHOICE, "off")
    assert not node_needs.there_is_one()
    assert not node_needs.left_out()


def test_a_word_that_means_nothing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(node_needs.CHOICE, "yes")
    with pytest.raises(LocalError, match="on, off, or nothing"):
        node_needs.there_is_one()
