"""All charts under each other, or beside each other where there is room."""

from __future__ import annotations

from PySide6.QtCore import QDateTime, QLocale, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QScrollArea, QVBoxLayout, QWidget

from desktop_llm.gui.monitor_page.chart import Chart
from desktop_llm.gui.monitor_page.series import Span, read_series
from desktop_llm.gui.monitor_page.specs import ChartSpec, chart_specs, has_engine
from desktop_llm.gui.theme import XL, L, M, Theme
from desktop_llm.gui.widgets import label
from desktop_llm.telemetry.history import History
from desktop_llm.telemetry.sample import Sample

_TWO_COLUMNS, _THREE_COLUMNS = 720, 1320
# A pixel is more than a second of ten minutes: every second sample is drawn.
_EVERY_S = {Span.MINUTES: 1.5, Span.DAY: 10.0}
# All charts in one go would be a gap in the window, each second and more so at first.
_MADE_AT_ONCE, _AT_ONCE, _APART_MS = 1, 3, 15
_KEY_STEPS = 100  # the pointer crosses the charts in so many strokes of an arrow key


class HistoryView(QScrollArea):
    """GUI thread. `told` carries the clock time under the pointer, empty for the present."""

    told = Signal(str)

    def __init__(self, theme: Theme, history: History) -> None:
        super().__init__()
        self._theme = theme
        self._history = history
        self._span = Span.MINUTES
        self._sample: Sample | None = None
        self._drawn_at = float("-inf")
        self._stale: set[str] = set()
        self._at: float | None = None
        self._columns = 0
        self._wanted: dict[str, ChartSpec] = {}
        self.charts: dict[str, Chart] = {}
        self._next = QTimer(self)
        self._next.setSingleShot(True)
        self._next.setInterval(_APART_MS)
        self._next.timeout.connect(self._work)
        self.no_model = label(
            self.tr(
                "No model has been loaded yet. Choose one at the bottom of the window or on the "
                "Models page, and its KV cache, tokens per second, requests and latencies are "
                "drawn here."
            ),
            "muted",
            wrap=True,
        )
        self._content = content = QWidget()
        content.setObjectName("scrollContent")
        self._grid = QGridLayout()
        self._grid.setSpacing(M)
        column = QVBoxLayout(content)
        column.setContentsMargins(XL, 0, XL, XL)
        column.setSpacing(L)
        column.addLayout(self._grid)
        column.addWidget(self.no_model)
        column.addStretch(1)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(self.tr("History"))
        self.setAccessibleDescription(
            self.tr("The left and right arrow keys go through time, Escape goes to the present.")
        )
        self.setWidget(content)
        self.verticalScrollBar().valueChanged.connect(lambda _place: self._next.start())

    @property
    def span(self) -> Span:
        return self._span

    def show_span(self, span: Span) -> None:
        """Reach back over `span`."""
        self._span = span
        self._drawn_at = float("-inf")
        for chart in self.charts.values():
            chart.show_span(span)
        self._point(None)
        if self._sample is not None:
            self.show_sample(self._sample)

    def show_sample(self, sample: Sample) -> None:
        """Draw the history up to `sample`, no oftener than it is seen to change."""
        self._sample = sample
        known = set(self._history.names())
        self.no_model.setVisible(not has_engine(known))
        others = self._want(chart_specs(sample, known))
        if not others and sample.at - self._drawn_at < _EVERY_S[self._span]:
            return
        self._drawn_at = sample.at
        self._stale = set(self.charts)
        self._work()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()
        self._next.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if steps is not None:
            step = steps * self._span.seconds / _KEY_STEPS
            at = (self._at or 0.0) + step
            self._point(max(at, -float(self._span.seconds)) if at < -1e-6 else None)
        elif event.key() == Qt.Key.Key_Escape and self._at is not None:
            self._point(None)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._point(None)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._next.stop()
        self._point(None)

    def _want(self, specs: tuple[ChartSpec, ...]) -> bool:
        """Have the charts that `specs` name, in their order; whether those are others than before.

        Those that are no longer wanted go at once; new ones are made by `_work`.
        """
        wanted = {spec.key: spec for spec in specs}
        if wanted == self._wanted:
            return False
        self._wanted = wanted
        for key, chart in tuple(self.charts.items()):
            if wanted.get(key) != chart.spec:
                self._drop(self.charts.pop(key))
        self._columns = 0
        return True

    def _make_some(self) -> None:
        """Make the next charts that are missing, if any are."""
        missing = [spec for key, spec in self._wanted.items() if key not in self.charts]
        for spec in missing[:_MADE_AT_ONCE]:
            chart = Chart(self._theme, spec, self._span)
            chart.pointed.connect(self._point)
            self.charts[spec.key] = chart
            self._stale.add(spec.key)
        if missing:
            self.charts = {key: self.charts[key] for key in self._wanted if key in self.charts}
            self._columns = 0
            self._place()

    def _drop(self, chart: Chart) -> None:
        self._grid.removeWidget(chart)
        chart.hide()
        chart.deleteLater()

    def _place(self) -> None:
        width = self.viewport().width()
        columns = 1 + (width >= _TWO_COLUMNS) + (width >= _THREE_COLUMNS)
        if columns == self._columns:
            return
        self._columns = columns
        for place, chart in enumerate(self.charts.values()):
            self._grid.addWidget(chart, place // columns, place % columns)
        for column in range(3):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self._next.start()  # which charts can be seen is known when Qt has laid them out

    def _work(self) -> None:
        """Draw some charts that can be seen, else make one that is missing, and soon the next.

        Those out of sight are drawn when they are scrolled to.
        """
        if self._sample is None:
            return
        now = self._sample.at
        seen = [
            key for key in self.charts if key in self._stale and self._is_seen(self.charts[key])
        ]
        for key in seen[:_AT_ONCE]:
            self._stale.discard(key)
            self.charts[key].show_series(
                {
                    line.figure: read_series(self._history, line.figure, self._span, now)
                    for line in self.charts[key].spec.lines
                }
            )
        if not seen:
            self._make_some()
        if seen[_AT_ONCE:] or self.charts.keys() != self._wanted.keys():
            self._next.start()

    def _is_seen(self, chart: Chart) -> bool:
        if not chart.isVisible():
            return False
        place = QRect(chart.mapTo(self._content, QPoint(0, 0)), chart.size())
        window = QRect(QPoint(0, self.verticalScrollBar().value()), self.viewport().size())
        return place.intersects(window)

    def _point(self, at: float | None) -> None:
        self._at = at
        for chart in self.charts.values():
            if at is None or self._is_seen(chart):
                chart.point_at(at)
        if at is None or self._sample is None:
            self.told.emit("")
        else:
            moment = QDateTime.fromSecsSinceEpoch(round(self._sample.wall + at))
            form = "HH:mm:ss" if self._span is Span.MINUTES else "ddd HH:mm"
            self.told.emit(QLocale().toString(moment, form))
