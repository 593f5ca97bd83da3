"""A device's memory as one bar whose parts add up to all of it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from desktop_llm.core.units import format_bytes
from desktop_llm.gui.memory_dock.words import segment_text
from desktop_llm.gui.theme import Theme
from desktop_llm.telemetry.ledger import Ledger, Part, Segment

COLOR_OF = {
    Part.WEIGHTS: "part_weights",
    Part.KV_USED: "part_kv_used",
    Part.KV_UNUSED: "part_kv_reserved",
    Part.OURS: "part_ours",
    Part.PROCESS: "part_process",
    Part.OTHERS: "part_process",
    Part.DRIVER: "part_driver",
    Part.NOT_TOLD: "muted",
    Part.RESERVED: "border_strong",
    Part.FREE: "part_free",
}
_HEIGHT = 20
_GAP = 1.0


class StackedBar(QWidget):
    """GUI thread. A tooltip names the part under the pointer."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._ledger: Ledger | None = None
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_ledger(self, ledger: Ledger | None) -> None:
        """Show `ledger`; None is an empty bar."""
        if ledger == self._ledger:
            return
        self._ledger = ledger
        self.setAccessibleDescription(
            ", ".join(
                f"{segment_text(segment)} {format_bytes(segment.bytes)}"
                for segment in (ledger.segments if ledger else ())
            )
        )
        self.update()

    def parts(self) -> list[tuple[Segment, QRectF]]:
        """Each part with its place; together they fill the bar."""
        if self._ledger is None or self._ledger.total <= 0:
            return []
        places, before = [], 0
        scale = self.width() / self._ledger.total
        for segment in self._ledger.segments:
            left = before * scale
            before += segment.bytes
            places.append((segment, QRectF(left, 0, before * scale - left, self.height())))
        return places

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(self.rect()), 4, 4)
        painter.setClipPath(outline)
        painter.fillRect(self.rect(), self._theme.color("part_free"))
        for segment, place in self.parts():
            if place.width() > 2 * _GAP:
                place.setWidth(place.width() - _GAP)
            painter.fillRect(place, self._theme.color(COLOR_OF[segment.part]))

    def event(self, event: QEvent) -> bool:
        if event.type() != QEvent.Type.ToolTip or not isinstance(event, QHelpEvent):
            return super().event(event)
        for segment, place in self.parts():
            if place.contains(event.pos()):
                text = f"{segment_text(segment)}: {format_bytes(segment.bytes)}"
                QToolTip.showText(event.globalPos(), text, self)
                return True
        QToolTip.hideText()
        return True


class Swatch(QWidget):
    """The colour of a part of a picture, beside its name."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._color = "part_free"
        self.setFixedSize(10, 10)
        theme.changed.connect(self.update)

    def show_part(self, part: Part) -> None:
        """Wear the colour of `part`."""
        self.show_color(COLOR_OF[part])

    def show_color(self, color: str) -> None:
        """Wear the colour called so in `palettes.Colors`."""
        if self._color != color:
            self._color = color
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color(self._color))
        painter.drawRoundedRect(QRectF(self.rect()), 2, 2)
