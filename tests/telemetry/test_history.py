"""Rings of fixed size that keep what was told, and nothing that was not."""

from __future__ import annotations

import math
import sys

from hypothesis import given
from hypothesis import strategies as st

from desktop_llm.telemetry.figures import Figure, Unit
from desktop_llm.telemetry.history import (
    BYTES_A_FIGURE,
    MINUTES_KEPT,
    MOST_FIGURES,
    SECONDS_KEPT,
    History,
)


def figure(value: float | None, name: str = "power") -> Figure:
    return Figure(name, Unit.WATTS, value)


def filled(*values: tuple[float, float | None]) -> History:
    history = History()
    for at, value in values:
        history.add(at, [figure(value)])
    return history


def test_that_seconds_are_kept_with_their_gaps() -> None:
    history = filled((100.2, 1), (101.2, 2), (102.2, None), (103.9, 4))
    series = history.seconds("power", 104.0, 6)
    assert series.first == 99
    assert [None if math.isnan(v) else v for v in series.values] == [None, 1, 2, None, 4, None]
    assert history.unit("power") is Unit.WATTS


def test_that_a_minute_has_mean_lowest_and_highest_of_all_its_values() -> None:
    history = filled((60, 1), (60.5, 2), (119, 9), (120, 5))
    series = history.minutes("power", 130, 2)
    assert series.first == 60
    assert list(series.mean) == [4, 5]
    assert list(series.lowest) == [1, 5]
    assert list(series.highest) == [9, 5]


def test_that_a_figure_never_known_is_unknown_everywhere() -> None:
    history = filled((0, None), (1, math.nan), (2, math.inf))
    assert history.names() == ()
    assert history.unit("power") is None
    assert all(map(math.isnan, history.seconds("power", 10).values))
    assert all(map(math.isnan, history.minutes("power", 10).mean))


def test_that_a_value_from_before_the_last_is_ignored() -> None:
    history = filled((50, 1), (40, 2))
    assert math.isnan(history.seconds("power", 40, 1).values[0])


def test_that_a_long_sleep_leaves_a_gap_and_nothing_from_a_round_ago() -> None:
    history = filled((10, 1), (10 + SECONDS_KEPT * 60 * 100, 2))
    series = history.seconds("power", 10 + SECONDS_KEPT * 60 * 100)
    assert [v for v in series.values if not math.isnan(v)] == [2]
    day = history.minutes("power", 10 + SECONDS_KEPT * 60 * 100)
    assert [v for v in day.highest if not math.isnan(v)] == [2]


def test_that_the_figure_longest_without_a_value_makes_room() -> None:
    history = History(most_figures=2)
    history.add(0, [figure(1, "a"), figure(1, "b")])
    history.add(1, [figure(1, "a")])
    history.add(2, [figure(1, "c")])
    assert history.names() == ("a", "c")


def test_that_its_memory_is_what_it_says() -> None:
    history = filled((0, 1))
    (rings,) = history._rings.values()
    arrays = [r._values for r in (rings.seconds, rings.mean, rings.lowest, rings.highest)]
    assert sum(values.itemsize * len(values) for values in arrays) == BYTES_A_FIGURE
    before = [sys.getsizeof(values) for values in arrays]
    for second in range(0, 3 * SECONDS_KEPT, 7):
        history.add(second, [figure(second)])
    assert [sys.getsizeof(values) for values in arrays] == before
    assert history.bytes_held == BYTES_A_FIGURE
    assert MOST_FIGURES * BYTES_A_FIGURE < 21_000_000


@given(
    st.lists(st.tuples(st.floats(0, 40), st.none() | st.integers(-5, 5)), min_size=1, max_size=80),
    st.floats(0, 2000),
)
def test_that_what_is_read_is_what_was_told(
    steps: list[tuple[float, int | None]], start: float
) -> None:
    history, at = History(), start
    seconds: dict[int, float] = {}
    minutes: dict[int, list[float]] = {}
    for step, value in steps:
        at += step
        history.add(at, [figure(value)])
        if value is not None:
            seconds[math.floor(at)] = value
            minutes.setdefault(math.floor(at / 60), []).append(value)
    series = history.seconds("power", at)
    assert len(series.values) == SECONDS_KEPT
    for place, read in enumerate(series.values):
        known = seconds.get(series.first + place)
        assert math.isnan(read) if known is None else read == known
    day = history.minutes("power", at)
    assert len(day.mean) == MINUTES_KEPT
    for place, (mean, low, high) in enumerate(zip(day.mean, day.lowest, day.highest, strict=True)):
        of_minute = minutes.get(day.first // 60 + place)
        if of_minute is None:
            assert math.isnan(mean)
        else:
            assert (low, high) == (min(of_minute), max(of_minute))
            assert math.isclose(mean, sum(of_minute) / len(of_minute), abs_tol=1e-9)
