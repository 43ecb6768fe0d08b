"""`slipway up`, `preview` and `destroy` as a user calls them, over an engine that is told."""

import os
import signal
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import cli.deployment
from cli.main import main
from deploy.engine import Engine
from local.place import Place
from tests.fake_pulumi import Pulumi, Stack, error, step
from tests.whole import small_repository

VERBS = ("up", "preview", "destroy")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return small_repository(tmp_path)


@pytest.fixture
def pulumi(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pulumi:
    found = Pulumi("dev", "prod")
    engine = Engine(root, {}, found, tmp_path / "records")
    monkeypatch.setattr(cli.deployment, "engine_for", lambda _: engine)
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / "cache"))
    return found


def slipway(root: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [words[0], "--root", str(root), *words[1:]])


@pytest.mark.parametrize("verb", VERBS)
def test_a_stack_that_is_not_there_is_a_wrong_call(verb: str, root: Path, pulumi: Pulumi) -> None:
    ran = slipway(root, verb, "--stack", "prd")
    assert ran.exit_code == 2
    assert "there is no stack 'prd': did you mean 'prod'?" in ran.output
    assert pulumi.calls == []


@pytest.mark.parametrize("verb", VERBS)
def test_nothing_is_run_of_a_fleet_with_an_error(verb: str, root: Path, pulumi: Pulumi) -> None:
    [file] = [path for path in root.glob("models/*/*.yaml") if path.name != "team.yaml"]
    file.write_text(file.read_text("utf-8").replace("sklearn", "sklern"), "utf-8")
    ran = slipway(root, verb, "--stack", "dev", *(("--yes",) if verb != "preview" else ()))
    assert ran.exit_code == 1
    assert "sklern" in ran.output
    assert pulumi.calls == []


def test_a_cloud_is_previewed_before_anything_is_applied(root: Path, pulumi: Pulumi) -> None:
    ran = slipway(root, "up", "--stack", "dev", "--yes", "--no-wait")
    assert ran.exit_code == 0, ran.output
    assert [args[0] for args in pulumi.calls if args[0] in VERBS] == ["preview", "up"]
    judged = [args for args in pulumi.calls if args[0] in VERBS]
    assert all("--policy-pack" in args for args in judged)


def test_what_a_preview_refuses_is_not_applied(root: Path, pulumi: Pulumi) -> None:
    pulumi.log["dev"] = [error("pod-privileged: no")]
    pulumi.fails["dev"] = "error: preview failed"
    ran = slipway(root, "up", "--stack", "dev", "--yes")
    assert ran.exit_code == 1
    assert "ConfigMap a/b: pod-privileged: no" in ran.output
    assert pulumi.ran("up") == []


@pytest.mark.parametrize("verb", ["up", "destroy"])
def test_where_nobody_can_answer_a_yes_is_needed(verb: str, root: Path, pulumi: Pulumi) -> None:
    ran = slipway(root, verb, "--stack", "dev")
    assert ran.exit_code == 2
    assert "pass --yes" in ran.output
    assert pulumi.ran(verb) == []


def test_a_preview_shows_what_would_be_done(root: Path, pulumi: Pulumi) -> None:
    pulumi.log["dev"] = [step("create", "core/v1:ConfigMap", "risk-fraud/a")]
    ran = slipway(root, "preview", "--stack", "dev")
    assert ran.exit_code == 0, ran.output
    assert "✓ dev  1 to create" in ran.output
    assert "  + ConfigMap risk-fraud/a" in ran.output
    assert pulumi.ran("up") == []


def test_a_destroy_needs_a_yes_and_says_what_it_did(root: Path, pulumi: Pulumi) -> None:
    pulumi.log["dev"] = [step("delete", "core/v1:ConfigMap", "risk-fraud/a")]
    ran = slipway(root, "destroy", "--stack", "dev", "--yes")
    assert ran.exit_code == 0, ran.output
    assert "✓ dev  1 deleted" in ran.output
    planned = ["--preview-only" in args for args in pulumi.calls if args[0] == "destroy"]
    assert planned == [True, False]


def test_what_is_protected_stops_a_destroy_before_it_begins(root: Path, pulumi: Pulumi) -> None:
    pulumi.log["dev"] = [error("resource cannot be deleted because it is protected")]
    pulumi.fails["dev"] = "error: preview failed"
    ran = slipway(root, "destroy", "--stack", "dev", "--yes")
    assert ran.exit_code == 1
    assert "ConfigMap a/b: resource cannot be deleted because it is protected" in ran.output
    assert all("--preview-only" in args for args in pulumi.calls if args[0] == "destroy")


def test_a_failure_is_told_and_is_the_exit_status(root: Path, pulumi: Pulumi) -> None:
    pulumi.fails["dev"] = "error: no stack named 'dev' found"
    ran = slipway(root, "up", "--stack", "dev", "--yes")
    assert ran.exit_code == 1
    assert "the backend that you are signed in to has no stack dev" in ran.output
    assert "→ make it with pulumi stack init dev" in ran.output
    assert "Traceback" not in ran.output


def test_what_a_stack_stands_on_has_to_be_there(root: Path, pulumi: Pulumi) -> None:
    with_a_team(root)
    del pulumi.stacks["dev"]
    ran = slipway(root, "up", "--stack", "risk", "--yes")
    assert ran.exit_code == 1
    assert "risk stands on dev, which is not there yet: slipway up --stack dev" in ran.output
    assert pulumi.ran("preview") == []


def with_a_team(root: Path) -> None:
    """`dev` is a platform, and `risk` a team's stack on it."""
    text = (root / "Pulumi.dev.yaml").read_text("utf-8")
    alone = text[: text.index("  slipway:layers")] + (
        "  slipway:layers: [tenants]\n  slipway:team: risk\n"
        "  slipway:platform_stack: organization/slipway/dev\n"
    )
    (root / "Pulumi.risk.yaml").write_text(alone, "utf-8")
    (root / "Pulumi.dev.yaml").write_text(text.replace(", tenants]", "]"), "utf-8")


def test_a_first_up_of_a_platform_is_not_held_up_by_its_teams(root: Path, pulumi: Pulumi) -> None:
    with_a_team(root)
    pulumi.stacks["dev"].count = 0
    pulumi.stacks["risk"] = Stack()
    ran = slipway(root, "up", "--stack", "dev", "--yes", "--no-wait")
    assert ran.exit_code == 0, ran.output
    assert "- risk  not run, because dev is not there yet" in ran.output
    assert pulumi.ran("preview") == ["dev"]
    assert pulumi.ran("up") == ["dev", "risk"]


def test_a_destroy_leaves_out_what_was_never_made(root: Path, pulumi: Pulumi) -> None:
    with_a_team(root)
    ran = slipway(root, "destroy", "--stack", "dev", "--yes")
    assert ran.exit_code == 0, ran.output
    assert set(pulumi.ran("destroy")) == {"dev"}


def test_a_repair_is_previewed_as_a_repair(root: Path, pulumi: Pulumi) -> None:
    ran = slipway(root, "up", "--stack", "dev", "--yes", "--no-wait", "--repair")
    assert ran.exit_code == 0, ran.output
    assert all("--refresh" in args for args in pulumi.calls if args[0] in VERBS)


def test_a_workflow_that_is_cancelled_ends_what_was_begun(root: Path, pulumi: Pulumi) -> None:
    with_a_team(root)
    pulumi.stacks["risk"] = Stack()

    def during(stack: str) -> None:
        if stack == "dev" and pulumi.ran("up"):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.5)  # The main thread hears it.

    pulumi.during = during
    ran = slipway(root, "up", "--stack", "dev", "--yes", "--no-wait")
    assert ran.exit_code == 1
    assert "ending what was begun" in ran.output
    assert "- risk  not run, because it was told to stop" in ran.output
    assert pulumi.ran("up") == ["dev"]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_shell_of_the_local_plane_is_no_place_for_a_cloud(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{Place.of(root).state}")
    for verb in ("up", "status"):
        ran = slipway(root, verb, "--stack", "dev")
        assert ran.exit_code in {1, 3}
        assert "This shell is set to the local control plane" in ran.output


def test_a_teams_stack_is_asked_for_no_other(root: Path) -> None:
    with_a_team(root)
    ran = slipway(root, "status", "--stack", "risk", "--team", "risk")
    assert ran.exit_code == 3  # Nobody serves this cluster.
    (root / "models" / "search").mkdir()
    team = (root / "models" / "risk" / "team.yaml").read_text("utf-8")
    (root / "models" / "search" / "team.yaml").write_text(team, "utf-8")
    ran = slipway(root, "status", "--stack", "risk", "--team", "search")
    assert ran.exit_code == 2
    assert "the stack risk is the team risk's alone" in ran.output


def test_without_a_plane_there_is_nothing_to_destroy(
    root: Path, pulumi: Pulumi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SLIPWAY_LOCAL", str(tmp_path / "planes"))
    own = (Path(__file__).parents[1] / "Pulumi.local.yaml").read_text("utf-8")
    (root / "Pulumi.local.yaml").write_text(own, "utf-8")
    ran = slipway(root, "destroy", "--stack", "local", "--yes")
    assert ran.exit_code == 0, ran.output
    assert "does not run, so there is nothing to destroy" in ran.output
    assert pulumi.calls == []
