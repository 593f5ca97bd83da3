"""The KV cache as a map of cells, each in the colour of the request that holds it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from desktop_llm.core.units import format_count
from desktop_llm.gui.memory_dock.block_cells import BlockCells, HeldBy, Holding
from desktop_llm.gui.memory_dock.request_colors import RequestColors
from desktop_llm.gui.memory_dock.words import not_reported, owner_text
from desktop_llm.gui.theme import Theme
from desktop_llm.gui.widgets import plain_tooltip

COLOR_OF = {
    HeldBy.SHARED: "muted",
    HeldBy.READING: "border_strong",
    HeldBy.FREE: "part_free",
}
_GAP = 2
# The pitch of a cell by how many there are: few are drawn larger.
_PITCHES = ((60, 14), (150, 11))
_SMALLEST_PITCH = 9


class BlockMap(QWidget):
    """GUI thread. Drawn once a change, and kept. A tooltip names the holder under the pointer."""

    def __init__(self, theme: Theme, colors: RequestColors) -> None:
        super().__init__()
        self._theme = theme
        self._colors = colors
        self._cells = BlockCells(1, ())
        self._worn: tuple[str, ...] = ()
        self._picture: QPixmap | None = None
        self.drawn = 0
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(self.tr("KV block map"))
        theme.changed.connect(self._forget)

    @property
    def cells(self) -> BlockCells:
        """What is on show."""
        return self._cells

    def show_cells(self, cells: BlockCells) -> None:
        """Show `cells`, in the colours that the requests wear now."""
        worn = tuple(self._color(holding) for holding, _ in cells.shares)
        counts = [count for _, count in cells.shares]
        same = worn == self._worn and counts == [count for _, count in self._cells.shares]
        resized = cells.count != self._cells.count
        self._cells, self._worn = cells, worn
        self.setAccessibleDescription(
            ", ".join(holding_text(holding) for holding, _ in cells.shares)
        )
        if resized:
            self.updateGeometry()
        if not same:
            self._forget()

    def sizeHint(self) -> QSize:
        return QSize(120, self.heightForWidth(max(self.width(), 120)))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        columns = self._columns(width)
        return max(-(-self._cells.count // columns) * self._pitch() - _GAP, 0)

    def holding_at(self, point: QPoint) -> Holding | None:
        """Who holds the cell there."""
        column, row = point.x() // self._pitch(), point.y() // self._pitch()
        columns = self._columns(self.width())
        return self._cells.at(row * columns + column) if 0 <= column < columns else None

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture is None:
            self._picture = self._draw()
        QPainter(self).drawPixmap(0, 0, self._picture)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._forget()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._forget()
        if event.type() != QEvent.Type.ToolTip or not isinstance(event, QHelpEvent):
            return super().event(event)
        if (holding := self.holding_at(event.pos())) is None:
            QToolTip.hideText()
        else:
            QToolTip.showText(event.globalPos(), plain_tooltip(holding_text(holding)), self)
        return True

    def _draw(self) -> QPixmap:
        self.drawn += 1
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        pitch, columns, place = self._pitch(), self._columns(self.width()), 0
        for (_, count), color in zip(self._cells.shares, self._worn, strict=True):
            painter.setBrush(self._theme.color(color))
            for cell in range(place, place + count):
                left, top = cell % columns * pitch, cell // columns * pitch
                square = QRectF(left, top, pitch - _GAP, pitch - _GAP)
                painter.drawRoundedRect(square, 1.5, 1.5)
            place += count
        painter.end()
        return picture

    def _color(self, holding: Holding) -> str:
        if holding.request is not None:
            return self._colors.of(holding.request.id)
        return COLOR_OF[holding.by]

    def _forget(self) -> None:
        self._picture = None
        self.update()

    def _pitch(self) -> int:
        count = self._cells.count
        return next((pitch for most, pitch in _PITCHES if count <= most), _SMALLEST_PITCH)

    def _columns(self, width: int) -> int:
        return max((width + _GAP) // self._pitch(), 1)


def holding_text(holding: Holding) -> str:
    """Whose blocks they are, and how many."""
    translate = QCoreApplication.translate
    blocks = format_count(holding.blocks)
    if (request := holding.request) is not None:
        return translate(
            "MemoryDock",
            "{owner}: {blocks} KV blocks, {tokens} tokens, {cached} of them from the prefix cache",
        ).format(
            owner=owner_text(request.owner),
            blocks=blocks,
            tokens=_count(request.kv_tokens),
            cached=_count(request.cached_tokens),
        )
    return {
        HeldBy.SHARED: translate("MemoryDock", "Prefix shared by requests: {blocks} KV blocks"),
        HeldBy.READING: translate("MemoryDock", "Prompts being read: {blocks} KV blocks"),
        HeldBy.FREE: translate("MemoryDock", "Free: {blocks} KV blocks"),
    }[holding.by].format(blocks=blocks)


def _count(tokens: int | None) -> str:
    return not_reported() if tokens is None else format_count(tokens)
