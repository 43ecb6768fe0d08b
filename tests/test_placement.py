"""Instance types, node pools and the placement of a replica on them."""

from dataclasses import replace

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from catalog.instances import (
    ACCELERATORS,
    DAEMONSETS,
    GIB,
    INSTANCES,
    MIB,
    PRICE_SOURCES,
    REFERENCE_REGION,
    REGIONS,
    hourly_price,
    kube_reserved_millicores,
    node_ephemeral_bytes,
    node_memory_mib,
)
from catalog.node_pools import (
    ACCELERATOR_LABEL,
    GPU_TAINT,
    POOL_BY_NAME,
    POOL_LABEL,
    POOLS,
    CapacityType,
)
from catalog.placement import Ask, Fit, Misfit, Placement, place

CPU_POOL = POOL_BY_NAME["cpu"]

cpus = st.integers(1, 250_000)
memories = st.integers(1, 2_200 * GIB)
disks = st.integers(0, 30_000 * GIB)
cpu_asks = st.builds(Ask, cpus, memories, ephemeral_bytes=disks)
gpu_asks = st.builds(
    Ask,
    cpus,
    memories,
    st.integers(1, 10),
    st.none() | st.sampled_from([*ACCELERATORS, "v100"]),
    st.none() | st.integers(1, 200 * GIB),
    disks,
)
asks = cpu_asks | gpu_asks
# Sizes that mostly fit, so that the properties of placements meet many of them.
small_asks = st.builds(Ask, st.integers(1, 60_000), st.integers(1, 300 * GIB)) | st.builds(
    Ask,
    st.integers(1, 20_000),
    st.integers(1, 100 * GIB),
    st.integers(1, 8),
    st.none() | st.sampled_from(list(ACCELERATORS)),
    st.none() | st.integers(1, 80 * GIB),
)


def placed(ask: Ask, region: str = REFERENCE_REGION) -> Placement:
    result = place(ask, region=region)
    assert isinstance(result, Placement), result.remedy
    return result


def refused(ask: Ask) -> Misfit:
    result = place(ask)
    assert isinstance(result, Misfit)
    return result


# What Karpenter's own documentation prints for these types, before any DaemonSet.
@pytest.mark.parametrize(
    ("name", "millicores", "mib"),
    [
        ("c7i.large", 1930, 3114),
        ("m7i.xlarge", 3920, 14162),
        ("r7i.16xlarge", 63770, 476504),
        ("g4dn.xlarge", 3920, 14481),
        ("g5.48xlarge", 191450, 723299),
        ("g6e.12xlarge", 47810, 360157),
        ("p4d.24xlarge", 95690, 1082712),
        ("p5.48xlarge", 191450, 1938410),
    ],
)
def test_a_node_keeps_what_karpenter_says_that_it_keeps(
    name: str, millicores: int, mib: int
) -> None:
    instance = INSTANCES[name]
    assert instance.vcpu * 1000 - kube_reserved_millicores(instance.vcpu) == millicores
    assert node_memory_mib(instance.memory_mib, instance.max_pods) == mib


def test_an_instance_store_is_the_disk_and_a_volume_stands_in_where_there_is_none() -> None:
    assert node_ephemeral_bytes(250) == 250 * 1000**3 * 9 // 10 - GIB
    assert node_ephemeral_bytes(0) == 100 * GIB * 9 // 10 - GIB


def test_daemonsets_come_off_every_node_and_the_gpu_exporter_off_gpu_nodes_only() -> None:
    everywhere = [d for d in DAEMONSETS if not d.gpu_nodes_only]
    for instance in INSTANCES.values():
        daemons = DAEMONSETS if instance.gpus else everywhere
        node = node_memory_mib(instance.memory_mib, instance.max_pods) * MIB
        assert node - instance.allocatable.memory_bytes == sum(d.memory_bytes for d in daemons)
        assert instance.max_pods - instance.allocatable.pods == len(daemons)
    assert [d.name for d in DAEMONSETS if d.gpu_nodes_only] == [
        "dcgm-exporter",
        "model-cache-agent",
    ]


def test_every_instance_of_a_pool_is_in_the_table_and_has_the_pools_accelerator() -> None:
    for pool in POOLS:
        assert pool.instance_types
        for name in pool.instance_types:
            assert INSTANCES[name].accelerator == pool.accelerator
            assert bool(INSTANCES[name].gpus) == (pool.accelerator is not None)


def test_every_instance_of_the_table_is_in_exactly_one_pool() -> None:
    names = [name for pool in POOLS for name in pool.instance_types]
    assert sorted(names) == sorted(INSTANCES)


def test_every_accelerator_has_its_pool_its_label_and_its_taint() -> None:
    for name in ACCELERATORS:
        pool = POOL_BY_NAME[f"gpu-{name}"]
        assert pool.labels == {ACCELERATOR_LABEL: name, POOL_LABEL: f"gpu-{name}"}
        assert pool.taints == (GPU_TAINT,)
        assert pool.nvme
    assert len(POOLS) == len(ACCELERATORS) + 1


def test_the_cpu_pool_repels_nobody_and_has_no_local_disks() -> None:
    assert CPU_POOL.labels == {POOL_LABEL: "cpu"}
    assert CPU_POOL.taints == ()
    assert not CPU_POOL.nvme


def test_capacity_is_tried_reserved_then_spot_then_on_demand() -> None:
    order = list(CapacityType)
    for pool in POOLS:
        assert sorted(pool.capacity_types, key=order.index) == list(pool.capacity_types)
        assert CapacityType.ON_DEMAND in pool.capacity_types


def test_weights_are_ones_that_karpenter_takes_and_no_two_pools_share_one() -> None:
    weights = [pool.weight for pool in POOLS]
    assert all(1 <= weight <= 100 for weight in weights)
    assert len(set(weights)) == len(weights)


def test_every_type_has_a_price_above_nothing_in_every_region() -> None:
    for name in INSTANCES:
        assert hourly_price(name, REFERENCE_REGION).region == REFERENCE_REGION
        assert all(hourly_price(name, region).micro_usd > 0 for region in REGIONS)


def test_a_price_that_is_not_known_is_the_reference_regions_and_says_so() -> None:
    assert hourly_price("p5.48xlarge", "eu-west-1") == hourly_price("p5.48xlarge", REFERENCE_REGION)
    assert hourly_price("m7i.large", "nowhere-1").region == REFERENCE_REGION
    assert hourly_price("m7i.large", "eu-west-1").region == "eu-west-1"


def test_prices_are_read_to_the_last_digit() -> None:
    assert hourly_price("p4d.24xlarge", "us-east-1").micro_usd == 21_957_642
    assert hourly_price("m7i.large", "eu-central-1").micro_usd == 120_750
    assert hourly_price("g5.xlarge", "ap-southeast-2").micro_usd == 1_308_000


def test_every_region_names_the_date_and_source_of_its_prices() -> None:
    assert set(PRICE_SOURCES) == set(REGIONS)
    assert {source.date for source in PRICE_SOURCES.values()} == {"2026-07-20", "2025-05-28"}


@pytest.mark.parametrize("region", REGIONS)
def test_in_a_family_of_equal_gpus_the_bigger_type_costs_more(region: str) -> None:
    def family(name: str) -> str:
        return name.partition(".")[0]

    for small in INSTANCES.values():
        for big in INSTANCES.values():
            if family(small.name) == family(big.name) and small.gpus == big.gpus:
                cheap = hourly_price(small.name, region).micro_usd
                dear = hourly_price(big.name, region).micro_usd
                assert (small.vcpu < big.vcpu) == (cheap < dear)


def test_a_small_model_lands_on_the_cheapest_cpu_node() -> None:
    placement = placed(Ask(500, GIB))
    assert (placement.pool.name, placement.instance.name) == ("cpu", "c7i.large")
    assert placement.price.micro_usd == 89_250


def test_many_small_replicas_share_a_node() -> None:
    ask = Ask(100, 128 * MIB)
    per_node = {fit.instance.name: fit.per_node for fit in placed(ask).fits}
    assert per_node["c7i.large"] == 12
    assert per_node["c7i.16xlarge"] == 630


def test_pods_are_limited_by_addresses_before_cpu() -> None:
    per_node = {fit.instance.name: fit.per_node for fit in placed(Ask(1, MIB)).fits}
    assert per_node["c7i.large"] == INSTANCES["c7i.large"].max_pods - (len(DAEMONSETS) - 2)


@pytest.mark.parametrize(
    ("gpu_memory_gib", "pool", "instance"),
    [
        (None, "gpu-t4", "g4dn.xlarge"),
        (15, "gpu-t4", "g4dn.xlarge"),
        (16, "gpu-l4", "g6.xlarge"),
        (24, "gpu-l40s", "g6e.xlarge"),
        (48, "gpu-h100", "p5.4xlarge"),
        (80, "gpu-a100-80gb", "p4de.24xlarge"),
        (100, "gpu-h200", "p5en.48xlarge"),
    ],
)
def test_without_a_named_accelerator_the_cheapest_that_suffices_is_taken(
    gpu_memory_gib: int | None, pool: str, instance: str
) -> None:
    memory = None if gpu_memory_gib is None else gpu_memory_gib * GIB
    placement = placed(Ask(2_000, 8 * GIB, 1, None, memory))
    assert (placement.pool.name, placement.instance.name) == (pool, instance)


def test_an_accelerator_that_a_region_is_known_to_sell_comes_before_one_that_it_is_not() -> None:
    ask = Ask(2_000, 8 * GIB, 1, None, 16 * GIB)
    assert placed(ask, "us-west-2").pool.name == "gpu-l4"
    assert placed(ask, "eu-west-1").pool.name == "gpu-a10g"


def test_an_ask_for_nothing_takes_the_cheapest_node() -> None:
    assert placed(Ask(0, 0)).instance.name == "c7i.large"


def test_four_gpus_go_to_the_type_that_has_four() -> None:
    assert placed(Ask(8_000, 32 * GIB, 4, "l4")).instance.name == "g6.12xlarge"


def test_two_gpus_of_a_node_of_four_leave_room_for_a_second_replica() -> None:
    assert placed(Ask(2_000, 8 * GIB, 2, "l4")).per_node == 2


def test_the_memory_of_a_gpu_is_not_shared_out_among_the_replicas_of_a_node() -> None:
    fits = placed(Ask(1_000, 4 * GIB, 1, "l4", 20 * GIB)).fits
    assert {fit.per_node for fit in fits if fit.instance.name == "g6.12xlarge"} == {4}


@given(small_asks, st.sampled_from(REGIONS))
def test_what_is_placed_fits_what_the_node_has_left(ask: Ask, region: str) -> None:
    placement = place(ask, region=region)
    if not isinstance(placement, Placement):
        reject()
    for fit in placement.fits:
        node = fit.instance.allocatable
        assert fit.per_node >= 1
        assert fit.per_node <= node.pods
        assert fit.per_node * ask.cpu_millicores <= node.cpu_millicores
        assert fit.per_node * ask.memory_bytes <= node.memory_bytes
        assert fit.per_node * ask.ephemeral_bytes <= node.ephemeral_bytes
        assert fit.per_node * ask.gpus <= fit.instance.gpus
        assert (ask.gpu_memory_bytes or 0) <= fit.instance.gpu_memory_bytes
        assert bool(ask.gpus) == bool(fit.instance.gpus)
        assert ask.accelerator in (None, fit.pool.accelerator)


@given(small_asks)
def test_one_more_replica_than_a_node_holds_does_not_fit_it(ask: Ask) -> None:
    placement = place(ask)
    if not isinstance(placement, Placement):
        reject()
    for fit in placement.fits:
        node, more = fit.instance.allocatable, fit.per_node + 1
        assert (
            more > node.pods
            or more * ask.cpu_millicores > node.cpu_millicores
            or more * ask.memory_bytes > node.memory_bytes
            or more * ask.ephemeral_bytes > node.ephemeral_bytes
            or more * ask.gpus > fit.instance.gpus
        )


@given(small_asks, cpus, memories, st.integers(0, 7), st.integers(0, 80 * GIB))
def test_asking_for_more_never_gets_a_cheaper_node(
    ask: Ask, cpu: int, memory: int, gpus: int, gpu_memory: int
) -> None:
    more = replace(
        ask,
        cpu_millicores=ask.cpu_millicores + cpu,
        memory_bytes=ask.memory_bytes + memory,
        gpus=ask.gpus + gpus if ask.gpus else 0,
        gpu_memory_bytes=(ask.gpu_memory_bytes or 0) + gpu_memory if ask.gpus else None,
    )
    bigger = place(more)
    if isinstance(bigger, Placement):
        assert placed(ask).price.micro_usd <= bigger.price.micro_usd


@given(small_asks, st.sampled_from(list(ACCELERATORS)))
def test_naming_an_accelerator_never_gets_a_cheaper_node(ask: Ask, accelerator: str) -> None:
    if not ask.gpus:
        reject()
    named = place(replace(ask, accelerator=accelerator))
    if isinstance(named, Placement):
        unnamed = placed(replace(ask, accelerator=None))
        assert unnamed.price.micro_usd <= named.price.micro_usd


@given(small_asks)
def test_the_order_of_the_pools_does_not_matter(ask: Ask) -> None:
    forward, backward = place(ask), place(ask, POOLS[::-1])
    if isinstance(forward, Placement):
        assert backward == forward
    else:
        assert isinstance(backward, Misfit)
        assert set(backward.available) == set(forward.available)
        assert backward.nearest == forward.nearest


def test_fits_are_listed_by_price_with_every_pool_that_would_do() -> None:
    fits: tuple[Fit, ...] = placed(Ask(2_000, 8 * GIB, 1, None, 16 * GIB)).fits
    prices = [fit.price.micro_usd for fit in fits]
    assert prices == sorted(prices)
    assert {fit.pool.name for fit in fits} == {
        pool.name for pool in POOLS if pool.accelerator not in (None, "t4")
    }


@given(asks)
def test_a_misfit_says_of_every_pool_why_it_does_not_do(ask: Ask) -> None:
    misfit = place(ask)
    if not isinstance(misfit, Misfit):
        reject()
    assert tuple(a.pool for a in misfit.available) == POOLS
    assert all(a.reasons for a in misfit.available)
    text = misfit.describe()
    assert all(f"\n  {pool.name} " in text for pool in POOLS)
    assert text.endswith(misfit.remedy)


@given(asks)
def test_the_remedy_of_a_misfit_fits_and_lowers_nothing_to_nothing(ask: Ask) -> None:
    misfit = place(ask)
    if not isinstance(misfit, Misfit):
        reject()
    assert misfit.nearest is not None
    assert isinstance(place(misfit.nearest), Placement)
    for before, after in zip(ask.amounts, misfit.nearest.amounts, strict=True):
        assert after <= before
        assert bool(after) == bool(before)


@given(asks)
def test_the_columns_of_the_pools_are_aligned(ask: Ask) -> None:
    misfit = place(ask)
    if not isinstance(misfit, Misfit):
        reject()
    lines = misfit.describe().splitlines()
    header, rows = lines[5], lines[6 : 6 + len(POOLS)]
    for word in ("accelerator", "gpus", "gpu memory", "cpu", "  memory", "disk", "why not"):
        column = header.index(word) + word.count("  ") * 2
        assert all(row[column - 2 : column] == "  " and row[column] != " " for row in rows)


@pytest.mark.parametrize(
    ("ask", "remedy"),
    [
        (
            Ask(4_000, 16 * GIB, 9, "l4"),
            "lower gpus from 9 to 8: it then fits gpu-l4, g6.48xlarge",
        ),
        (Ask(4_000, 16 * GIB, 9, "h100"), "lower gpus from 9 to 8: it then fits gpu-h100, p5."),
        (
            Ask(4_000, 16 * GIB, 1, "t4", 24 * GIB),
            "use accelerator l40s: it then fits gpu-l40s, g6e.2xlarge",
        ),
        (
            Ask(4_000, 900 * GIB),
            "lower memory from 900 GiB to 464 GiB: it then fits cpu, r7i.16xlarge",
        ),
        (
            Ask(70_000, 8 * GIB, 4, "t4", 24 * GIB),
            "use accelerator l40s: it then fits gpu-l40s, g6e.24xlarge",
        ),
        (
            Ask(64_000, 500 * GIB),
            "lower cpu from 64 to 63 and lower memory from 500 GiB to 464 GiB: it then fits cpu, ",
        ),
        (Ask(1_000, GIB, 1, "v100"), "unknown accelerator v100: use one of a100-40gb, a100-80gb, "),
    ],
)
def test_a_misfit_names_the_smallest_change_that_helps(ask: Ask, remedy: str) -> None:
    assert refused(ask).remedy.startswith(remedy)


TWO_TABLES = """\
asked of one node
  accelerator  gpus  gpu memory  cpu  memory    disk
  l4           9     20 GiB      4.5  16.1 GiB  -

what one node has for deployments
  pool    accelerator  gpus  gpu memory  cpu      memory     disk        why not
  cpu     -            -     -           63.065   464.2 GiB  89 GiB      no GPUs
  gpu-t4  t4           4     15 GiB      62.955   234.1 GiB  753.3 GiB   @
  gpu-l4  l4           8     22.3 GiB    190.635  700.4 GiB  6302.1 GiB  gpus 9 > 8

lower gpus from 9 to 8: it then fits gpu-l4, g6.48xlarge""".replace(
    "@", "not l4, gpus 9 > 4, gpu memory 20 GiB > 15 GiB"
)


def test_a_misfit_shows_what_was_asked_beside_what_there_is() -> None:
    pools = (CPU_POOL, POOL_BY_NAME["gpu-t4"], POOL_BY_NAME["gpu-l4"])
    misfit = place(Ask(4_500, 16 * GIB + 1, 9, "l4", 20 * GIB), pools)
    assert isinstance(misfit, Misfit)
    assert misfit.describe() == TWO_TABLES


def test_what_fits_each_alone_but_not_together_is_said_to_be_so() -> None:
    misfit = place(Ask(60_000, 8 * GIB, 4, "t4"), (POOL_BY_NAME["gpu-t4"],))
    assert isinstance(misfit, Misfit)
    assert misfit.available[0].reasons == ("no one type has all of it together",)


def test_without_a_pool_of_the_right_sort_the_remedy_is_to_add_one() -> None:
    without_gpus = place(Ask(1_000, GIB, 1), (CPU_POOL,))
    assert isinstance(without_gpus, Misfit)
    assert without_gpus.nearest is None
    assert without_gpus.remedy == "add a node pool with GPUs: there is none"
    without_cpu = place(Ask(1_000, GIB), (POOL_BY_NAME["gpu-l4"],))
    assert isinstance(without_cpu, Misfit)
    assert without_cpu.remedy == "add a node pool without GPUs: there is none"


@pytest.mark.parametrize(
    ("cpu", "gpus", "accelerator", "gpu_memory"),
    [(-1, 0, None, None), (1, -1, None, None), (1, 0, "l4", None), (1, 0, None, GIB)],
)
def test_an_ask_that_contradicts_itself_is_refused(
    cpu: int, gpus: int, accelerator: str | None, gpu_memory: int | None
) -> None:
    with pytest.raises(ValueError, match="an ask"):
        _ = Ask(cpu, GIB, gpus, accelerator, gpu_memory)
