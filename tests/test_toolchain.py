"""What is installed is taken where it fits, what is missing is built once, and no Go is told."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from catalog import pins
from tools import golang, installed
from tools import project as projects
from tools.building import key
from tools.errors import ToolchainError
from tools.project import Project
from tools.projects import BY_PROGRAM, PROJECTS
from tools.toolchain import LOCAL, NODE

ROOT = Path(__file__).parent.parent

FAKE_GO = f"""#!{sys.executable}
import json, os, pathlib, sys, time
here, parent = pathlib.Path(os.environ["FAKE_GO"]), os.getppid()
with (here / "asked").open("a") as asked:
    asked.write(" ".join(sys.argv[1:]) + "\\n")
if sys.argv[1] == "env":
    print(os.environ.get("FAKE_VERSION", "go1.99.0"))
if sys.argv[1] == "mod":
    for wanted in sys.argv[4:]:
        path, version = wanted.split("@")
        print(json.dumps({{"Path": path, "Dir": str(here), "Sum": os.environ["FAKE_SUM"]}}))
if sys.argv[1] == "build":
    print("example.com/some/package", file=sys.stderr)
    stamps = next(part for part in sys.argv if part.startswith("-ldflags"))
    folder, *packages = sys.argv[sys.argv.index("-o") + 1:]
    made = [pathlib.Path(folder) / package.split("/")[-1] for package in packages]
    for program in made:
        program.write_text("half of a program")
    if "fail" in os.environ["FAKE_DOES"]:
        print("x.go:1:2: undefined: y", file=sys.stderr)
        sys.exit(1)
    (here / "building").touch()
    end = time.monotonic() + 20
    while os.getppid() == parent and not (here / "free").exists() and time.monotonic() < end:
        time.sleep(0.01)
    for program in made:
        program.write_text("#!/bin/sh\\necho " + stamps.split("=")[-1] + "\\n")
        program.chmod(0o755)
"""


class Machine:
    """One with nothing on PATH but what a test puts there, and an empty cache."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "path"
        self.cache = folder / "cache"
        self.path.mkdir()
        (folder / "free").touch()

    def environment(self, **more: object) -> dict[str, str]:
        return {
            "PATH": str(self.path),
            "HOME": str(self.folder),
            "SLIPWAY_CACHE": str(self.cache),
            "FAKE_GO": str(self.folder),
            "FAKE_DOES": "",
            **{name: str(value) for name, value in more.items()},
        }

    def install(self, name: str, prints: str = "", folder: Path | None = None) -> Path:
        program = (folder or self.path) / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\necho {prints}\n")
        program.chmod(0o755)
        return program

    def install_go(self) -> None:
        (self.path / "go").write_text(FAKE_GO)
        (self.path / "go").chmod(0o755)

    def start(self, *arguments: str, **more: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, ROOT / "tools" / "toolchain.py", *arguments],
            env=self.environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **more: object) -> tuple[int, str, str]:
        with self.start(*arguments, **more) as running:
            out, err = running.communicate()
        return running.returncode, out, err

    def builds(self) -> int:
        asked = (self.folder / "asked").read_text().splitlines()
        return sum(line.startswith("build") for line in asked)

    def building(self) -> None:
        """Wait until a build has begun."""
        end = time.monotonic() + 30
        while not (self.folder / "building").exists():
            assert time.monotonic() < end, "no build began"
            time.sleep(0.01)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def lines(text: str) -> list[str]:
    return text.splitlines()


@pytest.mark.parametrize(
    ("program", "fits", "not_these"),
    [
        ("helm", ["4.3.1"], ["4.3.0", "4.3.2", "4.3.1-rc.1"]),
        ("kube-apiserver", ["1.34.4", "1.34.0", "1.34.9"], ["1.33.9", "1.35.0", "2.34.4"]),
        ("pulumi", ["3.259.0", "3.260.1"], ["3.258.9", "4.0.0", "2.300.0"]),
        ("pulumi-resource-kubernetes", ["4.25.0", "4.34.2"], ["4.24.9", "5.0.0", "3.99.0"]),
        ("kserve-manager", [], ["0.20.0"]),
    ],
)
def test_an_installed_version_fits_or_does_not(
    program: str, fits: list[str], not_these: list[str]
) -> None:
    project = BY_PROGRAM[program]
    assert [version for version in fits + not_these if project.accepts(version)] == fits


def test_envtest_is_taken_and_named(machine: Machine) -> None:
    assets = machine.folder / "envtest"
    for name in BY_PROGRAM["kube-apiserver"].programs:
        machine.install(name, "Kubernetes v1.34.1", assets)
    status, out, err = machine.run("bin", "kube-apiserver", KUBEBUILDER_ASSETS=assets)
    assert (status, out) == (0, f"{assets}/kube-apiserver\n")
    assert f"is installed: {assets}/kube-apiserver" in err


def test_a_part_of_envtest_or_another_minor_version_is_not_taken(machine: Machine) -> None:
    machine.install("kube-apiserver", "Kubernetes v1.34.1")
    assert machine.run("bin", "kube-apiserver")[0] == 1
    for name in BY_PROGRAM["kube-apiserver"].programs:
        machine.install(name, "Kubernetes v1.33.4")
    status, _, err = machine.run("bin", "kube-apiserver")
    assert status == 1
    assert "kube-scheduler of any 1.34" in err


def test_pulumi_is_taken_with_the_language_host_beside_it(machine: Machine) -> None:
    real = machine.folder / "opt" / "pulumi"
    machine.install("pulumi", "v3.270.0", real)
    (machine.path / "pulumi").symlink_to(real / "pulumi")
    assert machine.run("bin", "pulumi")[0] == 1
    host = machine.install("pulumi-language-python", folder=real)
    assert machine.run("bin", "pulumi")[1] == f"{machine.path}/pulumi\n"
    assert machine.run("bin", "pulumi-language-python")[1] == f"{host}\n"


def test_the_newest_provider_in_the_home_of_pulumi_is_taken(machine: Machine) -> None:
    home = machine.folder / "home"
    for version in ("4.9.0", "4.34.2", "4.100.0", "5.0.0"):
        folder = home / "plugins" / f"resource-kubernetes-v{version}"
        machine.install("pulumi-resource-kubernetes", folder=folder)
    (home / "plugins" / "resource-kubernetes-v4.200.0").mkdir()
    _, out, _ = machine.run("bin", "pulumi-resource-kubernetes", PULUMI_HOME=home)
    assert out == f"{home}/plugins/resource-kubernetes-v4.100.0/pulumi-resource-kubernetes\n"


def test_what_was_built_here_is_not_taken_for_installed(machine: Machine) -> None:
    ours = machine.install("kwok", "kwok version v0.7.0", machine.cache / "bin" / "kwok-old")
    (machine.path / "kwok").symlink_to(ours)
    provider = "pulumi-resource-kubernetes"
    plugin = machine.folder / "home" / "plugins" / "resource-kubernetes-v4.34.2"
    plugin.mkdir(parents=True)
    (plugin / provider).symlink_to(machine.install(provider, folder=machine.cache / "bin" / "old"))
    status, out, err = machine.run("bin", "kwok", provider, PULUMI_HOME=machine.folder / "home")
    assert (status, out) == (1, "")
    assert "Not here yet: KWOK 0.7.0; Pulumi's Kubernetes provider" in err


def test_no_go_is_one_message_with_all_that_is_missing_and_the_ways_out(machine: Machine) -> None:
    status, out, err = machine.run("local")
    assert (status, out) == (1, "")
    missing = [project for project in PROJECTS if not {*project.programs}.isdisjoint(LOCAL)]
    assert len(missing) == 6
    assert err.count("tools:") == 1
    for project in missing:
        assert project.called in err
    newest = max((golang.required(project.folder) for project in missing), key=golang.numbers)
    assert f"no `go` is on PATH: install Go {newest} or newer" in err
    assert "pulumi, pulumi-language-python 3.259.0 or newer" in err
    assert "kwok 0.7.0" in err
    assert "For KServe, Knative Serving there is no way but Go." in err


def test_a_go_that_is_too_old_is_told(machine: Machine) -> None:
    machine.install_go()
    status, _, err = machine.run("bin", "kwok", FAKE_VERSION="go1.20.3")
    assert status == 1
    assert "the one on PATH is go1.20.3: install Go 1.24.0 or newer" in err


def test_what_is_missing_is_built_once_and_then_needs_no_go(machine: Machine) -> None:
    machine.install_go()
    status, out, err = machine.run("bin", "kubeconform")
    assert status == 0
    assert subprocess.run([out.strip()], capture_output=True, check=True).stdout == b"v0.8.0\n"
    assert lines(err)[0] == "tools: making kubeconform 0.8.0: about 30 seconds the first time"
    assert lines(err)[1].startswith("tools: made kubeconform 0.8.0 in ")
    (machine.path / "go").unlink()
    assert machine.run("bin", "kubeconform") == (0, out, "")
    assert machine.builds() == 1


def test_a_killed_build_leaves_nothing_that_looks_made_and_is_taken_up(machine: Machine) -> None:
    machine.install_go()
    (machine.folder / "free").unlink()
    with machine.start("bin", "kubeconform") as killed:
        machine.building()
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
    (machine.folder / "free").touch()
    assert "missing" in row(machine.run("list")[1], "kubeconform")
    assert machine.run("bin", "kubeconform")[0] == 0
    assert "built" in row(machine.run("list")[1], "kubeconform")
    (made,) = (machine.cache / "bin").glob("[!.]*")
    assert [path.name for path in made.iterdir()] == ["kubeconform"]
    assert not list((machine.cache / "bin").glob(".*part*"))


def row(table: str, name: str) -> str:
    return next(line for line in lines(table) if line.startswith(name))


def test_two_at_once_build_once(machine: Machine) -> None:
    machine.install_go()
    (machine.folder / "free").unlink()
    with machine.start("bin", "kubeconform") as first:
        machine.building()
        with machine.start("bin", "kubeconform") as second:
            assert second.stderr is not None
            begun = [second.stderr.readline() for _ in range(2)]
            assert "waiting for another process that is making the same" in begun[1]
            (machine.folder / "free").touch()
            assert first.communicate()[0] == second.communicate()[0]
    assert machine.builds() == 1


def test_a_build_that_fails_says_what_the_compiler_said(machine: Machine) -> None:
    machine.install_go()
    status, out, err = machine.run("bin", "kubeconform", FAKE_DOES="fail")
    assert (status, out) == (1, "")
    assert "kubeconform 0.8.0: go build failed." in err
    assert "x.go:1:2: undefined: y" in err
    assert not list((machine.cache / "bin").glob("[!.]*"))


def test_a_program_of_another_version_than_the_pinned_one_is_refused(machine: Machine) -> None:
    machine.install_go()
    (machine.path / "go").write_text(FAKE_GO.replace("echo ", "echo 9.9.9 "))
    status, _, err = machine.run("bin", "kubeconform")
    assert status == 1
    assert "kubeconform: built 9.9.9, pinned 0.8.0." in err


def test_the_place_of_several_is_told(machine: Machine) -> None:
    machine.install_go()
    status, out, err = machine.run("bin", "kserve-llmisvc", "kubeconform")
    assert status == 0
    assert [Path(line).name for line in lines(out)] == ["kserve-llmisvc", "kubeconform"]
    first, _, second, _ = lines(err)
    assert first.endswith("making kubeconform 0.8.0: about 30 seconds the first time, 1 of 2")
    assert f"making {BY_PROGRAM['kserve-llmisvc'].called}: about 5 minutes" in second
    assert second.endswith(", 2 of 2")


def test_etcd_is_the_one_of_the_virtual_environment() -> None:
    assert installed.etcd() == Path(sys.prefix) / "bin" / "etcd"


def test_without_it_an_installed_etcd_is_taken_when_it_is_new_enough(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(machine.folder))
    monkeypatch.setattr(sys, "executable", str(machine.folder / "python"))
    monkeypatch.setenv("PATH", str(machine.path))
    with pytest.raises(ToolchainError, match=r"etcd 3.5 or newer is needed, and none here"):
        installed.etcd()
    path = machine.install("etcd", "etcd Version: 3.4.9")
    with pytest.raises(ToolchainError, match=rf"the one at {path} is 3.4.9: install"):
        installed.etcd()
    machine.install("etcd", "etcd Version: 3.6.1")
    assert installed.etcd() == path


@pytest.fixture
def pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Project, Path]:
    """A project whose pins a test may change."""
    project = BY_PROGRAM["podsecurity"]
    folder = tmp_path / project.name
    shutil.copytree(project.folder, folder)
    monkeypatch.setattr(projects, "HERE", tmp_path)
    return project, folder


@pytest.mark.parametrize("name", ["go.mod", "go.sum", "main.go"])
def test_another_pin_is_another_place_in_the_cache(pinned: tuple[Project, Path], name: str) -> None:
    project, folder = pinned
    before = key(project)
    assert key(project) == before
    with (folder / name).open("a") as file:
        file.write("\n// changed\n")
    assert key(project) != before


def test_sources_are_found_again_without_go(machine: Machine) -> None:
    machine.install_go()
    (source, *_) = golang.sources()
    assert folder_of(machine, source, FAKE_SUM=source.sum) == (0, f"{machine.folder}\n", "")
    (machine.path / "go").unlink()
    assert folder_of(machine, source) == (0, f"{machine.folder}\n", "")


def test_a_source_that_is_gone_is_fetched_again(machine: Machine) -> None:
    (source, *_) = golang.sources()
    status, _, err = folder_of(machine, source)
    assert status == 1
    assert f"{source.module} {source.version}: fetched by Go, and no `go` is on PATH" in err
    machine.install_go()
    folder_of(machine, source, FAKE_SUM=source.sum)
    (note,) = (machine.cache / "modules").iterdir()
    note.write_text(str(machine.folder / "gone"))
    assert folder_of(machine, source, FAKE_SUM=source.sum)[1] == f"{machine.folder}\n"


def test_a_source_of_another_sum_is_refused(machine: Machine) -> None:
    machine.install_go()
    (source, *_) = golang.sources()
    status, _, err = folder_of(machine, source, FAKE_SUM="h1:other=")
    assert status == 1
    assert "It is not the archive that was pinned" in err
    assert not list(machine.cache.glob("modules/*"))


def folder_of(machine: Machine, source: golang.Source, **more: str) -> tuple[int, str, str]:
    asked = f"from tools.golang import folders; print(*folders({source.module!r}).values())"
    ran = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=ROOT,
        env=machine.environment(**more),
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stdout, ran.stderr


def test_what_runs_is_what_the_schemas_and_the_pins_are_of() -> None:
    read = {source.module: source.version for source in golang.sources()}
    read |= {row.path: row.version for row in pins.MODULES}
    built = {
        (project.module, golang.pinned(project.folder, project.module))
        for project in PROJECTS
        if project.module in read
    }
    modules = {module for module, _ in built}
    assert {"k8s.io/kubernetes", "knative.dev/serving", "github.com/kyverno/kyverno"} <= modules
    assert built == {(module, read[module]) for module in modules}


def test_the_control_plane_does_not_wait_for_what_a_node_needs() -> None:
    assert {"containerd", "kubelet", "knative-activator"} <= set(NODE)
    assert not set(NODE) & set(LOCAL)
