"""One chart: its title, a legend that tells values, and the lines over time."""

from __future__ import annotations

from collections.abc import Mapping

import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QGraphicsItem, QHBoxLayout, QSizePolicy, QWidget

from desktop_llm.gui.monitor_page.scale import Scale, scale_for, value_text
from desktop_llm.gui.monitor_page.series import Series, Span
from desktop_llm.gui.monitor_page.specs import ChartSpec, Line
from desktop_llm.gui.theme import XS, M, S, Theme
from desktop_llm.gui.widgets import Card, ElidedLabel, label

PLOT_HEIGHT = 136
_AXIS_WIDTH, _AXIS_HEIGHT = 58, 24
_FILL_ALPHA = 38


class Chart(Card):
    """GUI thread. `pointed` carries the time under the pointer (s, ≤ 0), None when it leaves."""

    pointed = Signal(object)

    def __init__(self, theme: Theme, spec: ChartSpec, span: Span) -> None:
        super().__init__(spacing=XS)
        self.spec = spec
        self._theme = theme
        self._span = span
        self._series: Mapping[str, Series] = {}
        self._scale: Scale | None = None
        self._at: float | None = None
        self.setAccessibleName(spec.title)
        self.keys = {line.figure: LegendKey(theme, line) for line in spec.lines}
        legend = QHBoxLayout()
        legend.setSpacing(M)
        for key in self.keys.values():
            legend.addWidget(key)
        legend.addStretch(1)
        self.plot = Plot()
        self.plot.pointed.connect(self.pointed)
        self.curves = {line.figure: self._curve(line) for line in spec.lines}
        self._fills = {line.figure: self._fill() for line in spec.lines if line.filled}
        self._pointer = pg.InfiniteLine(angle=90, movable=False)
        self._pointer.hide()
        self.plot.addItem(self._pointer, ignoreBounds=True)
        self.body.setContentsMargins(M, S + 2, M, S)
        self.body.addWidget(ElidedLabel(spec.title, "section"))
        self.body.addLayout(legend)
        self.body.addWidget(self.plot)
        theme.changed.connect(self._paint)
        self._paint()
        self.show_span(span)

    def show_span(self, span: Span) -> None:
        """Have the time axis reach back over `span`."""
        self._span = span
        self.plot.setXRange(-span.seconds, 0, padding=0)
        self.plot.getAxis("bottom").setTicks([list(time_ticks(span))])

    def show_series(self, series: Mapping[str, Series]) -> None:
        """Draw `series`, by figure; what is missing has no line."""
        self._series = series
        highest = max((found.highest for found in series.values()), default=0.0)
        scale = scale_for(self.spec.measure, highest)
        if scale != self._scale:
            self._scale = scale
            self.plot.setYRange(0, scale.top, padding=0)
            self.plot.getAxis("left").setTicks([list(scale.ticks)])
        for figure, curve in self.curves.items():
            found = series.get(figure)
            for item in (curve, self._fills.get(figure)):
                if item is None:
                    continue
                if found is None or not found.x.size:
                    item.setData([], [])
                else:
                    item.setData(found.x, found.y)
        self._tell()

    def point_at(self, at: float | None) -> None:
        """Mark the time `at` (s, ≤ 0) and tell the values then; None tells the present ones."""
        self._at = at
        self._pointer.setVisible(at is not None)
        if at is not None:
            self._pointer.setValue(at)
        self._tell()

    def _tell(self) -> None:
        texts = []
        for figure, key in self.keys.items():
            found = self._series.get(figure)
            value = None
            if found is not None:
                value = found.latest if self._at is None else found.at(self._at)
            key.show_value(value_text(self.spec.measure, value))
            key.setVisible((found is not None and bool(found.x.size)) or not key.line.of_limit)
            texts.append(f"{key.line.name} {key.value.text()}")
        self.setAccessibleDescription(", ".join(texts))

    def _curve(self, line: Line) -> pg.PlotCurveItem:
        curve = pg.PlotCurveItem(connect="finite", antialias=True)
        curve.setZValue(-1 if line.of_limit else 0)
        self.plot.addItem(curve)
        return curve

    def _fill(self) -> pg.PlotCurveItem:
        """What is under a line: an item of its own, for antialiased it would cost twice as much."""
        fill = pg.PlotCurveItem(connect="finite", antialias=False, pen=None, fillLevel=0.0)
        fill.setZValue(-2)
        self.plot.addItem(fill)
        return fill

    def _paint(self) -> None:
        """Wear the colours of the theme."""
        color = self._theme.color
        self.plot.setBackground(color("surface"))
        for name in ("left", "bottom"):
            axis = self.plot.getAxis(name)
            axis.setPen(QPen(color("border")))
            axis.setTickPen(QPen(color("border")))
            axis.setTextPen(QPen(color("muted")))
            axis.setTickFont(self._theme.font(-2))
        for line in self.spec.lines:
            curve = self.curves[line.figure]
            pen = QPen(color(line.color), 1)
            pen.setCosmetic(True)
            if line.of_limit:
                pen.setStyle(Qt.PenStyle.DashLine)
            curve.setPen(pen)
            if line.filled:
                fill = color(line.color)
                fill.setAlpha(_FILL_ALPHA)
                self._fills[line.figure].setBrush(fill)
        self._pointer.setPen(QPen(color("faint")))


class LegendKey(QWidget):
    """A line's colour, its name and its value."""

    def __init__(self, theme: Theme, line: Line) -> None:
        super().__init__()
        self.line = line
        self.value = label()
        self.value.setMinimumWidth(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(XS + 1)
        row.addWidget(_Stroke(theme, line))
        row.addWidget(label(line.name, "small"))
        row.addWidget(self.value)

    def show_value(self, text: str) -> None:
        """Show a value, or a dash."""
        if text != self.value.text():
            self.value.setText(text)


class Plot(pg.PlotWidget):
    """A plot that is only looked at: no menu, no dragging, and the wheel scrolls the page."""

    pointed = Signal(object)

    def __init__(self) -> None:
        axes = {"left": _Axis("left"), "bottom": _Axis("bottom")}
        super().__init__(axisItems=axes, enableMenu=False)
        self.setFixedHeight(PLOT_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumWidth(160)
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.setMouseEnabled(False, False)
        item.getViewBox().setDefaultPadding(0)
        item.disableAutoRange()
        left, bottom = item.getAxis("left"), item.getAxis("bottom")
        left.setWidth(_AXIS_WIDTH)
        bottom.setHeight(_AXIS_HEIGHT)
        left.setGrid(255)
        left.setTicks([[]])  # until there is a scale
        left.setStyle(tickLength=0, hideOverlappingLabels=False)
        bottom.setStyle(tickLength=0, hideOverlappingLabels=False, tickTextOffset=7)
        item.layout.setContentsMargins(0, S, S + XS, 0)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Not pyqtgraph's own, which looks for items under the pointer."""
        box = self.getPlotItem().getViewBox()
        place = self.mapToScene(event.position().toPoint())
        inside = box.sceneBoundingRect().contains(place)
        self.pointed.emit(float(box.mapSceneToView(place).x()) if inside else None)

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed.emit(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.ignore()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.ignore()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class _Axis(pg.AxisItem):
    """An axis whose first and last text may stand out beyond its ends: pyqtgraph leaves out what
    does not lie within the bounding rectangle."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        # Its texts and the grid stay when the lines are drawn anew.
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    def boundingRect(self) -> QRectF:
        across, along = (0, S) if self.orientation == "left" else (_AXIS_WIDTH // 2, 0)
        rect: QRectF = super().boundingRect()
        return rect.adjusted(-across, -along, across, along)


class _Stroke(QWidget):
    """How a line is drawn, beside its name."""

    def __init__(self, theme: Theme, line: Line) -> None:
        super().__init__()
        self._theme = theme
        self._line = line
        self.setFixedSize(12, 12)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        color = self._theme.color(self._line.color)
        if self._line.of_limit:
            for left in (0, 7):
                painter.fillRect(QRectF(left, 5, 5, 2), color)
        else:
            painter.fillRect(QRectF(0, 4, 12, 3), color)


def time_ticks(span: Span) -> tuple[tuple[float, str], ...]:
    """Places on the time axis and what stands at them."""
    unit, steps, size = ("min", 5, 120) if span is Span.MINUTES else ("h", 4, 6 * 3600)
    whole = 60 if unit == "min" else 3600
    back = [(-size * place, f"−{size * place // whole} {unit}") for place in range(steps, 0, -1)]
    return (*back, (0.0, QCoreApplication.translate("MonitorPage", "now")))
