"""The nodes that stand for those which Karpenter would launch."""

from collections import Counter
from typing import Any

import pytest

from catalog.node_pools import POOLS, CapacityType, NodePool
from catalog.objects import Object
from infra.parts import node_pools
from infra.parts.node_pools import SYSTEM_POOL
from local.nodes import nodes
from tests.programs import context

REGION = "eu-west-1"
POOL = "karpenter.sh/nodepool"
BOUGHT = "karpenter.sh/capacity-type"
TYPE = "node.kubernetes.io/instance-type"
ZONE = "topology.kubernetes.io/zone"
EVERY = (*POOLS, SYSTEM_POOL)


def labels_of(pool: str) -> list[dict[str, str]]:
    every = [node["metadata"]["labels"] for node in nodes(REGION)]
    return [labels for labels in every if labels[POOL] == pool]


@pytest.mark.parametrize("pool", EVERY, ids=lambda pool: pool.name)
def test_every_type_that_placement_may_choose_is_there_as_it_can_be_bought(pool: NodePool) -> None:
    there = {(labels[TYPE], labels[BOUGHT]) for labels in labels_of(pool.name)}
    kinds = set(pool.capacity_types) - {CapacityType.RESERVED}
    assert there == {(instance, str(kind)) for instance in pool.instance_types for kind in kinds}


@pytest.mark.parametrize("pool", EVERY, ids=lambda pool: pool.name)
def test_every_pool_is_in_every_zone(pool: NodePool) -> None:
    assert {labels[ZONE] for labels in labels_of(pool.name)} == {f"{REGION}{z}" for z in "abc"}


def test_a_node_offers_what_placement_counts_with() -> None:
    types = {instance.name: instance for pool in EVERY for instance in pool.instances}
    for node in nodes(REGION):
        instance = types[node["metadata"]["labels"][TYPE]]
        has, offered = instance.allocatable, node["status"]["allocatable"]
        assert offered["cpu"] == f"{has.cpu_millicores}m"
        assert int(offered["memory"]) == has.memory_bytes
        assert int(offered["pods"]) == has.pods
        assert int(offered["ephemeral-storage"]) == has.ephemeral_bytes
        assert int(offered.get("nvidia.com/gpu", 0)) == instance.gpus


def test_names_are_distinct_and_bounded() -> None:
    names = Counter(node["metadata"]["name"] for node in nodes(REGION))
    assert set(names.values()) == {1}
    assert len(names) < 150


def karpenters(pool: str) -> Object:
    """The template of the NodePool that the program registers for a cloud."""
    objects = node_pools.part(context("prod")).objects
    return next(
        obj["spec"]["template"]
        for obj in objects
        if obj["kind"] == "NodePool" and obj["metadata"]["name"] == pool
    )


def of_pools() -> list[str]:
    objects = node_pools.part(context("prod")).objects
    return [obj["metadata"]["name"] for obj in objects if obj["kind"] == "NodePool"]


@pytest.mark.parametrize("pool", of_pools())
def test_a_node_is_what_its_pool_would_have_launched(pool: str) -> None:
    template = karpenters(pool)
    taints: list[Any] = template["spec"].get("taints", [])
    for node in nodes(REGION):
        labels = node["metadata"]["labels"]
        if labels[POOL] != pool:
            continue
        assert template["metadata"]["labels"].items() <= labels.items()
        assert node["spec"].get("taints", []) == taints
        for rule in template["spec"]["requirements"]:
            assert rule["operator"] == "In"
            assert labels[rule["key"]] in rule["values"], rule["key"]
