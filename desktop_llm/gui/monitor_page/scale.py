"""What a chart's axis shows: its top, its ticks, and values in words, in real units."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QCoreApplication

from desktop_llm.core.units import GIB

_INTERVALS = 3  # about so many on an axis
_MOST_INTERVALS = 5  # of memory, in powers of two
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


class Measure(StrEnum):
    """What a chart's values are, as the history has them."""

    BYTES = "bytes"
    CELSIUS = "celsius"
    COUNT = "count"
    PERCENT = "percent"
    SECONDS = "seconds"
    SHARE = "share"
    SPEED = "speed"
    WATTS = "watts"


# The least that an axis reaches to, in the history's units: a flat line stays at the bottom.
_LEAST = {
    Measure.BYTES: GIB,
    Measure.CELSIUS: 100.0,
    Measure.COUNT: 3.0,
    Measure.PERCENT: 100.0,
    Measure.SECONDS: 0.01,
    Measure.SHARE: 1.0,
    Measure.SPEED: 10.0,
    Measure.WATTS: 50.0,
}


@dataclass(frozen=True)
class Scale:
    """An axis from 0 to `top`, with `ticks` of value and text; in the history's units."""

    top: float
    ticks: tuple[tuple[float, str], ...]


def scale_for(measure: Measure, highest: float) -> Scale:
    """An axis that has room for `highest` and ends at a tick. Pure."""
    highest = max(highest, _LEAST[measure])
    if measure in (Measure.PERCENT, Measure.SHARE):
        whole = 100.0 if measure is Measure.PERCENT else 1.0
        return _scale(measure, whole / 2, 2)
    if measure is Measure.BYTES:
        step = GIB * 2.0 ** math.ceil(math.log2(highest / GIB / _MOST_INTERVALS))
        return _scale(measure, step, math.ceil(highest / step - 1e-3))
    step = _nice(highest / _INTERVALS)
    if measure is Measure.COUNT:
        step = max(1.0, float(math.ceil(step)))
    return _scale(measure, step, math.ceil(highest / step - 1e-9))


def value_text(measure: Measure, value: float | None) -> str:
    """`value` with its unit, as one reads it; a dash where it is not known."""
    if value is None or math.isnan(value):
        return "–"
    match measure:
        case Measure.BYTES:
            return f"{_number(value / GIB, 2 if value < 10 * GIB else 1)} GiB"
        case Measure.CELSIUS:
            return f"{_number(value, 0)} °C"
        case Measure.COUNT:
            return _number(value, 0 if value == int(value) else 1)
        case Measure.PERCENT:
            return f"{_number(value, 0)} %"
        case Measure.SECONDS:
            return _seconds(value)
        case Measure.SHARE:
            return f"{_number(value * 100, 0 if value >= 0.1 or not value else 1)} %"
        case Measure.SPEED:
            return QCoreApplication.translate("MonitorPage", "{speed} tok/s").format(
                speed=_number(value, 1 if value < 100 else 0)
            )
        case Measure.WATTS:
            return f"{_number(value, 0)} W"


def _scale(measure: Measure, step: float, intervals: int) -> Scale:
    values = [step * place for place in range(intervals + 1)]
    return Scale(values[-1], tuple((value, _tick_text(measure, value, step)) for value in values))


def _tick_text(measure: Measure, value: float, step: float) -> str:
    if measure is Measure.BYTES:
        return f"{_number(value / GIB, 0 if step >= GIB else 2)} GiB"
    if measure is Measure.SPEED:
        return _number(value, 0 if step >= 1 else 1)
    if measure is Measure.SECONDS and step * _INTERVALS >= 1:
        return f"{_number(value, 0 if step == int(step) else 1)} s"
    if measure is Measure.SECONDS:
        return f"{_number(value * 1000, 0 if step >= 0.001 else 1)} ms"
    return value_text(measure, value)


def _seconds(value: float) -> str:
    if value < 1:
        return f"{_number(value * 1000, 1 if value < 0.01 else 0)} ms"
    return f"{_number(value, 2 if value < 10 else 1)} s"


def _nice(step: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * nice for nice in _STEPS if power * nice >= step * (1 - 1e-9))


def _number(value: float, decimals: int) -> str:
    return f"{value:,.{decimals}f}"
