"""Programs that an engine left behind are ended; nobody else's are, and none while it runs."""

import os
import shutil
import subprocess
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from deploy import orphans

Started = Callable[[str, str], "subprocess.Popen[bytes]"]


@pytest.fixture
def started(tmp_path: Path) -> Generator[Started, None, None]:
    """Starts a program of some name that belongs to a run."""
    found: list[subprocess.Popen[bytes]] = []

    def start(name: str, run: str) -> "subprocess.Popen[bytes]":
        program = tmp_path / name
        if not program.exists():
            program.symlink_to(str(shutil.which("sleep")))
        environment = {**os.environ, orphans.NAME: run}
        found.append(subprocess.Popen([str(program), "600"], env=environment))
        return found[-1]

    yield start
    for process in found:
        process.kill()
        process.wait()


def test_what_an_engine_left_is_ended_and_nothing_else(started: Started) -> None:
    left = [started("pulumi-resource-kubernetes", "one"), started("python", "one")]
    others = [started("python", "one more"), started("python", "")]
    orphans.end("one")
    assert [process.poll() for process in left] == [-9, -9]
    assert [process.poll() for process in others] == [None, None]


def test_nothing_is_ended_while_the_engine_runs(started: Started) -> None:
    programs = [started("pulumi", "one"), started("pulumi-language-python", "one")]
    orphans.end("one")
    assert [process.poll() for process in programs] == [None, None]
