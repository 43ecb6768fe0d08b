"""`slipway up` and `preview` with the real engine: only what changed, and nothing in the checkout.

Few endpoints, on a plane of their own, in the order of a day's work.
"""

import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from shutil import rmtree

import pytest

from local import plane
from tests.local.conftest import KEPT
from tests.local.small import NAMES, STACK, TEAMS, Key, Ran, Small, good

pytestmark = pytest.mark.local

UP = ("up", "--stack", STACK, "--no-wait")
ENFORCE = "pod-security.kubernetes.io/enforce"
PREVIEW = ("preview", "--stack", STACK, "--all")


@pytest.fixture(scope="module")
def small() -> Generator[Small, None, None]:
    """Two teams, each with a project and four endpoints, applied; the checkout is committed."""
    kept = os.environ.get(KEPT)
    folder = Path(kept) / "up" if kept else Path(tempfile.mkdtemp(prefix="slipway-test-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLIPWAY_LOCAL", str(folder / "planes"))
        found = Small.made(folder)
        try:
            for team in TEAMS:
                found.write(team, *NAMES)
            git(found, "init", "--quiet")
            commit(found)
            good(found.run(*UP))
            yield found
            found.api.close()
        finally:
            if not kept:
                plane.stop(found.place, say=print)
                rmtree(folder)


def git(small: Small, *words: str) -> str:
    command = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com", *words)
    return subprocess.run(
        command, cwd=small.place.root, capture_output=True, text=True, check=True
    ).stdout


def commit(small: Small) -> None:
    git(small, "add", "--all")
    git(small, "commit", "--quiet", "--allow-empty", "--message", "So far")


def changed(before: dict[Key, object], after: dict[Key, object]) -> set[Key]:
    return {key for key in before if key in after and before[key] != after[key]}


def of(keys: set[Key], name: str) -> bool:
    """Whether all of these are an endpoint's, by their names."""
    return all(key[3].startswith(name) for key in keys)


def test_what_is_declared_is_there(small: Small) -> None:
    assert small.in_state() == set(small.in_cluster()) == small.rendered()


def test_a_second_up_runs_nothing(small: Small) -> None:
    before = small.stored()["manifest"]["time"]
    assert f"unchanged since they were applied: 1 stack ({STACK})" in good(small.run(*UP))
    assert small.stored()["manifest"]["time"] == before


def test_the_engine_finds_no_difference_to_what_the_webhooks_made_of_it(small: Small) -> None:
    objects = len(small.rendered())
    assert f"nothing to do, {objects} unchanged" in good(small.run(*PREVIEW))
    assert f"nothing changed, {objects} unchanged" in good(small.run(*UP, "--all"))


def test_an_edit_changes_its_endpoint_alone(small: Small) -> None:
    before = small.generations()
    file = small.place.root / "models" / "risk" / f"{TEAMS['risk']}.yaml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("  alpha:\n", "  alpha:\n    scaling: {max: 7}\n"), "utf-8")
    said = good(small.run("preview", "--stack", STACK))
    assert "~ InferenceService risk-fraud/alpha" in said
    assert "spec.predictor.maxReplicas" in said
    assert "→ 7" in said
    good(small.run(*UP))
    found = changed(before, small.generations())
    assert small.field(small.endpoint("risk", "alpha"), "spec", "predictor", "maxReplicas") == 7
    assert {key[2] for key in found} == {"risk-fraud"}
    assert of({key for key in found if key[1] not in {"ResourceQuota", "LimitRange"}}, "alpha")


def test_an_endpoint_that_is_removed_is_gone_and_nothing_else(small: Small) -> None:
    before = small.in_cluster()
    small.write("search", *NAMES[:-1])
    good(small.run(*UP))
    after = small.in_cluster()
    assert set(after) == small.rendered() == small.in_state()
    gone = set(before) - set(after)
    assert of(gone, NAMES[-1])
    assert {key[2] for key in gone} <= {"search-ranking", "knative-serving"}
    assert all(before[key] == uid for key, uid in after.items())


def test_a_team_that_is_renamed_is_another_team(small: Small) -> None:
    """Namespaces have its name, so that all of it goes and comes; the plan says so before."""
    models = small.place.root / "models"
    before = small.in_cluster()
    (models / "search").rename(models / "find")
    try:
        plan = good(small.run("plan", "--stack", STACK))
        assert "+ find/ranking/alpha added" in plan
        assert "- search/ranking/alpha destroyed" in plan
        good(small.run(*UP))
        after = small.in_cluster()
        assert set(after) == small.rendered() == small.in_state()
    finally:
        (models / "find").rename(models / "search")
    others = {key: uid for key, uid in before.items() if "search" not in "/".join(key)}
    assert others
    assert others.items() <= after.items()
    assert not [key for key in after if "search" in "/".join(key)]
    good(small.run(*UP))


def test_an_entry_that_is_wrong_stops_everything(small: Small) -> None:
    before = small.stored()["manifest"]["time"]
    file = small.place.root / "models" / "risk" / f"{TEAMS['risk']}.yaml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("framework: sklearn", "framework: sklern", 1), "utf-8")
    ran = small.run(*UP)
    file.write_text(text, "utf-8")
    assert ran.code == 1
    assert "did you mean 'sklearn'?" in ran.said
    assert small.stored()["manifest"]["time"] == before


def in_shell(small: Small, *words: str) -> Ran:
    """A command in a shell of a user's who asked for its environment."""
    line = f'eval "$(slipway local env)" && exec {shlex.join(words)}'
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=small.place.root,
        env={**small.environment, "PATH": f"{small.place.root}/.venv/bin:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Ran(done.returncode, " ".join(done.stdout.split()))


def test_pulumi_by_itself_does_the_same(small: Small) -> None:
    said = good(
        in_shell(
            small, "pulumi", "up", "--yes", "--skip-preview", "--stack", STACK, "--color=never"
        )
    )
    found = re.search(r"Resources: (\d+) unchanged Duration", said)
    assert found, said
    assert int(found[1]) > len(small.rendered())
    assert good(in_shell(small, "kubectl", "get", "namespace", "risk-fraud", "--output=name"))


def test_a_policy_stops_what_the_checks_do_not_see(small: Small) -> None:
    """Here the program itself is at fault, so that no entry is."""
    file = small.place.root / "components" / "objects.py"
    text = file.read_text("utf-8")
    weak = (
        'labels = metadata.get("labels", {})\n'
        f'    if "{ENFORCE}" in labels:\n'
        f'        labels["{ENFORCE}"] = "privileged"\n    '
    )
    head = "def _managed(metadata: Mapping[str, Any]) -> dict[str, Any]:\n    "
    assert head in text
    before = small.stored()["manifest"]["time"]
    file.write_text(text.replace(head, head + weak), "utf-8")
    ran = small.run(*UP)
    file.write_text(text, "utf-8")
    assert ran.code == 1
    assert "tenant-pod-security" in ran.said
    namespace = ("v1", "Namespace", "", "risk-fraud")
    assert small.field(namespace, "metadata", "labels", ENFORCE) == "restricted"
    assert good(small.run(*UP, "--all"))
    assert before != small.stored()["manifest"]["time"]


def test_a_stack_for_each_team_and_an_edit_of_one(small: Small) -> None:
    """The one stack is left with nothing, and two hold what it held."""
    root = small.place.root
    whole = (root / f"Pulumi.{STACK}.yaml").read_text("utf-8")
    layers = "slipway:layers: [tenants]"
    assert layers in whole
    good(small.run("destroy", "--stack", STACK, "--yes"))
    assert small.in_cluster() == {}
    for team in TEAMS:
        more = f"  slipway:team: {team}\n  slipway:platform_stack: organization/slipway/{STACK}"
        (root / f"Pulumi.{team}.yaml").write_text(
            whole.replace(layers, f"{layers}\n{more}"), "utf-8"
        )
    (root / f"Pulumi.{STACK}.yaml").write_text(
        whole.replace(layers, "slipway:layers: [platform]"), "utf-8"
    )
    said = good(small.run(*UP))
    assert all(f"✓ {name} " in said for name in (STACK, *TEAMS))
    small.api.close()
    small = replace(small)  # Its settings are others, so that its plane is another.
    before = small.generations()

    file = root / "models" / "search" / f"{TEAMS['search']}.yaml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("  beta:\n", "  beta:\n    scaling: {max: 6}\n"), "utf-8")
    said = good(small.run(*UP))
    assert "✓ search " in said
    assert "unchanged since they were applied: 2 stacks (local, risk)" in said
    assert {key[2] for key in changed(before, small.generations())} == {"search-ranking"}

    said = good(small.run("destroy", "--stack", STACK, "--yes"))
    assert said.index("✓ local") < said.index("✓ risk")
    assert small.in_cluster() == {}
    small.api.close()


def test_the_checkout_is_as_people_left_it(small: Small) -> None:
    """Nothing of all this wrote a file, nor a key into the settings of a stack."""
    found = set(git(small, "status", "--porcelain", "--untracked-files=all").splitlines())
    ours = {
        " M Pulumi.local.yaml", " M models/risk/fraud.yaml", " M models/search/ranking.yaml",
        "?? Pulumi.risk.yaml", "?? Pulumi.search.yaml",
    }  # fmt: skip
    assert found <= ours
    for file in small.place.root.glob("Pulumi.*.yaml"):
        assert file.read_text("utf-8").count("encryptionsalt") == 1
