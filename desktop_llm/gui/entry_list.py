"""A list of things with a name, a line of facts and perhaps a dot: models, jobs."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop_llm.gui.theme import RADIUS, S, Theme

AnyIndex = QModelIndex | QPersistentModelIndex

LINE_ROLE = Qt.ItemDataRole.UserRole + 1
DOT_ROLE = Qt.ItemDataRole.UserRole + 2


class EntryList(QListView):
    """GUI thread. The model gives a name (DisplayRole), a line (LINE_ROLE), a colour (DOT_ROLE)."""

    def __init__(self, theme: Theme, name: str, model: QAbstractItemModel) -> None:
        """`name` is what a screen reader calls the list."""
        super().__init__()
        self.setAccessibleName(name)
        self.setModel(model)
        self.setItemDelegate(_EntryDelegate(theme, self))
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        theme.changed.connect(self.viewport().update)


class _EntryDelegate(QStyledItemDelegate):
    """Paints a row."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        return QSize(0, 2 * QFontMetrics(self._theme.font()).height() + 18)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = option.rect.adjusted(S, 1, -S, -1)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        enabled = bool(index.flags() & Qt.ItemFlag.ItemIsEnabled)
        if selected or (enabled and option.state & QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("selected" if selected else "hover"))
            painter.drawRoundedRect(rect, RADIUS, RADIUS)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.color("accent"), 2))
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        inner = rect.adjusted(S + 4, 7, -S, -7)
        if dot := index.data(DOT_ROLE):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color(dot))
            painter.drawEllipse(inner.right() - 9, inner.top() + 5, 8, 8)
            inner.setRight(inner.right() - 18)
        self._line(painter, inner, index.data(), "text" if enabled else "faint", first=True)
        self._line(painter, inner, index.data(LINE_ROLE), "muted", first=False)
        painter.restore()

    def _line(self, painter: QPainter, rect: QRect, text: str, color: str, *, first: bool) -> None:
        font = self._theme.font(0 if first else -1, bold=first)
        painter.setFont(font)
        painter.setPen(self._theme.color(color))
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        edge = Qt.AlignmentFlag.AlignTop if first else Qt.AlignmentFlag.AlignBottom
        painter.drawText(rect, edge | Qt.AlignmentFlag.AlignLeft, shown)
