"""Energy and tokens in money."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_llm.core.cost import CostFigure, energy_cost, integrate_power


def test_that_the_arithmetic_is_shown_and_right() -> None:
    """A card at 300 W for an hour, 100 tokens a second, 0.30 a kWh."""
    cost = energy_cost(
        300 * 3600,
        360_000,
        price_per_kwh=0.30,
        cloud_price_per_million=0.60,
        hardware_price=1000,
    )
    assert cost.kwh == pytest.approx(0.3)
    assert cost.energy_cost == pytest.approx(0.09)
    assert cost.per_million == pytest.approx(0.25)
    assert cost.saved_per_million == pytest.approx(0.35)
    assert cost.break_even_tokens == pytest.approx(1000 / 0.35 * 1e6)
    assert [step.figure for step in cost.steps] == list(CostFigure)
    assert [step.working for step in cost.steps] == [
        "1,080,000 J ÷ 3,600,000 J",
        "0.3000 kWh × 0.3000",
        "0.09000 ÷ 360,000 × 1,000,000",
        "0.6000 − 0.2500",
        "1,000 ÷ 0.3500 × 1,000,000",
    ]


def test_that_what_has_no_result_says_so() -> None:
    nothing_made = energy_cost(100, 0, price_per_kwh=0.3, cloud_price_per_million=1)
    assert nothing_made.per_million is None
    assert nothing_made.saved_per_million is None
    dear = energy_cost(
        3_600_000, 1000, price_per_kwh=1, cloud_price_per_million=1, hardware_price=500
    )
    assert dear.saved_per_million is not None
    assert dear.saved_per_million < 0
    assert dear.break_even_tokens is None
    assert dear.steps[-1].value is None


@pytest.mark.parametrize("figure", [-1.0, math.nan, math.inf])
def test_that_a_figure_that_is_none_is_refused(figure: float) -> None:
    with pytest.raises(ValueError, match="negative"):
        energy_cost(figure, 1, price_per_kwh=1)
    with pytest.raises(ValueError, match="negative"):
        energy_cost(1, 1, price_per_kwh=figure)


def test_that_power_is_integrated_over_the_time_somebody_looked() -> None:
    assert integrate_power([]) == 0
    assert integrate_power([(0, 100)]) == 0
    assert integrate_power([(0, 100), (2, 200), (3, 200)]) == 500
    assert integrate_power([(0, 100), (3600, 100), (3601, 100)]) == 100


@given(
    st.floats(0, 1e12),
    st.integers(1, 10**12),
    st.floats(0, 10),
    st.floats(0, 100),
    st.floats(0, 1e6),
)
def test_that_after_break_even_the_hardware_is_paid(
    joules: float, tokens: int, price: float, cloud: float, hardware: float
) -> None:
    cost = energy_cost(
        joules,
        tokens,
        price_per_kwh=price,
        cloud_price_per_million=cloud,
        hardware_price=hardware,
    )
    if cost.break_even_tokens is not None and cost.break_even_tokens < 1e300:
        assert cost.per_million is not None
        paid = cost.break_even_tokens / 1e6 * (cloud - cost.per_million)
        assert paid == pytest.approx(hardware)
