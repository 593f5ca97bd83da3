"""The dock as a picture: where its parts stand. What it looks at is in `control`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop_llm.engine.statistics import EngineRequest, EngineStatistics
from desktop_llm.gui.geometry import NARROWEST_DOCK, WIDEST_DOCK
from desktop_llm.gui.memory_dock.device_bars import DeviceBar
from desktop_llm.gui.memory_dock.device_section import DeviceSection
from desktop_llm.gui.memory_dock.engine_section import EngineSection
from desktop_llm.gui.memory_dock.request_colors import RequestColors
from desktop_llm.gui.memory_dock.request_list import RequestList
from desktop_llm.gui.sentences import translated
from desktop_llm.gui.theme import L, M, S, Theme
from desktop_llm.gui.widgets import IconButton, hairline, label


class MemoryDock(QFrame):
    """GUI thread. `seen` carries whether it is on the screen: shown, in a window not minimised."""

    seen = Signal(bool)
    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("memoryDock")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(NARROWEST_DOCK)
        self.setMaximumWidth(WIDEST_DOCK)
        self._theme = theme
        self.devices: list[DeviceSection] = []
        self.problem = label("", "small", wrap=True)
        self.problem.hide()
        self.no_model = label(
            self.tr(
                "No model is loaded. Choose one at the bottom of the window or on the Models page, "
                "and its KV cache and requests are shown here."
            ),
            "muted",
            wrap=True,
        )
        self._colors = RequestColors()
        self.engine = EngineSection(theme, self._colors)
        self.requests = RequestList(theme, self._colors)

        content = QWidget()
        content.setObjectName("scrollContent")
        self._devices = QVBoxLayout()
        self._devices.setSpacing(L)
        column = QVBoxLayout(content)
        column.setContentsMargins(L, M, L, L)
        column.setSpacing(L)
        column.addLayout(self._devices)
        column.addWidget(self.problem)
        column.addWidget(hairline())
        column.addWidget(self.no_model)
        column.addWidget(self.engine)
        column.addWidget(self.requests)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setAccessibleName(self.tr("Memory and KV cache"))
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(content)
        scroll.viewport().setAutoFillBackground(False)
        content.setAutoFillBackground(False)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._header())
        whole.addWidget(scroll, 1)
        self.show_engine(None, ())

    def show_devices(self, bars: Sequence[DeviceBar], problem: str) -> None:
        """Show each device's memory, and what is wrong with the driver."""
        while len(self.devices) < len(bars):
            section = DeviceSection(self._theme)
            self.devices.append(section)
            self._devices.addWidget(section)
        for position, section in enumerate(self.devices):
            section.setVisible(position < len(bars))
            if position < len(bars):
                section.show_bar(bars[position])
        self.problem.setText(translated(problem))
        self.problem.setVisible(bool(problem))

    def show_engine(
        self, statistics: EngineStatistics | None, requests: Sequence[EngineRequest]
    ) -> None:
        """Show the engine's figures and requests; None: no model is loaded."""
        loaded = statistics is not None
        self.no_model.setVisible(not loaded)
        self.engine.setVisible(loaded)
        self.requests.setVisible(loaded)
        self._colors.keep(request.id for request in requests)
        if statistics is not None:
            self.engine.show_statistics(statistics, requests)
        self.requests.show_requests(requests)

    def show_trends(self, recent: Callable[[str], Sequence[float]]) -> None:
        """Show how memory, KV cache and speed were; `recent` tells a figure's last values by its
        name, a second each."""
        for section in self.devices:
            section.show_trend(recent)
        self.engine.show_trends(recent)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.seen.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.seen.emit(False)

    def _header(self) -> QWidget:
        header = QFrame()
        header.setObjectName("dockHeader")
        header.setFixedHeight(48)
        close = IconButton(self._theme, "close", self.tr("Hide memory and KV cache"))
        close.describe(self.tr("Hide memory and KV cache"), "Ctrl+Shift+M")
        close.clicked.connect(self.closed)
        row = QHBoxLayout(header)
        row.setContentsMargins(L, 0, S, 0)
        row.addWidget(label(self.tr("Memory and KV cache"), "title"), 1)
        row.addWidget(close)
        return header
