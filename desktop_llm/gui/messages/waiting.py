"""Three quiet dots: the answer's first token has not come yet."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QPointF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from desktop_llm.gui.messages.style import MessageColors

_STEP_MS = 50
_PERIOD_S = 1.3


class WaitingDots(QWidget):
    """Moves only while it is visible. GUI thread."""

    def __init__(self, colors: MessageColors, parent: QWidget) -> None:
        super().__init__(parent)
        self.colors = colors
        self.setAccessibleName(self.tr("Waiting for the first token"))
        self._timer = QTimer(self)
        self._timer.setInterval(_STEP_MS)
        self._timer.timeout.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(40, 22)

    def showEvent(self, event: QShowEvent) -> None:
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        now = time.monotonic() / _PERIOD_S
        for dot in range(3):
            wave = math.sin((now - dot * 0.14) * 2 * math.pi)
            color = QColor(self.colors.muted)
            color.setAlphaF(0.35 + 0.55 * max(0.0, wave))
            painter.setBrush(color)
            painter.drawEllipse(QPointF(5 + dot * 11, self.height() / 2), 3, 3)
