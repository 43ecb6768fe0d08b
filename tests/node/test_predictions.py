"""Predictions through the front door, with a token, even from zero."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from catalog.endpoint import Endpoint
from local import identity
from local.apply import wait
from local.call import connected, send
from local.network import NODE
from tests.local.conftest import Fleet, slipway
from tests.programs import ROOT, settings

pytestmark = pytest.mark.node

IDENTITY: Final = settings("local").environment.identity
EXPECTED: Final = ("card-screening", "chargeback-risk", "demand-forecast")
"""Models of scikit-learn, XGBoost and LightGBM whose entries say what they answer."""
AT_ONCE: Final = 50
LEEWAY: Final = 120
"""Seconds since a token ended; Envoy allows clocks 60 (`clock_skew_seconds`)."""
PAYMENT: Final = json.dumps(
    {"inputs": [{"name": "p", "shape": [1, 4], "datatype": "FP64", "data": [24.9, 14, 720, 3.2]}]}
).encode()


def endpoints(fleet: Fleet) -> dict[str, Endpoint]:
    return {each.name: each for built in fleet.tenants for each in built.tenant.endpoints}


def token(fleet: Fleet, *teams: str, seconds: int = 600) -> str:
    return identity.token(fleet.place, IDENTITY, subject="a-test", teams=teams, seconds=seconds)


def pods(fleet: Fleet, endpoint: Endpoint) -> list[Any]:
    """Of its model, less those that are going."""
    return [
        pod
        for pod in fleet.all("v1", "Pod", endpoint.namespace)
        if pod["metadata"]["name"].startswith(f"{endpoint.name}-predictor")
        and "deletionTimestamp" not in pod["metadata"]
    ]


def called(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`slipway call`, as people use it."""
    command = (str(Path(sys.executable).with_name("slipway")), "call", *arguments)
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_model_answers_what_its_example_expects(name: str, node_fleet: Fleet) -> None:
    ended = called(name)
    assert not ended.returncode, ended.stderr
    assert "As the example expects." in ended.stderr
    assert json.loads(ended.stdout)["model_name"] == name
    assert node_fleet.api


def test_five_lines_of_yaml_answer_a_call_without_anything(node_fleet: Fleet) -> None:
    ended = called("fraud-detector")
    assert not ended.returncode, ended.stderr
    assert json.loads(ended.stdout)["outputs"][0]["data"] == [0, 1]
    assert "answered by fraud-detector-predictor-00001" in ended.stderr
    assert node_fleet.api


def test_models_that_can_run_here_run_on_the_real_node_and_all_others_do_not(
    node_fleet: Fleet,
) -> None:
    real = {*EXPECTED, "fraud-detector"}
    for name, endpoint in endpoints(node_fleet).items():
        nodes = {pod["spec"].get("nodeName") for pod in pods(node_fleet, endpoint)}
        assert nodes <= {NODE} if name in real else NODE not in nodes, name


@pytest.mark.parametrize(
    ("teams", "seconds", "status"),
    [(None, 0, 401), (("search",), 600, 403), (("risk",), -LEEWAY, 401), (("risk",), 600, 200),
     (("search", "support"), 600, 200)],
    ids=["nobody", "another-team", "expired", "the-owner", "a-team-that-may"],
)  # fmt: skip
def test_the_door_lets_in_who_may_call(
    teams: tuple[str, ...] | None, seconds: int, status: int, node_fleet: Fleet
) -> None:
    shown = "" if teams is None else token(node_fleet, *teams, seconds=seconds)
    answer = send(node_fleet.place, endpoints(node_fleet)["card-screening"], PAYMENT, shown)
    assert answer.status == status, answer.text


def test_a_token_of_another_key_is_refused(node_fleet: Fleet) -> None:
    head, claims, signature = token(node_fleet, "risk").split(".")
    forged = ".".join((head, claims, signature[:-4] + "AAAA"))
    endpoint = endpoints(node_fleet)["card-screening"]
    assert send(node_fleet.place, endpoint, PAYMENT, forged).status == 401


def test_a_host_that_no_entry_declares_is_not_found(node_fleet: Fleet) -> None:
    host = endpoints(node_fleet)["fraud-detector"].host.replace("fraud-detector", "nothing")
    with closing(connected(node_fleet.place, host, 30)) as connection:
        headers = {"Authorization": f"Bearer {token(node_fleet, 'risk')}"}
        connection.request("GET", "/v2", headers=headers)
        with connection.getresponse() as response:
            assert response.status == 404


def test_a_broken_request_is_the_callers_fault_and_says_so(node_fleet: Fleet) -> None:
    endpoint = endpoints(node_fleet)["card-screening"]
    answer = send(node_fleet.place, endpoint, b'{"inputs": [{}]}', token(node_fleet, "risk"))
    assert answer.status == 422
    assert "datatype" in answer.text


def test_a_model_that_nobody_runs_here_says_so(node_fleet: Fleet) -> None:
    endpoint = endpoints(node_fleet)["churn"]
    answer = send(node_fleet.place, endpoint, PAYMENT, token(node_fleet, endpoint.team))
    assert answer.status == 503
    assert "Nobody runs this model on this machine" in answer.text


def test_fifty_requests_at_once_wake_a_model_and_none_is_lost(node_fleet: Fleet) -> None:
    endpoint = endpoints(node_fleet)["fraud-detector"]
    wait("fraud-detector does not fall asleep", lambda: not pods(node_fleet, endpoint))
    shown = token(node_fleet, "risk")

    def one(_: int) -> int:
        return send(node_fleet.place, endpoint, PAYMENT, shown).status

    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = list(pool.map(one, range(AT_ONCE)))
    assert statuses == [200] * AT_ONCE


def test_a_second_up_changes_nothing(node_fleet: Fleet) -> None:
    said = slipway("up", "--stack", "local", "--yes", "--all", "--no-wait")
    assert "no change" in said.lower() or "unchanged" in said.lower(), said
    assert node_fleet.api


def test_a_token_is_for_a_team_that_there_is() -> None:
    command = (str(Path(sys.executable).with_name("slipway")), "token", "--team", "rsik")
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "did you mean 'risk'" in ended.stderr
