"""What a deployment costs a month."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.instances import ACCELERATORS, GIB, REGIONS
from catalog.money import format_usd
from catalog.placement import Ask, Placement, place
from catalog.price import MonthlyCost, monthly_cost

cpu_asks = st.builds(Ask, st.integers(1, 60_000), st.integers(1, 400 * GIB))
gpu_asks = st.builds(
    Ask,
    st.integers(1, 15_000),
    st.integers(1, 60 * GIB),
    st.integers(1, 8),
    st.sampled_from(list(ACCELERATORS)),
)
replicas = st.integers(0, 100)


def cost_of(ask: Ask, low: int, high: int, region: str = "us-east-1") -> MonthlyCost:
    placement = place(ask, region=region)
    assert isinstance(placement, Placement), placement.remedy
    return monthly_cost(placement, low, high)


def test_a_replica_that_takes_every_gpu_pays_for_the_whole_node() -> None:
    cost = cost_of(Ask(1_000, GIB, 8, "h100"), 1, 2)
    assert cost == MonthlyCost(5504 * 730, 2 * 5504 * 730, "us-east-1")


def test_the_largest_share_is_the_one_that_is_paid() -> None:
    one_gpu_of_one = cost_of(Ask(100, GIB, 1, "l4"), 1, 1)
    assert one_gpu_of_one.at_max == round(80.48 * 730)
    all_memory = cost_of(Ask(100, 12 * GIB, 1, "l4"), 1, 1)
    assert all_memory == one_gpu_of_one


def test_two_of_four_gpus_cost_half_a_node() -> None:
    assert cost_of(Ask(1_000, GIB, 2, "l4"), 1, 1).at_max == round(460.16 * 730 / 2)


def test_a_replica_pays_for_its_own_pool_though_its_share_of_another_were_cheaper() -> None:
    ask = Ask(1_000, GIB, 1, None, 60 * GIB)
    assert cost_of(ask, 1, 1).at_max == 688 * 730
    assert cost_of(replace(ask, accelerator="a100-80gb"), 1, 1).at_max < 688 * 730


def test_a_deployment_that_scales_to_zero_costs_nothing_at_rest() -> None:
    cost = cost_of(Ask(1_000, 2 * GIB), 0, 4)
    assert cost.at_min == 0
    assert cost.at_max > 0


def test_a_price_borrowed_from_another_region_says_so() -> None:
    assert cost_of(Ask(1_000, GIB, 1, "h100"), 1, 1, "eu-west-1").priced_in == "us-east-1"
    assert cost_of(Ask(1_000, GIB, 1, "a10g"), 1, 1, "eu-west-1").priced_in == "eu-west-1"


def test_replicas_below_zero_or_backwards_are_refused() -> None:
    for low, high in ((-1, 1), (2, 1)):
        with pytest.raises(ValueError, match="not a range of replicas"):
            _ = cost_of(Ask(1_000, GIB), low, high)


@given(cpu_asks | gpu_asks, replicas, replicas, st.sampled_from(REGIONS))
def test_more_replicas_never_cost_less(ask: Ask, some: int, more: int, region: str) -> None:
    placement = place(ask, region=region)
    if isinstance(placement, Placement):
        cost = monthly_cost(placement, some, some + more)
        assert 0 <= cost.at_min <= cost.at_max
        assert bool(cost.at_max) <= bool(some + more)


@given(cpu_asks | gpu_asks, st.integers(0, 30_000), st.integers(0, 200 * GIB), st.integers(0, 7))
def test_in_the_same_pool_asking_for_more_never_costs_less(
    ask: Ask, cpu: int, memory: int, gpus: int
) -> None:
    more = replace(
        ask,
        cpu_millicores=ask.cpu_millicores + cpu,
        memory_bytes=ask.memory_bytes + memory,
        gpus=ask.gpus + gpus if ask.gpus else 0,
    )
    if isinstance(bigger := place(more), Placement):
        assert cost_of(ask, 1, 1).at_max <= monthly_cost(bigger, 1, 1).at_max


@given(cpu_asks | gpu_asks)
def test_a_replica_never_costs_more_than_the_node_that_it_was_placed_on(ask: Ask) -> None:
    placement = place(ask)
    if isinstance(placement, Placement):
        cents = monthly_cost(placement, 1, 1).at_max
        assert cents <= -(-placement.price.micro_usd * 730 // 10_000)


@pytest.mark.parametrize(
    ("cents", "text"),
    [
        (0, "$0"),
        (1, "<$1"),
        (99, "<$1"),
        (100, "$1"),
        (149, "$1"),
        (150, "$2"),
        (123_400, "$1,234"),
        (123_456_789, "$1,234,568"),
        (-123_400, "-$1,234"),
        (-50, "-<$1"),
    ],
)
def test_money_reads_as_whole_dollars(cents: int, text: str) -> None:
    assert format_usd(cents) == text
