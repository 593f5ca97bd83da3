"""Who of the port's requests has a place in the engine, and who waits for one in line."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

_SHORTEST_RETRY_S = 1.0
_LONGEST_RETRY_S = 60.0
_FIRST_GUESS_S = 2.0
_NEWEST_WEIGHS = 0.1


@dataclass(frozen=True)
class Limits:
    """How many requests may be answered at once, and how many may wait for that.

    The same for one client, None for no less than all. `wait_seconds` is the longest wait in line,
    `request_seconds` the longest answer, from its place in the engine to its last byte.
    """

    running: int = 48
    waiting: int = 48
    client_running: int | None = None
    client_waiting: int | None = None
    wait_seconds: float = 60.0
    request_seconds: float = 1800.0


class Refused(StrEnum):
    """Why a request was not answered, or not to its end."""

    QUEUE_FULL = "queue_full"
    CLIENT_LIMIT = "client_limit"
    WAITED_TOO_LONG = "waited_too_long"
    TOOK_TOO_LONG = "took_too_long"


@dataclass(frozen=True)
class PlacesFigures:
    """The places at one moment. `refused` are totals."""

    running: int
    waiting: int
    refused: Mapping[Refused, int]


class FullError(Exception):
    """There is no place, nor one in the line."""

    def __init__(self, reason: Refused) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(eq=False)
class Turn:
    """One request's. `started` is done as soon as it has its place."""

    client: str
    started: asyncio.Future[None]
    began: float = 0.0


class Places:
    """First come, first served; a client at its own limit lets those behind it pass.

    Engine loop only.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._clock = clock
        self._running: Counter[str] = Counter()
        self._line: deque[Turn] = deque()
        self._refused: Counter[Refused] = Counter()
        self._mean_s = _FIRST_GUESS_S

    def figures(self) -> PlacesFigures:
        """As it is now; what comes later does not change it."""
        return PlacesFigures(self._running.total(), len(self._line), dict(self._refused))

    def enter(self, client: str) -> Turn:
        """A place, or one in the line. Raises FullError where there is neither."""
        turn = Turn(client, asyncio.get_running_loop().create_future())
        if self._has_room(client):  # then all in line wait for others of their own client
            self._start(turn)
            return turn
        own, limit = sum(other.client == client for other in self._line), self.limits.client_waiting
        if limit is not None and own >= limit:
            raise FullError(self.count(Refused.CLIENT_LIMIT))
        if len(self._line) >= self.limits.waiting:
            raise FullError(self.count(Refused.QUEUE_FULL))
        self._line.append(turn)
        return turn

    def leave(self, turn: Turn) -> None:
        """Give back the place, or the one in the line."""
        if not turn.started.done():
            self._line.remove(turn)
            return
        self._running[turn.client] -= 1
        if not self._running[turn.client]:
            del self._running[turn.client]
        self._mean_s += _NEWEST_WEIGHS * (self._clock() - turn.began - self._mean_s)
        for waiting in list(self._line):
            if self._running.total() >= self.limits.running:
                break
            if self._has_room(waiting.client):
                self._line.remove(waiting)
                self._start(waiting)

    def count(self, reason: Refused) -> Refused:
        """One more was refused for `reason`, which is given back."""
        self._refused[reason] += 1
        return reason

    def retry_after(self) -> float:
        """Seconds until those in line will have had their turn, as far as anyone can tell."""
        rounds = (len(self._line) + 1) / self.limits.running
        return min(max(self._mean_s * rounds, _SHORTEST_RETRY_S), _LONGEST_RETRY_S)

    def _has_room(self, client: str) -> bool:
        limit = self.limits.client_running
        own = limit is None or self._running[client] < limit
        return own and self._running.total() < self.limits.running

    def _start(self, turn: Turn) -> None:
        self._running[turn.client] += 1
        turn.began = self._clock()
        turn.started.set_result(None)
