"""Where a long column of items stands, most of which were never laid out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate


class Heights:
    """Heights of items one under the other, measured or estimated, in pixels."""

    def __init__(self, heights: Iterable[int] = ()) -> None:
        self._heights = list(heights)
        self._tops: list[int] = []
        self._sum(0)

    def __len__(self) -> int:
        return len(self._heights)

    @property
    def total(self) -> int:
        return self._tops[-1]

    def top(self, index: int) -> int:
        """Where item `index` begins; for one past the last, where all end."""
        return self._tops[index]

    def height(self, index: int) -> int:
        return self._heights[index]

    def at(self, y: int) -> int:
        """The item that holds `y`, or the nearest; -1 when there is none."""
        return max(0, min(bisect_right(self._tops, y) - 1, len(self) - 1)) if len(self) else -1

    def append(self, height: int) -> None:
        self._heights.append(height)
        self._tops.append(self._tops[-1] + height)

    def set(self, index: int, height: int) -> bool:
        """Returns whether that changed anything."""
        if self._heights[index] == height:
            return False
        self._heights[index] = height
        self._sum(index)
        return True

    def _sum(self, index: int) -> None:
        begin = self._tops[index] if index else 0
        self._tops[index:] = accumulate(self._heights[index:], initial=begin)
