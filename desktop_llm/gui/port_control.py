"""The HTTP port as the window sees it: its state on the GUI thread, its switch, key and log."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop_llm.config.server import ServerSettings
from desktop_llm.core.errors import AppError
from desktop_llm.gui.bridge import Bridge
from desktop_llm.gui.core import Core, PortService
from desktop_llm.gui.tasks import Background, Tasks
from desktop_llm.server.state import PortState

if TYPE_CHECKING:
    from desktop_llm.server.live import LiveRequest, ServedRequest
    from desktop_llm.server.port_metrics import PortFigures

# As many as the window lays out within a frame when the page is shown.
MOST_LINES = 500


@dataclass(frozen=True)
class LogLine:
    """One request that has ended; `at` in seconds since the epoch. `number` counts from 1."""

    number: int
    at: float
    request: ServedRequest


class PortControl(QObject):
    """GUI thread; `close` must be called at the end. `changed`: state or key are others now.

    The port's libraries are imported when it is first wanted, not on the GUI thread. The log is
    bounded, and nobody is woken for a line: who shows it looks.
    """

    changed = Signal()

    def __init__(self, core: Core, bridge: Bridge, tasks: Tasks, background: Background) -> None:
        super().__init__()
        self._core = core
        self._bridge = bridge
        self._tasks = tasks
        self._background = background
        self._service: PortService | None = None
        self._posted = False
        self._closed = False
        self._lines = 0
        self._ends: list[Callable[[], None]] = []
        self.log: deque[LogLine] = deque(maxlen=MOST_LINES)
        self.state = PortState()
        self.key = ""

    @property
    def settings(self) -> ServerSettings:
        return self._core.settings.current.server

    @property
    def lines(self) -> int:
        """How many requests have ended since the window opened."""
        return self._lines

    def begin(self) -> None:
        """Open the port if it was open when the app was closed."""
        if self.settings.enabled:
            self._tasks.start(self._start())

    def close(self) -> None:
        """Follow the port no more; whoever closes the core closes it."""
        self._closed = True
        for end in self._ends:
            end()
        self._ends.clear()

    def switch(self, on: bool) -> None:
        """Open the port, or close it after the requests under way; `state` tells how it went."""
        self._save(self.settings.model_copy(update={"enabled": on}))
        self._tasks.start(self._start() if on else self._stop())

    def apply(self, settings: ServerSettings) -> None:
        """Keep `settings`; a port that is wanted is opened anew by them.

        Raises AppError ``settings.invalid``.
        """
        before = self.settings
        self._save(settings)
        if settings.enabled and self.settings != before:
            self._tasks.start(self._start())

    async def look(self) -> None:
        """Know the key, if there is one already. Raises AppError."""
        service = await self._opened()
        self._show_key(await self._background.run(lambda: _known_key(service)))

    async def renew_key(self) -> None:
        """A new key in the place of the old one. Raises AppError."""
        service = await self._opened()
        self._show_key(await self._bridge.call(service.renew_key()))

    async def live(self) -> tuple[tuple[LiveRequest, ...], PortFigures]:
        """The requests to the port now, the oldest first, and its figures."""
        service = await self._opened()

        async def read() -> tuple[tuple[LiveRequest, ...], PortFigures]:
            return service.live(), service.figures()

        return await self._bridge.call(read())

    def stop_request(self, request_id: str) -> None:
        """End one request."""
        if self._service is not None:
            self._tasks.start(self._bridge.call(self._service.stop_request(request_id)))

    async def _start(self) -> None:
        service = await self._opened()
        # A failure is in `state`, where it is shown with what can be done.
        with suppress(AppError):
            await self._bridge.call(service.start(self.settings))
        self._show_key(await self._background.run(lambda: _known_key(service)))

    async def _stop(self) -> None:
        service = await self._opened()
        await self._bridge.call(service.stop())

    async def _opened(self) -> PortService:
        """The service, made on the worker thread: FastAPI takes a while to import."""
        if self._service is None:
            service = await self._background.run(lambda: self._core.server)
            if not self._ends and not self._closed:  # of two that waited, the first
                self._ends = [
                    service.changed.subscribe(self._wake),
                    service.requests.ended.subscribe(self._note),
                ]
            self._service = service
        return self._service

    def _save(self, settings: ServerSettings) -> None:
        self._core.settings.update(server=settings.model_dump())

    def _note(self, request: ServedRequest) -> None:
        """The engine loop, which must not wait."""
        self._lines += 1
        self.log.append(LogLine(self._lines, time.time(), request))

    def _wake(self, _state: PortState) -> None:
        """The engine loop."""
        if not self._posted:
            self._posted = True
            self._bridge.post(self._follow)

    def _follow(self) -> None:
        self._posted = False
        if self._service is not None and not self._closed:
            self.state = self._service.state
            self.changed.emit()

    def _show_key(self, key: str) -> None:
        if key != self.key and not self._closed:
            self.key = key
            self.changed.emit()


def _known_key(service: PortService) -> str:
    """The key, or an empty text before there is one. Blocks for the disk. Raises AppError."""
    return service.keys.read() if service.keys.path.exists() else ""
