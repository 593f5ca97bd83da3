"""Blocks in a QTextDocument: streamed or at once, the document is the same."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QTextCursor, QTextDocument
from PySide6.QtWidgets import QApplication

from desktop_llm.gui.icons import IconLoader
from desktop_llm.gui.messages import DARK_COLORS, LIGHT_COLORS, MessageView
from desktop_llm.gui.messages.document import DocumentWriter
from desktop_llm.gui.messages.formats import Formats
from desktop_llm.gui.messages.lexers import Lexers
from desktop_llm.gui.messages.painting import Backdrop
from desktop_llm.gui.messages.rendering import Rendering
from desktop_llm.gui.messages.selection import selected_text
from tests.gui.messages.helpers import answer, cut_markdown, picture, pieces, settle, widget_of

EVERYTHING = """# Title

A **bold** paragraph with `code`,
two lines and 😀 [a link](https://a.example).

1. one
   - nested
   ```python
   def f(): return 1
   ```
2. two

| a | b |
|---|--:|
| 1 | `2` |

---

> quoted

```python
class A:
    '''A docstring
    of two lines.'''
```

| last | table |
|---|---|
"""


@pytest.fixture
def formats(qapp: QApplication) -> Formats:
    return Formats(LIGHT_COLORS, 15, IconLoader())


@pytest.fixture
def lexers() -> Lexers:
    return Lexers()


def _finish(rendering: Rendering, lexers: Lexers) -> None:
    while rendering.pending or lexers.busy:
        rendering.frame()


def _whole(text: str, formats: Formats, lexers: Lexers) -> QTextDocument:
    document = QTextDocument()
    rendering = Rendering(document, formats, lexers)
    rendering.show(text)
    _finish(rendering, lexers)
    return document


def _streamed(parts: list[str], formats: Formats, lexers: Lexers) -> QTextDocument:
    document = QTextDocument()
    rendering = Rendering(document, formats, lexers)
    for part in parts:
        rendering.feed(part)
        rendering.frame()
    rendering.finish()
    _finish(rendering, lexers)
    assert rendering.text == "".join(parts)
    return document


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(case=cut_markdown())
@example(case=("| a | b |\n|---|:-:|\n\n[x]: http://a.b/c\n", [24]))
@example(case=("```a|b\n|---|:-:|\nx", [7, 12]))
def test_that_a_streamed_document_equals_one_rendered_at_once(
    case: tuple[str, list[int]], formats: Formats, lexers: Lexers
) -> None:
    text, cuts = case
    streamed = _streamed(pieces(text, cuts), formats, lexers)
    assert picture(streamed) == picture(_whole(text, formats, lexers))


@pytest.mark.parametrize("step", [1, 3, 17])
def test_that_everything_streams_to_the_same_document(
    step: int, formats: Formats, lexers: Lexers
) -> None:
    parts = [EVERYTHING[i : i + step] for i in range(0, len(EVERYTHING), step)]
    whole = _whole(EVERYTHING, formats, lexers)
    assert picture(_streamed(parts, formats, lexers)) == picture(whole)
    colours = [seen[3] for seen in picture(whole) if "def f()" in seen[0] or "class A" in seen[0]]
    assert len(colours) == 2
    assert all(colours)


def _frames_until_done(rendering: Rendering) -> int:
    frames = 0
    while rendering.pending:
        rendering.frame()
        frames += 1
        QApplication.processEvents()
    return frames


def test_that_a_text_longer_than_is_shown_at_once_comes_whole(
    formats: Formats, lexers: Lexers
) -> None:
    text = EVERYTHING * 200
    document = QTextDocument()
    rendering = Rendering(document, formats, lexers)
    rendering.show(text)
    assert _frames_until_done(rendering) > 5
    assert document.toPlainText().count("Title") == 200
    assert [code.number for code in rendering.code] == list(range(400))


def test_that_a_long_question_comes_frame_by_frame(formats: Formats, lexers: Lexers) -> None:
    block = "08:15:12 INFO a line of a log, some words long\n\n```py\nx = 1\n```\n"
    text = block * 1_000 + "last"
    document = QTextDocument()
    rendering = Rendering(document, formats, lexers)
    rendering.show(text, plain=True)
    at_once = document.blockCount()
    assert 100 < at_once < 1_000
    _finish(rendering, lexers)
    assert document.blockCount() == 3_001
    assert document.toPlainText().endswith("\nlast")
    assert [code.number for code in rendering.code] == list(range(1_000))
    assert all(code.closed and code.text == "x = 1" for code in rendering.code)


def test_that_other_colours_change_code_and_text(formats: Formats, lexers: Lexers) -> None:
    document = QTextDocument()
    rendering = Rendering(document, formats, lexers)
    rendering.show(EVERYTHING)
    _finish(rendering, lexers)
    light = picture(document)
    rendering.restyle(Formats(DARK_COLORS, 15, IconLoader()))
    _finish(rendering, lexers)
    dark = picture(document)
    assert [seen[0] for seen in dark] == [seen[0] for seen in light]
    code = next(i for i, seen in enumerate(light) if "class A" in seen[0])
    assert light[code][3] != dark[code][3]
    assert LIGHT_COLORS.syntax.keyword in str(light[code][3])
    assert DARK_COLORS.syntax.keyword in str(dark[code][3])


def test_that_a_selection_survives_what_comes_behind_it(formats: Formats, lexers: Lexers) -> None:
    document = QTextDocument()
    rendering = Rendering(document, formats, lexers)
    rendering.feed("An open paragraph with **some** words")
    rendering.frame()
    cursor = QTextCursor(document)
    cursor.setPosition(3)
    cursor.setPosition(17, QTextCursor.MoveMode.KeepAnchor)
    for part in (" and", " more\n", "and a line\n\n", "- item\n", "- item\n\n```\ncode", "\n```\n"):
        rendering.feed(part)
        rendering.frame()
        assert cursor.selectedText() == "open paragraph"


_SECTION = """## Section

A paragraph that tells of **some** things and names [its source][1] before it goes on [2].

| a | b |
|---|---|
| see [1] | words |

"""


def test_that_addresses_given_at_the_end_leave_what_is_read_as_it_stands(
    formats: Formats, lexers: Lexers
) -> None:
    text = _SECTION * 200 + "\n[1]: https://one.example\n[2]: https://two.example\n"
    document = QTextDocument()
    rendering = Rendering(document, formats, lexers)
    rendering.feed(text)
    _frames_until_done(rendering)
    cursor = QTextCursor(document)
    cursor.setPosition(document.toPlainText().index("tells"))
    cursor.movePosition(
        QTextCursor.MoveOperation.Right, QTextCursor.MoveMode.KeepAnchor, len("tells of some")
    )
    blocks = document.blockCount()
    rendering.finish()
    frames = 0
    while rendering.pending:
        rendering.frame()
        frames += 1
        assert abs(document.blockCount() - blocks) <= 1
        assert cursor.selectedText() == "tells of some"
    assert frames > 0
    whole = _whole(text, formats, lexers)
    assert picture(document) == picture(whole)
    links = [
        properties
        for seen in picture(whole)
        for _, properties in seen[2]
        if "https://one.example" in str(properties)
    ]
    assert len(links) == 400


@pytest.mark.parametrize("step", [1, 1_000])
def test_that_what_looked_like_a_task_becomes_a_link(
    step: int, formats: Formats, lexers: Lexers
) -> None:
    text = "- [x] a task?\n\nMore.\n\n[x]: https://one.example\n"
    parts = [text[i : i + step] for i in range(0, len(text), step)]
    seen = picture(_streamed(parts, formats, lexers))
    assert seen[0][0] == "x a task?"
    assert seen == picture(_whole(text, formats, lexers))


@pytest.mark.parametrize("text", ["- שלום עולם", "7. שלום", "- [x] שלום", "> שלום"])
def test_that_what_stands_beside_right_to_left_text_stands_at_its_right(
    text: str, formats: Formats, lexers: Lexers
) -> None:
    document = _whole(text, formats, lexers)
    document.setTextWidth(400)
    document.size()
    assert document.begin().layout().lineAt(0).naturalTextRect().right() < 400 - 10
    image = QImage(400, 60, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    Backdrop(document, formats).paint(painter, QRectF(0, 0, 400, 60))
    painter.end()
    white = QColor(Qt.GlobalColor.white)
    drawn = {x for x in range(400) for y in range(60) if image.pixelColor(x, y) != white}
    assert drawn
    assert min(drawn) > 400 - 30


def test_that_right_to_left_text_streams_to_the_same_document(
    formats: Formats, lexers: Lexers
) -> None:
    text = "- 1 – שלום\n- a\n\n> 2 שלום\n\nשלום"
    assert picture(_streamed(list(text), formats, lexers)) == picture(_whole(text, formats, lexers))


@pytest.mark.parametrize(
    "strange", ["\u2029", "\ufdd0", "\ufdd1", "\ufffc", "\0", "\x0b", "\x0c", "\u2028", "\ud800"]
)
def test_that_strange_characters_do_not_break_the_document(
    strange: str, formats: Formats, lexers: Lexers
) -> None:
    text = f"a{strange}b\n\n```\nc{strange}d\n```\n\n- e{strange}\n\nlast"
    parts = list(text)
    streamed = picture(_streamed(parts, formats, lexers))
    assert streamed == picture(_whole(text, formats, lexers))
    assert len(streamed) == 4
    assert streamed[-1][0] == "last"


def test_that_an_empty_text_is_an_empty_document(formats: Formats, lexers: Lexers) -> None:
    assert _whole("", formats, lexers).toPlainText() == ""
    assert picture(_streamed(["", ""], formats, lexers)) == picture(_whole("", formats, lexers))


def test_that_selected_text_reads_as_someone_would_type_it(
    formats: Formats, lexers: Lexers
) -> None:
    document = _whole(EVERYTHING, formats, lexers)
    cursor = QTextCursor(document)
    cursor.select(QTextCursor.SelectionType.Document)
    assert selected_text(cursor) == (
        "Title\n"
        "A bold paragraph with code,\ntwo lines and 😀 a link.\n"
        "1. one\n  ◦ nested\n\ndef f(): return 1\n\n2. two\n\n"
        "a\tb\n1\t2\n\n\n\n"
        "quoted\n\n"
        "class A:\n    '''A docstring\n    of two lines.'''\n\n"
        "last\ttable"
    )
    cursor.setPosition(document.toPlainText().index("bold"))
    cursor.movePosition(
        QTextCursor.MoveOperation.Right, QTextCursor.MoveMode.KeepAnchor, len("bold paragraph")
    )
    assert selected_text(cursor) == "bold paragraph"


def test_that_tables_alone_next_to_each_other_and_at_the_end_can_be_taken_back(
    formats: Formats, qapp: QApplication
) -> None:
    document = QTextDocument()
    writer = DocumentWriter(document, formats)
    from desktop_llm.gui.messages.markdown import parse

    tables = "| a |\n|---|\n\n| b |\n|---|\n"
    both = tuple(block for unit in parse(tables, {}) for block in unit.blocks)
    empty = picture(document)
    writer.write((), both)
    assert document.toPlainText().split() == ["a", "b"]
    writer.write((), both[:1])
    assert document.toPlainText().split() == ["a"]
    writer.write((), ())
    assert picture(document) == empty


def test_that_a_long_table_looks_like_one(view: MessageView) -> None:
    rows = "".join(f"| row {i} | some words | {i * 7} |\n" for i in range(50))
    view.show_branch([answer(1, "| name | words | number |\n|---|---|--:|\n" + rows)])
    settle(view)
    document = widget_of(view, "1").body.document()
    layout = document.documentLayout()
    block, lefts, text = document.begin(), set(), []
    while block.isValid():
        if block.text().startswith(("name", "row")):
            lefts.add(layout.blockBoundingRect(block.next()).left())
        block = block.next()
    assert len(lefts) == 1
    cursor = QTextCursor(document)
    cursor.select(QTextCursor.SelectionType.Document)
    text = selected_text(cursor).split("\n")
    assert text == ["name\twords\tnumber", *(f"row {i}\tsome words\t{i * 7}" for i in range(50))]
    view.resize(500, 700)
    settle(view)
    block, lefts = document.begin(), set()
    while block.isValid():
        if block.text().startswith(("name", "row")):
            lefts.add(layout.blockBoundingRect(block.next()).left())
        block = block.next()
    assert len(lefts) == 1
