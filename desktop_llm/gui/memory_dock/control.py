"""When the dock looks at the machine and the engine, and what it does with what is seen."""

from __future__ import annotations

from PySide6.QtCore import QObject

from desktop_llm.config.settings import Settings
from desktop_llm.engine.statistics import EngineRequest, EngineStatistics
from desktop_llm.gui.bridge import Bridge
from desktop_llm.gui.core import Core
from desktop_llm.gui.memory_dock.device_bars import device_bars
from desktop_llm.gui.memory_dock.dock import MemoryDock
from desktop_llm.gui.model_control import ModelControl
from desktop_llm.gui.sentences import translated
from desktop_llm.gui.tasks import Tasks
from desktop_llm.gui.toasts import Toasts
from desktop_llm.telemetry.alerts import Alert
from desktop_llm.telemetry.monitor import Moment
from desktop_llm.telemetry.sampler import Watch

SEEN_S = 1.0
# For the alerts alone. Samples more than 10 s apart are no run to them, so it is less than that.
UNSEEN_S = 5.0
_ALERT_MS = 12_000


class MemoryDockControl(QObject):
    """GUI thread; `close` must be called at the end.

    It watches each second while the dock is seen; else slowly, and only while a model is loaded.
    """

    def __init__(
        self,
        core: Core,
        bridge: Bridge,
        engine: ModelControl,
        dock: MemoryDock,
        tasks: Tasks,
        toasts: Toasts,
    ) -> None:
        super().__init__()
        self._core = core
        self._bridge = bridge
        self._engine = engine
        self._dock = dock
        self._tasks = tasks
        self._toasts = toasts
        self._seen = False
        self._showing = False
        self._closed = False
        self._watch: Watch | None = None
        dock.seen.connect(self._see)
        dock.requests.stop_asked.connect(self._stop)
        engine.changed.connect(self._rewatch)
        self._subscriptions = [
            core.monitor.looked.subscribe(self._looked),
            core.monitor.alerts.raised.subscribe(
                lambda alert: bridge.post(lambda: self._say(alert))
            ),
            core.settings.changed.subscribe(self._use),
        ]

    def close(self) -> None:
        """Look no more."""
        self._closed = True
        for unsubscribe in self._subscriptions:
            unsubscribe()
        self._rewatch()

    def _use(self, settings: Settings) -> None:
        self._core.monitor.alerts.use(settings.alerts)

    def _see(self, seen: bool) -> None:
        self._seen = seen
        latest = self._core.monitor.sampler.latest
        if seen and latest is not None and not self._closed:
            self._dock.show_devices(device_bars(latest, None, None), latest.problem)
        self._rewatch()

    def _rewatch(self) -> None:
        """Hold the watch that is wanted now, and no other."""
        wanted = None
        if not self._closed:
            if self._seen:
                wanted = SEEN_S
            elif self._engine.state.model is not None:
                wanted = UNSEEN_S
        if wanted == (self._watch.interval if self._watch else None):
            return
        before, self._watch = self._watch, None
        if wanted is not None:
            self._watch = self._core.monitor.watch(wanted)
        if before is not None:
            before.close()

    def _looked(self, moment: Moment) -> None:
        """The telemetry thread."""
        if self._seen:
            self._bridge.post(lambda: self._take(moment))

    def _take(self, moment: Moment) -> None:
        if self._seen and not self._showing and not self._closed:
            self._showing = True
            self._tasks.start(self._show(moment))

    async def _show(self, moment: Moment) -> None:
        try:
            statistics, requests = await self._bridge.call(self._engine_now())
        finally:
            self._showing = False
        sample, model = moment.sample, self._engine.state.model
        self._dock.show_devices(device_bars(sample, model, statistics), sample.problem)
        self._dock.show_engine(statistics, requests)

    async def _engine_now(self) -> tuple[EngineStatistics | None, tuple[EngineRequest, ...]]:
        """The engine loop."""
        return self._core.engine.statistics(), self._core.engine.requests()

    def _stop(self, request_id: str) -> None:
        self._tasks.start(self._bridge.call(self._core.engine.stop_request(request_id)))

    def _say(self, alert: Alert) -> None:
        if not self._closed:
            text = f"{translated(alert.message)} {translated(alert.hint)}"
            self._toasts.say(text, timeout_ms=_ALERT_MS)
