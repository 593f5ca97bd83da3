"""What tokens cost in energy here, against a price for them elsewhere; with the arithmetic shown.

Money is in whatever currency the prices are in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

JOULES_PER_KWH = 3_600_000
_MILLION = 1_000_000


class CostFigure(StrEnum):
    """What a step of the arithmetic works out."""

    ENERGY = "energy"  # kWh
    ENERGY_COST = "energy_cost"  # money
    PER_MILLION = "per_million"  # money for a million tokens
    SAVED_PER_MILLION = "saved_per_million"  # money for a million tokens
    BREAK_EVEN = "break_even"  # tokens


@dataclass(frozen=True)
class CostStep:
    """One line of the arithmetic: `working` is the formula with its numbers, `value` the result.

    None where it has no result: no tokens were made, or nothing is saved.
    """

    figure: CostFigure
    working: str
    value: float | None


@dataclass(frozen=True)
class Cost:
    """The results; None where there is none, and never zero instead.

    `break_even_tokens` is how many tokens it takes until the hardware is paid for by what each
    saves against the cloud; None where it never is.
    """

    kwh: float
    energy_cost: float
    per_million: float | None
    saved_per_million: float | None
    break_even_tokens: float | None
    steps: tuple[CostStep, ...]


def energy_cost(
    joules: float,
    tokens: int,
    *,
    price_per_kwh: float,
    cloud_price_per_million: float | None = None,
    hardware_price: float | None = None,
) -> Cost:
    """Work it all out. Without a cloud price or a price of hardware their steps are left out.

    Raises ValueError for a figure that is negative or no number.
    """
    given = (joules, tokens, price_per_kwh, cloud_price_per_million, hardware_price)
    if any(figure is not None and not 0 <= figure < math.inf for figure in given):
        raise ValueError("a figure is negative or no number")
    kwh = joules / JOULES_PER_KWH
    cost = kwh * price_per_kwh
    steps = [
        CostStep(CostFigure.ENERGY, f"{joules:,.0f} J ÷ {JOULES_PER_KWH:,} J", kwh),
        CostStep(CostFigure.ENERGY_COST, f"{_short(kwh)} kWh × {_short(price_per_kwh)}", cost),
    ]
    per_million = cost / tokens * _MILLION if tokens else None
    working = f"{_short(cost)} ÷ {tokens:,} × {_MILLION:,}"
    steps.append(CostStep(CostFigure.PER_MILLION, working, per_million))
    saved = break_even = None
    if per_million is not None and cloud_price_per_million is not None:
        saved = cloud_price_per_million - per_million
        working = f"{_short(cloud_price_per_million)} − {_short(per_million)}"
        steps.append(CostStep(CostFigure.SAVED_PER_MILLION, working, saved))
        if hardware_price is not None:
            break_even = hardware_price / saved * _MILLION if saved > 0 else None
            working = f"{_short(hardware_price)} ÷ {_short(saved)} × {_MILLION:,}"
            steps.append(CostStep(CostFigure.BREAK_EVEN, working, break_even))
    return Cost(kwh, cost, per_million, saved, break_even, tuple(steps))


def integrate_power(samples: Iterable[tuple[float, float]], longest_gap_s: float = 10.0) -> float:
    """Joules from (seconds, watts) in order of time, by trapezoids.

    Gaps longer than `longest_gap_s` count nothing: nobody looked meanwhile.
    """
    return sum(
        (after - before) * (first + second) / 2
        for (before, first), (after, second) in pairwise(samples)
        if 0 < after - before <= longest_gap_s
    )


def _short(value: float) -> str:
    """Four significant digits, without a power of ten."""
    if value == 0:
        return "0"
    digits = max(3 - math.floor(math.log10(abs(value))), 0)
    return f"{value:,.{min(digits, 12)}f}"
