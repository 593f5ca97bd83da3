"""From the search field to the words that were found."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from desktop_llm.chat.types import MessageStatus, Role
from desktop_llm.gui.messages.message_widget import MessageWidget
from desktop_llm.gui.workbench import Workbench
from tests.gui.conftest import until
from tests.helpers.conversations import long_branch
from tests.helpers.fake_core import FakeCore


async def conversation_with(core: FakeCore, texts: Sequence[str]) -> str:
    """A conversation of `texts` in turn between 60 messages before and 60 after; its id."""
    conversation = await core.store.create("the long one")
    roles = [Role.USER, Role.ASSISTANT]
    turns = [(roles[n % 2], text) for n, text in enumerate(texts)]
    await core.store.import_branch(conversation.id, [*long_branch(60), *turns, *long_branch(60)])
    return conversation.id


async def find(window: Workbench, words: str) -> None:
    """Search for `words` and open the one conversation that has them."""
    window.panel.focus_search()
    window.panel.search.setText(words)

    def found() -> bool:
        hit = window.panel.model.hit(window.panel.model.index(0))
        return hit is not None and words in (hit.snippet + hit.conversation.title).lower()

    await until(found)
    QTest.keyClick(window.panel.search, Qt.Key.Key_Down)
    QTest.keyClick(window.panel.list, Qt.Key.Key_Return)


def marked(window: Workbench) -> list[tuple[str, int]]:
    """The words that are marked, and how far below the view's upper edge the first stands."""
    view = window.chat_page.view
    found = []
    for widget in view.widgets.values():
        assert isinstance(widget, MessageWidget)
        for mark in widget.body.extraSelections():
            place = widget.body.cursorRect(mark.cursor).topLeft()
            y = widget.body.viewport().mapTo(view.viewport(), QPoint(place)).y()
            found.append((mark.cursor.selectedText(), y))
    return found


@pytest.mark.parametrize("already_open", [False, True])
async def test_that_a_hit_opens_at_the_words_that_were_found(
    window: Workbench, core: FakeCore, already_open: bool
) -> None:
    long_answer = "Some words before it.\n\n" * 200 + "A **Zeppelin** flies: zeppelins do."
    conversation_id = await conversation_with(core, ["what flies?", long_answer])
    if already_open:
        await window.chat.show(conversation_id)
        await until(lambda: len(window.chat.branch.messages) == 122)
    await find(window, "zeppelin")
    await until(lambda: marked(window))
    assert [word for word, _ in marked(window)] == ["Zeppelin", "zeppelins"]
    assert 0 <= marked(window)[0][1] < window.chat_page.view.viewport().height() - 20


async def test_that_a_word_far_down_a_very_long_answer_is_found(
    window: Workbench, core: FakeCore
) -> None:
    long_answer = "Some words before it.\n\n" * 3000 + "A zeppelin flies."
    await conversation_with(core, ["what flies?", long_answer])
    await find(window, "zeppelin")
    await until(lambda: marked(window))
    assert 0 <= marked(window)[0][1] < window.chat_page.view.viewport().height() - 20


@pytest.mark.parametrize("already_open", [False, True])
async def test_that_a_hit_in_a_version_that_is_not_on_show_is_shown(
    window: Workbench, core: FakeCore, already_open: bool
) -> None:
    conversation = await core.store.create("versions")
    question = await core.store.add_user(conversation.id, None, "what flies?")
    for text in ("A walrus does.", "Nothing does."):
        answer = await core.store.begin_answer(conversation.id, question.id)
        done = answer.__class__(
            **{**vars(answer), "content": text, "status": MessageStatus.COMPLETE}
        )
        await core.store.finish_answer(done)
    if already_open:
        await window.chat.show(conversation.id)
        await until(lambda: len(window.chat.branch.messages) == 2)
        assert window.chat.branch.messages[1].content == "Nothing does."
    await find(window, "walrus")
    await until(lambda: [word for word, _ in marked(window)] == ["walrus"])
    assert window.chat.branch.messages[1].content == "A walrus does."


async def test_that_a_hit_on_show_keeps_the_version_below_it(
    window: Workbench, core: FakeCore
) -> None:
    conversation = await core.store.create("versions")
    first = await core.store.add_user(conversation.id, None, "a walrus")
    older = await core.store.add_user(conversation.id, first.id, "older")
    await core.store.add_user(conversation.id, first.id, "newer")
    await core.store.select_version(older.id)
    await find(window, "walrus")
    await until(lambda: marked(window))
    assert [m.content for m in window.chat.branch.messages] == ["a walrus", "older"]


async def test_that_marks_come_back_and_go(window: Workbench, core: FakeCore) -> None:
    texts = ["one walrus", "An answer.", "one zeppelin", "An answer."]
    await conversation_with(core, texts)
    await find(window, "zeppelin")
    await until(lambda: marked(window))
    view = window.chat_page.view
    view.to_end()
    await until(lambda: not marked(window))  # its widget is gone
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
    await until(lambda: [word for word, _ in marked(window)] == ["zeppelin"])
    core.settings.update(theme="dark")
    assert [word for word, _ in marked(window)] == ["zeppelin"]
    await find(window, "walrus")
    await until(lambda: [word for word, _ in marked(window)] == ["walrus"])


async def test_that_a_title_alone_opens_the_conversation_at_its_end(
    window: Workbench, core: FakeCore
) -> None:
    conversation_id = await conversation_with(core, ["a", "b"])
    await core.store.rename(conversation_id, "walrus")
    await find(window, "walrus")
    await until(lambda: len(window.chat.branch.messages) == 122)
    assert window.chat_page.view.at_end
    assert not marked(window)


async def test_that_escape_leaves_the_search_step_by_step_and_never_stops_an_answer(
    window: Workbench, core: FakeCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[None] = []
    monkeypatch.setattr(window.chat, "stop", lambda: stopped.append(None))
    await conversation_with(core, ["a", "b"])
    await find(window, "long")
    window.panel.focus_list()
    QTest.keyClick(window.panel.list, Qt.Key.Key_Escape)
    assert window.panel.search.hasFocus()
    assert window.panel.search.text() == ""
    window.panel.search.setText("words")
    QTest.keyClick(window.panel.search, Qt.Key.Key_Escape)
    assert window.panel.search.text() == ""
    assert window.panel.search.hasFocus()
    QTest.keyClick(window.panel.search, Qt.Key.Key_Escape)
    assert window.chat_page.composer.field.hasFocus()
    assert not stopped
