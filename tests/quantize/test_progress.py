"""The fraction and the time left of a job, whatever it says of itself."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from desktop_llm.quantize.progress import JobClock
from desktop_llm.quantize.types import JobPhase, JobProgress

MEASURED = {
    JobPhase.PREPARING: 1.0,
    JobPhase.MEASURING_BEFORE: 40.0,
    JobPhase.QUANTIZING: 120.0,
    JobPhase.VERIFYING: 2.0,
    JobPhase.MEASURING_AFTER: 40.0,
}
PLAIN = {
    phase: MEASURED[phase]
    for phase in (JobPhase.PREPARING, JobPhase.QUANTIZING, JobPhase.VERIFYING)
}
STAGES = ("importing", "loading", "calibrating", "quantizing", "saving", "scoring", "unheard of")

Step = Callable[[JobClock], JobProgress]
any_number = st.floats(allow_nan=True, allow_infinity=True)
steps = st.one_of(
    st.sampled_from(JobPhase).map(lambda phase: lambda clock: clock.enter(phase)),
    st.sampled_from(STAGES).map(lambda name: lambda clock: clock.stage(name)),
    st.tuples(any_number, any_number).map(
        lambda pair: lambda clock: clock.advance(*pair, "layers", "layer")
    ),
    st.just(lambda clock: clock.tick()),
)


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def barely_begun(clock: JobClock) -> JobProgress:
    return clock.advance(1e-310, 1.0, "layers", "layer")


def preparing(clock: JobClock) -> JobProgress:
    return clock.enter(JobPhase.PREPARING)


@given(st.lists(st.tuples(steps, st.floats(0, 1e4)), max_size=60), st.booleans())
@example([(barely_begun, 2.0), (preparing, 0.0)], False)
def test_that_the_fraction_never_goes_back_and_is_whole_only_when_done(
    story: list[tuple[Step, float]], measured: bool
) -> None:
    time = Time()
    clock = JobClock(MEASURED if measured else PLAIN, time)
    fraction = clock.progress.fraction
    for step, passed in story:
        time.now += passed
        progress = step(clock)
        if progress.phase is JobPhase.DONE:
            assert progress.fraction == 1.0
            assert progress.left_s is None
            return
        assert fraction <= progress.fraction < 1.0
        fraction = progress.fraction
        assert progress.left_s is None or progress.left_s >= 0
        assert progress.elapsed_s == pytest.approx(time.now - 100.0)


def run_job(
    time: Time, clock: JobClock, seconds: dict[JobPhase, float], *, layers: int = 32
) -> list[tuple[float, JobProgress]]:
    """A job whose phases take `seconds`, told layer by layer and each second."""
    told = []
    for phase, length in seconds.items():
        told.append((time.now, clock.enter(phase)))
        stages = {"importing": 0.03, "loading": 0.05, "calibrating": 0.04, "quantizing": 0.85,
                  "saving": 0.03}  # fmt: skip
        for stage, share in stages.items() if phase is JobPhase.QUANTIZING else [("", 1.0)]:
            told.append((time.now, clock.stage(stage)))
            began = time.now
            while time.now - began < length * share:
                time.now += 1.0
                done = int(layers * min((time.now - began) / (length * share), 1.0))
                if stage == "quantizing":
                    told.append((time.now, clock.advance(done, layers, "layers")))
                told.append((time.now, clock.tick()))
    told.append((time.now, clock.enter(JobPhase.DONE)))
    return told


@pytest.mark.parametrize("factor", [0.3, 1.0, 3.0])
def test_that_the_time_left_is_smooth_and_comes_true(factor: float) -> None:
    """Even where the whole job takes a third of what was expected, or three times as much."""
    time = Time()
    took = {phase: seconds * factor for phase, seconds in MEASURED.items()}
    took[JobPhase.QUANTIZING] = 600 * factor
    expected = MEASURED | {JobPhase.QUANTIZING: 600.0}
    told = run_job(time, JobClock(expected, time), took)
    end = told[-1][0]
    lefts = [(now, progress.left_s) for now, progress in told if progress.left_s is not None]
    assert lefts[0][0] <= 103.0
    for (before, left_before), (after, left_after) in itertools.pairwise(lefts):
        counted_down = max(left_before - (after - before), 0)
        # A jump of more than an eighth of what is left, or half a minute, is no countdown.
        assert abs(left_after - counted_down) <= max(0.13 * left_before, 30.0)
    in_the_middle = next(left for now, left in lefts if now - 100 > (end - 100) / 2)
    assert in_the_middle == pytest.approx((end - 100) / 2, rel=0.25)
    assert lefts[-1][1] < 10


def test_that_the_second_measurement_is_expected_to_take_as_long_as_the_first() -> None:
    time = Time()
    clock = JobClock(MEASURED, time)
    clock.enter(JobPhase.MEASURING_BEFORE)
    time.now += 400
    clock.enter(JobPhase.QUANTIZING)
    for _ in range(60):
        time.now += 1
        left = clock.tick().left_s
    assert left == pytest.approx(400 + 2 + 60, rel=0.1)


def test_that_a_progress_says_what_was_said_and_forgets_it_with_the_stage() -> None:
    clock = JobClock(PLAIN, Time())
    clock.enter(JobPhase.QUANTIZING)
    clock.stage("quantizing")
    progress = clock.advance(3, 32, "layers", "model.layers.2")
    assert (progress.done, progress.total) == (3, 32)
    assert (progress.unit, progress.what) == ("layers", "model.layers.2")
    assert progress.fraction > 0.15
    assert clock.advance(4, 0, "layers").done == 3
    assert clock.stage("saving").total is None


def test_that_a_job_that_failed_stays_where_it_was() -> None:
    clock = JobClock(PLAIN, Time())
    clock.enter(JobPhase.QUANTIZING)
    clock.stage("quantizing")
    reached = clock.advance(16, 32, "layers").fraction
    failed = clock.enter(JobPhase.FAILED)
    assert (failed.phase, failed.fraction, failed.left_s) == (JobPhase.FAILED, reached, None)
