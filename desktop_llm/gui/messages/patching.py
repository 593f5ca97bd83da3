"""Blocks that stand in a document and differ by their text only: what is the same stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, takewhile

from PySide6.QtGui import QTextBlock, QTextCursor, QTextDocument

from desktop_llm.gui.messages.formats import CLEAN, SPACER, Formats
from desktop_llm.gui.messages.model import Block, Line, Row, Run, Runs, Style, utf16_length

_Letter = tuple[str, Style, str]
"""A character, its style and where it leads."""


def alike(old: Block, new: Block) -> bool:
    """The same but for the text."""
    if isinstance(old, Row) or isinstance(new, Row):
        return (
            isinstance(old, Row) and isinstance(new, Row) and replace(old, cells=new.cells) == new
        )
    return replace(old, runs=new.runs) == new


def patch(
    document: QTextDocument, formats: Formats, old: Sequence[Block], new: Sequence[Block]
) -> Iterator[None]:
    """Put the text of `new` in place of that of `old`, all there is in `document`.

    Each is `alike` the one in its place. A generator, so that it can be spread over time.
    """
    text = document.begin()
    for was, now in zip(old, new, strict=True):
        for before, after in zip(_texts(was), _texts(now), strict=True):
            while text.blockFormat().boolProperty(SPACER):
                text = text.next()
            if before != after:
                _patch(text, formats, now, before, after)
                yield
            text = text.next()


def _texts(block: Block) -> list[Runs]:
    """The text of each of the document's blocks that `block` is."""
    if isinstance(block, Line):
        return [block.runs]
    return [block.cell(column) for column in range(len(block.align))]


def _patch(text: QTextBlock, formats: Formats, block: Block, old: Runs, new: Runs) -> None:
    was, now = _letters(old), _letters(new)
    kept = _common(was, now)
    tail = _common(was[kept:][::-1], now[kept:][::-1])
    cursor = QTextCursor(text)
    cursor.beginEditBlock()
    cursor.setPosition(text.position() + _length(was[:kept]))
    end = cursor.position() + _length(was[kept : len(was) - tail])
    cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
    cursor.removeSelectedText()
    for (style, link), letters in groupby(now[kept : len(now) - tail], key=lambda it: it[1:]):
        run = Run("".join(letter for letter, _, _ in letters), style, link)
        cursor.insertText(run.text.translate(CLEAN), formats.run(block, run))
    cursor.endEditBlock()


def _letters(runs: Runs) -> list[_Letter]:
    return [(letter, run.style, run.link) for run in runs for letter in run.text]


def _length(letters: Sequence[_Letter]) -> int:
    return sum(utf16_length(letter) for letter, _, _ in letters)


def _common(old: Sequence[_Letter], new: Sequence[_Letter]) -> int:
    """How many letters at the beginning are the same."""
    pairs = zip(old, new, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
