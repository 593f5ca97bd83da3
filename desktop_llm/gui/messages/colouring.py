"""Colours the code blocks of one document: at once while they grow, exactly when they are done."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from PySide6.QtGui import QTextCursor, QTextDocument, QTextLayout

from desktop_llm.gui.messages.document import CodeBlock, DocumentWriter
from desktop_llm.gui.messages.formats import Formats
from desktop_llm.gui.messages.lexers import Lexers
from desktop_llm.gui.messages.lexing import GrowingCode, Spans, whole
from desktop_llm.gui.messages.model import utf16_length

_LINES_AT_ONCE = 60
_WIDEST_BLOCK = 400_000
"""Characters of code beyond which colouring would cost more than it helps."""


@dataclass(slots=True)
class _Job:
    """What is known about one code block. `final` runs through the lines of finished code."""

    code: CodeBlock
    spans: list[Spans] = field(default_factory=list)
    growing: GrowingCode | None = None
    final: Iterator[Spans] | None = None
    row: int = 0
    done: bool = False


class CodeColouring:
    """Keeps the colours of `writer`'s code up to date. GUI thread.

    Call `grow` and `work` in each frame, until `work` returns False.
    """

    def __init__(
        self, document: QTextDocument, writer: DocumentWriter, formats: Formats, lexers: Lexers
    ) -> None:
        self._document = document
        self._writer = writer
        self._formats = formats
        self._lexers = lexers
        self._jobs: list[_Job] = []
        self._first = 0

    def grow(self) -> None:
        """Colour what has come to code blocks that are still open."""
        self._meet()
        for job in self._jobs[self._first :]:
            code = job.code
            if code.closed or code.touched >= len(code.lines) or code.lines[-1].joined:
                continue
            lexer = self._lexers.get(code.language)
            if lexer is not None:
                job.growing = job.growing or GrowingCode(lexer)
                self._set(job, *job.growing.update(code.lines))

    def work(self, seconds: float) -> bool:
        """Colour finished code for about `seconds`. Returns whether there is more to do."""
        until = time.perf_counter() + seconds
        self._meet()
        lines = 0
        for job in self._jobs[self._first :]:
            if job.code.closed and not job.done:
                lines += self._finish(job, until)
                if lines >= _LINES_AT_ONCE or time.perf_counter() >= until:
                    break
        while self._first < len(self._jobs) and self._jobs[self._first].done:
            self._first += 1
        return any(self._waits(job) for job in self._jobs[self._first :])

    def _waits(self, job: _Job) -> bool:
        """Whether there is something to do for `job`, now or when its lexer has come."""
        code = job.code
        if code.closed:
            return not job.done
        return code.touched < len(code.lines) and self._lexers.pending(code.language)

    def _meet(self) -> None:
        """Take up code blocks that are new; let go of those an open end has taken back."""
        codes = self._writer.code
        while self._jobs and (
            len(self._jobs) > len(codes) or self._jobs[-1].code is not codes[len(self._jobs) - 1]
        ):
            self._jobs.pop()
        self._jobs += [_Job(code) for code in codes[len(self._jobs) :]]
        self._first = min(self._first, len(self._jobs))

    def _finish(self, job: _Job, until: float) -> int:
        lexer = self._lexers.get(job.code.language)
        if lexer is None:
            job.done = not self._lexers.pending(job.code.language)
            return 0
        if job.final is None:
            text = job.code.text
            if len(text) > _WIDEST_BLOCK or any(line.joined for line in job.code.lines):
                job.done = True
                return 0
            job.final = whole(lexer, text)
        found: list[Spans] = []
        for spans in job.final:
            found.append(spans)
            # Giving lines their colours costs as much as finding them.
            if len(found) >= _LINES_AT_ONCE or time.perf_counter() >= until:
                break
        else:
            job.done, job.final, job.growing = True, None, None
        self._set(job, job.row, found)
        job.row += len(found)
        return len(found)

    def _set(self, job: _Job, row: int, spans: Sequence[Spans]) -> None:
        code, known = job.code, job.spans
        fresh, code.touched = min(code.touched, len(known)), len(code.lines)
        del known[fresh:]
        known += [()] * (len(code.lines) - fresh)
        changed = [
            (index, line)
            for index, line in enumerate(spans[: len(code.lines) - row], row)
            if index >= fresh or line != known[index]
        ]
        if not changed:
            return
        cursor = QTextCursor(self._document)
        cursor.beginEditBlock()
        block = self._document.findBlockByNumber(code.line + changed[0][0])
        at = changed[0][0]
        for index, line in changed:
            while at < index:
                block = block.next()
                at += 1
            block.layout().setFormats(self._ranges(code.lines[index].text, line))
            known[index] = line
        cursor.endEditBlock()

    def _ranges(self, text: str, spans: Spans) -> list[QTextLayout.FormatRange]:
        ranges = []
        for start, length, name in spans:
            made = QTextLayout.FormatRange()
            if text.isascii():
                made.start, made.length = start, length
            else:
                made.start = utf16_length(text[:start])
                made.length = utf16_length(text[start : start + length])
            made.format = self._formats.syntax(name)
            ranges.append(made)
        return ranges
