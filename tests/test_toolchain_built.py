"""The programs themselves: each is of its pinned version, and the engine has all beside it."""

import os
import re
import subprocess

import pytest

from tools import golang
from tools.installed import printed
from tools.node_projects import NODE
from tools.project import Project
from tools.projects import PROJECTS
from tools.toolchain import binary

OF_A_NODE = {project.name for project in NODE}
EACH = [
    pytest.param(
        project,
        id=project.name,
        marks=pytest.mark.node if project.name in OF_A_NODE else pytest.mark.checkers,
    )
    for project in PROJECTS
]


@pytest.mark.parametrize("project", EACH)
def test_each_is_of_its_pinned_version(project: Project) -> None:
    paths = {name: binary(name) for name in project.programs}
    assert all(os.access(path, os.X_OK) for path in paths.values())
    for name, asks in project.asks.items():
        found = printed(paths[name], asks)
        assert found == project.version or (found and project.accepts(found))


@pytest.mark.checkers
@pytest.mark.parametrize("name", ["kserve-manager", "kserve-llmisvc", "knative-controller"])
def test_the_controllers_are_made_of_the_pinned_module(name: str) -> None:
    (project,) = (project for project in PROJECTS if name in project.programs)
    said = subprocess.run(
        ["go", "version", "-m", binary(name)], capture_output=True, text=True, check=True
    )
    pinned = re.escape(golang.pinned(project.folder, project.module))
    assert re.search(rf"(?m)^\s+(dep|mod)\s+{re.escape(project.module)}\s+{pinned}\b", said.stdout)


@pytest.mark.checkers
def test_the_engine_has_its_language_host_and_the_script_of_it_beside_it() -> None:
    folder = binary("pulumi").resolve().parent
    for name in ("pulumi-language-python", "pulumi-language-python-exec"):
        assert os.access(folder / name, os.X_OK)
