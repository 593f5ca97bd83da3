"""When an alert is raised and cleared: never by a flicker, never by what nobody saw."""

from __future__ import annotations

import math
from itertools import chain

from hypothesis import example, given
from hypothesis import strategies as st

from desktop_llm.telemetry.alert_state import (
    FORGOTTEN_AFTER_SECONDS,
    LONGEST_GAP_SECONDS,
    Fresh,
    Increase,
    Rule,
    Track,
    step,
)

RULE = Rule(above=85, clears_at=75, seconds=120, calm_seconds=10)

values = st.none() | st.sampled_from([70.0, 75.0, 80.0, 85.0, 90.0]) | st.floats(0, 100)
rules = st.builds(
    lambda low, gap, seconds, calm: Rule(low + gap, low, seconds, calm),
    st.floats(60, 80), st.floats(0, 15), st.floats(0, 30), st.floats(0, 30),
)  # fmt: skip
# One value held for a while, as it must be for anything to change; now and then with a long gap.
holding = st.builds(
    lambda wait, value, count: [(wait, value)] * count,
    st.floats(0.1, 9) | st.floats(0.1, 15), values, st.integers(1, 25),
)  # fmt: skip
histories = st.lists(holding, max_size=12).map(lambda parts: list(chain.from_iterable(parts)))


def after(rule: Rule, *told: tuple[float, float | None]) -> Track:
    track = Track()
    for at, value in told:
        track = step(rule, track, at, value)
    return track


def every_second(value: float | None, first: int, last: int) -> list[tuple[float, float | None]]:
    return [(float(second), value) for second in range(first, last + 1)]


def test_that_it_is_raised_after_its_duration_and_not_before() -> None:
    assert not after(RULE, *every_second(90, 0, 119)).raised
    assert after(RULE, *every_second(90, 0, 120)).raised


def test_that_a_dip_begins_the_duration_anew() -> None:
    dip = [*every_second(90, 0, 100), (101.0, 84.0)]
    assert not after(RULE, *dip, *every_second(90, 102, 221)).raised
    assert after(RULE, *dip, *every_second(90, 102, 222)).raised


def test_that_it_is_cleared_only_below_the_lower_limit_for_its_time() -> None:
    raised = every_second(90, 0, 120)
    assert after(RULE, *raised, *every_second(80, 121, 900)).raised
    assert after(RULE, *raised, *every_second(75, 121, 130)).raised
    assert not after(RULE, *raised, *every_second(75, 121, 131)).raised


def test_that_what_nobody_saw_does_not_count_as_lasting() -> None:
    gap = LONGEST_GAP_SECONDS + 1
    assert not after(RULE, (0.0, 90.0), (500.0, 90.0)).raised
    assert not after(RULE, *every_second(90, 0, 119), (119 + gap, 90.0)).raised
    unknown = [*every_second(90, 0, 60), *every_second(None, 61, 65)]
    assert after(RULE, *unknown, *every_second(90, 66, 120)).raised


def test_that_what_is_gone_clears_its_alert() -> None:
    raised = every_second(90, 0, 120)
    gone = int(120 + FORGOTTEN_AFTER_SECONDS)
    assert after(RULE, *raised, *every_second(None, 121, gone - 1)).raised
    assert not after(RULE, *raised, *every_second(None, 121, gone)).raised


def test_that_a_clock_that_goes_back_changes_nothing() -> None:
    track = after(RULE, *every_second(90, 0, 50))
    assert step(RULE, track, 20, 10) == track


RAISED_TWICE_AND_GONE = (
    [(1.0, 90.0)] * 12 + [(1.0, 70.0)] * 7 + [(1.0, 90.0)] * 12 + [(9.0, None)] * 8
)


@given(rules, histories)
@example(Rule(85, 75, 10, 5), RAISED_TWICE_AND_GONE)
def test_that_every_change_has_its_reason_and_alerts_do_not_flap(
    rule: Rule, history: list[tuple[float, float | None]]
) -> None:
    track, at = Track(), 0.0
    seen: list[tuple[float, float]] = []
    changes: list[float] = []
    for wait, value in history:
        at += wait
        if value is not None:
            seen.append((at, value))
        before, track = track, step(rule, track, at, value)
        if track.raised == before.raised:
            continue
        if value is None:
            assert before.raised
            assert at - seen[-1][0] >= FORGOTTEN_AFTER_SECONDS
            continue
        if changes:
            lasted = rule.seconds if track.raised else rule.calm_seconds
            assert at - changes[-1] >= lasted or math.isclose(at - changes[-1], lasted)
        changes.append(at)
        # Back from now, without a gap, every value was of this kind for the whole duration.
        duration = rule.seconds if track.raised else rule.calm_seconds
        later = at
        for when, known in reversed(seen):
            assert later - when <= LONGEST_GAP_SECONDS
            assert known > rule.above if track.raised else known <= rule.clears_at
            if at - when >= duration:
                break
            later = when
        else:
            raise AssertionError("it did not last long enough")


@given(rules, st.lists(st.floats(0, 1), min_size=1, max_size=100), st.booleans())
def test_that_between_the_limits_nothing_ever_changes(
    rule: Rule, shares: list[float], raised: bool
) -> None:
    track = Track(raised, None, 0.0, 0.0)
    for second, share in enumerate(shares):
        value = rule.clears_at + share * (rule.above - rule.clears_at)
        if value <= rule.clears_at:
            continue
        track = step(rule, track, second, min(value, rule.above))
        assert track.raised is raised


def test_that_a_counters_growth_is_that_of_the_last_minute() -> None:
    growth = Increase(60)
    assert growth.add(0, 100) == 0
    assert growth.add(30, 104) == 4
    assert growth.add(60, 105) == 5
    assert growth.add(91, 105) == 1
    assert growth.add(200, 105) == 0
    assert growth.add(201, 2) == 0  # another model: counted anew
    assert growth.add(202, 5) == 3
    assert growth.add(203, None) is None
    assert growth.add(204, 9) == 0


def test_that_only_another_value_is_a_new_one() -> None:
    fresh = Fresh()
    assert [fresh.add(value) for value in (0.2, 0.2, None, 0.2, 0.5)] == [
        0.2, None, None, 0.2, 0.5,
    ]  # fmt: skip
