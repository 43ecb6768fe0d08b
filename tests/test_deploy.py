"""What the engine says: its events, its failures in people's words, and fields that change."""

import json
from collections import Counter
from io import StringIO
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest
from rich.console import Console

from cli.formats.runs import run_lines
from cli.output import plain
from cli.progress import rows, shown
from deploy.events import Broken, Said, Step, Thing, heard, parsed, thing_of
from deploy.failures import command_failure, failure_of
from deploy.fields import changed_fields
from deploy.tally import Tally
from tests.fake_pulumi import error, step

PLATFORM = "urn:pulumi:local::slipway::slipway:kubernetes:Platform"


@pytest.mark.parametrize(
    ("urn", "thing"),
    [
        (f"{PLATFORM}$kubernetes:core/v1:Namespace::monitoring", "Namespace monitoring"),
        ("urn:pulumi:dev::slipway::slipway:aws:Role$aws:iam/role:Role::a::b", "Role a::b"),
        (f"{PLATFORM}::platform", None),
        ("urn:pulumi:local::slipway::pulumi:providers:kubernetes::kubernetes", None),
        ("urn:pulumi:local::slipway::pulumi:pulumi:Stack::slipway-local", None),
        ("", None),
        ("nonsense", None),
    ],
)  # fmt: skip
def test_a_urn_names_what_is_outside_the_engine(urn: str, thing: str | None) -> None:
    found = thing_of(urn)
    assert (str(found) if found else None) == thing


def test_a_step_knows_its_endpoint() -> None:
    labels = {"namespace": "risk-fraud", "labels": {"slipway.dev/endpoint": "scorer"}}
    made = parsed(step("create", "core/v1:ConfigMap", "risk-fraud/a", metadata=labels))
    gone = parsed(step("delete", "core/v1:ConfigMap", "risk-fraud/a", metadata=labels))
    other = parsed(step("update", "core/v1:ConfigMap", "risk-fraud/a"))
    assert isinstance(made, Step)
    assert isinstance(gone, Step)
    assert isinstance(other, Step)
    assert (made.action, made.endpoint) == ("created", "risk-fraud/scorer")
    assert (gone.action, gone.endpoint) == ("deleted", "risk-fraud/scorer")
    assert (other.action, other.endpoint) == ("updated", "")


@pytest.mark.parametrize(
    "event",
    [
        {"preludeEvent": {"config": {}}},
        {"summaryEvent": {"resourceChanges": {"same": 3}}},
        {"cancelEvent": {}},
        {"diagnosticEvent": {"severity": "warning", "message": "using … from $PATH"}},
        {"policyEvent": {"enforcementLevel": "advisory", "message": "better"}},
        {"resOutputsEvent": {"metadata": {"op": "same", "urn": f"{PLATFORM}::platform"}}},
        {"resOutputsEvent": {"metadata": {"op": "replace", "urn": f"{PLATFORM}$a:b:C::d"}}},
        {},
    ],
)
def test_what_nobody_is_told(event: dict[str, Any]) -> None:
    assert parsed(json.dumps(event)) is None


def test_a_policy_that_must_be_kept_is_told_without_colours() -> None:
    broken = {"enforcementLevel": "mandatory", "message": "<{%fg 1%}>pod-privileged<{%reset%}>: no"}
    found = parsed(json.dumps({"policyEvent": {**broken, "resourceUrn": f"{PLATFORM}$a:b:C::d"}}))
    assert found == Broken("pod-privileged: no", Thing("C", "d"))


def test_everything_is_heard_that_was_written_before_the_end(tmp_path: Path) -> None:
    log, first = tmp_path / "log", Flag()
    found: list[str] = []

    def hear(event: object) -> None:
        found.append(str(event.thing) if isinstance(event, Step) else "")
        first.set()

    with heard(log, hear), log.open("a") as file:
        file.write(step("create", "core/v1:ConfigMap", "a") + "\n")
        file.flush()
        assert first.wait(30)
        whole = step("create", "core/v1:ConfigMap", "b")
        file.write(whole[:20])
        file.flush()
        file.write(whole[20:] + "\n" + step("create", "core/v1:ConfigMap", "c") + "\n" + whole[:9])
    assert found == ["ConfigMap a", "ConfigMap b", "ConfigMap c"]


# Failures


WEBHOOK = (
    'Internal error occurred: failed calling webhook "inferenceservice.kserve-webhook-server'
    '.defaulter": failed to call webhook: Post "https://127.0.0.1:9443/mutate?timeout=10s": '
)
CONFLICT = (
    "Server-Side Apply field conflict detected. See https://www.pulumi.com/registry for help\n"
    'The resource managed by field manager "pulumi-kubernetes-slipway" had an apply conflict: '
)


@pytest.mark.parametrize(
    ("message", "said", "remedy"),
    [
        (
            f'{CONFLICT}Apply failed with 1 conflict: conflict with "kubectl-edit" using v1: '
            ".data.a",
            "the field .data.a is set by kubectl-edit as well, to another value",
            "--repair",
        ),
        (
            f'{CONFLICT}Apply failed with 2 conflicts: conflicts with "helm" using apps/v1:\n'
            "- .spec.replicas\n- .spec.paused",
            "the field .spec.replicas is set by helm as well, to another value",
            "--repair",
        ),
        (
            f"{WEBHOOK}context deadline exceeded",
            "the webhook inferenceservice.kserve-webhook-server.defaulter did not judge it: "
            "context deadline exceeded",
            "run the command again",
        ),
        (
            f"{WEBHOOK}dial tcp 127.0.0.1:9443: connect: connection refused",
            "the webhook inferenceservice.kserve-webhook-server.defaulter did not judge it: "
            "connection refused",
            "run the command again",
        ),
        (
            'admission webhook "validation.webhook.serving.knative.dev" denied the request: '
            "validation failed: minScale > maxScale",
            "the webhook validation.webhook.serving.knative.dev refuses it: "
            "validation failed: minScale > maxScale",
            "mend the entry",
        ),
        (
            'configmaps "a" is forbidden: unable to create new content in namespace risk-fraud '
            "because it is being terminated",
            "the namespace risk-fraud is still being deleted",
            "kubectl get namespace risk-fraud -o yaml",
        ),
        (
            'pods "a" is forbidden: exceeded quota: tenant, requested: limits.memory=4Gi, used: 0, '
            "limited: limits.memory=2Gi",
            "the namespace's quota does not allow it: tenant, requested: limits.memory=4Gi, used: "
            "0, limited: limits.memory=2Gi",
            "quota",
        ),
        (
            '1 error occurred:\n\t* the Kubernetes API server reported that "a" failed to fully '
            "initialize or become live: Timeout: request did not complete within requested timeout",
            "the API server did not answer in time: request did not complete within requested "
            "timeout",
            "goes on where this one ended",
        ),
        (
            "configured Kubernetes cluster is unreachable: unable to load schema information",
            "the cluster does not answer",
            "slipway local status",
        ),
    ],
)
def test_what_an_api_server_says_is_one_sentence_and_what_to_do(
    message: str, said: str, remedy: str
) -> None:
    thing = Thing("ConfigMap", "a/b")
    found = failure_of(Said(message, thing))
    assert found is not None
    assert (found.thing, found.message) == (thing, said)
    assert remedy in found.remedy


def test_what_is_not_known_is_told_as_it_is() -> None:
    found = failure_of(Said("Pods is invalid: spec.x: Required value", Thing("Pod", "a")))
    assert found is not None
    assert found.lines() == ["Pod a: Pods is invalid: spec.x: Required value"]


@pytest.mark.parametrize("message", ["update failed", "failed to run policy: context canceled"])
def test_that_there_was_an_error_is_no_news(message: str) -> None:
    assert failure_of(Said(message, None)) is None


def test_a_traceback_is_not_for_users() -> None:
    message = "Program failed with an unhandled exception:\nTraceback …\n  File …\nKeyError: 'a'\n"
    found = failure_of(Said(message, None))
    assert found is not None
    assert found.lines() == ["the program failed: KeyError: 'a'"]


def test_a_command_that_ends_early_is_told_by_its_errors() -> None:
    told = "\n code: 255\n stdout: \n stderr: error: no such backend\nerror: no such backend\n"
    assert command_failure("dev", told).lines() == ["no such backend"]
    assert command_failure("dev", "").lines() == ["the engine ended without a word"]


# Fields


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, [("a.c", 2, 3)]),
        ({"a": 1}, {}, [("a", 1, None)]),
        ({}, {"a": {"b": 1}}, [("a", None, {"b": 1})]),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 1}, {"b": 3}]}, [("a[1].b", 2, 3)]),
        ({"a": [1, 2]}, {"a": [1]}, [("a", [1, 2], [1])]),
        (
            {"metadata": {"labels": {"slipway.dev/team": "a"}}},
            {"metadata": {"labels": {"slipway.dev/team": "b"}}},
            [("metadata.labels[slipway.dev/team]", "a", "b")],
        ),
        ({"__defaults": [1]}, {"__defaults": []}, []),
    ],
)
def test_the_smallest_parts_that_differ(
    old: dict[str, Any], new: dict[str, Any], changes: list[Any]
) -> None:
    assert list(changed_fields(old, new)) == changes


# What is printed


def printed(tally: Tally, *unchanged: str, planned: bool = False) -> list[str]:
    tally.end(tally.phase)
    tally.ended = tally.began
    return [plain(line) for line in run_lines({"risk": tally}, unchanged, planned=planned)]


def tally_of(*lines: str) -> Tally:
    tally = Tally("risk")
    tally.begin("applying")
    for line in lines:
        event = parsed(line)
        assert event is not None
        tally.hear(event)
    return tally


def test_a_run_is_summed_up_by_endpoints() -> None:
    labels = {"namespace": "risk-fraud", "labels": {"slipway.dev/endpoint": "scorer"}}
    tally = tally_of(
        step("update", "core/v1:ConfigMap", "risk-fraud/a", metadata=labels),
        step("same", "core/v1:ConfigMap", "risk-fraud/b"),
    )
    assert printed(tally, "search", "supply") == [
        "✓ risk  1 updated, 1 unchanged  0:00",
        "  risk-fraud/scorer  updated",
        "unchanged since they were applied: 2 stacks (search, supply)",
    ]


def test_a_preview_shows_fields() -> None:
    tally = tally_of(step("create", "core/v1:Secret", "risk-fraud/a"))
    new = {"spec": {"min": 2}, "metadata": {"labels": {"a/b": "x" * 100}}}
    tally.hear(
        Step(Thing("Deployment", "risk-fraud/b"), "updated", "done", {"spec": {"min": 1}}, new)
    )
    assert printed(tally, planned=True) == [
        "✓ risk  1 to create, 1 to update  0:00",
        "  + Secret risk-fraud/a",
        "  ~ Deployment risk-fraud/b",
        f'      metadata  (none) → {{"labels": {{"a/b": "{"x" * 39}…',
        "      spec.min  1 → 2",
    ]


def test_failures_stand_below_their_stack_once() -> None:
    line = error('conflict with "kubectl-edit" using v1: .data.a')
    tally = tally_of(line, line)
    tally.phase = "failed"
    assert printed(tally) == [
        "✗ risk    0:00",
        "  ConfigMap a/b: the field .data.a is set by kubectl-edit as well, to another value",
        "    → take it back with slipway up --repair, or let kubectl-edit go without it",
    ]


def test_what_failed_in_the_same_way_is_told_once() -> None:
    tally = Tally("risk")
    tally.begin("applying")
    for name in "abcde":
        tally.hear(Said("transport is closing", Thing("ConfigMap", name)))
    tally.hear(Said("Detected that some/provider exited prematurely.", None))
    tally.hear(Said("something else", Thing("ConfigMap", "f")))
    assert printed(tally)[1:] == [
        "  ConfigMap a, ConfigMap b, ConfigMap c and 2 more: the engine lost its provider while it "
        "worked",
        "    → run the command again: it goes on where this one ended",
        "  ConfigMap f: something else",
    ]


def test_where_there_is_no_terminal_progress_is_told_in_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tallies = {"local": Tally("local", 20), "risk": Tally("risk")}
    with shown(tallies) as say:
        tallies["local"].begin("applying")
        say("local", "a run was cut short")
        tallies["local"].end("done")
    said = capsys.readouterr().err.splitlines()
    assert "local: a run was cut short" in said
    assert said[-1].startswith("local: done, 0:")
    assert not any(line.startswith("risk") for line in said)


def test_on_a_terminal_each_stack_has_a_row() -> None:
    tallies = {name: Tally(name, 20) for name in ("local", "risk")}
    tallies["local"].begin("applying")
    tallies["local"].hear(Step(Thing("ConfigMap", "risk-fraud/a"), "created", "done"))
    tallies["local"].hear(Step(Thing("Namespace", "risk-fraud"), "deleted", "begun"))
    tallies["local"].hear(Step(Thing("ConfigMap", "risk-fraud/b"), "created", "begun"))
    console = Console(width=100, file=StringIO())
    with console.capture() as capture:
        console.print(rows(tallies, console.width))
    [local, risk] = [line.split() for line in capture.get().splitlines()]
    assert local == ["local", "applying", "1/20", "0:00", "deleting", "Namespace", "risk-fraud"]
    assert risk == ["risk", "waiting", "0:00"]


def test_of_many_stacks_those_that_move_have_rows() -> None:
    tallies = {f"team-{number}": Tally(f"team-{number}") for number in range(50)}
    tallies["team-7"].begin("applying")
    tallies["team-8"].end("done")
    console = Console(width=100, file=StringIO())
    with console.capture() as capture:
        console.print(rows(tallies, console.width))
    [moving, ended] = [" ".join(line.split()) for line in capture.get().splitlines()]
    assert moving.startswith("team-7 applying")
    assert ended == "1 of 50 stacks"


def test_nothing_to_do_is_said_so() -> None:
    tally = tally_of(step("same", "core/v1:ConfigMap", "a"))
    assert printed(tally) == ["✓ risk  nothing changed, 1 unchanged  0:00"]
    assert tally.counts == Counter({"unchanged": 1})
