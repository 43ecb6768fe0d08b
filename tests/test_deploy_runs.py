"""Stacks that stand on one another: which run, in what order, and what a failure stops."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from catalog.objects import Object
from deploy import recovery
from deploy.engine import Engine
from deploy.journal import left_behind, opened
from deploy.operations import Verb
from deploy.records import Record, record, recorded
from deploy.runs import Order, Runs, tallies, unchanged
from deploy.tally import Tally
from deploy.workspace import stacks
from tests.fake_pulumi import URN, Pulumi, error, step

TEAMS = ("risk", "search", "supply")
DIGESTS = {name: f"digest of {name}" for name in ("local", *TEAMS)}
LOCK = (
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to "
    "end or delete the lock file with `pulumi cancel`.\n  file:///state/.pulumi/locks/organization"
    "/slipway/risk/1.json?no_tmp_dir=true: created by me@here (pid {pid}) at 2026-01-01T00:00:00Z"
)


@pytest.fixture
def pulumi() -> Pulumi:
    return Pulumi("local", *TEAMS)


@pytest.fixture
def engine(tmp_path: Path, pulumi: Pulumi) -> Engine:
    for name in ("local", *TEAMS, "new"):
        (tmp_path / f"Pulumi.{name}.yaml").write_text("config: {}\n", "utf-8")
    return Engine(
        root=tmp_path,
        environment={},
        command=pulumi,
        records=tmp_path / "records",
        copies=tmp_path / "copies",
        journals=tmp_path / "journals",
        state=tmp_path / "state",
    )


def order(verb: Verb = Verb.UP, **changed: object) -> Order:
    told = {"verb": verb, "first": "local", "others": TEAMS, "digests": DIGESTS, "parallel": 2}
    return Order(**{**told, **changed})  # pyright: ignore[reportArgumentType]


def run(engine: Engine, asked: Order) -> tuple[bool, Mapping[str, Tally], list[str]]:
    there, said = stacks(engine), list[str]()
    same = unchanged(engine, asked, there)
    running = tallies([name for name in asked.names if name not in same], lambda _: 0)
    runs = Runs(engine, lambda stack, line: said.append(f"{stack}: {line}"))
    return runs.run(asked, running, there), running, said


def quiet(*_: str) -> None:
    """Tells nobody."""


def test_what_others_stand_on_is_first_and_on_destroy_last(engine: Engine, pulumi: Pulumi) -> None:
    assert run(engine, order())[0]
    assert pulumi.ran("up")[0] == "local"
    assert set(pulumi.ran("up")[1:]) == set(TEAMS)
    assert run(engine, order(Verb.DESTROY))[0]
    assert pulumi.ran("destroy")[-1] == "local"
    assert set(pulumi.ran("destroy")[:-1]) == set(TEAMS)


def test_stacks_run_side_by_side_within_the_limit(engine: Engine, pulumi: Pulumi) -> None:
    both, most, now = threading.Barrier(2, timeout=30), [0], [0]
    lock = threading.Lock()

    def during(stack: str) -> None:
        if stack == "local":
            return
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        if stack != "supply":
            both.wait()  # Nobody passes alone.
        with lock:
            now[0] -= 1

    pulumi.during = during
    assert run(engine, order())[0]
    assert most == [2]


def test_what_was_applied_is_not_run_again(engine: Engine, pulumi: Pulumi) -> None:
    assert run(engine, order())[0]
    pulumi.calls.clear()
    ok, running, _ = run(engine, order())
    assert ok
    assert running == {}
    assert pulumi.ran("up") == []


def test_only_what_changed_is_run(engine: Engine, pulumi: Pulumi) -> None:
    assert run(engine, order())[0]
    pulumi.calls.clear()
    assert run(engine, order(digests={**DIGESTS, "search": "another"}))[0]
    assert pulumi.ran("up") == ["search"]


def test_all_runs_everything_and_so_does_a_repair(engine: Engine, pulumi: Pulumi) -> None:
    assert run(engine, order())[0]
    for repair in (False, True):
        pulumi.calls.clear()
        assert run(engine, order(everything=not repair, repair=repair))[0]
        assert set(pulumi.ran("up")) == {"local", *TEAMS}
        assert {"--refresh" in args for args in pulumi.calls if args[0] == "up"} == {repair}


def test_what_somebody_else_applied_is_run(engine: Engine, pulumi: Pulumi) -> None:
    assert run(engine, order())[0]
    pulumi.calls.clear()
    pulumi.stacks["risk"].written = pulumi.stacks["risk"].written.replace(year=2027)
    assert run(engine, order())[0]
    assert pulumi.ran("up") == ["risk"]


def test_a_stack_without_a_digest_is_always_run(engine: Engine, pulumi: Pulumi) -> None:
    less = {name: digest for name, digest in DIGESTS.items() if name != "local"}
    assert run(engine, order(digests=less))[0]
    pulumi.calls.clear()
    assert run(engine, order(digests=less))[0]
    assert pulumi.ran("up") == ["local"]


def test_one_that_fails_stops_no_other_and_is_run_again(engine: Engine, pulumi: Pulumi) -> None:
    pulumi.log["risk"] = [error("it is wrong")]
    pulumi.fails["risk"] = "error: update failed"
    ok, running, _ = run(engine, order())
    assert not ok
    assert {name: tally.phase for name, tally in running.items()} == {
        "local": "done", "risk": "failed", "search": "done", "supply": "done",
    }  # fmt: skip
    assert [failure.message for failure in running["risk"].failures] == ["it is wrong"]
    del pulumi.fails["risk"], pulumi.log["risk"]
    pulumi.calls.clear()
    assert run(engine, order())[0]
    assert pulumi.ran("up") == ["risk"]


def test_nothing_is_run_on_what_failed(engine: Engine, pulumi: Pulumi) -> None:
    pulumi.fails["local"] = "error: something"
    ok, running, _ = run(engine, order())
    assert not ok
    assert pulumi.ran("up") == ["local"]
    assert {running[team].phase for team in TEAMS} == {"not run"}


def test_what_stands_on_it_holds_a_destroy_up(engine: Engine, pulumi: Pulumi) -> None:
    pulumi.fails["risk"] = "error: something"
    ok, running, _ = run(engine, order(Verb.DESTROY))
    assert not ok
    assert "local" not in pulumi.ran("destroy")
    assert running["local"].phase == "not run"


def test_what_stands_on_a_cloud_that_is_not_there_yet_is_not_previewed(
    engine: Engine, pulumi: Pulumi
) -> None:
    cloud = Engine(engine.root, {}, pulumi, engine.records)
    pulumi.stacks["local"].count = 0
    ok, running, _ = run(cloud, order(Verb.PREVIEW))
    assert ok
    assert pulumi.ran("preview") == ["local"]
    assert running["risk"].why.startswith("because local is not there yet")
    assert run(engine, order(Verb.PREVIEW))[0]  # On the plane they ask it for nothing.
    assert set(pulumi.ran("preview")) == {"local", *TEAMS}


def test_no_other_stack_begins_once_it_is_told_to_stop(engine: Engine, pulumi: Pulumi) -> None:
    asked = order(parallel=1)
    running = tallies(asked.names, lambda _: 0)
    runs = Runs(engine, quiet)
    pulumi.during = lambda stack: runs.stopped.set() if stack == "risk" else None
    assert not runs.run(asked, running, stacks(engine))
    assert pulumi.ran("up") == ["local", "risk"]
    assert {name: tally.phase for name, tally in running.items()} == {
        "local": "done", "risk": "done", "search": "not run", "supply": "not run",
    }  # fmt: skip


def test_what_goes_wrong_beside_the_engine_is_told(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("deploy.operations.settings_of", full)
    ok, running, _ = run(engine, order())
    assert not ok
    [failure] = running["local"].failures
    assert "No space left on device" in failure.message
    assert "run the command again" in failure.remedy


def test_a_run_that_ended_well_did_so_though_nobody_can_be_asked_when(
    engine: Engine, pulumi: Pulumi
) -> None:
    asked = order()
    there, running = stacks(engine), tallies(asked.names, lambda _: 0)
    runs = Runs(engine, quiet)
    pulumi.silent = True
    assert runs.run(asked, running, there)
    assert recorded(engine.records, "risk") is None


def test_what_somebody_else_applied_meanwhile_is_not_recorded_as_ours(
    engine: Engine, pulumi: Pulumi
) -> None:
    def during(stack: str) -> None:
        if stack == "supply":
            later = datetime.now(UTC) + timedelta(microseconds=1)
            pulumi.stacks["risk"].written = later

    pulumi.during = during
    assert run(engine, order(parallel=1))[0]
    assert recorded(engine.records, "risk") is None
    assert recorded(engine.records, "search") is not None


def test_a_state_that_could_not_be_written_leaves_the_journal(
    engine: Engine, pulumi: Pulumi
) -> None:
    pulumi.fails["risk"] = "error: writing snapshot: failed to save snapshot: no space left"
    assert not run(engine, order())[0]
    assert left_behind(engine.journals, "risk")


def test_a_destroyed_stack_is_made_again(engine: Engine, pulumi: Pulumi) -> None:
    assert run(engine, order())[0]
    assert run(engine, order(Verb.DESTROY))[0]
    pulumi.calls.clear()
    assert run(engine, order())[0]
    assert set(pulumi.ran("up")) == {"local", *TEAMS}


def test_a_local_stack_is_made_where_it_is_missing(engine: Engine, pulumi: Pulumi) -> None:
    assert run(engine, order(first="new", others=()))[0]
    assert "new" in pulumi.stacks
    assert "encryptionsalt" not in (engine.root / "Pulumi.new.yaml").read_text("utf-8")


def test_a_clouds_stack_is_its_owners_to_make(engine: Engine, pulumi: Pulumi) -> None:
    cloud = Engine(engine.root, {}, pulumi, engine.records)
    pulumi.fails["new"] = "error: no stack named 'new' found"
    pulumi.stacks.pop("risk")
    pulumi.during = lambda stack: pulumi.stacks.setdefault(stack, pulumi.stacks["local"]) and None
    ok, running, _ = run(cloud, order(first="new", others=()))
    assert not ok
    [failure] = running["new"].failures
    assert "pulumi stack init new" in failure.remedy
    assert not any(args[:2] == ("stack", "init") for args in pulumi.calls)


# What a killed run leaves behind


def test_a_lock_of_a_process_that_is_gone_is_taken_away(engine: Engine, pulumi: Pulumi) -> None:
    assert engine.state is not None
    locks = engine.state / ".pulumi" / "locks" / "organization" / "slipway" / "risk"
    locks.mkdir(parents=True)
    mine, another = locks / "1.json", locks / "2.json"
    mine.touch()
    another.touch()  # Taken since by a run that lives.
    pulumi.locked["risk"] = mine
    pulumi.fails["risk"] = LOCK.format(pid=2**22 + 1)  # Above the kernel's largest.
    ok, _, said = run(engine, order())
    assert ok
    assert not mine.exists()
    assert another.exists()
    assert [line for line in said if "lock" in line] == [
        "risk: a run that was killed left its lock (me@here, process 4194305, since "
        "2026-01-01T00:00:00Z); taking it away"
    ]


def test_a_lock_of_another_backend_is_left_to_a_person(engine: Engine, pulumi: Pulumi) -> None:
    cloud = Engine(engine.root, {}, pulumi, engine.records)
    pulumi.fails["risk"] = LOCK.format(pid=2**22 + 1)
    ok, running, _ = run(cloud, order())
    assert not ok
    [failure] = running["risk"].failures
    assert failure.message.startswith("another run holds the stack: me@here, process 4194305")
    assert "pulumi cancel --stack risk" in failure.remedy
    assert not any(args[0] == "cancel" for args in pulumi.calls)


def pending(kind: str, name: str, how: str) -> dict[str, object]:
    namespace, _, own = name.rpartition("/")
    urn = f"urn:pulumi:risk::slipway::slipway:kubernetes:Tenant${kind}::{name}"
    inputs = {"metadata": {"name": own, "namespace": namespace}}
    return {"type": how, "resource": {"urn": urn, "inputs": inputs}}


def test_what_was_being_done_is_looked_at_first(engine: Engine, pulumi: Pulumi) -> None:
    made = pending("kubernetes:core/v1:ConfigMap", "risk-fraud/a", "creating")
    gone = pending("kubernetes:core/v1:ConfigMap", "risk-fraud/b", "deleting")
    pulumi.stacks["risk"].pending = [made, gone]
    ok, _, said = run(engine, order())
    assert ok
    [refresh] = [args for args in pulumi.calls if args[0] == "refresh"]
    first = made["resource"]["urn"]  # pyright: ignore[reportIndexIssue]
    assert "--target" not in refresh  # The engine knows nothing by that name yet.
    imported = [refresh[at + 1] for at, arg in enumerate(refresh) if arg.startswith("--import")]
    assert imported == [first, "risk-fraud/a"]
    assert pulumi.calls.index(refresh) < next(
        at for at, args in enumerate(pulumi.calls) if args[0] == "up" and "risk" in args
    )
    assert any("cut short at ConfigMap risk-fraud/a" in line for line in said)


def test_only_what_was_being_changed_is_looked_at(engine: Engine, pulumi: Pulumi) -> None:
    gone = pending("kubernetes:core/v1:ConfigMap", "risk-fraud/b", "deleting")
    pulumi.stacks["risk"].pending = [gone]
    assert run(engine, order())[0]
    [refresh] = [args for args in pulumi.calls if args[0] == "refresh"]
    urn = gone["resource"]["urn"]  # pyright: ignore[reportIndexIssue]
    assert [refresh[at + 1] for at, arg in enumerate(refresh) if arg == "--target"] == [urn]


def test_what_a_cloud_named_is_asked_for(engine: Engine, pulumi: Pulumi) -> None:
    pulumi.stacks["risk"].pending = [pending("aws:iam/role:Role", "slipway-dev-velero", "creating")]
    _, _, said = run(engine, order())
    assert not any(args[0] == "refresh" for args in pulumi.calls)
    assert any("pulumi refresh --stack risk asks for it" in line for line in said)


def made(name: str) -> str:
    metadata = {"name": name, "namespace": "risk-fraud"}
    inputs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    return step("create", "core/v1:ConfigMap", name, key="resourcePreEvent", **inputs)


@pytest.fixture
def deleted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what is deleted in the cluster; `gone` was not there."""
    found: list[str] = []

    def delete(_: Engine, obj: Object) -> bool:
        found.append(obj["metadata"]["name"])
        return found[-1] != "gone"

    monkeypatch.setattr(recovery, "_deleted", delete)
    return found


def killed(engine: Engine, pulumi: Pulumi, *lines: str) -> None:
    """A run of `risk` that is killed after these lines, and half of another."""
    pulumi.log["risk"] = [*lines, '{"sequence": 1, "resourcePreEvent": {"meta']
    pulumi.killed.add("risk")
    ok, running, _ = run(engine, order())
    assert not ok
    assert running["risk"].phase == "failed"
    pulumi.killed.clear()
    pulumi.log.clear()
    pulumi.calls.clear()


def test_after_a_killed_run_all_is_looked_at_and_orphans_go(
    engine: Engine, pulumi: Pulumi, deleted: list[str]
) -> None:
    ended = step("create", "core/v1:ConfigMap", "wanted")
    killed(engine, pulumi, made("wanted"), ended, made("orphan"), made("gone"))
    pulumi.stacks["risk"].urns = [
        URN.format(stack="local", kind="core/v1:ConfigMap", name="wanted")
    ]
    ok, _, said = run(engine, order())
    assert ok
    [up] = [args for args in pulumi.calls if args[0] == "up"]
    assert "risk" in up
    assert "--refresh" in up
    assert deleted == ["orphan", "gone"]
    assert said == [
        "risk: a run was cut short at ConfigMap orphan, ConfigMap gone; looking at all that is "
        "there",
        "risk: ConfigMap orphan was made by the run that was killed, and is gone now",
    ]
    pulumi.calls.clear()
    assert run(engine, order(everything=True))[0]
    assert not any("--refresh" in args for args in pulumi.calls)


def test_an_edit_that_is_undone_after_a_kill_is_no_reason_to_skip(
    engine: Engine, pulumi: Pulumi, deleted: list[str]
) -> None:
    assert run(engine, order())[0]
    pulumi.killed.add("risk")
    assert not run(engine, order(digests={**DIGESTS, "risk": "edited"}))[0]
    pulumi.killed.clear()
    pulumi.calls.clear()
    assert run(engine, order())[0]
    assert pulumi.ran("up") == ["risk"]
    assert deleted == []


def test_a_journal_outlives_the_runs_that_fail_after_it(
    engine: Engine, pulumi: Pulumi, deleted: list[str]
) -> None:
    killed(engine, pulumi, made("orphan"))
    pulumi.fails["risk"] = "error: something"
    assert not run(engine, order())[0]
    assert deleted == []
    pulumi.fails.clear()
    assert run(engine, order())[0]
    assert deleted == ["orphan"]


def test_so_is_what_a_lost_provider_was_asked_for(
    engine: Engine, pulumi: Pulumi, deleted: list[str]
) -> None:
    pulumi.log["risk"] = [made("orphan")]
    pulumi.fails["risk"] = "rpc error: code = Unavailable desc = error reading from server: EOF"
    assert not run(engine, order())[0]
    pulumi.fails.clear()
    pulumi.log.clear()
    assert run(engine, order())[0]
    assert deleted == ["orphan"]


def test_the_journal_of_a_run_that_lasts_is_its_own(engine: Engine) -> None:
    assert engine.journals is not None
    with opened(engine.journals, "risk") as journal:
        journal.path.write_text(made("a"), "utf-8")
        assert left_behind(engine.journals, "risk") == ()
        journal.over = True
    assert not journal.path.exists()
    assert run(engine, order())[0]
    assert list(engine.journals.iterdir()) == []


def test_a_stack_that_another_run_works_on_is_not_as_it_was_applied(engine: Engine) -> None:
    assert engine.journals is not None
    assert run(engine, order())[0]
    there = stacks(engine)
    assert "risk" in unchanged(engine, order(), there)
    with opened(engine.journals, "risk"):
        assert "risk" not in unchanged(engine, order(), there)


def test_the_state_is_written_once_where_there_is_a_journal(engine: Engine, pulumi: Pulumi) -> None:
    cloud = Engine(engine.root, {}, pulumi, engine.records)
    for each, told in ((engine, "true"), (cloud, None)):
        pulumi.environments.clear()
        assert run(each, order(everything=True))[0]
        found = {env.get("PULUMI_SKIP_CHECKPOINTS") for env in pulumi.environments}
        assert found == {told}


def test_a_preview_changes_nothing(engine: Engine, pulumi: Pulumi) -> None:
    pulumi.stacks["risk"].pending = [pending("kubernetes:core/v1:ConfigMap", "a/b", "creating")]
    assert run(engine, order(Verb.PREVIEW))[0]
    assert not {args[0] for args in pulumi.calls} & {"up", "refresh", "destroy", "cancel"}
    assert recorded(engine.records, "risk") is None


# Records


def test_a_record_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    record(tmp_path / "deep" / "folder", "risk", Record("a", "b"))
    assert recorded(tmp_path / "deep" / "folder", "risk") == Record("a", "b")
    for text in ("", "{", "[]", '{"digest": "a"}', '{"digest": "a", "written": "b", "more": 1}'):
        (tmp_path / "risk.json").write_text(text, "utf-8")
        assert recorded(tmp_path, "risk") is None
    record(tmp_path / "risk.json" / "below", "risk", Record("a", "b"))  # No folder can be there.


def test_what_an_up_does_is_counted(engine: Engine, pulumi: Pulumi) -> None:
    labels = {"labels": {"slipway.dev/endpoint": "scorer"}, "namespace": "risk-fraud"}
    pulumi.log["risk"] = [
        step("create", "core/v1:ConfigMap", "risk-fraud/a", metadata=labels),
        step("update", "core/v1:ConfigMap", "risk-fraud/b", metadata=labels),
        step("delete", "core/v1:ConfigMap", "risk-fraud/c", metadata={"namespace": "risk-fraud"}),
        step("same", "core/v1:ConfigMap", "risk-fraud/d", metadata=labels),
        step("replace", "core/v1:ConfigMap", "risk-fraud/e"),
        step("create-replacement", "core/v1:ConfigMap", "risk-fraud/e"),
    ]
    _, running, _ = run(engine, order())
    tally = running["risk"]
    assert tally.counts == {"created": 1, "updated": 1, "deleted": 1, "unchanged": 1, "replaced": 1}
    assert tally.endpoints == {"risk-fraud/scorer": {"created", "updated"}}
