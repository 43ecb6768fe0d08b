"""What `slipway check` refuses a cluster refuses as well, or is never ready, or the table says why
we are stricter."""

from collections.abc import Generator, Iterator

import pytest

from catalog.objects import Object
from catalog.side import Side
from catalog.survey import survey
from cli.workspace import policy_judge
from local.apply import Api, ApiError, wait
from tests.bad_inputs.repository import STACK, Memory, MemoryTree
from tests.fleets import LOCAL, NAMESPACE, build_one, sklearn
from tests.local.conftest import Fleet, ready
from tests.local.refused import (
    NEVER_READY,
    REFUSED,
    STRICTER,
    NeverReady,
    Refused,
    Row,
    Stricter,
)

pytestmark = pytest.mark.local

ROWS = (*REFUSED, *NEVER_READY, *STRICTER)


@pytest.fixture(scope="module")
def answers(fleet: Fleet) -> Generator[dict[str, str], None, None]:
    """By name what the API server said to each object of the table; nothing where it stored it."""
    tenant = build_one(sklearn(), LOCAL).objects
    for kind in ("Namespace", "ServiceAccount"):
        for obj in tenant:
            if obj["kind"] == kind:
                fleet.api.create(obj)
    yield {row.name: answer(fleet.api, row.becomes()) for row in ROWS}
    fleet.remove([NAMESPACE])


def answer(api: Api, obj: Object) -> str:
    """As strict as the engine is."""
    folder = api.path(obj).rpartition("/")[0]
    try:
        api.request("POST", f"{folder}?fieldValidation=Strict", obj)
    except ApiError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_entry_is_refused(row: Row) -> None:
    kept = Memory()
    stack = STACK.replace("example-models", LOCAL.bucket)
    files = {**row.files, "Pulumi.local.yaml": stack}
    found = survey(Side(MemoryTree(files), kept, (), policy_judge), None, kept).problems
    assert [problem.code for problem in found] == [row.code], found


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.name)
def test_the_cluster_refuses_it_at_once(row: Refused, answers: dict[str, str]) -> None:
    assert row.words in answers[row.name]


@pytest.mark.parametrize("row", NEVER_READY, ids=lambda row: row.name)
def test_the_cluster_never_calls_it_ready(
    row: NeverReady, answers: dict[str, str], fleet: Fleet
) -> None:
    assert answers[row.name] == ""
    obj = row.becomes()
    said = f"{row.name} is not said to fail"
    wait(said, lambda: any(row.words in text for text in told(fleet, obj)))
    assert ready(fleet.now(obj)) != "True"


@pytest.mark.parametrize("row", STRICTER, ids=lambda row: row.name)
def test_the_cluster_does_not_look(row: Stricter, answers: dict[str, str], fleet: Fleet) -> None:
    assert answers[row.name] == ""
    obj = row.becomes()
    wait(f"{row.name} is not ready", lambda: ready(fleet.now(obj)) == "True")
    assert row.why


def test_twenty_services_are_not_stricter_than_the_cluster() -> None:
    services = [
        row for row in (*REFUSED, *NEVER_READY) if row.becomes()["kind"] == "InferenceService"
    ]
    assert len(services) >= 20


def told(fleet: Fleet, obj: Object) -> Iterator[str]:
    """All that the cluster says of it."""
    status = fleet.now(obj).get("status", {})
    for condition in status.get("conditions", ()):
        yield condition.get("message", "")
    yield status.get("modelStatus", {}).get("lastFailureInfo", {}).get("message", "")
    for event in fleet.all("v1", "Event", NAMESPACE):
        if event["involvedObject"]["name"].startswith(obj["metadata"]["name"]):
            yield event.get("message", "")
