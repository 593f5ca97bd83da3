"""A load under way: stage, fraction, time, Cancel."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar

from desktop_llm.core.units import format_seconds
from desktop_llm.engine.types import EngineState, LoadProgress, Phase
from desktop_llm.gui.status_bar import stage_text
from desktop_llm.gui.theme import S
from desktop_llm.gui.widgets import Card, button, label

_ESTIMATE_FROM = 0.05


class LoadCard(Card):
    """Hidden while nothing loads. The clock ticks between reports."""

    cancel_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._progress: LoadProgress | None = None
        self._seen_at = 0.0
        self.stage = label("", "section")
        self.times = label("", "small")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName(self.tr("Load progress"))
        self.cancel = button(self.tr("Cancel"))
        self.cancel.setAccessibleName(self.tr("Cancel the load"))
        self.cancel.clicked.connect(self.cancel_asked)
        row = QHBoxLayout()
        row.setSpacing(S)
        row.addWidget(self.stage, 1)
        row.addWidget(self.times)
        row.addWidget(self.cancel)
        self.body.addLayout(row)
        self.body.addWidget(self.bar)
        self._timer = QTimer(self)
        self._timer.setInterval(500)
        self._timer.timeout.connect(self._tick)
        self.hide()

    def show_state(self, state: EngineState, *, ours: bool) -> None:
        """Show `state` if it is a load of the model on show (`ours`)."""
        loading = ours and state.phase is Phase.LOADING
        self.setVisible(loading)
        if not loading:
            self._timer.stop()
            return
        progress = state.progress
        if progress is None:
            self.stage.setText(self.tr("Loading"))
            self.times.setText("")
            self.bar.setRange(0, 0)
            return
        if progress != self._progress:
            self._progress = progress
            self._seen_at = time.monotonic()
        percent = f"{progress.fraction:.0%}"
        self.stage.setText(f"{stage_text(progress.stage)} · {percent}")
        self.bar.setRange(0, 1000)
        self.bar.setValue(round(progress.fraction * 1000))
        self.bar.setAccessibleDescription(f"{stage_text(progress.stage)}, {percent}")
        self._tick()
        if not self._timer.isActive():
            self._timer.start()

    def _tick(self) -> None:
        if self._progress is None:
            return
        elapsed = self._progress.elapsed_s + time.monotonic() - self._seen_at
        self.times.setText(self._times(elapsed, self._progress.fraction))

    def _times(self, elapsed: float, fraction: float) -> str:
        passed = format_seconds(max(1.0, elapsed))
        if fraction < _ESTIMATE_FROM:
            return passed
        left = max(1.0, elapsed * (1 - fraction) / fraction)
        return self.tr("{passed}, about {left} left").format(
            passed=passed, left=format_seconds(round(left))
        )
