"""A message's text on its way into a document: all at once, or frame by frame as it comes."""

from __future__ import annotations

from PySide6.QtGui import QTextDocument

from desktop_llm.gui.messages.colouring import CodeColouring
from desktop_llm.gui.messages.document import CodeBlock, DocumentWriter
from desktop_llm.gui.messages.formats import Formats
from desktop_llm.gui.messages.lexers import Lexers
from desktop_llm.gui.messages.plain import plain_blocks
from desktop_llm.gui.messages.stream import MarkdownStream

_SLICE = 6000
"""Characters parsed at a time, so that text that comes all at once does not stop the window."""
_COLOURING_S = 0.003


class Rendering:
    """Renders one message. GUI thread.

    `show` renders a whole text now. Otherwise `feed` text, call `frame` while `pending`, and
    `finish` at the end: the document is then the same as `show` would have made it.
    """

    def __init__(self, document: QTextDocument, formats: Formats, lexers: Lexers) -> None:
        self._document = document
        self._formats = formats
        self._lexers = lexers
        self._writer = DocumentWriter(document, formats)
        self._parts: list[str] = []
        self._backlog = ""
        self._plain = False
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
        return bool(self._backlog) or self._ending or self._dirty or self._colour_left

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
        self._ending = True

    def frame(self) -> None:
        """Render the next slice of what was fed, and colour some code."""
        if self._backlog:
            self._stream.feed(self._backlog[:_SLICE])
            self._backlog = self._backlog[_SLICE:]
            self._dirty = True
        if self._ending and not self._backlog:
            self._end()
        elif self._dirty:
            update = self._stream.update()
            self._writer.write(update.closed, update.open)
            self._dirty = False
            self._colouring.grow()
        self._colour_left = self._colouring.work(_COLOURING_S)

    def recolour(self) -> None:
        """Look again for code whose lexer has come."""
        self._colour_left = True

    def restyle(self, formats: Formats) -> None:
        """Render again in other colours."""
        self._formats = formats
        ended, backlog = self._ended, self._backlog
        self._render(finish=ended)
        if not ended and backlog:
            self._dirty = True

    def _begin(self) -> None:
        self._stream = MarkdownStream()
        self._colouring = CodeColouring(self._document, self._writer, self._formats, self._lexers)
        self._backlog = ""
        self._ending = self._ended = self._dirty = self._colour_left = False

    def _render(self, finish: bool = True) -> None:
        self._writer.clear(self._formats)
        self._begin()
        if self._plain:
            self._writer.write(plain_blocks(self.text), ())
            self._writer.close()
            self._ended = True
        else:
            self._feed_all()
            if finish:
                self._end()
        self._colour_left = True

    def _feed_all(self) -> None:
        text = self.text
        for begin in range(0, len(text), _SLICE):
            self._stream.feed(text[begin : begin + _SLICE])
            update = self._stream.update()
            self._writer.write(update.closed, update.open)

    def _end(self) -> None:
        update = self._stream.finish()
        self._ending = self._dirty = False
        self._ended = True
        if self._stream.stale:
            # Links whose address came after their text: from the start, knowing the addresses.
            self._writer.clear(self._formats)
            references = self._stream.references
            self._begin()
            self._ended = True
            self._stream = MarkdownStream(references)
            self._feed_all()
            update = self._stream.finish()
        self._writer.write(update.closed, update.open)
        self._writer.close()
        self._colour_left = True
