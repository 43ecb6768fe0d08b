"""The stand-ins under the real engine: a small program with a cluster, from nothing to nothing."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.cloud import aws_names as t
from tests.cloud import launch, network_of_eks
from tests.cloud.project import programs
from tests.cloud.store import Fault, Store, Thing

Ran: TypeAlias = subprocess.CompletedProcess[str]

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

    def run(self, *words: str) -> Ran:
        return subprocess.run(
            ["pulumi", *words, "--non-interactive", "--stack", "small"],
            cwd=self.folder / "program",
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def up(self, *words: str, version: str = "1.34") -> Ran:
        return self.run("up", "--yes", "--skip-preview", "-c", f"small:version={version}", *words)

    def state(self) -> list[dict[str, Any]]:
        return json.loads(self.run("stack", "export").stdout)["deployment"].get("resources", [])

    def outputs(self) -> dict[str, Any]:
        return json.loads(self.run("stack", "output", "--json").stdout)


@dataclass(frozen=True, kw_only=True)
class Life:
    """What the engine said at each turn, and what was there then."""

    foreseen: Ran
    nothing: list[Thing]
    with_nodes: Ran
    with_a_name_taken: Ran
    with_a_provider_dead: Ran
    first: Ran
    state: list[dict[str, Any]]
    outputs: dict[str, Any]
    second: Ran
    repaired: Ran
    alive: list[Thing]
    destroyed: Ran
    after: list[Thing]


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """The whole of it at once: each turn takes the engine seconds."""
    program = _program(tmp_path_factory.mktemp("small"))
    store = program.store
    foreseen, nothing = program.run("preview", "-c", "small:version=1.34"), store.resources()
    store.add(t.ROLE, "control-plane", name="control-plane")
    with_a_name_taken = program.up()
    store.lose(t.ROLE, "control-plane")
    with_nodes = program.up("-c", "small:nodes=true")
    program.run("config", "rm", "small:nodes")
    store.order(Fault(t.CLUSTER, "create", "kill"))
    with_a_provider_dead, first = program.up(), program.up()
    state, outputs = program.state(), program.outputs()
    second = program.up("--expect-no-changes")
    [tag] = store.resources(t.TAG)
    store.lose(t.TAG, tag.id)
    repaired, alive = program.up("--refresh", version="1.35"), store.resources()
    destroyed = program.run("destroy", "--yes", "--skip-preview")
    return Life(
        foreseen=foreseen,
        nothing=nothing,
        with_nodes=with_nodes,
        with_a_name_taken=with_a_name_taken,
        with_a_provider_dead=with_a_provider_dead,
        first=first,
        state=state,
        outputs=outputs,
        second=second,
        repaired=repaired,
        alive=alive,
        destroyed=destroyed,
        after=store.resources(),
    )


def _program(tmp_path: Path) -> Program:
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


def _ok(done: Ran) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_preview_makes_nothing(life: Life) -> None:
    assert "+ 10 to create" in _ok(life.foreseen)
    assert life.nothing == []


def test_a_second_run_changes_nothing(life: Life) -> None:
    _ok(life.first)
    _ok(life.second)


def test_the_program_reads_what_the_cluster_told(life: Life) -> None:
    assert life.outputs["name"] == "small"
    assert life.outputs["endpoint"].endswith(".eks.amazonaws.com")
    assert "get-token" in life.outputs["kubeconfig"]


def test_the_component_registers_what_pulumi_eks_does(life: Life) -> None:
    state = {each["urn"]: each for each in life.state}
    [component] = [each for each in state.values() if each["type"] == "eks:index:Cluster"]
    children = [each for each in state.values() if each.get("parent") == component["urn"]]
    assert {each["type"]: each["urn"].rpartition("::")[2] for each in children} == {
        t.CLUSTER: "small-eksCluster",
        "pulumi:providers:kubernetes": "small-eks-k8s",
    }
    cluster = next(each for each in children if each["type"] == t.CLUSTER)
    assert cluster["inputs"]["roleArn"] == "arn:aws:iam::111111111111:role/control-plane"
    assert {state[urn]["type"] for urn in cluster["dependencies"]} == {t.ROLE, t.SUBNET}
    assert cluster["provider"].split("::")[2].endswith("pulumi:providers:aws")


def test_what_the_component_does_not_stand_in_for_is_refused(life: Life) -> None:
    assert life.with_nodes.returncode != 0
    assert "skipDefaultNodeGroup" in life.with_nodes.stdout


def test_a_refusal_is_told_with_its_code(life: Life) -> None:
    assert life.with_a_name_taken.returncode != 0
    assert "EntityAlreadyExists" in life.with_a_name_taken.stdout


def test_after_a_provider_died_the_next_run_goes_on(life: Life) -> None:
    assert life.with_a_provider_dead.returncode != 0
    assert [each.id for each in life.alive if each.type == t.CLUSTER] == ["small"]
    assert len({each.id for each in life.alive}) == len(life.alive)


def test_a_thing_that_was_deleted_by_hand_comes_back_and_an_edit_arrives(life: Life) -> None:
    said = _ok(life.repaired)
    assert "+ 1 created" in said
    assert "~ 1 updated" in said
    [cluster] = [each for each in life.alive if each.type == t.CLUSTER]
    assert cluster.get("version") == "1.35"
    assert len([each for each in life.alive if each.type == t.TAG]) == 1


def test_nothing_is_left(life: Life) -> None:
    _ok(life.destroyed)
    assert life.after == []
