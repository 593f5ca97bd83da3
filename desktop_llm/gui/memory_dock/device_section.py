"""One device in the dock: its name, its bar, and what each part of the bar is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_llm.core.units import GIB
from desktop_llm.gui.memory_dock.device_bars import DeviceBar
from desktop_llm.gui.memory_dock.sparkline import Sparkline
from desktop_llm.gui.memory_dock.stacked_bar import StackedBar, Swatch
from desktop_llm.gui.memory_dock.words import gpu_text, not_reported, segment_text
from desktop_llm.gui.theme import S, Theme
from desktop_llm.gui.widgets import ElidedLabel, label
from desktop_llm.telemetry.figures import gpu_key
from desktop_llm.telemetry.ledger import Segment


class DeviceSection(QWidget):
    """GUI thread. Its rows are written anew in place; their number alone changes."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._bar: DeviceBar | None = None
        self.name = ElidedLabel("", "section")
        self.trend = Sparkline(theme, "part_weights", self.tr("Memory in use, the last 2 minutes"))
        self.total = label("", "small")
        self.bar = StackedBar(theme)
        self.facts = label("", "small", wrap=True)
        self.rows: list[LegendRow] = []
        head = QHBoxLayout()
        head.setSpacing(S)
        head.addWidget(self.name, 1)
        head.addWidget(self.total)
        self._legend = QVBoxLayout()
        self._legend.setSpacing(2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(S - 2)
        column.addLayout(head)
        column.addWidget(self.bar)
        column.addLayout(self._legend)
        foot = QHBoxLayout()
        foot.setSpacing(S)
        foot.addWidget(self.facts, 1)
        foot.addStretch()
        foot.addWidget(self.trend, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(foot)

    def show_bar(self, bar: DeviceBar) -> None:
        """Show a device's memory as it is now."""
        self._bar = bar
        ledger = bar.ledger
        name = self.tr("RAM") if bar.gpu is None else bar.gpu.name
        self.name.setText(name)
        self.bar.setAccessibleName(self.tr("Memory of {device}").format(device=name))
        self.total.setText(f"{gib(ledger.total)} GiB" if ledger else not_reported())
        self.bar.show_ledger(ledger)
        facts = gpu_text(bar.gpu) if bar.gpu else ""
        self.facts.setText(facts)
        self.facts.setVisible(bool(facts))
        segments = ledger.segments if ledger else ()
        while len(self.rows) < len(segments):
            row = LegendRow(self._theme)
            self.rows.append(row)
            self._legend.addWidget(row)
        for position, row in enumerate(self.rows):
            row.setVisible(position < len(segments))
            if position < len(segments):
                row.show_segment(segments[position])

    def show_trend(self, recent: Callable[[str], Sequence[float]]) -> None:
        """Show how its memory was; `recent` tells a figure's last values by its name."""
        bar = self._bar
        if bar is not None:
            figure = "ram.used" if bar.gpu is None else f"{gpu_key(bar.gpu.index)}.memory_used"
            self.trend.show_values(recent(figure), bar.ledger.total if bar.ledger else None)


class LegendRow(QWidget):
    """A part of a bar: its colour, name and size."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._swatch = Swatch(theme)
        self.name = ElidedLabel("", "small")
        self.size_text = label("", "small")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(S)
        row.addWidget(self._swatch, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.name, 1)
        row.addWidget(self.size_text)

    def show_segment(self, segment: Segment) -> None:
        """Show `segment`."""
        self._swatch.show_part(segment.part)
        self.name.setText(segment_text(segment))
        self.size_text.setText(f"{gib(segment.bytes)} GiB")


def gib(size: int) -> str:
    """GiB with two decimals: a small model's parts are hundredths."""
    return f"{size / GIB:.2f}"
