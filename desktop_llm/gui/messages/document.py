"""Writes blocks of the model into a QTextDocument, touching only what differs at its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from PySide6.QtGui import QTextCursor, QTextDocument, QTextTable

from desktop_llm.gui.messages.formats import CLEAN, Formats
from desktop_llm.gui.messages.model import Block, Kind, Line, Row, Run, Runs, utf16_length
from desktop_llm.gui.messages.patching import alike, patch
from desktop_llm.gui.messages.tables import align_columns, append_row, patch_row


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
    """A block in the document. `at` is where to remove from, `begin` where its text begins; `row`
    counts the rows above it in `table`."""

    block: Block
    before: Block | None
    at: int
    begin: int
    table: QTextTable | None = None
    row: int = 0


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
        self._continued: list[tuple[QTextTable, QTextTable]] = []
        self._aligned = 0
        self._closed: list[Block] = []
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
        self._continued, self._aligned = [], 0
        self._closed, self.code = [], []
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
            self._align()
        if closed:
            self._closed += closed
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

    def revise(self, blocks: Sequence[Block]) -> Iterator[None] | None:
        """Put the text of `blocks` in place of what stands there, nothing being open: a step of
        the iterator changes one block. None if they differ by more than their text."""
        same = len(blocks) == len(self._closed) and all(map(alike, self._closed, blocks))
        return patch(self._document, self._formats, self._closed, blocks) if same else None

    def width_changed(self) -> None:
        """There is more or less room for tables now."""
        self._aligned = 0
        self._align()

    def _align(self) -> None:
        for above, table in self._continued[self._aligned :]:
            align_columns(self._document, above, table)
        self._aligned = len(self._continued)

    def _replace(self, blocks: Sequence[Block], same: int) -> None:
        if same < len(self._open) and same < len(blocks):
            old, new = self._open[same], blocks[same]
            if isinstance(new, Line) and isinstance(old.block, Line) and alike(old.block, new):
                self._remove(same + 1)
                self._patch(old, old.block, new)
                self._open[same] = replace(old, block=new)
                same += 1
            elif isinstance(new, Row) and old.table and alike(old.block, new):
                self._remove(same + 1)
                patch_row(old.table, self._formats, cast(Row, old.block), new)
                self._open[same] = replace(old, block=new)
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
        removed = self._open[first:]
        del self._open[first:]
        # Rows of a table that keeps its first ones are not simply text to remove.
        rows = next((i for i, placed in enumerate(removed) if placed.row == 0), len(removed))
        gone = [placed.table for placed in removed[rows:]]
        while self._continued and self._continued[-1][1] in gone:
            self._continued.pop()
        self._aligned = min(self._aligned, len(self._continued))
        if rows < len(removed):
            self._remove_from(removed[rows])
        if rows:
            cast(QTextTable, removed[0].table).removeRows(removed[0].row, rows)

    def _remove_from(self, placed: _Placed) -> None:
        self._cursor.setPosition(placed.at)
        self._cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        self._cursor.removeSelectedText()
        # Qt gives an empty block the format of what is removed behind it.
        if isinstance(placed.before, Line):
            last = self._open[-1] if self._open else self._last_closed
            before = last.before if last is not None else None
            self._cursor.setBlockFormat(self._formats.block(placed.before, before))
        else:
            self._hide()

    def _append(self, block: Block) -> None:
        placed = self._open[-1] if self._open else self._last_closed
        before = placed.block if placed else None
        cursor = self._cursor
        cursor.movePosition(QTextCursor.MoveOperation.End)
        at = cursor.position()
        if isinstance(block, Row):
            above = placed.table if placed else None
            table = append_row(cursor, self._formats, block, before, above)
            if table is not above:
                if above is not None and not block.header:
                    self._continued.append((above, table))
                cursor.movePosition(QTextCursor.MoveOperation.End)
                self._hide()
            self._open.append(_Placed(block, before, at, at, table, table.rows() - 1))
            return
        text = self._formats.run(block, Run(""))
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
        if old.right_to_left != new.right_to_left:
            self._cursor.setBlockFormat(self._formats.block(new, placed.before))
        self._forget_code(old)
        self._remember_code(new)

    def _runs(self, line: Line, runs: Runs) -> None:
        for run in runs:
            self._cursor.insertText(run.text.translate(CLEAN), self._formats.run(line, run))

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
