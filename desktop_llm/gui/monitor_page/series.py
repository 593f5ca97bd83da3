"""What the history holds as points to draw: runs of values, and nothing where nobody looked."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from desktop_llm.telemetry.history import MINUTES_KEPT, SECONDS_KEPT, History

Points = npt.NDArray[np.float64]


class Span(StrEnum):
    """How far back a chart shows."""

    MINUTES = "minutes"  # ten, second by second
    DAY = "day"  # minute by minute

    @property
    def seconds(self) -> int:
        return SECONDS_KEPT if self is Span.MINUTES else MINUTES_KEPT * 60

    @property
    def step(self) -> int:
        """Seconds from one value to the next."""
        return 1 if self is Span.MINUTES else 60

    @property
    def longest_step(self) -> int:
        """Unseen, the machine is looked at every 5 s: what is longer without a value is a gap."""
        return 10 if self is Span.MINUTES else 60


@dataclass(frozen=True)
class Series:
    """`x` in seconds before the present (so ≤ 0), `y` in the history's unit. NaN breaks the line;
    each run ends with its last value once more, a step later."""

    x: Points
    y: Points

    @property
    def highest(self) -> float:
        """0 where there is nothing."""
        return float(np.nanmax(self.y)) if self.x.size else 0.0

    def at(self, x: float) -> float | None:
        """The value that holds at `x`; None in a gap."""
        place = int(np.searchsorted(self.x, x, side="right")) - 1
        if place < 0 or np.isnan(self.y[place]) or (place == self.x.size - 1 and x > self.x[-1]):
            return None
        return float(self.y[place])

    @property
    def latest(self) -> float | None:
        """The value that holds at present; None where the last one is too long ago."""
        return self.at(float(self.x[-1])) if self.x.size and self.x[-1] >= -_RECENT else None


_RECENT = 60.0


def read_series(history: History, name: str, span: Span, now: float) -> Series:
    """The figure `name` over `span` up to `now` (s, monotonic)."""
    if span is Span.MINUTES:
        seconds = history.seconds(name, now)
        return series_of(seconds.values, seconds.first - now, span.step, span.longest_step)
    minutes = history.minutes(name, now)
    return series_of(minutes.mean, minutes.first - now, span.step, span.longest_step)


def series_of(values: array[float], first: float, step: float, longest: float) -> Series:
    """`values`, the first at `first` and each `step` after the last; NaN is what is not known.

    Between two that are known and at most `longest` apart the line goes on. Nothing is after the
    present.
    """
    all_y = np.frombuffer(values, dtype=np.float64)
    places = np.flatnonzero(~np.isnan(all_y))
    if not places.size:
        return Series(np.empty(0), np.empty(0))
    x, y = first + places * float(step), all_y[places]
    ends = np.append(np.flatnonzero(np.diff(x) > longest), x.size - 1)
    # After each run its last value again, and a break.
    where = np.repeat(ends + 1, 2)
    held = x[ends] + step
    x = np.insert(x, where, np.repeat(held, 2))
    y = np.insert(y, where, np.column_stack((y[ends], np.full(ends.size, np.nan))).ravel())
    return Series(np.minimum(x[:-1], 0.0), y[:-1])
