"""Lines of the model as Qt formats."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontDatabase,
    QTextBlockFormat,
    QTextCharFormat,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextTableCellFormat,
    QTextTableFormat,
)

from desktop_llm.gui.icons import IconLoader
from desktop_llm.gui.messages.model import Block, Kind, Line, Place, Row, Run, Style
from desktop_llm.gui.messages.style import (
    CODE_FOOTER,
    CODE_HEADER,
    CODE_PADDING,
    LIST_INDENT,
    QUOTE_INDENT,
    MessageColors,
)
from desktop_llm.gui.widgets import plain_tooltip

_USER = QTextFormat.Property.UserProperty.value
RULE = _USER + 1
CODE = _USER + 2
LANGUAGE = _USER + 3
MARKER = _USER + 4
QUOTE = _USER + 5
JOINED = _USER + 6
SPACER = _USER + 7
PLAIN = _USER + 8

CLEAN = str.maketrans("\n\r\u2029\ufdd0\ufdd1\ufffc", "\u2028  \ufffd\ufffd\ufffd")
"""For characters that are Qt's own marks in a document; each stays one UTF-16 unit."""

_HEADINGS = {1: 7, 2: 4, 3: 2}
_ALIGNMENT = {
    "left": Qt.AlignmentFlag.AlignLeft,
    "center": Qt.AlignmentFlag.AlignHCenter,
    "right": Qt.AlignmentFlag.AlignRight,
}
_LINE_HEIGHT = {Kind.HEADING: 120, Kind.CODE: 130}
_ABOVE_HEADING = {1: 26, 2: 26, 3: 22}


def gap(before: Block | None, block: Block) -> int:
    """Pixels between two blocks, the same whether they came at once or one by one."""
    if before is None:
        return 0
    if isinstance(block, Line) and block.joined:
        return 0
    if isinstance(before, Line) and before.kind is Kind.CODE:
        if isinstance(block, Line) and block.code == before.code:
            return 0
        return CODE_FOOTER + 14
    if isinstance(before, Row) or isinstance(block, Row):
        return 14
    if before.kind is block.kind is Kind.PLAIN:
        return 0
    if Kind.RULE in (before.kind, block.kind):
        return 18
    if block.kind is Kind.HEADING:
        return _ABOVE_HEADING.get(block.level, 18)
    if block.kind is Kind.CODE:
        return 12
    if before.kind is Kind.HEADING:
        return 8
    if block.place.indent and (before.place.indent or block.marker):
        return 5 if block.marker and before.place.indent else 8
    return 12


def quotes_of(made: QTextBlockFormat) -> list[int]:
    """`Place.quotes` of the line that has this format."""
    text = made.stringProperty(QUOTE)
    return [int(number) for number in text.split(",")] if text else []


def _left(place: Place) -> int:
    return len(place.quotes) * QUOTE_INDENT + place.indent * LIST_INDENT


class Formats:
    """Formats and icons for one set of colours and one size of text. GUI thread."""

    def __init__(self, colors: MessageColors, base_px: int, icons: IconLoader) -> None:
        self.colors = colors
        self.icons = icons
        self.base_px = base_px
        self.mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).families()
        self.text: Callable[[Kind, int, Style, str], QTextCharFormat] = lru_cache(maxsize=512)(
            self._text
        )
        self.syntax: Callable[[str], QTextCharFormat] = lru_cache(maxsize=64)(self._syntax)

    def block(self, line: Line, before: Block | None) -> QTextBlockFormat:
        """The block format of `line` under `before`."""
        made = QTextBlockFormat()
        left = _left(line.place)
        top = gap(before, line)
        proportional = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value
        if line.kind is Kind.CODE:
            same = isinstance(before, Line) and before.code == line.code
            top += 0 if same else CODE_HEADER
            left += CODE_PADDING
            made.setRightMargin(CODE_PADDING)
            made.setProperty(CODE, line.code)
            if line.language:
                made.setProperty(LANGUAGE, line.language)
        if line.kind is Kind.PLAIN:
            made.setProperty(PLAIN, True)
        if line.kind is Kind.RULE:
            made.setProperty(RULE, True)
        if line.kind is Kind.HEADING:
            made.setHeadingLevel(line.level)
        if line.marker:
            made.setProperty(MARKER, line.marker)
        if line.place.quotes:
            made.setProperty(QUOTE, ",".join(map(str, line.place.quotes)))
        if line.joined:
            made.setProperty(JOINED, True)
        made.setLineHeight(_LINE_HEIGHT.get(line.kind, 140), proportional)
        made.setTopMargin(top)
        if line.right_to_left:
            made.setRightMargin(left)
        else:
            made.setLeftMargin(left)
        return made

    def run(self, block: Block, run: Run) -> QTextCharFormat:
        """The format of `run` in `block`."""
        if isinstance(block, Row):
            bold = Style.BOLD if block.header else Style.PLAIN
            return self.text(Kind.PARAGRAPH, 0, run.style | bold, run.link)
        style = Style.PLAIN if block.kind is Kind.CODE else run.style
        return self.text(block.kind, block.level, style, run.link)

    def spacer(self) -> QTextBlockFormat:
        """For the empty line Qt keeps before and after a table: one pixel high."""
        made = QTextBlockFormat()
        made.setLineHeight(1, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
        made.setProperty(SPACER, True)
        return made

    def spacer_text(self) -> QTextCharFormat:
        made = QTextCharFormat()
        made.setProperty(QTextFormat.Property.FontPixelSize.value, 1)
        return made

    def table(self, first: Row, before: Block | None) -> QTextTableFormat:
        """The format of the table that `first` begins; no header, it goes on with the one above."""
        made = QTextTableFormat()
        if first.header:
            made.setHeaderRowCount(1)
            made.setTopMargin(gap(before, first))
        else:
            made.setProperty(JOINED, True)
        made.setBorderCollapse(True)
        made.setBorder(0)
        made.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_None)
        made.setCellSpacing(0)
        made.setCellPadding(0)
        made.setLeftMargin(_left(first.place))
        variable = QTextLength(QTextLength.Type.VariableLength, 0)
        made.setColumnWidthConstraints([variable] * len(first.align))
        return made

    def cell(self, header: bool) -> QTextTableCellFormat:
        """The format of one cell: a line under each row, the header's stronger."""
        made = QTextTableCellFormat()
        made.setProperty(QTextFormat.Property.FontPixelSize.value, self.base_px)
        made.setLeftPadding(10)
        made.setRightPadding(14)
        made.setTopPadding(5)
        made.setBottomPadding(6)
        made.setBottomBorder(1)
        made.setBottomBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        color = self.colors.border_strong if header else self.colors.border
        made.setBottomBorderBrush(QBrush(QColor(color)))
        made.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignTop)
        return made

    def cell_block(self, align: str) -> QTextBlockFormat:
        made = QTextBlockFormat()
        made.setAlignment(_ALIGNMENT.get(align, Qt.AlignmentFlag.AlignLeft))
        made.setLineHeight(130, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        return made

    def _text(self, kind: Kind, level: int, style: Style, link: str) -> QTextCharFormat:
        made = QTextCharFormat()
        size = self.base_px
        if kind is Kind.HEADING:
            size += _HEADINGS.get(level, 0)
            style |= Style.BOLD
        if kind is Kind.CODE or style & Style.CODE:
            size -= 2 if kind is Kind.CODE else 1
            made.setFontFamilies(self.mono)
            made.setFontFixedPitch(True)
            if kind is not Kind.CODE:
                made.setBackground(QColor(self.colors.inline_code))
        made.setProperty(QTextFormat.Property.FontPixelSize.value, size)
        made.setForeground(QColor(self.colors.text))
        if style & Style.BOLD:
            made.setFontWeight(QFont.Weight.DemiBold)
        if style & Style.ITALIC:
            made.setFontItalic(True)
        if style & Style.STRIKE:
            made.setFontStrikeOut(True)
            made.setForeground(QColor(self.colors.muted))
        if link:
            made.setAnchor(True)
            made.setAnchorHref(link)
            made.setToolTip(plain_tooltip(link))
            made.setForeground(QColor(self.colors.accent))
            made.setFontUnderline(True)
        return made

    def _syntax(self, name: str) -> QTextCharFormat:
        made = QTextCharFormat()
        made.setForeground(QColor(getattr(self.colors.syntax, name)))
        if name == "comment":
            made.setFontItalic(True)
        return made
