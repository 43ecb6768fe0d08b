"""What passes `slipway check` a cluster takes: nothing is refused, and what runs becomes ready."""

from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import pytest

from catalog.fleet import Built
from catalog.objects import Object, identity
from catalog.pod.footprint import footprint
from local.apply import Api, ApiError, wait
from tests.local.conftest import WORKLOADS, Fleet, ready

pytestmark = pytest.mark.local

ENTRIES = 200
RUN = 20
"""Entries that are applied for real."""
_AT_ONCE = 8


@pytest.fixture(scope="module")
def drawn(tenants: list[Built], fleet: Fleet) -> Generator[list[Built], None, None]:
    """The suite's sample of tenants, each in a namespace that is there."""
    taken = {one.tenant.namespace for one in fleet.tenants}
    several = [one for one in tenants if one.tenant.namespace not in taken]
    spaces = {one.tenant.namespace: one.objects[0] for one in several}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(fleet.api.create, spaces.values()))
        yield several
    fleet.remove(spaces)


def test_the_api_server_refuses_nothing_that_passes_our_checks(
    drawn: list[Built], fleet: Fleet
) -> None:
    objects = [obj for one in drawn for obj in one.objects]
    kinds = Counter(obj["kind"] for obj in objects)
    assert sum(kinds[kind] for kind in WORKLOADS) >= ENTRIES
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = list(pool.map(lambda obj: refusal(fleet.api, obj), objects))
    assert [each for each in answers if each] == []


def refusal(api: Api, obj: Object) -> str:
    """What the whole of admission says of it, as strict as it can be; nothing where it would do."""
    query = "?dryRun=All&fieldManager=slipway&force=true&fieldValidation=Strict"
    try:
        api.request("PATCH", api.path(obj) + query, obj, "application/apply-patch+yaml")
    except ApiError as error:
        return f"{'/'.join(filter(None, identity(obj)))}: {error}"
    return ""


def test_a_dry_run_asks_the_webhooks(fleet: Fleet) -> None:
    [service, *_] = [obj for obj in fleet.rendered if obj["kind"] == "InferenceService"]
    predictor = {**service["spec"]["predictor"], "minReplicas": 7, "maxReplicas": 3}
    wrong = {**service, "spec": {**service["spec"], "predictor": predictor}}
    assert "denied the request" in refusal(fleet.api, wrong)


def test_what_is_drawn_becomes_ready(drawn: list[Built], fleet: Fleet) -> None:
    """Whatever the controllers make of it is accepted too: Services, revisions and pods."""
    chosen: dict[str, Built] = {}
    for one in drawn:
        if sum(len(each.tenant.endpoints) for each in chosen.values()) < RUN and not on_gpus(one):
            chosen.setdefault(one.tenant.namespace, one)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda one: list(map(fleet.api.create, within(one))), chosen.values()))
    made = [obj for one in chosen.values() for obj in within(one) if obj["kind"] in WORKLOADS]
    assert len(made) >= RUN
    for obj in made:
        wait(f"{identity(obj)} is not ready", lambda obj=obj: ready(fleet.now(obj)) == "True")


def within(one: Built) -> list[Object]:
    """What goes with the tenant's namespace."""
    at = one.tenant.namespace
    return [obj for obj in one.objects if obj["metadata"].get("namespace") == at]


def on_gpus(one: Built) -> bool:
    """There is one node of each type, which is too few for what is drawn."""
    return any(footprint(pod).accelerators for pods in one.pods.values() for pod in pods)
