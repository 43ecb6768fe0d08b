"""`slipway status` as people and scripts run it, against an API server on loopback."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from deploy.cluster import ClusterError, Target, access_to
from deploy.outputs import outputs_of
from deploy.status.declared import Declared
from deploy.status.reader import Reader
from deploy.status.snapshot import KINDS, Snapshot
from deploy.status.wait import wait
from local.place import Place
from tests.api_server import CONTEXT, ApiServer, serving
from tests.fleets import FILE, fleet_files, sklearn
from tests.observed import World, ago, condition, made
from tests.test_plan import STACK

Status = Callable[..., Result]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the entry that the world is made of."""
    root = tmp_path / "repo"
    files = fleet_files({"fraud": sklearn()})
    files["Pulumi.dev.yaml"] = STACK.format(name="dev", tiers="dev, staging")
    files["Pulumi.prod.yaml"] = STACK.format(name="prod", tiers="production")
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    monkeypatch.chdir(root)
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SLIPWAY_LOCAL", str(tmp_path / "planes"))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "of-the-shell"))
    monkeypatch.setenv("COLUMNS", "100")
    return root


@pytest.fixture
def status(repo: Path, world: World) -> Status:
    """Runs the command against an API server that holds the world."""

    def run(*arguments: str, code: int = 0, **settings: Any) -> Result:
        with serving(ApiServer(_everything(world), **settings)) as api:
            file = api.kubeconfig(repo.parent)
            words = ["status", "--stack", "dev", "--kubeconfig", str(file), *arguments]
            result = CliRunner().invoke(main, words, prog_name="slipway")
        assert result.exit_code == code, result.output
        return result

    return run


def _everything(world: World) -> dict[str, Any]:
    """Every kind has its CRD, with objects or without; events are of both types."""
    normal = {"metadata": made("x"), "type": "Normal", "reason": "Created"}
    return {**{kind.name: [] for kind in KINDS}, **world.objects, "Event": [normal]}


# exit statuses


def test_all_ready_exits_0(status: Status) -> None:
    result = status()
    assert "✓ risk/scoring/fraud  Ready  1 of 1" in result.stdout
    assert result.stdout.rstrip().endswith("1 endpoint: 1 Ready")
    assert result.stderr == ""


def test_anything_not_ready_exits_1(world: World, status: Status) -> None:
    world.drop("InferenceService")
    result = status(code=1)
    assert "✗ risk/scoring/fraud  Missing" in result.stdout
    assert "→ run slipway up --stack dev" in result.stdout


def test_what_nobody_declares_exits_1(world: World, status: Status) -> None:
    world.add("InferenceService", {"metadata": {**made("old"), "name": "old"}})
    assert "? risk/scoring/old    Not declared" in status(code=1).stdout


def test_a_wrong_call_exits_2(status: Status) -> None:
    assert "there is no endpoint 'frud': did you mean 'fraud'" in status("frud", code=2).stderr
    assert "there is no team" in status("--team", "rsk", code=2).stderr
    assert "there is no project" in status("--project", "x", code=2).stderr


def test_a_cluster_that_does_not_answer_exits_3(status: Status) -> None:
    result = status(broken=frozenset({"Pod"}), code=3)
    assert "etcdserver: request timed out" in result.stderr
    assert result.stdout == ""


def test_a_cluster_that_is_not_there_exits_3(repo: Path) -> None:
    with serving(ApiServer({})) as api:
        file = api.kubeconfig(repo.parent)
    words = ["status", "--stack", "dev", "--kubeconfig", str(file)]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 3
    assert "cannot be reached" in result.stderr
    assert "Traceback" not in result.output


def test_an_entry_with_an_error_is_told_before_any_cluster_is_asked(
    repo: Path, status: Status
) -> None:
    file = repo / FILE
    file.write_text(file.read_text("utf-8").replace("sklearn", "sklern"), "utf-8")
    assert "sklern" in status(code=1).stderr


def test_watching_prints_what_changes_and_exits_by_the_last_look(
    world: World, status: Status, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([lambda: None, world.never_ready, lambda: None])

    def sleep(seconds: float) -> None:
        assert seconds > 0
        happens = next(looks, None)
        if happens is None:
            raise KeyboardInterrupt
        happens()

    monkeypatch.setattr("time.sleep", sleep)
    result = status("--watch", code=1)
    assert re.findall(r"^  . risk/scoring/fraud +(\w+)", result.stdout, re.MULTILINE) == [
        "Ready",
        "Waiting",
    ]


# what is asked


def test_names_choose_endpoints(status: Status) -> None:
    assert "risk/scoring/fraud" in status("fraud").stdout
    assert "risk/scoring/fraud" in status("risk/scoring/fraud").stdout
    assert "risk/scoring/fraud" in status("--team", "risk", "--project", "scoring").stdout


def test_few_namespaces_are_asked_one_by_one_and_many_at_once(repo: Path, world: World) -> None:
    for words, path in (
        ([], "/api/v1/pods?"),
        (["fraud"], "/api/v1/namespaces/risk-scoring/pods?"),
    ):
        with serving(ApiServer(_everything(world))) as api:
            file = api.kubeconfig(repo.parent)
            CliRunner().invoke(
                main, ["status", "--stack", "dev", "--kubeconfig", str(file), *words]
            )
        assert sum(path in url for url in api.requests) == 1
        assert all("limit=" in url for url in api.requests)


def test_answers_in_chunks_are_read_to_their_end(world: World, status: Status) -> None:
    for number in range(5):
        world.add("InferenceService", {"metadata": {**made(f"old-{number}"), "labels": {}}})
    found = status(code=1, most=2).stdout
    assert [n for n in range(5) if f"risk/scoring/old-{n}" in found] == [0, 1, 2, 3, 4]


def test_a_cluster_without_some_kinds_is_read_by_the_others(world: World, repo: Path) -> None:
    held = {kind: objects for kind, objects in _everything(world).items() if kind != "NodeClaim"}
    with serving(ApiServer(held)) as api:
        file = api.kubeconfig(repo.parent)
        result = CliRunner().invoke(main, ["status", "--stack", "dev", "--kubeconfig", str(file)])
    assert result.exit_code == 0, result.output


def test_a_kind_that_may_not_be_read_is_noted(status: Status) -> None:
    result = status(forbidden=frozenset({"Pod"}))
    assert "not seen: Pod may not be read: pods is forbidden" in " ".join(result.stdout.split())


def test_json_holds_all_of_it(world: World, status: Status) -> None:
    world.by_hand("spec.predictor.maxReplicas", 9)
    found = json.loads(status("--format", "json", code=1).stdout)
    assert (found["version"], found["ok"]) == (1, False)
    [stack] = found["stacks"]
    assert stack["counts"] == {"Changed by hand": 1}
    [endpoint] = stack["endpoints"]
    assert (endpoint["team"], endpoint["name"], endpoint["ok"]) == ("risk", "fraud", False)
    assert [cause["code"] for cause in endpoint["causes"]] == ["changed"]


@pytest.mark.parametrize("width", [80, 120])
def test_long_causes_wrap_within_the_width(
    world: World, status: Status, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    message = " ".join(f"word{number}" for number in range(60))
    world.not_ready(condition("PredictorReady", "False", "Meteorite", message))
    lines = status(code=1).stdout.splitlines()
    told = [line for line in lines if "word" in line]
    assert len(told) > 2
    assert all(len(line) <= width for line in lines)
    assert all(line.startswith(" " * 6) for line in told)
    assert re.findall(r"word\d+", " ".join(told)) == message.split()


# where the cluster is


def target(**settings: Any) -> Target:
    given: dict[str, Any] = {"stack": "dev", "local": False, "region": "eu-west-1", **settings}
    return Target(**given)


def nothing(stack: str) -> dict[str, Any]:
    raise AssertionError(f"asked for the outputs of {stack}")


def test_the_shells_context_is_never_taken_by_itself(repo: Path) -> None:
    with serving(ApiServer({})) as api:
        api.kubeconfig(repo.parent).rename(repo.parent / "of-the-shell")
    with pytest.raises(ClusterError, match="the stack dev does not export clusterName"):
        access_to(target(), repo, lambda _: {})


def test_a_context_that_is_named_is_looked_for_where_kubectl_looks(repo: Path) -> None:
    with serving(ApiServer({})) as api:
        api.kubeconfig(repo.parent, current="").rename(repo.parent / "of-the-shell")
    found = access_to(target(), repo, nothing, context=CONTEXT)
    assert found.config.cluster.server == f"http://127.0.0.1:{api.port}"
    assert not found.by_proxy
    with pytest.raises(ClusterError, match="context 'elsewhere' is not in"):
        access_to(target(), repo, nothing, context="elsewhere")


def test_a_stack_in_a_cloud_is_found_by_what_its_platform_exported(repo: Path) -> None:
    exported = {"clusterName": "slipway-dev", "clusterEndpoint": "https://eks", "clusterCa": "QQ=="}
    asked: list[str] = []

    def outputs(stack: str) -> dict[str, Any]:
        asked.append(stack)
        return exported

    found = access_to(target(platform="prod"), repo, outputs)
    assert asked == ["prod"]
    assert found.config.cluster.server == "https://eks"
    assert found.config.user is not None
    assert found.config.user.exec is not None
    assert found.config.user.exec.command == "aws"
    assert found.by_proxy


def test_the_local_stack_is_found_by_its_plane_alone(repo: Path) -> None:
    with pytest.raises(ClusterError, match="slipway local up"):
        access_to(target(local=True), repo, nothing)
    place = Place.of(repo)
    place.folder.mkdir(parents=True)
    with serving(ApiServer({})) as api:
        text = api.kubeconfig(repo.parent).read_text("utf-8").replace(CONTEXT, "slipway-local")
        place.kubeconfig.write_text(text, "utf-8")
    found = access_to(target(local=True), repo, nothing)
    assert found.config.context_name == "slipway-local"


@pytest.mark.parametrize("text", ["", "- 1", "a: [", "clusters: 1\ncontexts: []", "{}"])
def test_a_kubeconfig_that_is_none_is_told(repo: Path, text: str) -> None:
    file = repo / "config"
    file.write_text(text, "utf-8")
    with pytest.raises(ClusterError, match="config"):
        access_to(target(), repo, nothing, kubeconfig=file)


def test_why_the_outputs_of_a_stack_are_not_known_is_told(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = repo / "pulumi"
    engine.write_text("#!/bin/sh\necho 'error: no stack named dev found' >&2\nexit 255\n", "utf-8")
    engine.chmod(0o755)
    monkeypatch.setattr("deploy.engine.binary", lambda _: engine)
    with pytest.raises(ClusterError, match="no stack named dev found; sign in with pulumi login"):
        outputs_of(repo, "dev")
    engine.write_text('#!/bin/sh\necho \'{"clusterName": "slipway-dev"}\'\n', "utf-8")
    assert outputs_of(repo, "dev") == {"clusterName": "slipway-dev"}


# waiting


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Film:
    """A cluster that is another at each look, and stays as it was at the last."""

    def __init__(self, *worlds: World | Exception) -> None:
        self._worlds = worlds
        self.looks = 0

    def __call__(self, declared: Declared) -> Snapshot:
        del declared
        self.looks += 1
        world = self._worlds[min(self.looks, len(self._worlds)) - 1]
        if isinstance(world, Exception):
            raise world
        return world.snapshot


def watched(film: Film, deadline: float = 60.0) -> list[str]:
    time = Time()
    seen = wait(film, World().declared, deadline, clock=time, sleep=time.sleep)
    return [str(verdicts.each[0].state) for verdicts in seen]


def on_its_way() -> World:
    world = World()
    world.never_ready()
    return world


def absent() -> World:
    world = World()
    world.drop("InferenceService")
    return world


def test_waiting_tells_each_change_and_ends_when_all_is_ready() -> None:
    film = Film(on_its_way(), on_its_way(), World())
    assert watched(film) == ["Waiting", "Ready"]
    assert film.looks == 3


def test_waiting_ends_on_what_it_does_not_mend_once_it_is_sure() -> None:
    assert watched(Film(absent(), absent(), World())) == ["Missing", "Missing"]
    assert watched(Film(absent(), on_its_way(), World())) == ["Missing", "Waiting", "Ready"]


def test_waiting_ends_at_its_deadline() -> None:
    assert watched(Film(on_its_way()), deadline=3.0)[-1] == "Waiting"


def test_waiting_outlasts_an_api_server_that_starts_again() -> None:
    lost = ClusterError("refused")
    assert watched(Film(on_its_way(), lost, lost, World())) == ["Waiting", "Ready"]
    with pytest.raises(ClusterError, match="refused"):
        watched(Film(lost), deadline=300.0)


def test_a_reader_reads_the_same_cluster_again_and_again(repo: Path, world: World) -> None:
    with serving(ApiServer(_everything(world))) as api:
        access = access_to(target(), repo, nothing, kubeconfig=api.kubeconfig(repo.parent))
        with Reader(access) as reader:
            first, second = reader.read(world.declared), reader.read(world.declared)
    assert first.objects == second.objects
    assert first.objects["Event"] == ()
    assert first.taken <= second.taken
    assert ago() < first.taken.isoformat()
