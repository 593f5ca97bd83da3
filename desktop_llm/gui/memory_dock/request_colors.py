"""The colour that a request wears, in its row and in the block map, for as long as it lasts."""

from __future__ import annotations

from collections.abc import Iterable

COLORS = tuple(f"request_{number}" for number in range(1, 9))


class RequestColors:
    """GUI thread. With more requests than colours, several wear the same."""

    def __init__(self) -> None:
        self._worn: dict[str, str] = {}

    def keep(self, requests: Iterable[str]) -> None:
        """These requests, by id, are there now: the newcomers get the colours least worn."""
        there = list(requests)
        self._worn = {name: self._worn[name] for name in there if name in self._worn}
        for name in there:
            if name not in self._worn:
                worn = list(self._worn.values())
                self._worn[name] = min(COLORS, key=worn.count)

    def of(self, request: str) -> str:
        """Its name in `palettes.Colors`."""
        return self._worn.get(request, COLORS[0])
