"""The sample fleet on the local control plane: ready, as it was written, where it was placed."""

from collections.abc import Iterator

import pytest

from catalog.endpoint import Endpoint
from catalog.node_pools import ACCELERATOR_LABEL, GPU_RESOURCE, POOL_LABEL
from catalog.objects import Object, identity
from catalog.pod.footprint import footprint
from tests.local.comparing import differences
from tests.local.conftest import WORKLOADS, Fleet, ready

pytestmark = pytest.mark.local

INSTANCE_TYPE = "node.kubernetes.io/instance-type"


def endpoints(fleet: Fleet) -> Iterator[Endpoint]:
    for one in fleet.tenants:
        yield from one.tenant.endpoints


def test_every_endpoint_is_ready(fleet: Fleet) -> None:
    workloads = [obj for obj in fleet.rendered if obj["kind"] in WORKLOADS]
    assert len(workloads) == len(list(endpoints(fleet))) > 20
    assert {obj["kind"] for obj in workloads} == WORKLOADS
    late = [identity(obj) for obj in workloads if ready(fleet.now(obj)) != "True"]
    assert late == []


def test_up_ends_with_a_table_of_every_endpoint(fleet: Fleet) -> None:
    rows = [line.split() for line in fleet.said.splitlines()]
    told = {row[1]: row for row in rows if row[:1] == ["✓"] and "/" in row[1]}
    assert set(told) == {f"{e.team}/{e.project}/{e.name}" for e in endpoints(fleet)}
    for endpoint in endpoints(fleet):
        row = told[f"{endpoint.team}/{endpoint.project}/{endpoint.name}"]
        assert row[2] in {"Ready", "Asleep"}
        assert row[-1] == f"https://{endpoint.host}"


def test_nobody_changes_a_field_that_we_set(fleet: Fleet) -> None:
    changed = [
        f"{'/'.join(filter(None, identity(obj)))}{difference}"
        for obj in (*fleet.platform, *fleet.rendered)
        for difference in differences(obj, fleet.now(obj))
    ]
    assert changed == []


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"cpu": "1"}, {"cpu": "1000m"}),
        ({"replicas": 1}, {"replicas": True}),
        ({"a": {"b": 1}}, {"a": {}}),
        ({"a": [1]}, {"a": [1, 2]}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}),
    ],
)
def test_a_change_of_a_field_would_be_seen(ours: Object, theirs: Object) -> None:
    assert list(differences(ours, theirs))
    assert not list(differences(ours, {**ours, "of": "another"}))


def nodes(fleet: Fleet) -> dict[str, dict[str, str]]:
    """The labels of every node."""
    found = fleet.all("v1", "Node")
    return {node["metadata"]["name"]: node["metadata"]["labels"] for node in found}


def test_a_pod_is_on_a_node_that_placement_named(fleet: Fleet) -> None:
    known = {(each.namespace, each.name): each.placement for each in endpoints(fleet)}
    there = nodes(fleet)
    found: set[tuple[str, str]] = set()
    for pod in fleet.all("v1", "Pod"):
        metadata = pod["metadata"]
        at = metadata["namespace"], metadata["labels"].get("slipway.dev/endpoint", "")
        placement = known.get(at)
        if placement is None:
            continue
        labels = there[pod["spec"]["nodeName"]]
        fits = {fit.instance.name for fit in placement.fits if fit.pool is placement.pool}
        assert labels[POOL_LABEL] == placement.pool.name, at
        assert labels[INSTANCE_TYPE] in fits, at
        gpus = footprint(pod).accelerators.get(GPU_RESOURCE, 0)
        assert gpus == placement.ask.gpus, at
        assert (ACCELERATOR_LABEL in labels) == (gpus > 0), at
        found.add(at)
    assert found == set(known)


def test_the_instance_type_that_placement_chose_is_among_the_nodes(fleet: Fleet) -> None:
    there = {(labels[POOL_LABEL], labels[INSTANCE_TYPE]) for labels in nodes(fleet).values()}
    for endpoint in endpoints(fleet):
        assert endpoint.placement is not None
        assert (endpoint.placement.pool.name, endpoint.placement.instance.name) in there


def test_nothing_without_a_gpu_is_on_a_node_that_has_them(fleet: Fleet) -> None:
    there = nodes(fleet)
    for pod in fleet.all("v1", "Pod"):
        if ACCELERATOR_LABEL in there.get(pod["spec"].get("nodeName", ""), {}):
            assert footprint(pod).accelerators, pod["metadata"]["name"]
