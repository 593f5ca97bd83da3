"""Keeps requests off an engine that cannot answer them, and tries again by itself.

Closed, all pass. Where `Health` finds trouble, or requests fail one after another, it opens: 503
at once, with the reason. When the trouble is over and it has been open for a while it is half
open: one request goes through as a probe, and what becomes of it closes or opens it again.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from desktop_llm.core.events import Event
from desktop_llm.server.asgi import App, Message, Receive, Scope, Send
from desktop_llm.server.health import Health, HealthLimits, Reading, Trouble
from desktop_llm.server.limits import generates
from desktop_llm.server.refusals import Refusal

log = logging.getLogger(__name__)


class Position(StrEnum):
    """As an electrician says it: closed lets through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True)
class BreakerLimits:
    """`failures` are answers of 500 in a row. Times in seconds.

    `open_seconds` at least is it open; `look_seconds` apart are the looks at the engine's health.
    """

    failures: int = 5
    open_seconds: float = 10.0
    look_seconds: float = 1.0
    health: HealthLimits = field(default_factory=HealthLimits)


@dataclass(frozen=True)
class BreakerState:
    """A snapshot. `trouble` is why it is not closed, `opened` how often it opened for each."""

    position: Position = Position.CLOSED
    trouble: Trouble | None = None
    opened: Mapping[Trouble, int] = field(default_factory=dict)


class Breaker:
    """`changed` is emitted at every change, `refused` counts who was not let through.

    `state` may be read on any thread; the rest is for the engine loop.
    """

    def __init__(
        self,
        limits: BreakerLimits,
        read: Callable[[], Reading],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.changed: Event[BreakerState] = Event()
        self.refused = 0
        self._limits = limits
        self._read = read
        self._clock = clock
        self._health = Health(limits.health)
        self._state = BreakerState()
        self._opened: Counter[Trouble] = Counter()
        self._failures = 0
        self._until = -math.inf
        self._probing = False

    @property
    def state(self) -> BreakerState:
        return self._state

    async def watch(self) -> None:
        """Look at the engine's health again and again, until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(self._limits.look_seconds)

    def look(self) -> None:
        """Look at the engine's health, and open or half-open by it."""
        trouble = self._health.judge(self._clock(), self._read())
        if trouble is not None:
            if self._state.position is not Position.OPEN or self._state.trouble is not trouble:
                self._open(trouble)
            self._until = self._clock() + self._limits.open_seconds
        elif self._state.position is Position.OPEN and self._clock() >= self._until:
            self._probing = False
            self._publish(Position.HALF_OPEN, self._state.trouble)

    def admit(self) -> Admission | None:
        """A request's admission, or None. Half open, there is one at a time: the probe."""
        probe = self._state.position is Position.HALF_OPEN
        if self._state.position is Position.OPEN or (probe and self._probing):
            self.refused += 1
            return None
        self._probing = probe
        return Admission(self, probe)

    def settle(self, *, failed: bool | None, probe: bool) -> None:
        """What became of a request; with None it came to no answer, and that says nothing."""
        if probe:
            self._probing = False
        if failed is None:
            return
        self._failures = self._failures + 1 if failed else 0
        if probe and self._state.position is Position.HALF_OPEN:
            if failed:
                self._open(self._state.trouble or Trouble.FAILING)
            else:
                self._publish(Position.CLOSED, None)
        elif self._state.position is Position.CLOSED and self._failures >= self._limits.failures:
            self._open(Trouble.FAILING)

    def retry_after(self) -> float:
        """Seconds until a request may be let through."""
        return max(self._until - self._clock(), 1.0)

    def _open(self, trouble: Trouble) -> None:
        self._failures = 0
        self._opened[trouble] += 1
        self._until = self._clock() + self._limits.open_seconds
        log.warning("The port lets no request through: %s", trouble.message)
        self._publish(Position.OPEN, trouble)

    def _publish(self, position: Position, trouble: Trouble | None) -> None:
        self._state = BreakerState(position, trouble, dict(self._opened))
        self.changed.emit(self._state)


class Admission:
    """One request that was let through; its first word settles what the breaker thinks of it.

    A stream's status line is sent before the engine has done anything: its first event counts.
    Only 500 is a failure of the engine's: 503 is said on purpose, by us, to all who must wait.
    """

    def __init__(self, breaker: Breaker, probe: bool) -> None:
        self._breaker = breaker
        self._probe = probe
        self._status = 0
        self._settled = False

    def note(self, message: Message) -> None:
        """What is answered."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
        elif message.get("body") and self._status != 503:
            self.settle(failed=self._status == 500)

    def settle(self, *, failed: bool | None) -> None:
        """Tell it, once."""
        if not self._settled:
            self._settled = True
            self._breaker.settle(failed=failed, probe=self._probe)


class Breaking:
    """The layer: requests for an answer pass the breaker, all others pass by."""

    def __init__(self, app: App, breaker: Breaker) -> None:
        self._app = app
        self._breaker = breaker

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not generates(scope):
            await self._app(scope, receive, send)
            return
        admission = self._breaker.admit()
        if admission is None:
            await refusal(self._breaker).send(scope, send)
            return

        async def watched(message: Message) -> None:
            admission.note(message)
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            admission.settle(failed=True)
            raise
        finally:
            admission.settle(failed=None)


def refusal(breaker: Breaker) -> Refusal:
    """What a client is told while it is not closed."""
    trouble = breaker.state.trouble or Trouble.FAILING
    return Refusal(503, trouble.value, trouble.message, retry_after=breaker.retry_after())
