"""How a conversation looks in the list, and how its title is edited in place."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen, QTextCharFormat, QTextLayout
from PySide6.QtWidgets import (
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from desktop_llm.gui.conversations.model import (
    HEADER_ROLE,
    OPEN_ROLE,
    SNIPPET_ROLE,
    STREAMING_ROLE,
)
from desktop_llm.gui.conversations.snippet import around_match, in_utf16, unmark
from desktop_llm.gui.theme import RADIUS, XS, S, Theme


class ConversationDelegate(QStyledItemDelegate):
    """Paints headings, titles, snippets with the matched words, and the dot of a running answer."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        line = QFontMetrics(self._theme.font()).height()
        if index.data(HEADER_ROLE):
            return QSize(0, line + 18)
        return QSize(0, line + 14 + (line if index.data(SNIPPET_ROLE) else 0))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = option.rect.adjusted(S, 1, -S, -1)
        if index.data(HEADER_ROLE):
            self._paint_heading(painter, rect, index.data())
        else:
            self._paint_row(painter, option, rect, index)
        painter.restore()

    def _paint_heading(self, painter: QPainter, rect: QRect, text: str) -> None:
        painter.setFont(self._theme.font(-2, bold=True))
        painter.setPen(self._theme.color("muted"))
        painter.drawText(
            rect.adjusted(S, 0, 0, -XS),
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom,
            text,
        )

    def _paint_row(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        rect: QRect,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        opened = bool(index.data(OPEN_ROLE))
        state = option.state
        if opened or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("selected" if opened else "hover"))
            painter.drawRoundedRect(rect, RADIUS - 2, RADIUS - 2)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.color("accent"), 2))
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), RADIUS - 2, RADIUS - 2)
        inner = rect.adjusted(S, 0, -S, 0)
        if index.data(STREAMING_ROLE):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("accent"))
            painter.drawEllipse(inner.right() - 6, rect.top() + 12, 7, 7)
            inner.setRight(inner.right() - 14)
        font = self._theme.font(0, bold=opened)
        painter.setFont(font)
        painter.setPen(self._theme.color("text"))
        metrics = QFontMetrics(font)
        title = metrics.elidedText(index.data(), Qt.TextElideMode.ElideRight, inner.width())
        snippet = index.data(SNIPPET_ROLE)
        if not snippet:
            painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, title)
            return
        half = inner.height() // 2
        top = QRect(inner.left(), inner.top() + 2, inner.width(), half)
        painter.drawText(top, Qt.AlignmentFlag.AlignVCenter, title)
        self._paint_snippet(painter, top.translated(0, half - 3), snippet)

    def _paint_snippet(self, painter: QPainter, rect: QRect, marked: str) -> None:
        text, ranges = around_match(*unmark(marked))
        metrics = QFontMetrics(self._theme.font(-1))
        bolder = QFontMetrics(self._theme.font(-1, bold=True))
        matches = [text[start : start + length] for start, length in ranges]
        wider = sum(bolder.horizontalAdvance(m) - metrics.horizontalAdvance(m) for m in matches)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width() - wider)
        layout = QTextLayout(shown, self._theme.font(-1))
        bold = QTextCharFormat()
        bold.setForeground(self._theme.color("accent"))
        bold.setFontWeight(600)
        formats = []
        for start, length in in_utf16(text, ranges):
            part = QTextLayout.FormatRange()
            part.start, part.length, part.format = start, length, bold
            formats.append(part)
        layout.setFormats(formats)
        layout.beginLayout()
        line = layout.createLine()
        line.setLineWidth(100_000)
        layout.endLayout()
        painter.setPen(self._theme.color("muted"))
        layout.draw(painter, rect.topLeft().toPointF())

    # Renaming in place

    def createEditor(
        self,
        parent: QWidget,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> QWidget:
        editor = QLineEdit(index.data(Qt.ItemDataRole.EditRole), parent)
        editor.setMaxLength(200)
        editor.setAccessibleName(self.tr("Conversation title"))
        return editor

    def setEditorData(self, editor: QWidget, index: QModelIndex | QPersistentModelIndex) -> None:
        """Nothing: filled when made; Qt would fill it again whenever the row changes."""

    def updateEditorGeometry(
        self,
        editor: QWidget,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        editor.setGeometry(option.rect.adjusted(S, 0, -S, 0))
