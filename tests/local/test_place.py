"""The folder of a plane, and what stands in it before anything runs."""

import json
import os
import stat
import subprocess
import threading
from pathlib import Path

import pytest

from local import credentials, lock, roster, supervisor, unix
from local.place import CONTEXT, Place
from local.process import Process, Ready

PROCESS = Process(
    name="echo",
    command=(
        "/bin/sh",
        "-c",
        'printf "%s|" "$TMPDIR" "$QUOTES" "$HOME" "${PWD+x}" "$@"',
        "-",
        "a b",
    ),
    environment={"QUOTES": 'it\'s 100 % "so"; # yes', "PWD": "p"},
    ready=Ready(port=1, path="/x"),
    subject="system:serviceaccount:kserve:manager",
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("SLIPWAY_LOCAL", str(tmp_path / "it's % here"))
    found = Place.of(tmp_path)
    found.folder.mkdir(parents=True)
    return found


def test_a_checkout_has_one_place_however_it_is_named(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    assert Place.of(link) == Place.of(tmp_path / ".") == Place.of(tmp_path)


def test_two_checkouts_have_two_places(tmp_path: Path) -> None:
    assert Place.of(tmp_path / "a").folder != Place.of(tmp_path / "b").folder


def test_places_are_in_the_cache_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLIPWAY_LOCAL", raising=False)
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / "cache"))
    assert Place.of(tmp_path).folder.parent == tmp_path / "cache" / "local"
    monkeypatch.setenv("SLIPWAY_LOCAL", str(tmp_path / "elsewhere"))
    assert Place.of(tmp_path).folder.parent == tmp_path / "elsewhere"


def test_all_that_a_place_names_is_in_its_folder_but_the_lock(place: Place) -> None:
    named = [
        getattr(place, name) for name in vars(Place) if isinstance(vars(Place)[name], property)
    ]
    outside = [path for path in named if not path.is_relative_to(place.folder)]
    assert outside == [place.lock]
    assert len(named) > 10


def test_the_kubeconfig_names_one_context_and_leads_to_the_forwarded_port(place: Place) -> None:
    credentials.write(place, [PROCESS], 12345)
    whole = json.loads(place.kubeconfig.read_text())
    assert whole["current-context"] == CONTEXT == "slipway-local"
    assert [each["name"] for each in whole["contexts"]] == [CONTEXT]
    assert whole["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:12345"
    inside = json.loads(place.kubeconfig_of("echo").read_text())
    assert inside["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:6443"


def test_what_is_secret_is_the_users_alone(place: Place) -> None:
    credentials.write(place, [PROCESS], 1)
    written = [path for path in place.folder.rglob("*") if path.is_file()]
    assert len(written) >= 9
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}


def test_every_plane_has_secrets_of_its_own(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLIPWAY_LOCAL", str(tmp_path / "second"))
    second = Place.of(tmp_path)
    for each in (place, second):
        credentials.write(each, [PROCESS], 1)
    for one, other in ((each, second.folder / each.relative_to(place.folder)) for each in
                       place.folder.rglob("*") if each.is_file()):  # fmt: skip
        assert one.read_bytes() != other.read_bytes()


def test_a_process_sees_its_environment_and_arguments_as_they_were_given(place: Place) -> None:
    supervisor.write(place, [PROCESS])
    ran = subprocess.run(
        ["/bin/sh", "run/echo"], cwd=place.folder, capture_output=True, text=True, check=True
    )
    quotes = PROCESS.environment["QUOTES"]
    assert ran.stdout.split("|") == [str(place.scratch), quotes, str(place.folder), "x", "a b", ""]


def test_a_process_sees_nothing_else(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_USER", "x")
    supervisor.write(place, [Process(name="env", command=("/usr/bin/env",))])
    ran = subprocess.run(
        ["/bin/sh", "run/env"], cwd=place.folder, capture_output=True, text=True, check=True
    )
    assert [line.partition("=")[0] for line in ran.stdout.splitlines()] == [
        "PATH",
        "HOME",
        "TMPDIR",
    ]


def test_the_roster_is_read_as_it_was_written(place: Place) -> None:
    assert roster.read(place) == {}
    roster.write(place, [PROCESS, Process(name="silent", command=("/bin/true",))])
    assert roster.read(place) == {"echo": PROCESS.ready, "silent": None}


def test_a_unix_socket_is_reached_by_a_path_of_any_length(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    import socket

    here = Path.cwd()
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(folder)
        try:
            server.bind("s")
        finally:
            os.chdir(here)
        server.listen()
        unix.connect(folder / "s", 1).close()


def test_the_lock_is_had_by_one_at_a_time_and_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    waited, order = threading.Event(), list[str]()

    def second() -> None:
        with lock.held(path, waited.set):
            order.append("second")
            assert path.exists(), "a third would find no lock to wait for"

    with lock.held(path, lambda: pytest.fail("nobody else has it")):
        thread = threading.Thread(target=second)
        thread.start()
        assert waited.wait(timeout=30)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert not path.exists()
