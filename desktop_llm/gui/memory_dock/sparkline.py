"""A figure's last two minutes as a small line beside its value."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from PySide6.QtCore import QCoreApplication, QPointF
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from desktop_llm.gui.theme import Theme
from desktop_llm.telemetry.alert_state import LONGEST_GAP_SECONDS

SECONDS = 120
_WIDTH, _HEIGHT = 72, 16


class Sparkline(QWidget):
    """GUI thread. Qt's own line, not pyqtgraph's: the dock may be open when the app starts."""

    def __init__(self, theme: Theme, color: str, name: str) -> None:
        """`color` is one of the theme's; `name` is what a screen reader calls it."""
        super().__init__()
        self._theme = theme
        self._color = color
        self._values: Sequence[float] = ()
        self._top = 1.0
        self.setFixedSize(_WIDTH, _HEIGHT)
        self.setAccessibleName(name)
        self.setToolTip(QCoreApplication.translate("MemoryDock", "The last 2 minutes"))
        theme.changed.connect(self.update)

    def show_values(self, values: Sequence[float], top: float | None = None) -> None:
        """Show a value a second, NaN where there is none; `top` is the upper edge, by default the
        highest of them."""
        self._values = values
        highest = max((value for value in values if not math.isnan(value)), default=0.0)
        self._top = max(top or highest, 1e-9)
        self.update()

    def lines(self) -> list[list[QPointF]]:
        """The runs of values as points; where nobody looked, nothing."""
        step = self.width() / max(len(self._values) - 1, 1)
        height = self.height() - 2.0
        return [
            [
                QPointF(place * step, 1 + height * (1 - min(value / self._top, 1.0)))
                for place, value in run
            ]
            for run in runs(self._values)
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(0, self.height() - 1, self.width(), 1, self._theme.color("border"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color(self._color), 1.25))
        for line in self.lines():
            painter.drawPolyline(line)


def runs(values: Sequence[float]) -> Iterator[list[tuple[int, float]]]:
    """Place and value of what is known, in runs without a gap longer than a slow watch's steps."""
    run: list[tuple[int, float]] = []
    for place, value in enumerate(values):
        if math.isnan(value):
            continue
        if run and place - run[-1][0] > LONGEST_GAP_SECONDS:
            yield run
            run = []
        run.append((place, value))
    if run:
        yield run
