"""What bounds the port's traffic, together: places, breaker, kept streams, stalled readers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from desktop_llm.config.server import ServerSettings
from desktop_llm.server.asgi import App
from desktop_llm.server.breaker import Breaker, BreakerLimits, Breaking, Position, refusal
from desktop_llm.server.health import Reading, Trouble
from desktop_llm.server.limits import Limiting
from desktop_llm.server.live import client_label
from desktop_llm.server.places import Limits, Places, Refused
from desktop_llm.server.port_metrics import PortFigures
from desktop_llm.server.readiness import Unready
from desktop_llm.server.resume import Resume, ResumeFigures, ResumeLimits
from desktop_llm.server.stalling import Patience, Stalling


class Flow:
    """Of one open port, from `start` to `close`. Engine loop only.

    A request goes through its layers in three places, from the outside in: around everything,
    behind the wall, before the model.
    """

    def __init__(self, settings: ServerSettings, read: Callable[[], Reading]) -> None:
        self.places = Places(
            Limits(
                running=settings.max_concurrency,
                waiting=settings.max_queue,
                client_running=settings.client_concurrency,
                client_waiting=settings.client_queue,
                wait_seconds=settings.queue_seconds,
                request_seconds=settings.request_seconds,
            )
        )
        self.breaker = Breaker(BreakerLimits(), read)
        stalled = settings.stalled_seconds
        self._patience = Patience(stalled, look_seconds=min(stalled / 4, 5.0))
        self._resume_limits = ResumeLimits(settings.resume_seconds, settings.resume_streams)
        self._resume: Resume | None = None
        self._stalling: Stalling | None = None
        self._watching: asyncio.Task[None] | None = None

    def outermost(self, app: App) -> App:
        """Around everything: a stalled reader is cut off."""
        self._stalling = Stalling(app, self._patience)
        return self._stalling

    def behind_the_wall(self, app: App) -> App:
        """Around a request's whole life, which may be longer than its connection's."""
        self._resume = Resume(app, self._resume_limits)
        return self._resume

    def before_the_model(self, app: App) -> App:
        """Around what takes a place: the breaker first, for it says no at once."""
        return Breaking(Limiting(app, self.places, client_label), self.breaker)

    def start(self) -> None:
        """Begin to look at the engine's health."""
        self._watching = asyncio.ensure_future(self.breaker.watch())

    async def close(self) -> None:
        """Abort the streams that have outlived their connections; look no longer."""
        if self._watching is not None:
            self._watching.cancel()
        if self._resume is not None:
            await self._resume.close()

    def unready(self) -> Unready | None:
        """Why nobody is let through, where the breaker is open."""
        if self.breaker.state.position is not Position.OPEN:
            return None
        told = refusal(self.breaker)
        return Unready(told.code, told.message, told.retry_after or 0.0)

    def figures(self, engine_ready: bool) -> PortFigures:
        """As it is now, for `/metrics`."""
        places, breaker = self.places.figures(), self.breaker.state
        resume = self._resume.figures() if self._resume else ResumeFigures()
        # From the first scrape on, so that Prometheus sees the first of each kind as one more.
        refused = {reason.value: places.refused.get(reason, 0) for reason in Refused}
        refused["breaker"] = self.breaker.refused
        refused["stalled"] = self._stalling.stalled if self._stalling else 0
        return PortFigures(
            engine_ready=engine_ready,
            running=places.running,
            running_limit=self.places.limits.running,
            waiting=places.waiting,
            waiting_limit=self.places.limits.waiting,
            refused=refused,
            breaker=breaker.position.value,
            opened={trouble.value: breaker.opened.get(trouble, 0) for trouble in Trouble},
            resumable=resume.kept,
            resumed=resume.resumed,
            expired=resume.expired,
        )
