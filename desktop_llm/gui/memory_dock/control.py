"""When the dock looks at the machine and the engine, and what it does with what is seen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from desktop_llm.config.settings import Settings
from desktop_llm.core.errors import AppError
from desktop_llm.engine.statistics import EngineRequest, EngineStatistics
from desktop_llm.gui.bridge import Bridge
from desktop_llm.gui.core import Core
from desktop_llm.gui.memory_dock.device_bars import device_bars
from desktop_llm.gui.memory_dock.dock import MemoryDock
from desktop_llm.gui.memory_dock.sparkline import SECONDS
from desktop_llm.gui.model_control import ModelControl
from desktop_llm.gui.tasks import Tasks
from desktop_llm.telemetry.alerts import Alert
from desktop_llm.telemetry.monitor import Moment
from desktop_llm.telemetry.sample import Sample
from desktop_llm.telemetry.sampler import SILENT_AFTER_SECONDS, Watch

SEEN_S = 1.0
# For the alerts alone. Samples more than 10 s apart are no run to them, so it is less than that.
UNSEEN_S = 5.0
_CHECK_MS = 2000


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
        say: Callable[[AppError], object],
    ) -> None:
        """`say` is called with each alert that is raised."""
        super().__init__()
        self._core = core
        self._bridge = bridge
        self._engine = engine
        self._dock = dock
        self._tasks = tasks
        self._report = say
        self._seen = False
        self._showing = False
        self._closed = False
        self._watch: Watch | None = None
        self._shown_at = 0.0
        self._check = QTimer(self)
        self._check.setInterval(_CHECK_MS)
        self._check.timeout.connect(self._look_for_silence)
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
        self._check.stop()
        for unsubscribe in self._subscriptions:
            unsubscribe()
        self._rewatch()

    def _use(self, settings: Settings) -> None:
        self._core.monitor.alerts.use(settings.alerts)

    def _see(self, seen: bool) -> None:
        self._seen = seen
        self._rewatch()
        if self._seen and not self._closed:
            self._check.start()
        else:
            self._check.stop()

    def _look_for_silence(self) -> None:
        """A driver that hangs in a call sends no samples: that is asked for."""
        latest = self._core.monitor.sampler.latest
        if latest is not None and latest.at - self._shown_at > SILENT_AFTER_SECONDS:
            self._take(latest)

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
            self._bridge.post(lambda: self._take(moment.sample))

    def _take(self, sample: Sample) -> None:
        if self._seen and not self._showing and not self._closed:
            self._showing = True
            self._tasks.start(self._show(sample))

    async def _show(self, sample: Sample) -> None:
        try:
            statistics, requests = await self._bridge.call(self._engine_now())
        finally:
            self._showing = False
        model = self._engine.state.model
        self._shown_at = sample.at
        self._dock.show_devices(device_bars(sample, model, statistics), sample.problem)
        self._dock.show_engine(statistics, requests)
        history = self._core.monitor.history
        self._dock.show_trends(lambda figure: history.seconds(figure, sample.at, SECONDS).values)

    async def _engine_now(self) -> tuple[EngineStatistics | None, tuple[EngineRequest, ...]]:
        """The engine loop."""
        return self._core.engine.statistics(), self._core.engine.requests()

    def _stop(self, request_id: str) -> None:
        self._tasks.start(self._bridge.call(self._core.engine.stop_request(request_id)))

    def _say(self, alert: Alert) -> None:
        if not self._closed:
            code = f"alert.{alert.kind}"
            self._report(AppError(code, alert.message, alert.hint, fix=alert.fix))
