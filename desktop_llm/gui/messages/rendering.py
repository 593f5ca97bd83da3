"""A message's text on its way into a document: all at once, or frame by frame as it comes."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator

from PySide6.QtGui import QTextDocument

from desktop_llm.gui.messages.colouring import CodeColouring
from desktop_llm.gui.messages.document import CodeBlock, DocumentWriter
from desktop_llm.gui.messages.formats import Formats
from desktop_llm.gui.messages.lexers import Lexers
from desktop_llm.gui.messages.markdown import References
from desktop_llm.gui.messages.model import Block, Line
from desktop_llm.gui.messages.plain import plain_lines
from desktop_llm.gui.messages.stream import MarkdownStream

_AT_ONCE = 16_000
"""Characters shown before `show` returns; what is beyond comes with the next frames."""
_SLICE = 1_500
_PLAIN_LINE = 20
"""What a line costs besides its characters, counted in characters."""
_FRAME_S = 0.006
_COLOURING_S = 0.003


class Rendering:
    """Renders one message. GUI thread.

    `show` a whole text, or `feed` it piece by piece and `finish`: the document becomes the same.
    Call `frame` while `pending`; no frame takes long, however much there is to do.
    """

    def __init__(self, document: QTextDocument, formats: Formats, lexers: Lexers) -> None:
        self._document = document
        self._formats = formats
        self._lexers = lexers
        self._writer = DocumentWriter(document, formats)
        self._parts: list[str] = []
        self._backlog = ""
        self._plain = self._ended = False
        self._plain_left: Iterator[Line] | None = None
        self._linking: Iterator[None] | None = None
        self._begin()

    @property
    def text(self) -> str:
        """All text shown or fed, as it was given."""
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0] if self._parts else ""

    @property
    def empty(self) -> bool:
        """Whether there is no text yet."""
        return not any(self._parts)

    @property
    def long(self) -> bool:
        """Whether there is more text than is shown at once."""
        return len(self.text) > _AT_ONCE

    @property
    def code(self) -> list[CodeBlock]:
        """The code blocks in the document."""
        return self._writer.code

    @property
    def ends_in_code(self) -> bool:
        """Whether the last block is code, whose card reaches below its last line."""
        return self._writer.ends_in_code

    @property
    def pending(self) -> bool:
        """Whether `frame` has something to do."""
        return self._waits or self._ending or self._linking is not None or self._colour_left

    def show(self, text: str, *, plain: bool = False, more: bool = False) -> None:
        """Replace everything by `text`; `plain` text is shown as it is written. With `more`, it
        is the beginning of a stream."""
        self._parts = [text]
        self._plain = plain
        self._render(finish=not more)

    def feed(self, text: str) -> None:
        """Append `text`; it is rendered by the next frames."""
        self._parts.append(text)
        self._backlog += text

    def finish(self) -> None:
        """No more text follows."""
        self._ending = not self._ended

    def frame(self) -> None:
        """Render as much of what is pending as a frame has time for."""
        until = time.perf_counter() + _FRAME_S
        self._advance(until)
        if self._ending and not self._waits:
            self._end()
        self._advance_links(until)
        self._colouring.grow()
        self._colour_left = self._colouring.work(_COLOURING_S)

    def width_changed(self) -> None:
        """The document has another width now."""
        self._writer.width_changed()

    def restyle(self, formats: Formats) -> None:
        """Render again in other colours."""
        self._formats = formats
        self._render(finish=self._ended or self._ending)

    @property
    def _waits(self) -> bool:
        """Whether there is text that is not in the document yet."""
        return bool(self._backlog) or self._plain_left is not None

    def _begin(self, references: References | None = None) -> None:
        self._stream = MarkdownStream(references)
        self._colouring = CodeColouring(self._document, self._writer, self._formats, self._lexers)
        self._backlog, self._plain_left, self._linking = "", None, None
        self._resolved = references is not None
        self._ending = self._ended = self._colour_left = False

    def _render(self, finish: bool, references: References | None = None) -> None:
        self._writer.clear(self._formats)
        self._begin(references)
        if self._plain:
            self._plain_left = plain_lines(self.text)
        else:
            self._backlog = self.text
        self._advance(characters=_AT_ONCE)
        self._ending = finish
        if finish and not self._waits:
            self._end()
            self._advance_links()
        self._colour_left = True

    def _advance(self, until: float = math.inf, characters: int = sys.maxsize) -> None:
        """Move text from the backlog into the document, up to a time or a number of characters."""
        while self._waits and characters > 0 and time.perf_counter() < until:
            if self._plain_left is not None:
                self._advance_plain(self._plain_left)
            else:
                self._stream.feed(self._backlog[:_SLICE])
                self._backlog = self._backlog[_SLICE:]
                update = self._stream.update()
                self._writer.write(update.closed, update.open)
            characters -= _SLICE

    def _advance_plain(self, left: Iterator[Line]) -> None:
        lines: list[Line] = []
        room = _SLICE
        for line in left:
            lines.append(line)
            room -= len(line.text) + _PLAIN_LINE
            if room <= 0:
                break
        else:
            self._plain_left = None
        self._writer.write(lines, ())

    def _end(self) -> None:
        update = self._stream.finish()
        self._writer.write(update.closed, update.open)
        self._writer.close()
        self._ending, self._ended = False, True
        self._colour_left = True
        if self._stream.stale and not self._resolved:
            self._linking = self._link(self._stream.references)

    def _advance_links(self, until: float = math.inf) -> None:
        while self._linking is not None and time.perf_counter() < until:
            for _ in self._linking:
                break
            else:
                self._linking = None

    def _link(self, references: References) -> Iterator[None]:
        """Make the links whose address came after their text, leaving all else as it stands."""
        stream = MarkdownStream(references)
        blocks: list[Block] = []
        for begin in range(0, len(self.text), _SLICE):
            stream.feed(self.text[begin : begin + _SLICE])
            blocks += stream.update().closed
            yield
        blocks += stream.finish().closed
        changes = self._writer.revise(blocks)
        if changes is None:
            # What was taken for a task's box is a link, say.
            self._render(True, references)
        else:
            yield from changes
