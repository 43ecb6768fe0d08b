"""Kubernetes minors, and Karpenter's pools made from the core's own table."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from catalog.instances import DATA_VOLUME_BYTES, GIB, INSTANCES
from catalog.kubernetes_versions import BOTTLEROCKET, SUPPORT, shared_minors
from catalog.node_pools import POOL_BY_NAME, POOLS
from catalog.objects import Object
from catalog.pins import chart
from catalog.quota import Allowance
from catalog.settings import Foundation
from infra.iam.nodes import KARPENTER_PURPOSE
from infra.parts import istio, karpenter, node_pools
from tests.programs import context

QUOTA = Allowance(cpu=160_000, memory=400 * GIB, accelerators={"t4": 18, "h200": 1, "l4": 0})


def made(quota: Allowance | None = None) -> dict[str, Object]:
    """The part's objects by kind and name."""
    given = replace(context("prod"), quota=quota or Allowance())
    objects = node_pools.part(given).objects
    return {f"{o['kind']}/{o['metadata']['name']}": o for o in objects}


def pools(quota: Allowance | None = None) -> dict[str, Object]:
    found = made(quota).items()
    return {o["metadata"]["name"]: o["spec"] for name, o in found if name.startswith("NodePool/")}


def requirement(pool: Object, key: str) -> list[str]:
    wanted: list[Any] = pool["template"]["spec"]["requirements"]
    return next(r["values"] for r in wanted if r["key"] == key)


def test_the_cluster_runs_the_newest_minor_that_every_part_supports() -> None:
    assert Foundation.model_fields["kubernetes"].default == shared_minors()[-1]


def test_a_minor_beyond_what_a_part_is_tested_with_is_explained() -> None:
    newest = int(shared_minors()[-1].partition(".")[2])
    beyond = [row for row in SUPPORT if row.most is not None and row.most < newest]
    assert [row.part for row in beyond if not row.why_beyond] == []
    assert [row.part for row in SUPPORT if row.why_beyond and row not in beyond] == []


@pytest.mark.parametrize("row", SUPPORT, ids=lambda row: row.part)
def test_what_a_part_supports_was_looked_up_for_the_version_that_is_pinned(row: Any) -> None:
    assert row.part == "eks" or row.version == chart(row.part).version


def test_every_pool_of_the_table_is_a_pool_of_the_cluster_and_one_more() -> None:
    assert set(pools()) == {*POOL_BY_NAME, "system"}


@pytest.mark.parametrize("pool", POOLS, ids=lambda pool: pool.name)
def test_a_pool_launches_what_a_plan_places_on_it(pool: Any) -> None:
    found = pools()[pool.name]
    template = found["template"]
    assert template["metadata"]["labels"].items() >= pool.labels.items()
    assert [t["key"] for t in template["spec"].get("taints", [])] == [t.key for t in pool.taints]
    assert requirement(found, "node.kubernetes.io/instance-type") == list(pool.instance_types)
    assert requirement(found, "karpenter.sh/capacity-type") == list(pool.capacity_types)
    assert found["weight"] == pool.weight


def test_pools_with_local_disks_keep_models_on_them() -> None:
    for name, pool in pools().items():
        labels, nvme = pool["template"]["metadata"]["labels"], name.startswith("gpu-")
        assert labels.get("slipway.dev/model-cache") == ("true" if nvme else None)
        node_class = made()[f"EC2NodeClass/{pool['template']['spec']['nodeClassRef']['name']}"]
        assert node_class["spec"].get("instanceStorePolicy") == ("RAID0" if nvme else None)
        assert (node_pools.MODEL_CACHE_PATH in node_class["spec"].get("userData", "")) == nvme


def test_a_node_without_local_disks_has_the_volume_that_placement_counts_on() -> None:
    volumes = made()["EC2NodeClass/ebs"]["spec"]["blockDeviceMappings"]
    assert [v["ebs"]["volumeSize"] for v in volumes] == ["4Gi", f"{DATA_VOLUME_BYTES // GIB}Gi"]


def test_nodes_are_pinned_encrypted_and_keep_their_credentials_to_themselves() -> None:
    for name in ("ebs", "nvme"):
        spec = made()[f"EC2NodeClass/{name}"]["spec"]
        assert spec["amiSelectorTerms"] == [{"alias": f"bottlerocket@v{BOTTLEROCKET}"}]
        assert spec["role"] == context("prod").names.role(KARPENTER_PURPOSE)
        assert all(v["ebs"]["encrypted"] for v in spec["blockDeviceMappings"])
        assert spec["metadataOptions"]["httpTokens"] == "required"
        assert spec["metadataOptions"]["httpPutResponseHopLimit"] == 1
        assert spec["associatePublicIPAddress"] is False


def test_every_new_node_waits_for_the_mesh_and_istiod_removes_what_it_waits_by() -> None:
    releases = {r.name: r for r in istio.part(context("prod")).releases}
    removed = releases["istiod"].values["taint"]
    assert removed["enabled"] is True
    for pool in pools().values():
        startup = pool["template"]["spec"]["startupTaints"]
        assert [t["key"] for t in startup] == [removed["name"]]


def test_gpu_nodes_go_only_when_empty_and_others_when_they_are_too_large() -> None:
    policies = {name: p["disruption"]["consolidationPolicy"] for name, p in pools().items()}
    gpus = {name for name, policy in policies.items() if policy == "WhenEmpty"}
    assert gpus == {p.name for p in POOLS if p.accelerator}


def test_only_pools_that_may_use_reservations_ask_for_them() -> None:
    asking = {
        n for n, p in pools().items() if "reserved" in requirement(p, "karpenter.sh/capacity-type")
    }
    assert asking == {"gpu-a100-40gb", "gpu-a100-80gb", "gpu-h100", "gpu-h200"}
    for name in asking:
        assert pools()[name]["template"]["spec"]["nodeClassRef"]["name"] == "nvme"
    assert made()["EC2NodeClass/nvme"]["spec"]["capacityReservationSelectorTerms"]


def test_a_kind_of_gpu_that_the_quota_does_not_grant_has_no_pool() -> None:
    assert set(pools(QUOTA)) == {"system", "cpu", "gpu-t4", "gpu-h200"}


def test_limits_hold_the_quota_in_whole_nodes() -> None:
    limits = {name: pool["limits"] for name, pool in pools(QUOTA).items()}
    assert limits["gpu-t4"]["nvidia.com/gpu"] == "20"
    assert limits["gpu-h200"]["nvidia.com/gpu"] == "8"
    assert Fraction(limits["cpu"]["cpu"]) > Fraction(160)
    assert int(limits["cpu"]["memory"].removesuffix("Gi")) > 400


def test_memory_of_little_cpu_fits_on_the_leanest_nodes_below_the_limit() -> None:
    limits = pools(Allowance(cpu=1000, memory=400 * GIB))["cpu"]["limits"]
    leanest = min(i.memory_mib / 1024 / i.vcpu for i in POOL_BY_NAME["cpu"].instances)
    assert int(limits["cpu"]) * leanest > 400


@pytest.mark.parametrize("quota", [Allowance(), QUOTA], ids=["open", "granted"])
def test_every_pool_is_limited_and_can_launch_its_largest_type(quota: Allowance) -> None:
    for name, pool in pools(quota).items():
        types = [INSTANCES[n] for n in requirement(pool, "node.kubernetes.io/instance-type")]
        limits = pool["limits"]
        assert int(limits["cpu"]) >= max(t.vcpu for t in types), name
        assert int(limits["memory"].removesuffix("Gi")) * 1024 >= max(t.memory_mib for t in types)
        assert int(limits.get("nvidia.com/gpu", 0)) >= max(t.gpus for t in types)


def test_a_node_is_drained_before_its_pool_is_given_up() -> None:
    for pool in pools().values():
        assert pool["template"]["spec"]["terminationGracePeriod"] == "1h20m"


def test_pools_come_after_who_launches_them_and_who_readies_their_nodes() -> None:
    assert set(node_pools.part(context("prod")).after) == {"istio", "karpenter"}


def test_karpenter_stays_on_nodes_that_it_does_not_make() -> None:
    values = karpenter.part(context("prod")).releases[1].values
    assert "affinity" not in values, "the chart's own keeps it off its own nodes"
    assert values["replicas"] == 2
    assert values["dnsPolicy"] == "Default", "CoreDNS may be on the nodes that it has to make"


def test_the_default_class_of_volumes_is_encrypted_and_waits_for_the_pod() -> None:
    found = made()["StorageClass/gp3"]
    assert found["parameters"]["encrypted"] == "true"
    assert found["volumeBindingMode"] == "WaitForFirstConsumer"
    assert found["metadata"]["annotations"] == {
        "storageclass.kubernetes.io/is-default-class": "true"
    }
