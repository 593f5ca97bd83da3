"""Under load, fewer and larger deltas a stream; a lone stream gets every token as it comes.

A token of its own costs its JSON, a chunk and a system call, and with many streams that is most of
what the HTTP port does. vLLM merges the deltas that nobody has fetched yet, so where many streams
run, each waits for a moment before it fetches the next: the tokens of that time are one event.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
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
    """Counts the streams that go through `paced`, and holds them by that. Engine loop only.

    All are let go at the same moments: the loop and the clients are woken once, not for each.
    """

    def __init__(self, pace: Pace | None = None) -> None:
        self._pace = pace or Pace()
        self._streams = 0
        self._held: dict[asyncio.Future[None], Callable[[], bool]] = {}
        self._tick: asyncio.TimerHandle | None = None

    async def paced(
        self, outputs: AsyncGenerator[T, None], ended: Callable[[], bool]
    ) -> AsyncGenerator[T, None]:
        """`outputs`, with a pause before the next is fetched. The first comes as it is.

        `ended` tells whether all of them are there to be fetched. Nothing waits here but tokens
        that vLLM holds; closing it closes `outputs`.
        """
        self._streams += 1
        try:
            async for output in outputs:
                yield output
                if not output.finished and not ended():
                    await self._hold(ended)
        finally:
            self._streams -= 1
            await outputs.aclose()

    def some_ended(self) -> None:
        """Let those go that have their last tokens to fetch."""
        for turn, ended in self._held.items():
            if not turn.done() and ended():
                turn.set_result(None)

    async def _hold(self, ended: Callable[[], bool]) -> None:
        seconds = self._pace.seconds(self._streams)
        if seconds < _LEAST_SECONDS:
            return
        loop = asyncio.get_running_loop()
        if self._tick is None:
            self._tick = loop.call_later(seconds, self._let_go)
        turn = loop.create_future()
        self._held[turn] = ended
        try:
            await turn
        finally:
            del self._held[turn]

    def _let_go(self) -> None:
        self._tick = None
        for turn in self._held:
            if not turn.done():
                turn.set_result(None)
