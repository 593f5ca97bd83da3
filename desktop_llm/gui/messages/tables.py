"""Tables in a document, row by row.

Qt lays a table out whole at each change in it, so a long one is made of several, one under the
other, whose columns are as wide as the first one's.
"""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtGui import QTextCursor, QTextDocument, QTextLength, QTextTable, QTextTableCell

from desktop_llm.gui.messages.formats import CLEAN, Formats
from desktop_llm.gui.messages.model import Block, Row, Runs

ROWS = 16
"""Rows of one of Qt's tables."""


def append_row(
    cursor: QTextCursor, formats: Formats, row: Row, before: Block | None, table: QTextTable | None
) -> QTextTable:
    """Write `row` at the end of `table`, the one above, or at `cursor` if it has no room there;
    returns the table it is in."""
    if table is None or row.header or table.rows() >= ROWS:
        table = cursor.insertTable(1, len(row.align), formats.table(row, before))
    else:
        table.appendRows(1)
    number = table.rows() - 1
    for column in range(len(row.align)):
        cell = table.cellAt(number, column)
        cell.setFormat(formats.cell(row.header))
        inside = cell.firstCursorPosition()
        inside.setBlockFormat(formats.cell_block(row.align[column]))
        _insert(inside, formats, row, row.cell(column))
    return table


def patch_row(table: QTextTable, formats: Formats, old: Row, new: Row) -> None:
    """Change the cells in which `new` differs from `old`, the last row of `table`."""
    for column in range(len(new.align)):
        runs = new.cell(column)
        if runs == old.cell(column):
            continue
        inside = _content(table.cellAt(table.rows() - 1, column))
        inside.removeSelectedText()
        _insert(inside, formats, new, runs)


def align_columns(document: QTextDocument, above: QTextTable, table: QTextTable) -> None:
    """Make the columns of `table` as wide as those of the one it goes on with."""
    widths = [QTextLength(QTextLength.Type.FixedLength, w) for w in _widths(document, above)]
    made = table.format().toTableFormat()
    if made.columnWidthConstraints() != widths:
        made.setColumnWidthConstraints(widths)
        table.setFormat(made)


def _widths(document: QTextDocument, table: QTextTable) -> list[float]:
    layout = document.documentLayout()
    lefts = [
        layout.blockBoundingRect(table.cellAt(0, column).firstCursorPosition().block()).left()
        for column in range(table.columns())
    ]
    whole = layout.frameBoundingRect(table)
    padding = lefts[0] - whole.left()
    edges = [whole.left(), *(left - padding for left in lefts[1:]), whole.right()]
    return [right - left for left, right in pairwise(edges)]


def _content(cell: QTextTableCell) -> QTextCursor:
    cursor = cell.firstCursorPosition()
    cursor.setPosition(cell.lastCursorPosition().position(), QTextCursor.MoveMode.KeepAnchor)
    return cursor


def _insert(cursor: QTextCursor, formats: Formats, row: Row, runs: Runs) -> None:
    for run in runs:
        cursor.insertText(run.text.translate(CLEAN), formats.run(row, run))
