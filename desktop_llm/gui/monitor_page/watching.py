"""Looks at the machine while somebody sees the page, and never else."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from desktop_llm.gui.bridge import Bridge
from desktop_llm.gui.core import Core
from desktop_llm.telemetry.monitor import Moment
from desktop_llm.telemetry.sample import Sample
from desktop_llm.telemetry.sampler import SILENT_AFTER_SECONDS, Watch

_CHECK_MS = 2000


class Watching(QObject):
    """GUI thread; `close` must be called at the end. `show` is called with each sample there."""

    def __init__(self, core: Core, bridge: Bridge, show: Callable[[Sample], None]) -> None:
        super().__init__()
        self._monitor = core.monitor
        self._bridge = bridge
        self._show = show
        self._watch: Watch | None = None
        self._closed = False
        self._shown_at = float("-inf")
        self._check = QTimer(self)
        self._check.setInterval(_CHECK_MS)
        self._check.timeout.connect(self._look_for_silence)
        self._unsubscribe = self._monitor.looked.subscribe(self._looked)

    def see(self, seen: bool) -> None:
        """Look once a second from now on, or no more."""
        if self._closed:
            return
        if not seen:
            self._end()
        elif self._watch is None:
            self._watch = self._monitor.watch()
            self._check.start()
            # What was so when somebody last looked, long ago, is not the present.
            latest = self._monitor.sampler.latest
            if latest is not None and time.monotonic() - latest.at < SILENT_AFTER_SECONDS:
                self._take(latest)

    def close(self) -> None:
        """Look no more."""
        self._end()
        self._closed = True
        self._unsubscribe()

    def _end(self) -> None:
        self._check.stop()
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.close()

    def _looked(self, moment: Moment) -> None:
        """The telemetry thread."""
        if self._watch is not None:
            self._bridge.post(lambda: self._take(moment.sample))

    def _take(self, sample: Sample) -> None:
        if self._watch is not None and sample.at > self._shown_at:
            self._shown_at = sample.at
            self._show(sample)

    def _look_for_silence(self) -> None:
        """A driver that hangs in a call sends no samples: that is asked for."""
        latest = self._monitor.sampler.latest
        if latest is not None and latest.at - self._shown_at > SILENT_AFTER_SECONDS:
            self._take(latest)
