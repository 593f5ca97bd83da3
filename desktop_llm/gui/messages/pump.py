"""The frame timer: runs only while there is something to render, and gives way when it is slow."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer

FRAME_MS = 16
_REST = 2
"""A frame that took this long is followed by so many times that long for everything else."""


class FramePump(QObject):
    """Calls `render` at most 60 times a second until it returns False. GUI thread."""

    def __init__(self, render: Callable[[], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._render = render
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._frame)
        self._rest_ms = 0

    def poke(self) -> None:
        """There is something to render."""
        if not self._timer.isActive():
            self._timer.start(max(FRAME_MS, self._rest_ms))

    def stop(self) -> None:
        """Render nothing more until poked."""
        self._timer.stop()

    def _frame(self) -> None:
        begin = time.perf_counter()
        more = self._render()
        self._rest_ms = min(250, round((time.perf_counter() - begin) * 1000 * _REST))
        if more:
            self.poke()
