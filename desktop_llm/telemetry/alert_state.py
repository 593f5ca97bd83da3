"""Whether something is wrong, from values over time: with hysteresis, durations and gaps."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

# Nobody looked for longer than this: what was in between is not known, and a run begins anew.
LONGEST_GAP_SECONDS = 10.0
# What has no value for this long is no longer there (the model was unloaded): its alert ends.
FORGOTTEN_AFTER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Rule:
    """Raised when above `above` for `seconds`, cleared when at most `clears_at` for `calm_seconds`.

    `clears_at` ≤ `above`; a value in between changes nothing.
    """

    above: float
    clears_at: float
    seconds: float
    calm_seconds: float


@dataclass(frozen=True, slots=True)
class Track:
    """One alert's state. `since` is when the run began that will change it; None without one.

    `seen` is when there last was a value, `now` the last time told.
    """

    raised: bool = False
    since: float | None = None
    seen: float | None = None
    now: float = -math.inf


def step(rule: Rule, track: Track, at: float, value: float | None) -> Track:
    """The state after `value` at the time `at` (s, monotonic); None where it is not known. Pure.

    A time before the last changes nothing. At most one change a step.
    """
    if at < track.now:
        return track
    if value is None or math.isnan(value):
        gone = track.seen is None or at - track.seen >= FORGOTTEN_AFTER_SECONDS
        return Track(now=at) if gone else Track(track.raised, track.since, track.seen, at)
    since = track.since
    if track.seen is not None and at - track.seen > LONGEST_GAP_SECONDS:
        since = None
    running = value <= rule.clears_at if track.raised else value > rule.above
    if not running:
        return Track(track.raised, None, at, at)
    since = at if since is None else since
    if at - since < (rule.calm_seconds if track.raised else rule.seconds):
        return Track(track.raised, since, at, at)
    return Track(not track.raised, None, at, at)


class Increase:
    """How much a counter grew within the last `seconds`. For one thread."""

    def __init__(self, seconds: float = 60.0) -> None:
        self._seconds = seconds
        self._values: deque[tuple[float, float]] = deque()

    def add(self, at: float, value: float | None) -> float | None:
        """None while the counter is not known. One that fell began anew: it grew from there."""
        if value is None:
            self._values.clear()
            return None
        if self._values and value < self._values[-1][1]:
            self._values.clear()
        self._values.append((at, value))
        # The last value from before the window is what the growth is counted from.
        while len(self._values) > 1 and self._values[1][0] <= at - self._seconds:
            self._values.popleft()
        return value - self._values[0][1]


class Fresh:
    """Lets a value through when it is another than before: the last of a kind that comes rarely."""

    def __init__(self) -> None:
        self._last: float | None = None

    def add(self, value: float | None) -> float | None:
        fresh = value if value != self._last else None
        self._last = value
        return fresh
