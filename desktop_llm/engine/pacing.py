"""Under load, fewer and larger deltas a stream; a lone stream gets every token as it comes.

A token of its own costs its JSON, a chunk and a system call, and with many streams that is most of
what the HTTP port does. vLLM merges the deltas that nobody has fetched yet, so where many streams
run, each waits for a moment before it fetches the next: the tokens of that time are one event.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol, TypeVar


class _Output(Protocol):
    @property
    def finished(self) -> bool: ...


T = TypeVar("T", bound=_Output)

# The loop's timers go by milliseconds.
_LEAST_SECONDS = 0.001


@dataclass(frozen=True)
class Pace:
    """So many deltas a second for all streams together, but at least one per `longest_seconds`."""

    deltas_per_second: float = 1000.0
    longest_seconds: float = 0.05

    def seconds(self, streams: int) -> float:
        """How long a stream waits from one delta to the next, among so many."""
        return min(max(streams - 1, 0) / self.deltas_per_second, self.longest_seconds)


class Pacing:
    """Counts the streams that go through `paced`, and holds them by that. Engine loop only."""

    def __init__(self, pace: Pace | None = None) -> None:
        self._pace = pace or Pace()
        self._streams = 0

    async def paced(self, outputs: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
        """`outputs`, with a pause before the next is fetched. The first comes as it is.

        Nothing waits here but tokens that vLLM holds; closing it closes `outputs`.
        """
        self._streams += 1
        fetched = time.monotonic()
        try:
            async for output in outputs:
                yield output
                if not output.finished:
                    now = time.monotonic()
                    left = self._pace.seconds(self._streams) - (now - fetched)
                    if left >= _LEAST_SECONDS:
                        await asyncio.sleep(left)
                fetched = time.monotonic()
        finally:
            self._streams -= 1
            await outputs.aclose()
