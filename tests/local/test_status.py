"""What is said of endpoints that the real controllers could not make ready."""

import copy
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest

from catalog.fleet import Built
from catalog.manifests import in_order
from catalog.objects import Object, identity
from deploy.cluster import Access, Target, access_to
from deploy.status.declared import Declared, declared_of
from deploy.status.judge import judge
from deploy.status.reader import Reader
from deploy.status.snapshot import ENDPOINT_KINDS
from deploy.status.verdict import State, Verdict
from deploy.status.wait import patient, wait
from local.apply import Api
from tests.fleets import LOCAL, NAMESPACE, build_fleet, sklearn
from tests.local.conftest import STACK, Fleet
from tests.programs import ROOT

pytestmark = pytest.mark.local

MANAGER: Final = "pulumi-kubernetes-0a1b2c3d"
PATIENCE: Final = 180.0
"""Seconds that the controllers may take on a machine with much to do."""
STANDARD: Final = sklearn(serving="standard", scaling={"min": 1, "max": 1})
KNATIVE: Final = sklearn(scaling={"min": 1, "max": 1})


def predictor(**fields: Any) -> Callable[[Object], None]:
    def happens(main: Object) -> None:
        main["spec"]["predictor"].update(fields)

    return happens


def model(**fields: Any) -> Callable[[Object], None]:
    def happens(main: Object) -> None:
        main["spec"]["predictor"]["model"].update(fields)

    return happens


def greedy(main: Object) -> None:
    """More than its own limit."""
    main["spec"]["predictor"]["model"]["resources"]["requests"]["cpu"] = "64"


def large(main: Object) -> None:
    """More than the namespace's quota."""
    main["spec"]["predictor"]["model"]["resources"]["requests"]["cpu"] = "30"
    main["spec"]["predictor"]["model"]["resources"]["limits"]["cpu"] = "30"


@dataclass(frozen=True)
class Spoilt:
    """An entry whose object was made wrong, and what is to be said of it."""

    entry: dict[str, Any]
    happens: Callable[[Object], None]
    code: str
    says: str
    advises: str


SPOILT: Final = {
    "no-runtime": Spoilt(
        KNATIVE, model(runtime="slipway-nothing"), "runtime", "Waiting for runtime", "installed"
    ),
    "other-format": Spoilt(
        KNATIVE, model(modelFormat={"name": "abacus"}), "runtime", "does not support",
        "set framework",
    ),
    "no-scheme": Spoilt(
        KNATIVE, model(storageUri="ftp://models/one"), "controller-error", "not supported",
        "slipway check",
    ),
    "over-limit": Spoilt(
        KNATIVE, greedy, "refused", "validation.webhook.serving.knative.dev", "slipway check"
    ),
    "over-quota": Spoilt(KNATIVE, large, "quota", "the quota project is used up", "resources.cpu"),
    "over-quota-too": Spoilt(STANDARD, large, "quota", "cpu", "raise its quota"),
    "no-node": Spoilt(
        STANDARD, predictor(nodeSelector={"slipway.dev/pool": "nowhere"}), "unschedulable",
        "none is of the pool", "node pool",
    ),
    "privileged": Spoilt(
        STANDARD, model(securityContext={"privileged": True}), "refused", "invalid, which",
        "slipway check",
    ),
    "escalating": Spoilt(
        STANDARD, model(securityContext={"allowPrivilegeEscalation": True}), "pod-security",
        "allowPrivilegeEscalation", "image",
    ),
}  # fmt: skip
WELL: Final = {"knative": KNATIVE, "standard": STANDARD}


@dataclass(frozen=True)
class Trial:
    """A tenant beside the sample fleet, of which some objects were made wrong."""

    api: Api
    access: Access
    built: Built

    @property
    def declared(self) -> Declared:
        return declared_of([self.built], LOCAL)

    def main(self, name: str) -> Object:
        return next(each.main for each in self.declared.endpoints if each.name == name)

    def verdict(self, name: str, said: Callable[[Verdict], bool]) -> Verdict:
        """What is said of an endpoint, once it is what is waited for or time is over."""
        declared = replace(self.declared, names=frozenset({name}))
        asked = tuple(each for each in declared.endpoints if each.name == name)
        declared = replace(declared, endpoints=asked)
        end = time.monotonic() + PATIENCE
        with Reader(self.access) as reader:
            while True:
                found = judge(declared, patient(reader.read)(declared))
                verdict = next((each for each in found.each if each.name == name), None)
                if verdict is not None and (said(verdict) or time.monotonic() > end):
                    return verdict
                assert time.monotonic() < end, f"nothing is said of {name}"
                time.sleep(0.5)


@pytest.fixture(scope="module")
def trial(fleet: Fleet) -> Generator[Trial, None, None]:
    """All of it at once; nothing is left in the cluster for the tests that come after."""
    entries = {name: each.entry for name, each in SPOILT.items()} | WELL
    quota = {"cpu": "24", "memory": "64Gi"}
    whole = build_fleet(entries, LOCAL, quota=quota, team={"quota": {"cpu": "200"}})
    assert not whole.problems
    built = whole.tenants[0]
    built = replace(built, objects=tuple(in_order(_spoilt(built))))
    target = Target(stack=STACK, local=True, region="eu-west-1")
    access = access_to(target, ROOT, lambda _: {})
    for obj in built.objects:
        _applied(fleet.api, obj)
    yield Trial(fleet.api, access, built)
    fleet.api.request("DELETE", f"/api/v1/namespaces/{NAMESPACE}")
    _gone(fleet.api)


def _spoilt(built: Built) -> Iterator[Object]:
    for obj in built.objects:
        made = copy.deepcopy(obj)
        case = SPOILT.get(obj["metadata"]["name"])
        if case is not None and obj["kind"] in ENDPOINT_KINDS.values():
            case.happens(made)
        yield made


def _gone(api: Api) -> None:
    end = time.monotonic() + PATIENCE
    while any(each["metadata"]["name"] == NAMESPACE for each in _namespaces(api)):
        assert time.monotonic() < end, f"{NAMESPACE} does not go"
        time.sleep(0.5)


def _namespaces(api: Api) -> list[Object]:
    return api.get("/api/v1/namespaces")["items"]


def test_the_sample_fleet_is_ready_and_the_exit_status_says_so(fleet: Fleet) -> None:
    command = [str(Path(sys.executable).with_name("slipway")), "status", "--stack", STACK]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    count = sum(len(each.tenant.endpoints) for each in fleet.tenants)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.splitlines()[-1].startswith(f"{count} endpoints: ")
    assert all(each.tenant.namespace for each in fleet.tenants)


@pytest.mark.parametrize("name", WELL)
def test_an_endpoint_with_nothing_wrong_is_ready(trial: Trial, name: str) -> None:
    assert trial.verdict(name, lambda said: said.ok).state is State.READY


@pytest.mark.parametrize(("name", "case"), SPOILT.items(), ids=SPOILT)
def test_what_the_controllers_cannot_make_is_told_with_its_cause(
    trial: Trial, name: str, case: Spoilt
) -> None:
    verdict = trial.verdict(name, lambda said: [c.code for c in said.causes] == [case.code])
    assert verdict.state is State.BROKEN, verdict
    assert [cause.code for cause in verdict.causes] == [case.code], verdict
    assert case.says in verdict.causes[0].what
    assert case.advises in verdict.causes[0].remedy


def test_waiting_for_what_cannot_be_ends_before_its_deadline(trial: Trial) -> None:
    lasting = {"other-format", "over-limit", "escalating", "knative"}
    asked = tuple(each for each in trial.declared.endpoints if each.name in lasting)
    declared = replace(trial.declared, endpoints=asked, names=frozenset(lasting))
    with Reader(trial.access) as reader:
        last = list(wait(reader.read, declared, PATIENCE))[-1]
    assert {each.name: each.ok for each in last.each} == {
        name: name == "knative" for name in lasting
    }
    assert last.is_settled


def test_an_edit_rolls_out_beside_the_old_revision(trial: Trial) -> None:
    main = copy.deepcopy(trial.main("knative"))
    main["spec"]["predictor"]["model"]["env"] = [{"name": "MLSERVER_DEBUG", "value": "true"}]
    _applied(trial.api, main)
    verdict = trial.verdict("knative", lambda said: said.state is State.OUTDATED)
    # The entry still says what it said: the cluster is ahead of it, and nobody did that by hand.
    assert verdict.state is State.OUTDATED, verdict
    _applied(trial.api, trial.main("knative"))
    assert trial.verdict("knative", lambda said: said.ok).state is State.READY


def test_a_field_that_somebody_edits_is_changed_by_hand(trial: Trial) -> None:
    path = trial.api.path(trial.main("standard"))
    patch = {"spec": {"predictor": {"maxReplicas": 3}}}
    trial.api.request(
        "PATCH", f"{path}?fieldManager=kubectl-edit", patch, "application/merge-patch+json"
    )
    verdict = trial.verdict("standard", lambda said: said.state is State.CHANGED)
    assert verdict.state is State.CHANGED, verdict
    assert "spec.predictor.maxReplicas is 3, set by kubectl-edit" in verdict.causes[0].what
    _applied(trial.api, trial.main("standard"))
    assert trial.verdict("standard", lambda said: said.ok).ok


def test_what_somebody_deletes_is_missing_and_what_they_add_is_not_declared(trial: Trial) -> None:
    main = trial.main("standard")
    path = trial.api.path(main)
    trial.api.request("DELETE", path)
    verdict = trial.verdict("standard", lambda said: said.state is State.MISSING)
    assert verdict.state is State.MISSING, verdict
    assert "slipway up --stack local" in verdict.causes[0].remedy
    other = copy.deepcopy(main)
    other["metadata"]["name"] = "by-hand"
    trial.api.create(other)
    assert trial.verdict("by-hand", lambda _: True).state is State.UNDECLARED
    _applied(trial.api, main)
    assert trial.verdict("standard", lambda said: said.ok).ok


def _applied(api: Api, obj: Object) -> None:
    """As the engine applies it."""
    query = f"?fieldManager={MANAGER}&force=true"
    api.request("PATCH", api.path(obj) + query, obj, "application/apply-patch+yaml")
    assert identity(api.get(api.path(obj))) == identity(obj)
