"""How far a job is, and how long it still takes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from desktop_llm.quantize.types import JobPhase, JobProgress

# Where in its phase each stage of a child begins and ends. Others leave the fraction as it is.
_QUANTIZING = {
    "importing": (0.0, 0.03),
    "loading": (0.03, 0.08),
    "calibrating": (0.08, 0.12),
    "quantizing": (0.12, 0.97),
    "saving": (0.97, 1.0),
}
_MEASURING = {
    "loading": (0.0, 0.2),
    "loading_again": (0.2, 0.35),
    "scoring": (0.35, 0.7),
    "speed_1": (0.7, 0.8),
    "speed_16": (0.8, 0.9),
    "answering": (0.9, 1.0),
}
_VERIFYING = {"loading": (0.0, 0.9), "answering": (0.9, 1.0)}
_STAGES = {
    JobPhase.MEASURING_BEFORE: _MEASURING,
    JobPhase.QUANTIZING: _QUANTIZING,
    JobPhase.VERIFYING: _VERIFYING,
    JobPhase.MEASURING_AFTER: _MEASURING,
}
_WHOLE = (0.0, 1.0)
_MOST = 0.999  # what is left for the last rename: 1.0 says that it is there
_FIRST_S = 2.0  # before that a pace says nothing
_TRUSTED_SHARE = 0.1  # of a stage; after that its pace says all
_SMOOTH_S = 8.0  # how long a changed pace takes to show in the time left


class JobClock:
    """Turns what a job says of itself into `JobProgress`. One thread uses it.

    `expected` are the seconds that the phases of this job will take, in their order. The fraction
    never goes back, and is 1.0 when the job is DONE and not before. The time left is None for the
    first seconds; then it counts down, and follows a changed pace within seconds.
    """

    def __init__(
        self, expected: Mapping[JobPhase, float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._expected = {phase: max(seconds, 0.1) for phase, seconds in expected.items()}
        self._places = _places(self._expected)
        self._clock = clock
        self._began = self._phase_began = self._stage_began = self._looked = clock()
        self._span = _WHOLE
        self._share = 0.0  # of the stage
        self._left: float | None = None
        self.progress = JobProgress(JobPhase.PREPARING)

    def enter(self, phase: JobPhase) -> JobProgress:
        """The next phase begins, or the job ends."""
        now = self._clock()
        before = JobPhase.MEASURING_BEFORE
        if self.progress.phase is before and JobPhase.MEASURING_AFTER in self._expected:
            self._expected[JobPhase.MEASURING_AFTER] = max(now - self._phase_began, 0.1)
        self._phase_began = self._stage_began = now
        self._span, self._share = _WHOLE, 0.0
        return self._told(JobProgress(phase, self.progress.fraction), now)

    def stage(self, name: str) -> JobProgress:
        """A part of the phase begins."""
        now = self._clock()
        self._span = _STAGES.get(self.progress.phase, {}).get(name, self._span)
        self._stage_began, self._share = now, 0.0
        return self._told(replace(self.progress, done=0.0, total=None, unit="", what=name), now)

    def advance(self, done: float, total: float, unit: str, what: str = "") -> JobProgress:
        """`done` of `total` `unit`s of the stage; a share that makes no sense changes nothing."""
        now = self._clock()
        if math.isfinite(done) and math.isfinite(total) and total > 0:
            self._share = min(max(done / total, 0.0), 1.0)
            fields = {"done": done, "total": total, "unit": unit, "what": what}
            self.progress = replace(self.progress, **fields)  # type: ignore[arg-type]
        return self._told(self.progress, now)

    def tick(self) -> JobProgress:
        """Time went by."""
        return self._told(self.progress, self._clock())

    def _told(self, progress: JobProgress, now: float) -> JobProgress:
        phase = progress.phase
        fraction = progress.fraction
        if phase is JobPhase.DONE:
            fraction = 1.0
        elif not phase.ended and phase in self._places:
            place, (begin, end) = self._places[phase], self._span
            reached = _within(place, begin + self._share * (end - begin))
            fraction = max(fraction, min(reached, _MOST))
        left = None if phase.ended else self._time_left(phase, now)
        elapsed = max(now - self._began, 0.0)
        self.progress = replace(progress, fraction=fraction, elapsed_s=elapsed, left_s=left)
        return self.progress

    def _time_left(self, phase: JobPhase, now: float) -> float | None:
        if now - self._began < _FIRST_S:
            return None
        left = self._of_this_phase(phase, now) + self._of_later_phases(phase)
        passed = max(now - self._looked, 0.0)
        self._looked = now
        if self._left is not None:
            blend = 1.0 - math.exp(-passed / _SMOOTH_S)
            counted_down = max(self._left - passed, 0.0)
            left = counted_down + blend * (left - counted_down)
        self._left = left
        return left

    def _of_this_phase(self, phase: JobPhase, now: float) -> float:
        """By what was expected, then more and more by the stage's own pace."""
        expected = self._expected.get(phase, 0.0)
        begin, end = self._span
        spent = max(now - self._stage_began, 0.0)
        stage = max(expected * (end - begin) - spent, 0.0)
        if self._share > 0 and spent >= _FIRST_S:
            trust = min(self._share / _TRUSTED_SHARE, 1.0)
            # trust times the pace's own time left; so, no division by a share near zero
            by_pace = spent * (1.0 - self._share) / max(self._share, _TRUSTED_SHARE)
            stage = (1.0 - trust) * stage + by_pace
        return stage + expected * (1.0 - end)

    def _of_later_phases(self, phase: JobPhase) -> float:
        phases = list(self._expected)
        later = phases[phases.index(phase) + 1 :] if phase in self._expected else []
        return sum(self._expected[each] for each in later)


def _places(expected: Mapping[JobPhase, float]) -> dict[JobPhase, tuple[float, float]]:
    """Where in the whole job each phase begins and ends."""
    total = sum(expected.values())
    places, begin = {}, 0.0
    for phase, seconds in expected.items():
        places[phase] = (begin / total, (begin + seconds) / total)
        begin += seconds
    return places


def _within(place: tuple[float, float], share: float) -> float:
    begin, end = place
    return begin + share * (end - begin)
