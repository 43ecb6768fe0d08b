"""The stand-ins under the real engine: a small program with a cluster lives and dies."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cloud import aws_names as t
from tests.cloud import launch, network_of_eks
from tests.cloud.project import programs
from tests.cloud.store import Fault, Store

pytestmark = pytest.mark.local

PROJECT = """
name: small
runtime: {name: python, options: {toolchain: pip, virtualenv: .venv}}
config:
  pulumi:disable-default-providers: {value: [aws, kubernetes]}
"""


@dataclass(frozen=True)
class Program:
    """The small program with an engine, a state and an account of its own."""

    folder: Path
    environment: Mapping[str, str]
    store: Store

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["pulumi", *words, "--non-interactive", "--stack", "small"],
            cwd=self.folder / "program",
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def up(self, *words: str, version: str = "1.34") -> subprocess.CompletedProcess[str]:
        return self.run("up", "--yes", "--skip-preview", "-c", f"small:version={version}", *words)

    def state(self) -> list[dict[str, Any]]:
        return json.loads(self.run("stack", "export").stdout)["deployment"].get("resources", [])

    def outputs(self) -> dict[str, Any]:
        return json.loads(self.run("stack", "output", "--json").stdout)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    for folder in ("program", "state"):
        (tmp_path / folder).mkdir()
    shutil.copyfile(network_of_eks.__file__, tmp_path / "program" / "__main__.py")
    (tmp_path / "program" / "Pulumi.yaml").write_text(PROJECT, "utf-8")
    (tmp_path / "program" / ".venv").symlink_to(launch.ROOT / ".venv")
    made = launch.plugins(tmp_path)
    idle = f'exec "{sys.executable}" -P -m tests.cloud.idle kubernetes "$@"'
    launch.add_plugin(tmp_path / "home", "kubernetes", idle)
    environment = {
        **os.environ,
        **made,
        "PATH": f"{programs(tmp_path)}:{os.environ['PATH']}",
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "of no worth",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    found = Program(tmp_path, environment, launch.store(tmp_path))
    subprocess.run(
        ["pulumi", "stack", "init", "small"],
        cwd=tmp_path / "program",
        env=environment,
        capture_output=True,
        check=True,
    )
    return found


def _ok(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_program_lives_from_nothing_to_nothing(program: Program) -> None:
    _ok(program.run("preview", "-c", "small:version=1.34"))
    assert program.store.resources() == []
    _ok(program.up())
    assert program.outputs()["name"] == "small"
    assert program.outputs()["endpoint"].endswith(".eks.amazonaws.com")
    assert "get-token" in program.outputs()["kubeconfig"]
    _ok(program.up("--expect-no-changes"))
    _ok(program.run("refresh", "--yes", "--skip-preview", "--expect-no-changes"))
    edited = _ok(program.up(version="1.35"))
    assert "~ 1 updated" in edited
    assert program.store.resources(t.CLUSTER)[0].get("version") == "1.35"
    _ok(program.run("destroy", "--yes", "--skip-preview"))
    assert program.store.resources() == []


def test_the_component_registers_what_pulumi_eks_does(program: Program) -> None:
    _ok(program.up())
    state = {each["urn"]: each for each in program.state()}
    [component] = [each for each in state.values() if each["type"] == "eks:index:Cluster"]
    children = [each for each in state.values() if each.get("parent") == component["urn"]]
    assert {each["type"]: each["urn"].rpartition("::")[2] for each in children} == {
        t.CLUSTER: "small-eksCluster",
        "pulumi:providers:kubernetes": "small-eks-k8s",
    }
    cluster = next(each for each in children if each["type"] == t.CLUSTER)
    assert cluster["inputs"]["roleArn"] == "arn:aws:iam::111111111111:role/control-plane"
    after = {state[urn]["type"] for urn in cluster["dependencies"]}
    assert after == {t.ROLE, t.SUBNET}
    assert cluster["provider"].split("::")[2].endswith("pulumi:providers:aws")


def test_what_the_component_does_not_stand_in_for_is_refused(program: Program) -> None:
    refused = program.up("-c", "small:nodes=true")
    assert refused.returncode != 0
    assert "skipDefaultNodeGroup" in refused.stdout


def test_a_thing_that_was_deleted_by_hand_comes_back(program: Program) -> None:
    _ok(program.up())
    [tag] = program.store.resources(t.TAG)
    program.store.lose(t.TAG, tag.id)
    assert "+ 1 created" in _ok(program.up("--refresh"))
    assert [each.id for each in program.store.resources(t.TAG)] == [tag.id]


def test_after_a_provider_died_the_next_run_goes_on(program: Program) -> None:
    program.store.order(Fault(t.CLUSTER, "create", "kill"))
    assert program.up().returncode != 0
    assert program.store.resources(t.CLUSTER) == []
    _ok(program.up())
    assert len(program.store.resources(t.CLUSTER)) == 1
    _ok(program.up("--expect-no-changes"))


def test_a_refusal_is_told_with_its_code(program: Program) -> None:
    program.store.add(t.ROLE, "control-plane", name="control-plane")
    refused = program.up()
    assert refused.returncode != 0
    assert "EntityAlreadyExists" in refused.stdout
