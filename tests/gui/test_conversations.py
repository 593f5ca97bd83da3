"""The list: groups, rename, delete with undo, search, and the keyboard."""

from __future__ import annotations

import asyncio
import random
from datetime import date, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QTextDocument
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMenu, QTextBrowser

from desktop_llm.chat.types import Conversation, Role, SearchHit
from desktop_llm.gui.conversations.model import (
    HEADER_ROLE,
    SNIPPET_ROLE,
    ConversationModel,
    date_group,
)
from desktop_llm.gui.conversations.snippet import in_utf16, matched_words, unmark
from desktop_llm.gui.geometry import NARROWEST_SIDEBAR
from desktop_llm.gui.workbench import Workbench
from tests.gui.conftest import until
from tests.gui.present import child, focused
from tests.helpers.fake_core import FakeCore

TEXT_WRAP = int(Qt.TextFlag.TextWordWrap)


async def make(window: Workbench, core: FakeCore, *titles: str) -> list[str]:
    """Conversations with one turn each, the last title the newest; their ids, newest first."""
    for title in titles:
        conversation = await core.store.create(title)
        turns = [(Role.USER, f"tell me about {title}"), (Role.ASSISTANT, f"{title} is good")]
        await core.store.import_branch(conversation.id, turns)
    await until(lambda: len(window.panel.model.ids()) == len(titles))
    return window.panel.model.ids()


@pytest.mark.parametrize(
    ("day", "group"),
    [
        (date(2026, 3, 15), "Today"),
        (date(2026, 3, 14), "Yesterday"),
        (date(2026, 3, 9), "Previous 7 days"),
        (date(2026, 2, 20), "Previous 30 days"),
        (date(2026, 1, 2), "January"),
        (date(2025, 12, 31), "December 2025"),
    ],
)
def test_that_conversations_are_grouped_by_date(day: date, group: str) -> None:
    noon = datetime(day.year, day.month, day.day, 12).astimezone().timestamp()
    assert date_group(noon, date(2026, 3, 15)) == group


def test_that_headings_cannot_be_chosen(qtmodeltester) -> None:  # type: ignore[no-untyped-def]
    model = ConversationModel()
    qtmodeltester.check(model)
    now = datetime.now().astimezone()
    model.show_conversations(
        [Conversation("a", "A", updated_at=now.timestamp()), Conversation("b", "", updated_at=0)],
        now.date(),
    )
    assert [model.index(i).data(HEADER_ROLE) for i in range(4)] == [True, False, True, False]
    assert model.flags(model.index(0)) == Qt.ItemFlag.NoItemFlags
    assert model.index(3).data() == "New chat"
    assert model.ids() == ["a", "b"]


def test_that_the_marks_of_a_snippet_become_ranges() -> None:
    assert unmark("the \x02KV\x03\n cache \x02keeps\x03") == (
        "the KV cache keeps",
        [(4, 2), (13, 5)],
    )


def test_that_ranges_are_counted_as_qt_counts() -> None:
    text, ranges = unmark("😀 the \x02KV\x03 😀 \x02cache\x03")
    units = text.encode("utf-16-le")
    shown = [units[2 * s : 2 * (s + n)].decode("utf-16-le") for s, n in in_utf16(text, ranges)]
    assert shown == ["KV", "cache"]


def test_that_a_title_like_markup_is_shown_as_it_is_written(qapp: QApplication) -> None:
    title = "What does <b>bold</b> & <img src='x'> do?"
    model = ConversationModel()
    model.show_hits([SearchHit(Conversation("a", title))])
    tooltip = QTextDocument()
    tooltip.setHtml(model.index(0).data(Qt.ItemDataRole.ToolTipRole))
    assert tooltip.toPlainText() == title


async def test_that_a_very_long_word_fits(window: Workbench, core: FakeCore) -> None:
    ids = await make(window, core, "W" * 190)
    window.panel.delete(ids[0])
    await until(window.toasts.toasts)
    window.window().resize(window.window().minimumSize())
    await until(lambda: window.width() < 800)
    assert window.rect().contains(window.toasts.geometry())
    (toast,) = window.toasts.toasts()
    for text in toast.findChildren(QLabel):
        needed = text.fontMetrics().boundingRect(text.rect(), TEXT_WRAP, text.text())
        assert text.rect().width() >= needed.width()
    toast.dismiss()
    window.panel.search.setText("W" * 190)
    await until(lambda: "WW" in window.panel.empty.text())
    assert window.panel.minimumSizeHint().width() <= NARROWEST_SIDEBAR
    window.panel.search.clear()


def test_that_matched_words_are_told_once() -> None:
    assert matched_words("\x02KV\x03 and \x02cache\x03, \x02KV\x03") == ["KV", "cache"]


async def test_that_renaming_in_place_is_stored(window: Workbench, core: FakeCore) -> None:
    ids = await make(window, core, "old name")
    window.panel.focus_list()
    QTest.keyClick(window, Qt.Key.Key_F2)
    editor = child(window.panel.list, QLineEdit)
    editor.setText("  new   name ")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    await until(lambda: window.panel.model.index_of(ids[0]).data() == "new name")
    await until(lambda: not window.panel.list.is_editing())
    assert (await core.store.get(ids[0])).title == "new name"


@pytest.mark.parametrize("ending", ["answer", "title"])
async def test_that_a_title_being_typed_outlives_what_happens_meanwhile(
    window: Workbench, core: FakeCore, ending: str
) -> None:
    ids = await make(window, core, "old name", "other")
    await window.chat.show(ids[0])
    window.panel.focus_list()
    window.panel.set_streaming([ids[0]])
    QTest.keyClick(window, Qt.Key.Key_F2)
    editor = child(window.panel.list, QLineEdit)
    editor.setText("typed")
    if ending == "answer":
        window.panel.set_streaming([])
    else:
        await core.store.rename(ids[0], "of its own")
        await core.store.import_branch(ids[1], [(Role.USER, "again")])
        await asyncio.sleep(0.1)
    assert editor.text() == "typed"
    QTest.keyClick(editor, Qt.Key.Key_Return)
    await until(lambda: window.panel.model.index_of(ids[0]).data() == "typed")
    await until(lambda: window.panel.model.ids()[0] == ids[int(ending == "title")])


async def test_that_a_reading_under_way_leaves_a_title_being_typed_alone(
    window: Workbench, core: FakeCore
) -> None:
    ids = await make(window, core, "old name", "other")
    await core.store.import_branch(ids[1], [(Role.USER, "again")])
    reading = asyncio.ensure_future(window.panel.load())
    await asyncio.sleep(0)
    window.panel.focus_list()
    QTest.keyClick(window, Qt.Key.Key_F2)
    editor = child(window.panel.list, QLineEdit)
    editor.setText("typed")
    await reading
    await asyncio.sleep(0.05)
    assert window.panel.list.is_editing()
    assert editor.text() == "typed"
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    await until(lambda: window.panel.model.ids() == [ids[1], ids[0]])


async def test_that_deleting_can_be_undone_and_backspace_deletes_nothing(
    window: Workbench, core: FakeCore
) -> None:
    ids = await make(window, core, "one", "two", "three")
    window.panel.focus_list()
    window.panel.list.select(ids[1])
    QTest.keyClick(window.panel.list, Qt.Key.Key_Backspace)
    QTest.keyClick(window.panel.list, Qt.Key.Key_Delete)
    await until(lambda: window.panel.model.ids() == [ids[0], ids[2]])
    assert current(window) == ids[2]
    (toast,) = window.toasts.toasts()
    assert "two" in toast.text
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: window.panel.model.ids() == ids)
    assert current(window) == ids[1]
    assert not window.toasts.toasts()


async def test_that_deleting_the_open_conversation_and_undoing_it_stays_in_the_list(
    window: Workbench, core: FakeCore
) -> None:
    ids = await make(window, core, "one", "two", "three")
    await window.chat.show(ids[1])
    window.panel.focus_list()
    QTest.keyClick(window.panel.list, Qt.Key.Key_Delete)
    await until(lambda: window.panel.model.ids() == [ids[0], ids[2]])
    assert window.panel.list.hasFocus()
    assert current(window) == ids[2]
    press_undo()
    await until(lambda: window.chat.conversation.id == ids[1])
    assert window.panel.list.hasFocus()
    assert current(window) == ids[1]


@pytest.mark.parametrize("place", ["composer", "search", "message", "nothing left in the list"])
async def test_that_ctrl_z_undoes_a_deletion_from_wherever_the_focus_is(
    window: Workbench, core: FakeCore, place: str
) -> None:
    ids = await make(window, core, "kept", "deleted")
    await window.chat.show(ids[1])
    await until(lambda: len(window.chat.branch.messages) == 2)
    window.panel.focus_list()
    if place.startswith("nothing"):
        window.panel.delete(ids[1])
        await until(lambda: ids[1] not in window.panel.model.ids())
    window.panel.delete(ids[0])
    await until(lambda: ids[0] not in window.panel.model.ids())
    if place == "composer":
        window.chat_page.composer.focus()
    elif place == "search":
        window.panel.focus_search()
    elif place == "message":
        child(window.chat_page.view, QTextBrowser).setFocus()
    press_undo()
    await until(lambda: ids[0] in window.panel.model.ids())
    for toast in window.toasts.toasts():
        toast.dismiss()


async def test_that_ctrl_z_undoes_typing_before_a_deletion(
    window: Workbench, core: FakeCore
) -> None:
    ids = await make(window, core, "one")
    window.panel.delete(ids[0])
    await until(window.panel.empty.isVisible)
    window.chat_page.composer.focus()
    QTest.keyClicks(window.chat_page.composer.field, "typed")
    press_undo()
    assert window.chat_page.composer.text == ""
    await asyncio.sleep(0.05)
    assert window.panel.model.ids() == []
    press_undo()
    await until(lambda: window.panel.model.ids() == ids)


def press_undo() -> None:
    """Ctrl+Z, as it comes from the keyboard: to the widget with the focus."""
    QTest.keyClick(focused(), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


async def test_that_the_undo_button_brings_the_open_conversation_back(
    window: Workbench, core: FakeCore
) -> None:
    ids = await make(window, core, "keep me")
    await window.chat.show(ids[0])
    window.panel.delete(ids[0])
    await until(lambda: window.chat.conversation.id == "")
    await until(window.toasts.toasts)
    await until(window.panel.empty.isVisible)
    assert "No conversations yet" in window.panel.empty.text()
    from PySide6.QtWidgets import QPushButton

    (toast,) = window.toasts.toasts()
    child(toast, QPushButton).click()
    await until(lambda: window.chat.conversation.id == ids[0])
    await until(lambda: len(window.chat.branch.messages) == 2)
    assert window.chat.branch.messages[1].content == "keep me is good"


async def test_that_search_finds_texts_and_escape_shows_all(
    window: Workbench, core: FakeCore
) -> None:
    ids = await make(window, core, "apples", "pears")
    QTest.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert window.panel.search.hasFocus()
    QTest.keyClicks(window.panel.search, "pears good")
    await until(lambda: window.panel.model.ids() == [ids[0]])
    index = window.panel.model.index_of(ids[0])
    assert "pears" in unmark(index.data(SNIPPET_ROLE))[0]
    QTest.keyClick(window.panel.search, Qt.Key.Key_Down)
    assert window.panel.list.hasFocus()
    QTest.keyClick(window.panel.list, Qt.Key.Key_Return)
    await until(lambda: window.chat.conversation.id == ids[0])
    window.panel.search.setText("nothing like this")
    await until(window.panel.empty.isVisible)
    assert "nothing like this" in window.panel.empty.text()
    QTest.keyClick(window.panel.search, Qt.Key.Key_Escape)
    await until(lambda: window.panel.model.ids() == ids)


def current(window: Workbench) -> str:
    """The id of the list's current row."""
    conversation = window.panel.model.conversation(window.panel.list.currentIndex())
    return conversation.id if conversation else ""


async def test_that_a_change_in_the_background_moves_no_row_under_the_keyboard(
    window: Workbench, core: FakeCore
) -> None:
    ids = await make(window, core, "1", "2", "3", "4", "5", "6")
    await window.chat.show(ids[0])
    window.panel.focus_list()
    window.panel.list.select(ids[4])
    await core.store.import_branch(ids[5], [(Role.USER, "again")])
    await until(lambda: window.panel.model.ids()[0] == ids[5])
    assert current(window) == ids[4]
    await core.store.import_branch(ids[4], [(Role.USER, "again")])
    await until(lambda: window.panel.model.ids()[0] == ids[4])
    assert current(window) == ids[4]
    QTest.keyClick(window.panel.list, Qt.Key.Key_Delete)
    await until(lambda: set(window.panel.model.ids()) == set(ids) - {ids[4]})
    window.toasts.toasts()[0].dismiss()


async def test_that_a_new_conversation_is_current_as_soon_as_it_is_listed(
    window: Workbench, core: FakeCore
) -> None:
    await make(window, core, "old")
    conversation = await core.store.create("new")
    window.panel.set_open(conversation.id)
    await until(lambda: current(window) == conversation.id)


def test_that_rows_change_one_by_one(qapp: QApplication) -> None:
    model = ConversationModel()
    fatal = QAbstractItemModelTester.FailureReportingMode.Fatal
    QAbstractItemModelTester(model, fatal, model)
    resets: list[None] = []
    model.modelReset.connect(lambda: resets.append(None))
    chance = random.Random(1)
    for round_ in range(60):
        names = chance.sample("abcdefghi", chance.randint(2, 9))
        model.show_hits([SearchHit(Conversation(n, f"{n} {round_}")) for n in names])
        assert model.ids() == names
        assert [model.index_of(n).data() for n in names] == [f"{n} {round_}" for n in names]
    assert not resets


async def test_that_typing_in_the_list_writes_into_the_composer(
    window: Workbench, core: FakeCore
) -> None:
    await make(window, core, "one")
    window.panel.focus_list()
    QTest.keyClicks(window.panel.list, "h")
    assert window.chat_page.composer.field.hasFocus()
    assert window.chat_page.composer.text == "h"


async def test_that_the_menu_key_opens_the_menu_of_the_current_row(
    window: Workbench, core: FakeCore
) -> None:
    ids = await make(window, core, "one", "two", "three")
    window.panel.focus_list()
    window.panel.list.select(ids[1])
    middle = window.panel.list.rect().center()
    key = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, middle)
    QApplication.sendEvent(window.panel.list.viewport(), key)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    menu.actions()[-1].trigger()
    menu.close()
    await until(lambda: window.panel.model.ids() == [ids[0], ids[2]])
    window.toasts.toasts()[0].dismiss()


async def test_that_arrows_step_over_headings(window: Workbench, core: FakeCore) -> None:
    ids = await make(window, core, "one", "two")
    window.panel.model.show_conversations(
        [
            Conversation(ids[0], "two", updated_at=datetime.now().astimezone().timestamp()),
            Conversation(ids[1], "one", updated_at=0),
        ],
        datetime.now().astimezone().date(),
    )
    window.panel.list.select(ids[0])
    window.panel.list.setFocus()
    QTest.keyClick(window.panel.list, Qt.Key.Key_Down)
    assert current(window) == ids[1]
    QTest.keyClick(window.panel.list, Qt.Key.Key_Up)
    assert current(window) == ids[0]


async def test_that_a_long_list_is_read_page_by_page(window: Workbench, core: FakeCore) -> None:
    for number in range(230):
        await core.store.create(f"chat {number}")
    await until(lambda: len(window.panel.model.ids()) == 200)
    await window.chat.show(window.panel.model.ids()[0])
    window.panel.list.scrollToBottom()
    bar = window.panel.list.verticalScrollBar()
    end = bar.value()
    await until(lambda: len(window.panel.model.ids()) == 230)
    await asyncio.sleep(0.05)  # Qt lays out later
    assert bar.value() == end < bar.maximum()
