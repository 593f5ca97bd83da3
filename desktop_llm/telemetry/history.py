"""What the figures were: ten minutes second by second, a day minute by minute."""

from __future__ import annotations

import math
import threading
from array import array
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from desktop_llm.telemetry.figures import Figure, Unit

SECONDS_KEPT = 600
MINUTES_KEPT = 1440
# One number of 8 bytes a second; mean, lowest and highest a minute.
BYTES_A_FIGURE = 8 * (SECONDS_KEPT + 3 * MINUTES_KEPT)
MOST_FIGURES = 512  # so 20 MB at most; a machine with one GPU has about 80


@dataclass(frozen=True, slots=True)
class Seconds:
    """One value a second, oldest first; `values[i]` is of second `first + i`, NaN if unknown."""

    first: int
    values: array[float]


@dataclass(frozen=True, slots=True)
class Minutes:
    """One minute a place, oldest first, beginning at `first` + 60 s × place; NaN if unknown."""

    first: int
    mean: array[float]
    lowest: array[float]
    highest: array[float]


class History:
    """Rings in fixed memory: `BYTES_A_FIGURE` a figure, for `MOST_FIGURES` at most.

    Times are in seconds on the monotonic clock. Of several values in one second the last is kept;
    a minute's mean, lowest and highest are of all. Beyond the most figures, the one that was
    longest without a value makes room. Any thread.
    """

    def __init__(self, most_figures: int = MOST_FIGURES) -> None:
        self._most = most_figures
        self._rings: OrderedDict[str, _Rings] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, at: float, figures: Iterable[Figure]) -> None:
        """Note what is known of `figures` at the time `at`; one from before the last is ignored."""
        with self._lock:
            for figure in figures:
                if figure.value is None or not math.isfinite(figure.value):
                    continue
                rings = self._rings.get(figure.name)
                if rings is None:
                    if len(self._rings) >= self._most:
                        self._rings.popitem(last=False)
                    rings = self._rings[figure.name] = _Rings(figure.unit)
                self._rings.move_to_end(figure.name)
                rings.add(at, float(figure.value))

    def names(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(sorted(self._rings))

    def unit(self, name: str) -> Unit | None:
        """None for a figure that was never known."""
        with self._lock:
            return self._rings[name].unit if name in self._rings else None

    def seconds(self, name: str, until: float, count: int = SECONDS_KEPT) -> Seconds:
        """The `count` seconds (600 at most) up to the one that holds the time `until`."""
        count = max(0, min(count, SECONDS_KEPT))
        first = math.floor(until) - count + 1
        with self._lock:
            rings = self._rings.get(name)
            values = rings.seconds.read(first, count) if rings else _unknown(count)
        return Seconds(first, values)

    def minutes(self, name: str, until: float, count: int = MINUTES_KEPT) -> Minutes:
        """The `count` minutes (1440 at most) up to the one that holds the time `until`."""
        count = max(0, min(count, MINUTES_KEPT))
        first = math.floor(until / 60) - count + 1
        with self._lock:
            rings = self._rings.get(name)
            columns = (
                [ring.read(first, count) for ring in (rings.mean, rings.lowest, rings.highest)]
                if rings
                else [_unknown(count) for _ in range(3)]
            )
        return Minutes(first * 60, *columns)

    @property
    def bytes_held(self) -> int:
        """What the values take."""
        with self._lock:
            return BYTES_A_FIGURE * len(self._rings)


class _Ring:
    """One value for each of the last `size` places of an endless row."""

    def __init__(self, size: int) -> None:
        self._values = _unknown(size)
        self._newest: int | None = None

    def put(self, place: int, value: float) -> None:
        size, newest = len(self._values), self._newest
        if newest is not None:
            if place <= newest - size:
                return
            # What was skipped is unknown, not what stood there one round ago.
            for skipped in range(max(newest + 1, place - size + 1), place):
                self._values[skipped % size] = math.nan
        self._values[place % size] = value
        self._newest = place if newest is None else max(newest, place)

    def read(self, first: int, count: int) -> array[float]:
        """The places from `first` on. Copies slices: a page asks for dozens of rows a second."""
        size, newest = len(self._values), self._newest
        if newest is None:
            return _unknown(count)
        kept = max(first, newest - size + 1)
        end = min(first + count, newest + 1)
        if kept >= end:
            return _unknown(count)
        start, stop = kept % size, (end - 1) % size + 1
        known = (
            self._values[start:stop] if start < stop else self._values[start:] + self._values[:stop]
        )
        return _unknown(kept - first) + known + _unknown(first + count - end)


class _Rings:
    """One figure's."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.seconds = _Ring(SECONDS_KEPT)
        self.mean = _Ring(MINUTES_KEPT)
        self.lowest = _Ring(MINUTES_KEPT)
        self.highest = _Ring(MINUTES_KEPT)
        self._last = -math.inf
        self._minute: int | None = None
        self._sum, self._count = 0.0, 0
        self._bounds = (math.inf, -math.inf)

    def add(self, at: float, value: float) -> None:
        if at < self._last:
            return
        self._last = at
        self.seconds.put(math.floor(at), value)
        minute = math.floor(at / 60)
        if minute != self._minute:
            self._minute, self._sum, self._count = minute, 0.0, 0
            self._bounds = (math.inf, -math.inf)
        self._sum += value
        self._count += 1
        self._bounds = (min(self._bounds[0], value), max(self._bounds[1], value))
        # The minute under way is there from its first value on.
        self.mean.put(minute, self._sum / self._count)
        self.lowest.put(minute, self._bounds[0])
        self.highest.put(minute, self._bounds[1])


def _unknown(count: int) -> array[float]:
    return array("d", [math.nan]) * count
