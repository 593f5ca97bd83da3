"""A long work under way: what it does, how far it is, its times, Cancel."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar

from desktop_llm.core.units import format_seconds
from desktop_llm.gui.theme import S
from desktop_llm.gui.widgets import Card, button, label

_STEPS = 1000
_TICK_MS = 500


class ProgressCard(Card):
    """GUI thread. The clock ticks between reports, while the card is on show."""

    cancel_asked = Signal()

    def __init__(self, bar_name: str, cancel_name: str) -> None:
        """The names are for screen readers."""
        super().__init__()
        self._report: tuple[float, float, float | None] | None = None
        self._seen_at = 0.0
        self.stage = label("", "section")
        self.times = label("", "small")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(bar_name)
        self.cancel = button(self.tr("Cancel"))
        self.cancel.setAccessibleName(cancel_name)
        self.cancel.clicked.connect(self.cancel_asked)
        row = QHBoxLayout()
        row.setSpacing(S)
        row.addWidget(self.stage, 1)
        row.addWidget(self.times)
        row.addWidget(self.cancel)
        self.body.addLayout(row)
        self.body.addWidget(self.bar)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)

    def show_waiting(self, words: str) -> None:
        """Something has begun of which nothing is known yet."""
        self._report = None
        self.stage.setText(words)
        self.times.setText("")
        self.bar.setRange(0, 0)

    def show_progress(
        self, words: str, fraction: float, elapsed_s: float, left_s: float | None
    ) -> None:
        """A report: `fraction` is 0–1; `left_s` is None where it cannot be told."""
        report = (fraction, elapsed_s, left_s)
        if report != self._report:
            self._report = report
            self._seen_at = time.monotonic()
        percent = f"{fraction:.0%}"
        self.stage.setText(f"{words} · {percent}")
        self.bar.setRange(0, _STEPS)
        self.bar.setValue(round(fraction * _STEPS))
        self.bar.setAccessibleDescription(f"{words}, {percent}")
        self._tick()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _tick(self) -> None:
        if self._report is None:
            return
        _fraction, elapsed_s, left_s = self._report
        passed = time.monotonic() - self._seen_at
        elapsed = format_seconds(max(1.0, round(elapsed_s + passed)))
        if left_s is None:
            self.times.setText(elapsed)
            return
        left = format_seconds(max(1.0, round(left_s - passed)))
        self.times.setText(self.tr("{passed}, about {left} left").format(passed=elapsed, left=left))
