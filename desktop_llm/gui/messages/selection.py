"""Selected text of a message as plain text: markers, tabs between cells, paragraphs apart."""

from __future__ import annotations

from PySide6.QtGui import QTextBlock, QTextCursor, QTextTable

from desktop_llm.gui.messages.formats import CODE, JOINED, MARKER, PLAIN, SPACER, quotes_of
from desktop_llm.gui.messages.style import LIST_INDENT, QUOTE_INDENT

_PARAGRAPH_GAP = 12


def selected_text(cursor: QTextCursor) -> str:
    """What `cursor` has selected, as someone would type it."""
    begin, end = cursor.selectionStart(), cursor.selectionEnd()
    block = cursor.document().findBlock(begin)
    parts: list[str] = []
    before: QTextBlock | None = None
    while block.isValid() and block.position() < max(end, begin + 1):
        if not block.blockFormat().boolProperty(SPACER):
            start = block.position()
            text = _utf16_slice(block.text(), max(0, begin - start), end - start)
            if before is not None:
                parts.append(_between(before, block))
            parts.append(_prefix(block) + text if begin <= start else text)
            before = block
        block = block.next()
    return "".join(parts).replace("\u2028", "\n")


def _utf16_slice(text: str, begin: int, end: int) -> str:
    if text.isascii():
        return text[begin:end]
    data = text.encode("utf-16-le", "surrogatepass")
    return data[2 * begin : 2 * end].decode("utf-16-le", "replace")


def _between(before: QTextBlock, block: QTextBlock) -> str:
    table: QTextTable | None = QTextCursor(block).currentTable()
    was: QTextTable | None = QTextCursor(before).currentTable()
    if table is not None and was == table:
        row, old = (table.cellAt(b.position()).row() for b in (block, before))
        return "\t" if row == old else "\n"
    if table is not None and was is not None and table.format().boolProperty(JOINED):
        return "\n"
    made = block.blockFormat()
    if made.boolProperty(JOINED):
        return "" if made.hasProperty(CODE) or made.boolProperty(PLAIN) else " "
    wide = made.topMargin() >= _PARAGRAPH_GAP or table is not None or was is not None
    return "\n\n" if wide else "\n"


def _prefix(block: QTextBlock) -> str:
    made = block.blockFormat()
    marker = made.stringProperty(MARKER)
    if not marker:
        return ""
    margin = max(made.leftMargin(), made.rightMargin())
    depth = (margin - len(quotes_of(made)) * QUOTE_INDENT) / LIST_INDENT
    return "  " * (round(depth) - 1) + marker + " "
