"""The local control plane as a user has it: two at once, killed, started again, gone."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from base64 import b64encode
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import main
from local import boot, faults, kube, plane
from local.certificates import MASTERS, Authority
from local.errors import LocalError
from local.place import Place
from local.steps import Launch, Step
from tests.local import kubernetes_alone
from tests.local.asking import ask, server_of, status_of, status_without_certificate
from tests.local.sandboxes import (
    alive,
    eventually,
    network_devices,
    processes_of,
    supervisor_of,
)

pytestmark = pytest.mark.local

REPOSITORY = Path(__file__).parents[2]
SECRETS = "/api/v1/secrets"
PODS = "/api/v1/pods"
NAMESPACES = "/api/v1/namespaces"


@pytest.fixture(scope="module")
def roots() -> Generator[Path, None, None]:
    """A folder for checkouts, with planes beside whatever else runs on the machine."""
    scratch = Path(tempfile.mkdtemp(prefix="slipway-test-"))
    scratch.chmod(0o755)  # One test is another user.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLIPWAY_LOCAL", str(scratch / "planes"))
        yield scratch
        for root in scratch.iterdir():
            plane.stop(Place.of(root), say=print)
    shutil.rmtree(scratch)


def checkout(roots: Path, name: str) -> Place:
    (roots / name / "models").mkdir(parents=True, exist_ok=True)
    return Place.of(roots / name)


@pytest.fixture(scope="module")
def place(roots: Path) -> Place:
    """Of a plane that runs; each test leaves it healthy."""
    found = checkout(roots, "shared")
    kubernetes_alone.start(found)
    return found


@pytest.fixture
def fresh(roots: Path) -> Generator[Place, None, None]:
    """Where nothing runs yet."""
    found = checkout(roots, "fresh")
    yield found
    plane.stop(found, say=print)


def started_elsewhere(place: Place) -> subprocess.Popen[bytes]:
    """A start of that place by a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.local.kubernetes_alone", str(place.root)],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def mark(place: Place) -> None:
    """An object by which this cluster is known."""
    body = {"metadata": {"name": "mark"}}
    ask(place, "POST", f"{NAMESPACES}/default/configmaps", body)


def marked(place: Place) -> bool:
    return status_of(place, f"{NAMESPACES}/default/configmaps/mark") == http.client.OK


def test_two_checkouts_have_two_clusters(place: Place, fresh: Place) -> None:
    kubernetes_alone.start(fresh)
    assert server_of(place) != server_of(fresh)
    mark(fresh)
    assert marked(fresh)
    assert not marked(place)
    assert processes_of(place).isdisjoint(processes_of(fresh))


def test_nothing_of_a_stopped_plane_is_left(fresh: Place) -> None:
    kubernetes_alone.start(fresh)
    before = processes_of(fresh)
    assert len(before) >= 6
    assert plane.stop(fresh, say=print)
    assert not alive(before)
    assert not fresh.folder.exists()
    assert not fresh.lock.exists()
    assert not plane.stop(fresh, say=print)


def test_a_second_start_leaves_a_healthy_plane_alone(place: Place) -> None:
    before = processes_of(place)
    assert kubernetes_alone.start(place) == []
    assert processes_of(place) == before


def test_all_ends_with_the_supervisor_and_the_next_start_is_empty(fresh: Place) -> None:
    kubernetes_alone.start(fresh)
    mark(fresh)
    fresh.state.mkdir()
    before = processes_of(fresh)
    os.kill(supervisor_of(fresh), signal.SIGKILL)
    eventually(lambda: not alive(before))
    assert not plane.health(fresh).parts
    said = kubernetes_alone.start(fresh)
    assert "had died" in said[0]
    assert "empty state of the engine" in said[0]
    assert (fresh.logs_before / f"{kube.API_SERVER}.log").exists()
    assert not marked(fresh)
    assert not fresh.state.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_nothing_outlives_a_start_that_is_cut_short(fresh: Place, number: signal.Signals) -> None:
    starting = started_elsewhere(fresh)
    eventually(lambda: len(plane.health(fresh).parts) > 0)
    before = processes_of(fresh)
    starting.send_signal(number)
    starting.wait()
    eventually(lambda: not alive(before))
    assert fresh.folder.exists() == (number != signal.SIGINT)
    plane.stop(fresh, say=print)
    assert not fresh.folder.exists()


def test_a_start_waits_for_the_other_and_finds_its_plane(fresh: Place) -> None:
    starting = started_elsewhere(fresh)
    eventually(fresh.folder.exists)
    assert kubernetes_alone.start(fresh)[0].startswith("Waiting for another run")
    assert starting.wait() == 0
    assert plane.health(fresh).good


def test_a_plane_whose_folder_was_deleted_ends_itself(fresh: Place) -> None:
    kubernetes_alone.start(fresh)
    before = processes_of(fresh)
    shutil.rmtree(fresh.folder)
    eventually(lambda: not alive(before))


def test_a_process_that_cannot_start_is_named_with_its_log(fresh: Place) -> None:
    def steps(place: Place) -> Sequence[Step]:
        return [_misspelt(step) for step in boot.kubernetes(place)]

    with pytest.raises(LocalError) as told:
        plane.start(fresh, say=print, steps=steps)
    assert str(told.value).startswith(f"{kube.API_SERVER} ended right after its start")
    assert "unknown flag: --profilling" in str(told.value)
    assert str(fresh.logs) in str(told.value)
    assert [path.name for path in fresh.folder.iterdir()] == ["logs"]
    assert not plane.health(fresh).parts


def _misspelt(step: Step) -> Step:
    if step.name != kube.API_SERVER or not isinstance(step, Launch):
        return step
    command = (*step.process.command, "--profilling=false")
    return replace(step, process=replace(step.process, command=command))


def test_a_folder_that_cannot_be_used_is_named(
    roots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (roots / "file").touch()
    monkeypatch.setenv("SLIPWAY_LOCAL", str(roots / "file" / "planes"))
    with pytest.raises(LocalError, match=r"cannot keep anything in .*/file/planes \(Not a dir"):
        kubernetes_alone.start(Place.of(roots))


def test_a_plane_of_another_version_gives_way(fresh: Place) -> None:
    kubernetes_alone.start(fresh)

    def steps(place: Place) -> Sequence[Step]:
        return [step for step in boot.kubernetes(place) if step.name != kube.SCHEDULER]

    said: list[str] = []
    plane.start(fresh, say=said.append, steps=steps)
    assert "of another version" in said[0]
    assert kube.SCHEDULER not in {each.name for each in plane.health(fresh).parts}


@pytest.mark.parametrize("name", [kube.API_SERVER, kube.ETCD, "gate"])
def test_a_process_that_dies_comes_back_and_nothing_is_lost(place: Place, name: str) -> None:
    if not marked(place):
        mark(place)
    before = supervisor_of(place)
    faults.kill(place, name)
    faults.wait(place)
    assert marked(place)
    assert supervisor_of(place) == before


def test_a_request_waits_for_an_api_server_that_starts_again(place: Place) -> None:
    found: list[int] = []
    with faults.stopped(place, kube.API_SERVER):
        asking = threading.Thread(target=lambda: found.append(status_of(place, "/version")))
        asking.start()
    asking.join()
    assert found == [http.client.OK]


def test_a_process_is_ready_again_after_a_restart(place: Place) -> None:
    faults.restart(place, kube.CONTROLLER_MANAGER)
    assert plane.health(place).bad == ()
    ask(place, "POST", NAMESPACES, {"metadata": {"name": "short-lived"}})
    ask(place, "DELETE", f"{NAMESPACES}/short-lived")
    gone = http.client.NOT_FOUND
    eventually(lambda: status_of(place, f"{NAMESPACES}/short-lived") == gone)


def test_a_frozen_process_makes_the_plane_unhealthy_while_it_lasts(place: Place) -> None:
    with faults.frozen(place, kube.API_SERVER):
        assert not plane.health(place).good
    faults.wait(place)


def test_who_is_not_known_may_not_read(place: Place, tmp_path: Path) -> None:
    forbidden, unknown = http.client.FORBIDDEN, http.client.UNAUTHORIZED
    assert status_of(place, SECRETS) == http.client.OK
    assert status_without_certificate(place, SECRETS) == forbidden
    assert status_of(place, SECRETS, user="someone") == forbidden
    scheduler = place.kubeconfig_of(kube.SCHEDULER)
    assert status_of(place, PODS, client=scheduler) == http.client.OK
    assert status_of(place, SECRETS, client=scheduler) == forbidden
    forged = tmp_path / "kubeconfig"
    forge(forged)
    assert status_of(place, SECRETS, client=forged) == unknown


def forge(path: Path) -> None:
    """A certificate for an administrator, by somebody else's authority."""
    pair = Authority().client("administrator", (MASTERS,))
    user = {
        "client-certificate-data": b64encode(pair.certificate.encode()).decode(),
        "client-key-data": b64encode(pair.key.encode()).decode(),
    }
    path.write_text(json.dumps({"users": [{"user": user}]}))


def test_admission_is_that_of_production(place: Place) -> None:
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    ask(place, "POST", NAMESPACES, {"metadata": {"name": "judged", "labels": labels}})
    account = f"{NAMESPACES}/judged/serviceaccounts/default"
    eventually(lambda: status_of(place, account) == http.client.OK)
    pod = {"metadata": {"name": "bare"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    status, answer = ask(place, "POST", f"{NAMESPACES}/judged/pods", pod)
    assert status == http.client.FORBIDDEN
    assert 'violates PodSecurity "restricted' in answer["message"]


def test_nothing_can_leave_the_sandbox(place: Place) -> None:
    for pid in processes_of(place):
        assert network_devices(pid) == ["lo"]


def test_only_the_user_may_read_what_a_plane_keeps(place: Place) -> None:
    assert place.folder.stat().st_mode & 0o77 == 0
    secret = [place.kubeconfig, *place.certificates.glob("*.key")]
    assert len(secret) >= 3
    assert [path for path in secret if path.stat().st_mode & 0o77] == []


def test_a_user_who_is_not_root_can_have_a_plane(roots: Path) -> None:
    found = checkout(roots, "unprivileged")
    user = os.getuid() or 65534
    own = roots / "unprivileged-planes"
    own.mkdir()
    os.chown(own, user, -1)
    script = (
        "import sys; from pathlib import Path; from local import plane; from local.place import "
        "Place; from tests.local import kubernetes_alone as alone; from tests.local.sandboxes "
        "import *\n"
        "place = Place.of(Path(sys.argv[1])); alone.start(place)\n"
        "assert plane.health(place).bad == (), plane.health(place).bad\n"
        "found = processes_of(place); print(*{owner(pid) for pid in found})\n"
        "plane.stop(place, say=print); assert not alive(found); assert not place.folder.exists()\n"
    )
    command = [sys.executable, "-c", script, str(found.root)]
    ran = subprocess.run(
        [*unprivileged(user), *command],
        cwd=REPOSITORY,
        env={**os.environ, "SLIPWAY_LOCAL": str(own)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.split() == [str(user)]


def unprivileged(user: int) -> list[str]:
    """What makes a command run as that user, without any capability.

    Where the tests are root's, its home is shown to everyone, in a mount namespace of the command's
    own, because Python and the built programs may be in there.
    """
    if os.getuid():
        return []
    shown = (
        'scratch=$(mktemp -d) && mount -t tmpfs tmpfs "$scratch" && mkdir "$scratch/u" "$scratch/w"'
        ' && mount -t overlay -o "lowerdir=$HOME,upperdir=$scratch/u,workdir=$scratch/w" overlay'
        ' "$HOME" && chmod 755 "$HOME" && exec setpriv --reuid="$0" --regid="$0" --clear-groups'
        ' --inh-caps=-all --bounding-set=-all "$@"'
    )
    return ["unshare", "--mount", "sh", "-c", shown, str(user)]


def test_a_machine_without_namespaces_is_told_so_in_one_sentence(roots: Path) -> None:
    forbid = (
        "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --inh-caps=-all "
        '--bounding-set=-all "$@"'
    )
    command = [sys.executable, "-m", "cli", "local", "up"]
    found = checkout(roots, "forbidden")
    ran = subprocess.run(
        ["unshare", "--user", "--map-root-user", "sh", "-c", forbid, "sh", *command],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "run as root, or allow user namespaces" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
    assert not found.folder.exists()


def test_the_command_shows_each_process(place: Place) -> None:
    shown = CliRunner().invoke(main, ["local", "status", "--root", str(place.root)])
    assert shown.exit_code == 0, shown.output
    assert {line.split()[0] for line in shown.output.splitlines()[1:]} == {"gate", *kube.BINARIES}


def test_the_command_says_what_is_wrong(place: Place) -> None:
    with faults.stopped(place, kube.SCHEDULER):
        shown = CliRunner().invoke(main, ["local", "status", "--root", str(place.root)])
    assert shown.exit_code == 1
    assert f"Not ready: {kube.SCHEDULER}" in shown.output


def test_the_command_prints_the_end_of_a_log(place: Place) -> None:
    shown = CliRunner().invoke(
        main, ["local", "logs", kube.API_SERVER, "--lines", "3", "--root", str(place.root)]
    )
    assert (
        shown.output.splitlines() == (place.log_of(kube.API_SERVER).read_text().splitlines()[-3:])
    )
    wrong = CliRunner().invoke(main, ["local", "logs", "kube-api", "--root", str(place.root)])
    assert wrong.exit_code == 2
    assert kube.API_SERVER in wrong.output


def test_commands_say_that_no_plane_runs(fresh: Place) -> None:
    for command, status in (("status", 1), ("env", 1), ("logs", 1), ("down", 0)):
        shown = CliRunner().invoke(main, ["local", command, "--root", str(fresh.root)])
        assert shown.exit_code == status
        assert "does not run" in shown.output or "no logs" in shown.output
