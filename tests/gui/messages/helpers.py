"""Markdown to try things on, and ways to look at what became of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st
from PySide6.QtGui import QBrush, QTextCursor, QTextDocument
from PySide6.QtWidgets import QApplication

from desktop_llm.chat.types import AnswerMetrics, Message, MessageStatus, Role
from desktop_llm.gui.messages.message_widget import MessageWidget
from desktop_llm.gui.messages.model import Block
from desktop_llm.gui.messages.stream import MarkdownStream
from desktop_llm.gui.messages.view import MessageView

# Pieces that begin, end, interrupt and confuse each of CommonMark's blocks.
_PIECES = (
    *(
        "word ",
        "**bold** ",
        "`code` ",
        "*",
        "_",
        "~~s~~",
        "\\",
        "&amp;",
        "<b>",
        "é",
        "😀",
        "\u2028",
    ),
    *("\n", "\n\n", "\r\n", "\r", "    ", "\t", "x\n-", "-\n", "- ", "  - ", "+ ", "[ ] "),
    *("1. ", "2) ", "9999999999. ", "# ", "## ", "> ", "```", "```py\n", "\n```\n", "~~~\n"),
    *("---\n", "===\n", "***", "|", "| a | b |\n", "|---|:-:|\n", "| 1 | 2 |\n"),
    *("[x]: http://a.b/c\n", "[x]", "[y]: /z 'ti\n", "t'\n", "![i](http://q)", "[l](http://w.z)"),
    *("> - ", "\n  ", "\n> ", "- - ", "\n   - ", "  ```\n", "> ```\n", "\n>\n> ", "\n\n  "),
    *("  | a |\n", "  |--|\n", "> | a |\n> |--|\n", "\n> | 1 | 2 |", "\n  | 1 |"),
    *("$$\n", "$a$", "\\[", "\\]", "\\(b\\)", "http://a.b "),
)


@st.composite
def cut_markdown(draw: st.DrawFn) -> tuple[str, list[int]]:
    """A text, and where it is cut on its way."""
    text = "".join(draw(st.lists(st.sampled_from(_PIECES), max_size=30)))
    return text, sorted(draw(st.lists(st.integers(0, len(text)), max_size=20)))


def pieces(text: str, cuts: Sequence[int]) -> list[str]:
    """`text` cut at `cuts`."""
    edges = [0, *cuts, len(text)]
    return [text[a:b] for a, b in pairwise(edges)]


def blocks_of(*parts: str) -> list[Block]:
    """What `parts`, fed one by one, come to, as a view would show it."""
    stream = MarkdownStream()
    shown = _run(stream, parts)
    return _run(MarkdownStream(stream.references), parts) if stream.stale else shown


def _run(stream: MarkdownStream, parts: Sequence[str]) -> list[Block]:
    closed: list[Block] = []
    for part in parts:
        stream.feed(part)
        closed += stream.update().closed
    last = stream.finish()
    assert last.open == ()
    return [*closed, *last.closed]


def picture(document: QTextDocument) -> list[Any]:
    """All of a document that can be seen: texts, formats, fragments, colours of code, tables."""
    seen = []
    block = document.begin()
    while block.isValid():
        fragments = []
        walk = block.begin()
        while not walk.atEnd():
            fragment = walk.fragment()
            fragments.append((fragment.text(), _properties(fragment.charFormat())))
            walk += 1
        colours = [
            (span.start, span.length, _properties(span.format)) for span in block.layout().formats()
        ]
        in_table = QTextCursor(block).currentTable() is not None
        seen.append((block.text(), _properties(block.blockFormat()), fragments, colours, in_table))
        block = block.next()
    return seen


def _properties(made: Any) -> dict[int, str]:
    """By number, less the one Qt counts its own objects with."""
    return {
        key: value.color().name() if isinstance(value, QBrush) else str(value)
        for key, value in made.properties().items()
        if key
    }


def message(
    number: int,
    role: Role,
    content: str,
    status: MessageStatus = MessageStatus.COMPLETE,
    **facts: Any,
) -> Message:
    """A message whose id is its number."""
    parent = str(number - 1) if number else None
    return Message(str(number), "c", parent, role, content, status, float(number), **facts)


def question(number: int, content: str, **facts: Any) -> Message:
    return message(number, Role.USER, content, **facts)


def answer(number: int, content: str, **facts: Any) -> Message:
    return message(number, Role.ASSISTANT, content, **facts)


METRICS = AnswerMetrics(
    prompt_tokens=4100,
    completion_tokens=512,
    cached_tokens=3900,
    ttft_ms=212.0,
    tokens_per_s=48.31,
    finish_reason="stop",
)


def widget_of(view: MessageView, message_id: str) -> MessageWidget:
    """The widget that shows a message."""
    widgets = [w for w in view.widgets.values() if isinstance(w, MessageWidget)]
    found = [w for w in widgets if w.message.id == message_id]
    assert found, f"message {message_id} is not instantiated"
    return found[0]


def widget_at(view: MessageView, index: int) -> MessageWidget:
    """The widget that shows the message at `index`."""
    widget = view.widgets[index]
    assert isinstance(widget, MessageWidget)
    return widget


def settle(view: MessageView, seconds: float = 5.0) -> None:
    """Let frames and lexers do all they have to do."""
    deadline = time.monotonic() + seconds
    quiet = 0
    while quiet < 3:
        assert time.monotonic() < deadline, "the view never came to rest"
        QApplication.processEvents()
        busy = view.render_frame()
        quiet = 0 if busy else quiet + 1
        time.sleep(0.002)
