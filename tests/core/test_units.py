"""Figures as a person reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_llm.core.units import GIB, KIB, MIB, format_bytes, format_count, format_seconds


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (KIB, "1.0 KiB"),
        (9.8 * MIB, "9.8 MiB"),
        (15.2 * GIB, "15.2 GiB"),
        (5000 * GIB, "5000.0 GiB"),
        (-2 * MIB, "-2.0 MiB"),
    ],
)
def test_that_sizes_have_binary_units(count: float, text: str) -> None:
    assert format_bytes(count) == text


@given(st.integers(0, 2**60))
def test_that_every_size_reads_back_to_itself(count: int) -> None:
    number, unit = format_bytes(count).split(" ")
    factor = {"B": 1, "KiB": KIB, "MiB": MIB, "GiB": GIB}[unit]
    assert float(number) * factor == pytest.approx(count, rel=0.06)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0384, "38 ms"),
        (0.84, "840 ms"),
        (3.21, "3.2 s"),
        (245, "4 min 5 s"),
        (7380, "2 h 3 min"),
    ],
)
def test_that_durations_use_the_unit_that_fits(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text


@given(st.floats(0, 59.94) | st.sampled_from([0.9994, 0.9996, 0.99999]))
def test_that_no_unit_is_filled_by_rounding(seconds: float) -> None:
    number, unit = format_seconds(seconds).split(" ")
    assert float(number) <= {"ms": 999, "s": 59.9}[unit]


def test_that_almost_a_minute_is_a_minute() -> None:
    assert format_seconds(59.97) == "1 min 0 s"


def test_that_thousands_are_separated() -> None:
    assert format_count(131072) == "131,072"
