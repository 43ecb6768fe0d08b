"""Quantities: what is read, what is refused, and that nothing is lost on the way back."""

from fractions import Fraction
from math import ceil, prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.quantity import (
    LARGEST,
    format_cpu,
    format_memory,
    parse_bytes,
    parse_cpu,
    parse_memory,
)

UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "k": 10**3, "M": 10**6, "G": 10**9}
NEVER = [
    "", " ", "1 ", "+1", "-1", "1e3", "1E3", "nan", "NaN", "inf", "1.", ".5", "1_000", "1,5", "1g",
    "1gi", "1KI", "1K", "1u", "1n", "0x10", "\u0661", "\uff12", "\u00bd",
    "1\n", "5mm", "true", "None", "1.5m", "9" * 5000, "9223372036854775808",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "millicores"),
    [
        ("0", 0), ("2", 2000), ("0.5", 500), ("500m", 500), ("1.25", 1250), ("0.1", 100),
        ("0.0001", 1), ("1.0001", 1001), ("0.29", 290), ("1.000", 1000),
        ("9223372036854775", 9_223_372_036_854_775_000),
    ],
)  # fmt: skip
def test_cpu_is_exact_and_rounds_up(text: str, millicores: int) -> None:
    assert parse_cpu(text) == millicores


@pytest.mark.parametrize(
    ("text", "size"),
    [("512Mi", 512 * 2**20), ("2Gi", 2**31), ("2G", 2 * 10**9), ("1k", 1000), ("0Ki", 0)],
)
def test_memory_with_a_unit(text: str, size: int) -> None:
    assert parse_memory(text) == parse_bytes(text) == size


@pytest.mark.parametrize("text", [*NEVER, "1Mi", "1Gi", "9223372036854775808m"])
def test_what_is_no_cpu_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"CPU quantity|outside"):
        parse_cpu(text)


@pytest.mark.parametrize("text", [*NEVER, "1.5Gi", "1m", "512mi", "8388608Ti"])
def test_what_is_no_memory_is_refused(text: str) -> None:
    for parse in (parse_memory, parse_bytes):
        with pytest.raises(ValueError, match=r"memory quantity|outside"):
            parse(text)


def test_a_bare_number_is_bytes_in_an_object_and_a_mistake_in_an_entry() -> None:
    assert parse_bytes("1025") == 1025
    with pytest.raises(ValueError, match="memory quantity"):
        parse_memory("1025")


@given(st.integers(0, LARGEST))
def test_cpu_survives_the_way_back(millicores: int) -> None:
    assert parse_cpu(format_cpu(millicores)) == millicores


sizes = st.tuples(st.integers(0, 9999), st.sampled_from(sorted(UNITS.values())))


@given(st.integers(0, LARGEST) | sizes.map(prod))
def test_memory_survives_the_way_back_and_is_shortest(size: int) -> None:
    text = format_memory(size)
    assert parse_bytes(text) == size
    spellings = [f"{size // unit}{name}" for name, unit in UNITS.items() if size % unit == 0]
    assert all(len(text) <= len(other) for other in [*spellings, str(size)])


@given(st.decimals(0, 10**6, places=7))
def test_cpu_is_the_ceiling_of_the_true_value(cores: object) -> None:
    assert parse_cpu(f"{cores:f}") == ceil(Fraction(f"{cores:f}") * 1000)


@pytest.mark.parametrize("text", ["100m", "3", "512Mi", "1Gi", "2G", "100Mi", "1Ti"])
def test_canonical_text_is_kept(text: str) -> None:
    assert (
        format_memory(parse_bytes(text)) if text[-1] in "iG" else format_cpu(parse_cpu(text))
    ) == text


@given(st.text(max_size=8))
def test_any_text_is_read_or_refused_never_anything_else(text: str) -> None:
    for parse in (parse_cpu, parse_memory, parse_bytes):
        try:
            amount = parse(text)
        except ValueError:
            continue
        assert 0 <= amount <= LARGEST
