"""What is drawn behind a message's text: code cards, quote bars, list markers, rules."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QTextBlock, QTextDocument

from desktop_llm.gui.messages.formats import CODE, LANGUAGE, MARKER, QUOTE, RULE, Formats, quotes_of
from desktop_llm.gui.messages.style import (
    CODE_FOOTER,
    CODE_HEADER,
    CODE_PADDING,
    LIST_INDENT,
    QUOTE_INDENT,
    RADIUS,
)

_LOOK_BACK = 2


class Backdrop:
    """Draws behind the blocks of a document that are in sight. GUI thread."""

    def __init__(self, document: QTextDocument, formats: Formats) -> None:
        self._document = document
        self.formats = formats

    def paint(self, painter: QPainter, clip: QRectF) -> None:
        """Draw what falls in `clip`, in the document's coordinates."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        code: list[QTextBlock] = []
        for block in self._visible(clip):
            made = block.blockFormat()
            if code and made.property(CODE) != code[0].blockFormat().property(CODE):
                self._card(painter, code)
                code = []
            if made.hasProperty(CODE):
                code.append(block)
            if made.hasProperty(QUOTE):
                self._bars(painter, block)
            if made.hasProperty(MARKER):
                self._marker(painter, block, made.stringProperty(MARKER))
            if made.hasProperty(RULE):
                self._rule(painter, block, made.leftMargin())
        if code:
            self._card(painter, code)

    def code_header(self, line: int) -> QRectF:
        """The header of the code block whose first line is the document's `line`."""
        block = self._document.findBlockByNumber(line)
        rect = self._rect(block)
        left = block.blockFormat().leftMargin() - CODE_PADDING
        width = self._document.textWidth() - left
        return QRectF(left, rect.top() - CODE_HEADER, width, CODE_HEADER)

    def _visible(self, clip: QRectF) -> Iterator[QTextBlock]:
        layout = self._document.documentLayout()
        position = layout.hitTest(QPointF(0, clip.top()), Qt.HitTestAccuracy.FuzzyHit)
        block = self._document.findBlock(max(0, position))
        for _ in range(_LOOK_BACK):
            if block.previous().isValid():
                block = block.previous()
        # A header stands above its block's own rectangle.
        bottom = clip.bottom() + CODE_HEADER
        while block.isValid():
            if self._rect(block).top() > bottom:
                return
            yield block
            block = block.next()

    def _rect(self, block: QTextBlock) -> QRectF:
        return self._document.documentLayout().blockBoundingRect(block)

    def _card(self, painter: QPainter, blocks: list[QTextBlock]) -> None:
        """One code block's card, or as much of it as is in sight, running out of the clip."""
        colors = self.formats.colors
        first, last = blocks[0], blocks[-1]
        number = first.blockFormat().property(CODE)
        begins = _code(first.previous()) != number
        ends = _code(last.next()) != number
        left = first.blockFormat().leftMargin() - CODE_PADDING
        top = self._rect(first).top() - (CODE_HEADER if begins else 4 * RADIUS)
        bottom = self._rect(last).bottom() + (CODE_FOOTER if ends else 4 * RADIUS)
        card = QRectF(left, top, self._document.textWidth() - left, bottom - top)
        card.adjust(0.5, 0.5, -0.5, -0.5)
        path = QPainterPath()
        path.addRoundedRect(card, RADIUS, RADIUS)
        painter.fillPath(path, QColor(colors.code))
        if begins:
            self._header(painter, path, card, first.blockFormat().stringProperty(LANGUAGE))
        painter.strokePath(path, QPen(QColor(colors.border), 1))

    def _header(self, painter: QPainter, card: QPainterPath, rect: QRectF, text: str) -> None:
        colors = self.formats.colors
        header = QRectF(rect.left(), rect.top(), rect.width(), CODE_HEADER - 5)
        painter.save()
        painter.setClipPath(card, Qt.ClipOperation.IntersectClip)
        painter.fillRect(header, QColor(colors.code_header))
        painter.restore()
        font = QFont(self._document.defaultFont())
        font.setPixelSize(self.formats.base_px - 3)
        painter.setFont(font)
        painter.setPen(QColor(colors.muted))
        inside = header.adjusted(CODE_PADDING, 0, -CODE_PADDING, 0)
        painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter, text)

    def _bars(self, painter: QPainter, block: QTextBlock) -> None:
        rect = self._rect(block)
        before = block.previous()
        quotes, shared = quotes_of(block.blockFormat()), quotes_of(before.blockFormat())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.formats.colors.border_strong))
        header = CODE_HEADER if _code(block) not in (None, _code(before)) else 0
        footer = CODE_FOOTER if _code(block) not in (None, _code(block.next())) else 0
        for level, lists in enumerate(quotes):
            goes_on = shared[: level + 1] == quotes[: level + 1]
            top = self._rect(before).bottom() - 2 if goes_on else rect.top() - header
            left: float = level * QUOTE_INDENT + lists * LIST_INDENT
            if _mirrored(block):
                left = self._document.textWidth() - left - 3
            bar = QRectF(left, top, 3, rect.bottom() + footer - top)
            painter.drawRoundedRect(bar, 1.5, 1.5)

    def _marker(self, painter: QPainter, block: QTextBlock, marker: str) -> None:
        rect = self._rect(block)
        line = block.layout().lineAt(0)
        if not line.isValid():
            return
        mirrored = _mirrored(block)
        left = block.blockFormat().leftMargin()
        right = self._document.textWidth() - block.blockFormat().rightMargin()
        baseline = rect.top() + line.y() + line.ascent()
        font = QFont(self._document.defaultFont())
        size = self.formats.base_px
        font.setPixelSize(size)
        painter.setFont(font)
        painter.setPen(QColor(self.formats.colors.muted))
        if marker in "☐☑":
            x = right + 8 if mirrored else left - 21
            self._task(painter, QPointF(x, baseline - size * 0.78), marker == "☑")
            return
        if marker in "•◦▪":
            x = right + 14 if mirrored else left - 14
            self._bullet(painter, QPointF(x, baseline - size * 0.34), marker)
            return
        # A long number may reach further out; its edge at the text never moves.
        x = right + 8 if mirrored else left - 4 * LIST_INDENT
        box = QRectF(x, baseline - 2 * size, 4 * LIST_INDENT - 8, 2 * size)
        descent = painter.fontMetrics().descent()
        side = Qt.AlignmentFlag.AlignLeft if mirrored else Qt.AlignmentFlag.AlignRight
        flags = side | Qt.AlignmentFlag.AlignBottom
        painter.drawText(box.adjusted(0, 0, 0, descent), flags, marker)

    def _bullet(self, painter: QPainter, middle: QPointF, marker: str) -> None:
        """Drawn, not written: every font has its own idea of these signs."""
        color = QColor(self.formats.colors.muted)
        painter.setPen(QPen(color, 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush if marker == "◦" else color)
        if marker == "▪":
            painter.drawRect(QRectF(middle.x() - 2, middle.y() - 2, 4, 4))
        else:
            painter.drawEllipse(middle, 2.3, 2.3)

    def _task(self, painter: QPainter, corner: QPointF, done: bool) -> None:
        colors = self.formats.colors
        box = QRectF(corner.x() + 0.5, corner.y() + 0.5, 12, 12)
        painter.setPen(QPen(QColor(colors.accent if done else colors.border_strong), 1.2))
        painter.setBrush(QColor(colors.accent) if done else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 3, 3)
        if done:
            painter.setPen(QPen(QColor(colors.page), 1.7))
            tick = [QPointF(2.8, 6.2), QPointF(5.1, 8.6), QPointF(9.4, 3.6)]
            painter.drawPolyline([box.topLeft() + point for point in tick])

    def _rule(self, painter: QPainter, block: QTextBlock, left: float) -> None:
        middle = round(self._rect(block).center().y()) + 0.5
        painter.setPen(QPen(QColor(self.formats.colors.border_strong), 1))
        painter.drawLine(QPointF(left, middle), QPointF(self._document.textWidth(), middle))


def _mirrored(block: QTextBlock) -> bool:
    """Whether the text of `block` begins at the right. Code never is laid out so."""
    return _code(block) is None and block.textDirection() is Qt.LayoutDirection.RightToLeft


def _code(block: QTextBlock) -> object:
    """The number of the code block `block` is a line of, or None."""
    made = block.blockFormat()
    return made.intProperty(CODE) if block.isValid() and made.hasProperty(CODE) else None
