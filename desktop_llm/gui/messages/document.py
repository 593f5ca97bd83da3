"""Writes blocks of the model into a QTextDocument, touching only what differs at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtGui import QTextCharFormat, QTextCursor, QTextDocument

from desktop_llm.gui.messages.formats import Formats
from desktop_llm.gui.messages.model import Block, Kind, Line, Run, Runs, Style, Table

# Characters that are Qt's own marks inside a document; each is one UTF-16 unit and stays one.
_CLEAN = str.maketrans("\n\r\u2029\ufdd0\ufdd1\ufffc", "\u2028  \ufffd\ufffd\ufffd")


@dataclass(slots=True)
class CodeBlock:
    """One code block of the document: its lines as they came, and where its first one is.

    `line` counts the document's text blocks before it. Its lines from `touched` on were written
    since someone last set `touched` to their number.
    """

    number: int
    language: str
    line: int
    lines: list[Line] = field(default_factory=list)
    closed: bool = False
    touched: int = 0

    @property
    def text(self) -> str:
        """The code, exactly, without a line end after the last line."""
        parts = [line.text if line.joined else f"\n{line.text}" for line in self.lines]
        return "".join(parts).removeprefix("\n")


@dataclass(frozen=True, slots=True)
class _Placed:
    """A block in the document. `at` is where to remove from, `begin` where its text begins."""

    block: Block
    before: Block | None
    at: int
    begin: int


class DocumentWriter:
    """Keeps a document equal to the blocks it is given. GUI thread.

    Closed blocks are written once. Open ones are compared with what stands there, and only the
    end that differs is replaced, so that a reader's selection in it survives.
    """

    def __init__(self, document: QTextDocument, formats: Formats) -> None:
        document.setUndoRedoEnabled(False)
        self._document = document
        self._formats = formats
        self._cursor = QTextCursor(document)
        self._open: list[_Placed] = []
        self._last_closed: _Placed | None = None
        self.code: list[CodeBlock] = []
        self._hide()

    @property
    def ends_in_code(self) -> bool:
        """Whether the last block is a line of code."""
        placed = self._open[-1] if self._open else self._last_closed
        return placed is not None and _is_code(placed.block)

    def clear(self, formats: Formats) -> None:
        """Begin again with an empty document, in `formats`."""
        self._formats = formats
        self._document.clear()
        self._cursor = QTextCursor(self._document)
        self._open, self._last_closed = [], None
        self.code = []
        self._hide()

    def write(self, closed: Sequence[Block], opened: Sequence[Block]) -> None:
        """Make the document end with `closed` and `opened` in place of what was open."""
        blocks = [*closed, *opened]
        same = 0
        while same < min(len(blocks), len(self._open)) and blocks[same] == self._open[same].block:
            same += 1
        if same < max(len(blocks), len(self._open)):
            self._cursor.beginEditBlock()
            self._replace(blocks, same)
            self._cursor.endEditBlock()
        if closed:
            self._last_closed = self._open[len(closed) - 1]
            del self._open[: len(closed)]
        self._mark_closed()

    def _mark_closed(self) -> None:
        still = {placed.block.code for placed in self._open if isinstance(placed.block, Line)}
        last = self._last_closed.block if self._last_closed else None
        for code in reversed(self.code):
            if code.closed:
                break
            grows = isinstance(last, Line) and last.code == code.number and not self._open
            code.closed = code.number not in still and not grows

    def close(self) -> None:
        """Nothing follows any more."""
        for code in self.code:
            code.closed = True

    def _replace(self, blocks: Sequence[Block], same: int) -> None:
        if same < len(self._open) and same < len(blocks):
            old, new = self._open[same], blocks[same]
            if isinstance(new, Line) and isinstance(old.block, Line) and _alike(old.block, new):
                self._remove(same + 1)
                self._patch(old, old.block, new)
                self._open[same] = _Placed(new, old.before, old.at, old.begin)
                same += 1
        self._remove(same)
        for block in blocks[same:]:
            self._append(block)

    def _remove(self, first: int) -> None:
        """Take the open blocks from `first` on out of the document."""
        if first >= len(self._open):
            return
        for placed in reversed(self._open[first:]):
            self._forget_code(placed.block)
        placed = self._open[first]
        del self._open[first:]
        self._cursor.setPosition(placed.at)
        self._cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        self._cursor.removeSelectedText()
        if placed.before is None:
            self._hide()
            return
        # Qt gives an empty block the format of what is removed behind it.
        before = self._open[-1] if self._open else self._last_closed
        if before is not None and isinstance(before.block, Line):
            self._cursor.setBlockFormat(self._formats.block(before.block, before.before))

    def _append(self, block: Block) -> None:
        placed = self._open[-1] if self._open else self._last_closed
        before = placed.block if placed else None
        cursor = self._cursor
        cursor.movePosition(QTextCursor.MoveOperation.End)
        at = cursor.position()
        if isinstance(block, Table):
            self._table(block, before)
            self._open.append(_Placed(block, before, at, at))
            return
        text = self._text(block, Run(""))
        if before is None:
            # An empty document has one empty line already.
            cursor.setBlockFormat(self._formats.block(block, before))
            cursor.setBlockCharFormat(text)
        else:
            cursor.insertBlock(self._formats.block(block, before), text)
        begin = cursor.position()
        self._runs(block, block.runs)
        self._remember_code(block)
        self._open.append(_Placed(block, before, at, begin))

    def _patch(self, placed: _Placed, old: Line, new: Line) -> None:
        """Change the text of the last block from where it differs."""
        kept, rest = _difference(old.runs, new.runs)
        self._cursor.setPosition(placed.begin + kept)
        self._cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        if self._cursor.hasSelection():
            self._cursor.removeSelectedText()
        self._runs(new, rest)
        self._forget_code(old)
        self._remember_code(new)

    def _runs(self, line: Line, runs: Runs) -> None:
        for run in runs:
            self._cursor.insertText(run.text.translate(_CLEAN), self._text(line, run))

    def _text(self, line: Line, run: Run) -> QTextCharFormat:
        style = Style.PLAIN if line.kind is Kind.CODE else run.style
        return self._formats.text(line.kind, line.level, style, run.link)

    def _table(self, table: Table, before: Block | None) -> None:
        cursor, formats = self._cursor, self._formats
        columns = len(table.align)
        made = cursor.insertTable(len(table.rows), columns, formats.table(table, before))
        for row, cells in enumerate(table.rows):
            bold = Style.BOLD if row == 0 else Style.PLAIN
            for column in range(columns):
                cell = made.cellAt(row, column)
                cell.setFormat(formats.cell(row == 0))
                inside = cell.firstCursorPosition()
                inside.setBlockFormat(formats.cell_block(table.align[column]))
                for run in cells[column] if column < len(cells) else ():
                    inside.insertText(
                        run.text.translate(_CLEAN),
                        formats.text(Kind.PARAGRAPH, 0, run.style | bold, run.link),
                    )
        cursor.movePosition(QTextCursor.MoveOperation.End)
        self._hide()

    def _hide(self) -> None:
        self._cursor.setBlockFormat(self._formats.spacer())
        self._cursor.setBlockCharFormat(self._formats.spacer_text())

    def _remember_code(self, line: Line) -> None:
        if line.kind is not Kind.CODE:
            return
        if not self.code or self.code[-1].number != line.code:
            number = self._cursor.block().blockNumber()
            self.code.append(CodeBlock(line.code, line.language, number))
        code = self.code[-1]
        code.touched = min(code.touched, len(code.lines))
        code.lines.append(line)

    def _forget_code(self, block: Block) -> None:
        if not isinstance(block, Line) or block.kind is not Kind.CODE:
            return
        code = self.code[-1]
        code.lines.pop()
        code.touched = min(code.touched, len(code.lines))
        if not code.lines:
            self.code.pop()


def _is_code(block: Block) -> bool:
    return isinstance(block, Line) and block.kind is Kind.CODE


def _alike(old: Line, new: Line) -> bool:
    """The same but for the text."""
    return Line(
        old.kind, new.runs, old.level, old.place, old.marker, old.code, old.language,
        old.joined,
    ) == new  # fmt: skip


def _difference(old: Runs, new: Runs) -> tuple[int, Runs]:
    """How many UTF-16 units at the beginning stay, and the runs that follow them."""
    kept = 0
    for position, (was, now) in enumerate(zip(old, new, strict=False)):
        if was == now:
            kept += utf16_length(was.text)
            continue
        if (was.style, was.link) == (now.style, now.link) and now.text.startswith(was.text):
            grown = Run(now.text[len(was.text) :], now.style, now.link)
            return kept + utf16_length(was.text), (grown, *new[position + 1 :])
        return kept, new[position:]
    return kept, new[len(old) :] if len(new) > len(old) else ()


def utf16_length(text: str) -> int:
    """How many positions `text` takes in a QTextDocument."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
