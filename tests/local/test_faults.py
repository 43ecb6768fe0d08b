"""What goes wrong in the middle: the next `slipway up` makes it good, and says what it does.

Few endpoints, on a plane of their own. A webhook that does not answer holds an up where it is, with
some objects made, some being made and some not begun, so that every fault strikes in the middle.
"""

import os
import signal
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

import pytest

from local import faults, plane
from tests.local.conftest import KEPT
from tests.local.sandboxes import eventually
from tests.local.small import NAMES, STACK, TEAMS, At, Key, Ran, Running, Small, good

pytestmark = pytest.mark.local

UP = ("up", "--stack", STACK, "--yes", "--no-wait")
DESTROY = ("destroy", "--stack", STACK, "--yes")
WEBHOOK = "kserve-manager"
"""What judges InferenceServices."""
LONG = 300.0
"""Seconds for an up to come as far as its InferenceServices, on a machine that does much else."""


@pytest.fixture(scope="module")
def small() -> Generator[Small, None, None]:
    """Its plane runs, and nothing has been applied."""
    kept = os.environ.get(KEPT)
    folder = (
        Path(kept, "small").resolve() if kept else Path(tempfile.mkdtemp(prefix="slipway-test-"))
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLIPWAY_LOCAL", str(folder / "planes"))
        found = Small.made(folder)
        try:
            good(found.run("local", "up"))
            yield found
            found.api.close()
        finally:
            if not kept:
                plane.stop(found.place, say=print)
                rmtree(folder)


@pytest.fixture
def fleet(small: Small) -> Small:
    """Applied, as it is declared at first."""
    for team in TEAMS:
        small.write(team, *NAMES)
    if small.in_state() != small.rendered():
        good(small.run(*UP))
    return small


def bad(ran: Ran) -> str:
    assert ran.code == 1, ran.said
    return ran.said


def converged(small: Small) -> dict[Key, str]:
    """What is there: as declared, in the state and in the cluster, and nothing half done."""
    assert small.pending() == []
    found = small.in_cluster()
    assert small.in_state() == set(found) == small.rendered()
    return found


def kept(before: Mapping[Key, str], after: Mapping[Key, str], *but: At) -> None:
    """No object was made anew, save those named."""
    others = {(kind, space, name) for _, kind, space, name in but}
    changed = {key for key in before if before[key] != after.get(key) and key[1:] not in others}
    assert changed == set()


@contextmanager
def held(small: Small) -> Generator[Running, None, None]:
    """An up in the middle: InferenceServices are being made, and it cannot go on."""
    with faults.frozen(small.place, WEBHOOK):
        running = small.begin(*UP)
        eventually(lambda: any("InferenceService" in urn for urn in small.pending()), LONG)
        yield running


def kill(running: Running, name: str) -> None:
    """The one program of that name dies at once."""
    (pid,) = running.processes(name)
    os.kill(pid, signal.SIGKILL)


def test_an_engine_that_is_killed(small: Small) -> None:
    for team in TEAMS:
        small.write(team, *NAMES)
    with held(small) as running:
        kill(running, "pulumi")
    said = bad(running.ended())
    assert "the engine was killed" in said
    assert "→ run the command again: it goes on where this one ended" in said
    assert running.processes() == []
    before = small.in_cluster()
    assert before
    assert set(before) < small.rendered()

    said = good(small.run(*UP))
    assert "a run that was killed left its lock" in said
    assert "a run was cut short at" in said
    kept(before, converged(small))


def test_slipway_that_is_killed_with_its_engine(fleet: Small) -> None:
    fleet.write("risk", *NAMES, "epsilon")
    before = fleet.in_cluster()
    with held(fleet) as running:
        os.killpg(running.pid, signal.SIGKILL)
    assert running.ended().code == -signal.SIGKILL

    said = good(fleet.run(*UP))
    assert "a run that was killed left its lock" in said
    assert running.processes() == []
    kept(before, converged(fleet))


def test_a_provider_that_is_killed(fleet: Small) -> None:
    fleet.write("risk", *NAMES, "zeta")
    before = fleet.in_cluster()
    with held(fleet) as running:
        kill(running, "pulumi-resource")
    said = bad(running.ended())
    assert "the engine lost its provider while it worked" in said
    assert "→ run the command again: it goes on where this one ended" in said

    good(fleet.run(*UP))
    kept(before, converged(fleet))


def test_an_api_server_that_starts_again(fleet: Small) -> None:
    fleet.write("risk", *NAMES, "eta")
    before = fleet.in_cluster()
    with held(fleet) as running:
        faults.kill(fleet.place, "kube-apiserver")
    ended = running.ended()
    assert ended.code == 0 or "again" in ended.said
    faults.wait(fleet.place)

    good(fleet.run(*UP))
    kept(before, converged(fleet))


def test_a_webhook_that_does_not_answer(fleet: Small) -> None:
    fleet.write("risk", *NAMES, "theta")
    before = fleet.in_cluster()
    with held(fleet) as running:
        said = bad(running.ended())
    assert "the webhook inferenceservice.kserve-webhook-server.defaulter did not judge it" in said
    assert "→ see that the webhook's pods answer, and run the command again" in said

    good(fleet.run(*UP))
    kept(before, converged(fleet))


def test_what_was_changed_by_hand(fleet: Small) -> None:
    changed, gone = fleet.endpoint("risk", "alpha"), fleet.route("risk", "beta")
    before = converged(fleet)
    fleet.patch(changed, {"spec": {"predictor": {"maxReplicas": 9}}})
    fleet.delete(gone)

    said = bad(fleet.run("status", "--stack", STACK))
    assert "spec.predictor.maxReplicas" in said
    assert "somebody" in said
    assert "slipway up --stack local --repair" in said

    said = good(fleet.run(*UP, "--repair"))
    assert "1 created, 1 updated" in said
    assert fleet.field(changed, "spec", "predictor", "maxReplicas") != 9
    kept(before, converged(fleet), gone)


def test_a_field_that_another_manager_has(fleet: Small) -> None:
    at = fleet.endpoint("search", "alpha")
    before = converged(fleet)
    fleet.patch(at, {"spec": {"predictor": {"maxReplicas": 9}}})
    fleet.write("search", *NAMES, more="    scaling: {max: 5}\n")

    said = bad(fleet.run(*UP))
    assert "the field .spec.predictor.maxReplicas is set by somebody as well" in said
    assert "→ take it back with slipway up --repair, or let somebody go without it" in said
    assert fleet.field(at, "spec", "predictor", "maxReplicas") == 9

    good(fleet.run(*UP, "--repair"))
    assert fleet.field(at, "spec", "predictor", "maxReplicas") == 5
    kept(before, converged(fleet))


def test_a_namespace_that_stays_in_deletion(fleet: Small) -> None:
    space = "search-ranking"
    held_back = ("v1", "ConfigMap", space, "held")
    fleet.create(held_back, finalizers=["example.com/held"])
    before = converged(fleet)
    fleet.remove("search")
    running = fleet.begin(*UP)
    eventually(
        lambda: fleet.field(("v1", "Namespace", "", space), "metadata", "deletionTimestamp"), LONG
    )
    os.killpg(running.pid, signal.SIGKILL)
    running.ended()
    fleet.write("search", *NAMES)

    said = bad(fleet.run(*UP))
    assert f"the namespace {space} is still being deleted" in said
    assert f"→ see what holds it with kubectl get namespace {space} -o yaml" in said
    assert "slipway up --repair when it is gone" in said

    fleet.patch(held_back, {"metadata": {"finalizers": None}})
    eventually(lambda: not fleet.exists(("v1", "Namespace", "", space)))
    good(fleet.run(*UP, "--repair"))
    after = converged(fleet)
    elsewhere = {key: uid for key, uid in before.items() if space not in key}
    kept(elsewhere, after)


def test_a_destroy_that_is_killed(fleet: Small) -> None:
    space = "risk-fraud"
    held_back = ("v1", "ConfigMap", space, "held")
    fleet.create(held_back, finalizers=["example.com/held"])
    running = fleet.begin(*DESTROY)
    eventually(
        lambda: fleet.field(("v1", "Namespace", "", space), "metadata", "deletionTimestamp"), LONG
    )

    said = bad(fleet.run(*UP))
    (engine,) = running.processes("pulumi")
    assert "another run holds the stack" in said
    assert f"process {engine}," in said
    assert "wait for it" in said

    kill(running, "pulumi")
    bad(running.ended())
    fleet.patch(held_back, {"metadata": {"finalizers": None}})
    good(fleet.run(*DESTROY))
    assert fleet.in_state() == set()
    assert fleet.in_cluster() == {}
