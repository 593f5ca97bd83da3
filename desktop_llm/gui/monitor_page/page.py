"""The monitor page: what the GPUs, the memory and the engine did, and do now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from desktop_llm.gui.bridge import Bridge
from desktop_llm.gui.core import Core
from desktop_llm.gui.fixes import Fixes
from desktop_llm.gui.monitor_page.alert_list import AlertList
from desktop_llm.gui.monitor_page.cost_view import CostView
from desktop_llm.gui.monitor_page.device_view import DeviceView
from desktop_llm.gui.monitor_page.facts import device_facts
from desktop_llm.gui.monitor_page.library import load_charts
from desktop_llm.gui.monitor_page.watching import Watching
from desktop_llm.gui.sentences import translated
from desktop_llm.gui.tasks import Background, Tasks
from desktop_llm.gui.theme import XL, L, M, Theme
from desktop_llm.gui.widgets import Card, PassesFocus, Segments, label
from desktop_llm.telemetry.sample import DriverState, Sample

if TYPE_CHECKING:
    from desktop_llm.gui.monitor_page.history_view import HistoryView

HISTORY, DEVICES, ALERTS, COST = "history", "devices", "alerts", "cost"
_USUAL = (DriverState.OK, DriverState.ABSENT, DriverState.NO_GPU)


class MonitorPage(PassesFocus):
    """GUI thread; `close_page` must be called at the end.

    The charts' library is imported when the page is first shown; until then, and for the quarter
    of a second that it takes, there is a line in their place.
    """

    def __init__(
        self,
        core: Core,
        bridge: Bridge,
        fixes: Fixes,
        theme: Theme,
        tasks: Tasks,
        background: Background,
    ) -> None:
        super().__init__()
        self.setObjectName("page")
        self._core = core
        self._fixes = fixes
        self._theme = theme
        self._tasks = tasks
        self._background = background
        self._sample: Sample | None = None
        self._preparing = False
        self.history: HistoryView | None = None
        self.tabs = Segments(
            [
                (HISTORY, self.tr("History")),
                (DEVICES, self.tr("Devices")),
                (ALERTS, self.tr("Alerts")),
                (COST, self.tr("Cost")),
            ],
            self.tr("Monitor"),
        )
        self.tabs.select(HISTORY)
        self.tabs.chosen.connect(self._choose_tab)
        self.time = label("", "muted")
        self.span = Segments(
            [("minutes", self.tr("10 minutes")), ("day", self.tr("24 hours"))],
            self.tr("Time span"),
        )
        self.span.select("minutes")
        self.span.chosen.connect(self._show_span)
        self.problem = Card("warning")
        self.problem_text = label("", wrap=True)
        self.problem.body.addWidget(self.problem_text)
        self.problem.hide()
        self.waiting = label(self.tr("Looking at the machine…"), "muted")
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.waiting.setContentsMargins(XL, 0, XL, 0)
        self.devices = DeviceView()
        self.alerts = AlertList()
        self.alerts.settings_asked.connect(fixes.settings_wanted)
        self.alerts.fix_asked.connect(lambda alert: fixes.carry_out(alert.fix))
        self.cost = CostView(core.monitor.usage, core.settings)
        self._head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.stack = QStackedWidget()
        for part in (self.waiting, self.devices, self.alerts, self.cost):
            self.stack.addWidget(part)
        self.watching = Watching(core, bridge, self._show)
        self.watching.setParent(self)
        self._build()

    def close_page(self) -> None:
        """Look no more."""
        self.watching.close()
        self.cost.close_view()

    def first_control(self) -> QWidget:
        """The tab that is on; the row of tabs while there is nothing in it yet."""
        shown = self.stack.currentWidget()
        return self.tabs if shown is None or shown is self.waiting else shown

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.watching.see(True)
        if self.history is None and not self._preparing:
            self._preparing = True
            self._tasks.start(self._prepare())

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.watching.see(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where the tabs and the time span have no room beside each other, they stand in rows."""
        super().resizeEvent(event)
        parts = [self._head.itemAt(place) for place in range(self._head.count())]
        needed = sum(part.sizeHint().width() for part in parts if part is not None)
        way = QBoxLayout.Direction
        roomy = needed + 3 * XL <= self.width()
        self._head.setDirection(way.LeftToRight if roomy else way.TopToBottom)

    async def _prepare(self) -> None:
        await load_charts(self._background)
        from desktop_llm.gui.monitor_page.history_view import HistoryView

        self.history = HistoryView(self._theme, self._core.monitor.history)
        self.history.told.connect(self.time.setText)
        self.stack.addWidget(self.history)
        self._show_span(self.span.value)
        self._show_tab()

    def _show(self, sample: Sample) -> None:
        self._sample = sample
        problem = problem_text(sample)
        self.problem_text.setText(problem)
        self.problem.setVisible(bool(problem))
        self._show_tab()

    def _choose_tab(self) -> None:
        self._show_tab()
        self.setFocus()

    def _show_tab(self) -> None:
        """Show the present figures in the tab that is on, and in no other."""
        tab, sample = self.tabs.value, self._sample
        self.span.setVisible(tab == HISTORY)
        self.time.setVisible(tab == HISTORY)
        if sample is None:
            return
        if tab == DEVICES:
            self.devices.show_facts(device_facts(sample))
            self._put(self.devices)
        elif tab == ALERTS:
            watch = self._core.monitor.alerts
            self.alerts.show_alerts(watch.active, watch.past, sample.wall)
            self._put(self.alerts)
        elif tab == COST:
            self.cost.show_usage()
            self._put(self.cost)
        elif self.history is None:
            self._put(self.waiting)
        else:
            self.history.show_sample(sample)
            self._put(self.history)

    def _put(self, part: QWidget) -> None:
        """Have `part` on show; it takes the focus over from the part before."""
        had_focus = self.window().focusWidget() is self.first_control()
        if part is not self.stack.currentWidget():
            self.stack.setCurrentWidget(part)
            if had_focus:
                self.setFocus()

    def _show_span(self, value: str) -> None:
        from desktop_llm.gui.monitor_page.series import Span

        if self.history is not None:
            self.history.show_span(Span(value))

    def _build(self) -> None:
        titles = QHBoxLayout()
        titles.setSpacing(L)
        titles.addWidget(label(self.tr("Monitor"), "heading"))
        titles.addWidget(self.tabs)
        titles.addStretch(1)
        times = QHBoxLayout()
        times.setSpacing(L)
        times.addStretch(1)
        times.addWidget(self.time)
        times.addWidget(self.span)
        head = self._head
        head.setContentsMargins(XL, 0, XL, 0)
        head.setSpacing(M)
        head.addLayout(titles)
        head.addLayout(times)
        problem = QHBoxLayout()
        problem.setContentsMargins(XL, 0, XL, 0)
        problem.addWidget(self.problem)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, L, 0, 0)
        column.setSpacing(M)
        column.addLayout(head)
        column.addLayout(problem)
        column.addWidget(self.stack, 1)


def problem_text(sample: Sample) -> str:
    """What is wrong with the driver or a GPU; empty where there is none, or where none is wrong."""
    problems = [gpu.problem for gpu in sample.gpus if gpu.problem]
    if sample.driver not in _USUAL:
        problems.append(sample.problem)
    return " ".join(translated(problem) for problem in problems)
