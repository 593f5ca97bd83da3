"""The message view in use."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise

import pytest
import shiboken6
from PySide6.QtCore import QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QTextCursor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from desktop_llm.chat.types import Message, MessageError, MessageStatus
from desktop_llm.gui.messages import DARK_COLORS, MessageView
from desktop_llm.gui.messages.message_widget import MessageWidget
from desktop_llm.gui.messages.pump import FramePump
from desktop_llm.gui.messages.waiting import WaitingDots
from tests.gui.messages.helpers import METRICS, answer, picture, question, settle, widget_of

CODE = "Here:\n\n```python\ndef f():\n\treturn '  x  '\n\n```\n\n```\nplain\n```\n"


def _conversation(turns: int) -> list[Message]:
    messages: list[Message] = []
    for turn in range(turns):
        messages.append(question(2 * turn, f"Question {turn}?"))
        text = f"Answer {turn}.\n\n" + "Some words that wrap when there are many. " * (turn % 30)
        messages.append(answer(2 * turn + 1, text, metrics=METRICS))
    return messages


def _streaming(number: int, content: str = "") -> Message:
    return answer(number, content, status=MessageStatus.STREAMING)


def _top_of(view: MessageView, message_id: str) -> int:
    return widget_of(view, message_id).mapTo(view, QPoint(0, 0)).y()


def _wheel(view: MessageView, delta: int) -> None:
    place = QPointF(view.viewport().rect().center())
    event = QWheelEvent(
        place,
        view.viewport().mapToGlobal(place),
        QPoint(0, 0),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), event)


# -- streaming ---------------------------------------------------------------------------------


def test_that_an_answer_streams_in_and_ends_as_it_would_be_shown(view: MessageView) -> None:
    view.show_branch([question(0, "Go")])
    view.begin_stream(_streaming(1))
    for begin in range(0, len(CODE), 5):
        view.feed("1", CODE[begin : begin + 5])
        view.render_frame()
    view.finish_stream(answer(1, CODE, metrics=METRICS))
    settle(view)
    streamed = picture(widget_of(view, "1").body.document())
    view.show_branch([question(0, "Go"), answer(1, CODE, metrics=METRICS)])
    settle(view)
    assert picture(widget_of(view, "1").body.document()) == streamed


def test_that_frames_come_by_themselves_while_text_comes(view: MessageView, qtbot: QtBot) -> None:
    view.begin_stream(_streaming(1))
    view.feed("1", "Hello **wor")
    body = widget_of(view, "1").body
    qtbot.waitUntil(lambda: body.toPlainText() == "Hello wor", timeout=1000)
    view.feed("1", "ld**!")
    qtbot.waitUntil(lambda: body.toPlainText() == "Hello world!", timeout=1000)
    assert not view.busy


def test_that_dots_wait_for_the_first_token_only(view: MessageView) -> None:
    view.begin_stream(_streaming(1))
    (dots,) = widget_of(view, "1").findChildren(WaitingDots)
    assert dots.isVisible()
    view.feed("1", "A")
    view.render_frame()
    assert not dots.isVisible()


def test_that_what_is_stored_counts_when_it_differs_from_what_came(view: MessageView) -> None:
    view.begin_stream(_streaming(1))
    view.feed("1", "half a wo")
    view.finish_stream(answer(1, "half a word, stored."))
    settle(view)
    assert widget_of(view, "1").body.toPlainText() == "half a word, stored."


def test_that_a_stream_taken_up_again_goes_on_after_what_it_has(view: MessageView) -> None:
    view.show_branch([question(0, "Go"), _streaming(1, "Once upon a ")])
    view.begin_stream(_streaming(1, "Once upon a "))
    view.feed("1", "time.")
    view.finish_stream(answer(1, "Once upon a time."))
    settle(view)
    assert widget_of(view, "1").body.toPlainText() == "Once upon a time."
    assert len(view.messages) == 2


def test_that_text_for_messages_not_streaming_is_not_shown(view: MessageView) -> None:
    view.show_branch([answer(1, "Done.")])
    view.feed("1", " More?")
    view.feed("no such message", "x")
    view.finish_stream(answer(7, "not here"))
    settle(view)
    assert widget_of(view, "1").body.toPlainText() == "Done."


def test_that_a_hidden_view_loses_nothing(view: MessageView) -> None:
    view.show_branch(_conversation(5))
    view.hide()
    view.begin_stream(_streaming(99))
    view.feed("99", "Said while ")
    view.feed("99", "nobody looked.")
    view.show()
    settle(view)
    assert widget_of(view, "99").body.toPlainText() == "Said while nobody looked."


# -- scrolling ---------------------------------------------------------------------------------


def test_that_it_opens_at_the_end_and_follows_it(view: MessageView) -> None:
    view.show_branch(_conversation(40))
    assert view.below == 0
    view.begin_stream(_streaming(99))
    for _ in range(60):
        view.feed("99", "A line of the answer.\n\n")
        view.render_frame()
        assert view.below == 0
    assert view.verticalScrollBar().maximum() > view.height()


def test_that_a_reader_who_scrolled_up_stays_there(view: MessageView) -> None:
    view.show_branch(_conversation(40))
    view.begin_stream(_streaming(99))
    view.feed("99", "A beginning.\n\n")
    view.render_frame()
    _wheel(view, 480)
    seen = min(view.widgets)
    top = view.widgets[seen].y()
    for _ in range(50):
        view.feed("99", "A line of the answer.\n\n")
        view.render_frame()
        assert view.widgets[seen].y() == top
    jump = view.findChild(QPushButton, "messageJump")
    assert isinstance(jump, QPushButton)
    assert jump.isVisible()
    jump.click()
    assert view.below == 0
    assert not jump.isVisible()
    view.feed("99", "One more.\n\n" * 20)
    view.render_frame()
    assert view.below == 0


def test_that_nothing_moves_when_the_answer_ends(view: MessageView) -> None:
    view.show_branch(_conversation(10))
    view.begin_stream(_streaming(99))
    view.feed("99", "All of it.")
    view.render_frame()
    height = widget_of(view, "99").height()
    tops = {index: widget.y() for index, widget in view.widgets.items()}
    view.finish_stream(answer(99, "All of it.", metrics=METRICS, model_name="Guide"))
    settle(view)
    assert widget_of(view, "99").height() == height
    assert {index: widget.y() for index, widget in view.widgets.items()} == tops


def test_that_scrolling_up_never_jumps(view: MessageView) -> None:
    view.show_branch(_conversation(200))
    settle(view)
    seen: dict[int, int] = {}
    for _ in range(120):
        _wheel(view, 120)
        moved = {view.widgets[i].y() - y for i, y in seen.items() if i in view.widgets}
        assert len(moved) <= 1, "messages moved apart"
        if moved:
            (step,) = moved
            assert 0 < step < 400
        inside = range(-50, view.height())
        seen = {i: w.y() for i, w in view.widgets.items() if w.y() in inside}
        assert seen
    assert len(view.widgets) < 60


def test_that_letting_go_of_far_messages_leaves_the_others_whole(
    view: MessageView, qtbot: QtBot
) -> None:
    view.show_branch(_conversation(60))
    view.begin_stream(_streaming(999))
    made = set(view.widgets)
    for _ in range(40):
        view.feed("999", "A paragraph of the answer.\n\n" * 4)
        view.render_frame()
    assert made - set(view.widgets), "nothing was let go"
    qtbot.wait(50)  # Qt deletes what was let go
    for widget in view.widgets.values():
        assert isinstance(widget, MessageWidget)
        assert widget.body.document().toPlainText()
        assert all(shiboken6.isValid(stop) for stop in widget.stops())
        widget.change(replace(widget.message, content="Changed.", status=MessageStatus.COMPLETE))
        assert widget.body.toPlainText() == "Changed."


def test_that_the_width_can_change_without_losing_the_place(view: MessageView) -> None:
    view.show_branch(_conversation(60))
    _wheel(view, 1200)
    first = min(i for i, w in view.widgets.items() if w.geometry().bottom() > 0)
    top = view.widgets[first].y()
    view.resize(560, 700)
    assert abs(view.widgets[first].y() - top) < 40
    view.resize(1000, 700)
    assert abs(view.widgets[first].y() - top) < 40


def test_that_five_thousand_messages_open_at_once(view: MessageView) -> None:
    messages = _conversation(2500)
    view.show_branch(messages[:10])  # Qt's fonts and Pygments are loaded
    settle(view)
    began = time.perf_counter()
    view.show_branch(messages)
    view.repaint()
    assert time.perf_counter() - began < 2.0  # tests/benchmarks/message_view.py has the figure
    assert len(view.widgets) < 40
    view.verticalScrollBar().setValue(0)
    assert widget_of(view, "0").isVisible()
    assert len(view.widgets) < 40


def test_that_keys_scroll(view: MessageView) -> None:
    view.show_branch(_conversation(60))
    view.setFocus()
    bar = view.verticalScrollBar()
    end = bar.value()
    QTest.keyClick(view, Qt.Key.Key_PageUp)
    assert end - view.height() <= bar.value() < end - view.height() // 2
    QTest.keyClick(view, Qt.Key.Key_Home)
    assert bar.value() == 0
    QTest.keyClick(view, Qt.Key.Key_End)
    assert view.below == 0


def test_that_selecting_beyond_the_edge_scrolls(view: MessageView, qtbot: QtBot) -> None:
    view.show_branch(_conversation(60))
    value = view.verticalScrollBar().value()
    body = widget_of(view, "119").body
    body.dragged.emit(view.viewport().mapToGlobal(QPoint(10, -60)))
    qtbot.waitUntil(lambda: view.verticalScrollBar().value() < value - 50, timeout=2000)
    body.dragged.emit(None)
    value = view.verticalScrollBar().value()
    qtbot.wait(80)
    assert view.verticalScrollBar().value() == value


# -- copying, selecting, links -------------------------------------------------------------------


def test_that_copy_puts_the_exact_code_on_the_clipboard(view: MessageView) -> None:
    view.show_branch([answer(1, CODE)])
    first, second = widget_of(view, "1").body.copy_buttons
    first.click()
    assert QGuiApplication.clipboard().text() == "def f():\n\treturn '  x  '\n"
    assert first.accessibleName() == "Copied"
    second.click()
    assert QGuiApplication.clipboard().text() == "plain"


def test_that_a_message_is_copied_as_it_was_written(view: MessageView) -> None:
    view.show_branch([question(0, "**q**"), answer(1, CODE)])
    widget_of(view, "1").footer.copy.click()
    assert QGuiApplication.clipboard().text() == CODE
    widget_of(view, "0").footer.copy.click()
    assert QGuiApplication.clipboard().text() == "**q**"


def test_that_selected_text_is_copied_as_text(view: MessageView) -> None:
    view.show_branch([answer(1, "- **one**\n- two")])
    body = widget_of(view, "1").body
    body.selectAll()
    body.copy()
    data = QGuiApplication.clipboard().mimeData()
    assert data.text() == "• one\n• two"
    assert not data.hasHtml()


def test_that_only_one_message_has_a_selection(view: MessageView) -> None:
    view.show_branch([answer(0, "one"), answer(1, "two")])
    first, second = widget_of(view, "0").body, widget_of(view, "1").body
    first.selectAll()
    second.selectAll()
    assert not first.textCursor().hasSelection()
    assert second.textCursor().selectedText() == "two"


def test_that_a_selection_is_kept_while_it_is_far_away(view: MessageView) -> None:
    view.show_branch(_conversation(100))
    widget_of(view, "199").body.selectAll()
    selected = widget_of(view, "199").body.textCursor().selectedText()
    view.verticalScrollBar().setValue(0)
    assert "198" not in {w.message.id for w in view.widgets.values()}  # type: ignore[attr-defined]
    assert widget_of(view, "199").body.textCursor().selectedText() == selected


def test_that_links_to_the_web_are_opened_and_no_others(
    view: MessageView, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    view.show_branch([answer(1, "[a](https://a.example) [b](file:///etc/passwd)")])
    body = widget_of(view, "1").body
    for url in ("https://a.example", "file:///etc/passwd", "javascript:alert(1)", "x.md"):
        body.anchorClicked.emit(QUrl(url))
    assert opened == ["https://a.example"]
    assert body.toPlainText() == "a [b](file:///etc/passwd)"


def test_that_a_link_is_reached_and_opened_with_the_keyboard(
    view: MessageView, qtbot: QtBot
) -> None:
    view.link_activated.disconnect()
    view.show_branch([answer(1, "words [a](https://a.example) words")])
    body = widget_of(view, "1").body
    body.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(body, Qt.Key.Key_Tab)
    with qtbot.waitSignal(view.link_activated, timeout=1000) as caught:
        QTest.keyClick(body, Qt.Key.Key_Return)
    assert caught.args == [QUrl("https://a.example")]


# -- what is asked for -----------------------------------------------------------------------------


def test_that_buttons_ask_with_the_message_id(view: MessageView, qtbot: QtBot) -> None:
    view.show_branch(
        [question(0, "q"), answer(1, "a", sibling_index=1, sibling_count=3, metrics=METRICS)]
    )
    ours = widget_of(view, "1").footer
    with qtbot.waitSignal(view.regenerate_requested) as caught:
        ours.act.click()
    assert caught.args == ["1"]
    with qtbot.waitSignal(view.version_requested) as caught:
        ours.back.click()
    assert caught.args == ["1", -1]
    with qtbot.waitSignal(view.version_requested) as caught:
        ours.forth.click()
    assert caught.args == ["1", 1]
    with qtbot.waitSignal(view.edit_requested) as caught:
        widget_of(view, "0").footer.act.click()
    assert caught.args == ["0"]


def test_that_versions_end_at_the_first_and_the_last(view: MessageView) -> None:
    view.show_branch([answer(1, "a", sibling_index=0, sibling_count=2)])
    footer = widget_of(view, "1").footer
    assert not footer.back.isEnabled()
    assert footer.forth.isEnabled()
    view.update_message(answer(1, "a", sibling_index=1, sibling_count=2))
    assert footer.back.isEnabled()
    assert not footer.forth.isEnabled()
    view.update_message(answer(1, "a"))
    assert footer.back.isHidden()


def test_that_a_failed_answer_says_why_and_offers_the_fix(view: MessageView, qtbot: QtBot) -> None:
    error = MessageError(
        "engine.dead", "The engine stopped.", "Reload it.", "apply_context", "4096"
    )
    view.show_branch([answer(1, "Half", status=MessageStatus.FAILED, error=error)])
    notice = widget_of(view, "1").notice
    assert notice is not None
    assert notice.isVisible()
    assert (notice.accessibleName(), notice.accessibleDescription()) == (
        "The engine stopped.",
        "Reload it.",
    )
    fix, retry, _log = notice.buttons
    assert fix.text() == "Load with 4,096 tokens of context"
    with qtbot.waitSignal(view.fix_requested) as caught:
        fix.click()
    assert caught.args == ["apply_context", "4096"]
    with qtbot.waitSignal(view.retry_requested) as caught:
        retry.click()
    assert caught.args == ["1"]


def test_that_a_failure_shows_its_cause(view: MessageView, qtbot: QtBot) -> None:
    error = MessageError("engine.died", "The engine stopped.", detail="CUDA error: 700")
    failed = answer(1, "Half", status=MessageStatus.FAILED, error=error)
    view.show_branch([failed])
    notice = widget_of(view, "1").notice
    assert notice is not None
    _retry, log, copy = notice.buttons
    with qtbot.waitSignal(view.fix_requested) as caught:
        log.click()
    assert caught.args == ["show_log", ""]
    copy.click()
    assert copy.text() == "Copied"
    assert (
        QGuiApplication.clipboard().text()
        == "engine.died\nThe engine stopped.\n\nCUDA error: 700\n"
    )
    settle(view)
    below = max(label.geometry().bottom() for label in notice.findChildren(QLabel))
    for button in (log, copy):
        assert notice.rect().contains(button.geometry())
        assert button.geometry().top() > below
    bug = MessageError("chat.bug", "Something in the app went wrong.")
    view.update_message(replace(failed, error=bug))
    assert [button.text() for button in notice.buttons] == ["Try again"]


def test_that_a_stream_that_fails_keeps_its_text(view: MessageView) -> None:
    view.begin_stream(_streaming(1))
    view.feed("1", "As far as it")
    error = MessageError("engine.dead", "The engine stopped.")
    view.finish_stream(answer(1, "As far as it", status=MessageStatus.FAILED, error=error))
    settle(view)
    widget = widget_of(view, "1")
    assert widget.body.toPlainText() == "As far as it"
    assert widget.notice is not None
    assert widget.notice.isVisible()
    view.update_message(answer(1, "As far as it"))
    assert not widget.notice.isVisible()


def test_that_turns_left_out_are_said_under_the_answer(view: MessageView) -> None:
    view.show_branch([answer(1, "a", metrics=replace(METRICS, dropped_turns=2))])
    footer = widget_of(view, "1").footer
    assert "2 oldest turns were left out" in footer.accessibleName()
    assert footer.height() > widget_of(view, "1").footer.copy.height() + 10


# -- looks -----------------------------------------------------------------------------------------


def test_that_another_theme_recolours_what_is_on_show(view: MessageView) -> None:
    view.show_branch([answer(1, CODE)])
    settle(view)
    light = view.grab().toImage()
    view.set_colors(DARK_COLORS)
    settle(view)
    dark = view.grab().toImage()
    colours = str([seen[3] for seen in picture(widget_of(view, "1").body.document())])
    assert DARK_COLORS.syntax.keyword in colours
    assert light.pixelColor(5, 5).name() == "#ffffff"
    assert dark.pixelColor(5, 5).name() == DARK_COLORS.page


def test_that_buttons_show_under_the_mouse_the_keyboard_and_the_last_answer(
    view: MessageView,
) -> None:
    view.show_branch([question(0, "q"), answer(1, "a"), question(2, "q"), answer(3, "b")])
    first, last = widget_of(view, "1"), widget_of(view, "3")
    assert _shows_copy(last)
    assert not _shows_copy(first)
    first.body.setFocus(Qt.FocusReason.TabFocusReason)
    assert _shows_copy(first)
    last.body.setFocus(Qt.FocusReason.TabFocusReason)
    assert not _shows_copy(first)
    view.append(question(4, "and"))
    assert not _shows_copy(widget_of(view, "3"))


def _shows_copy(widget: MessageWidget) -> bool:
    return widget.footer.copy.revealed


def test_that_the_tab_key_visits_everything_in_order(view: MessageView) -> None:
    view.show_branch([question(0, "q"), answer(1, CODE, sibling_count=2)])
    QApplication.setActiveWindow(view)
    view.setFocus()
    visited = []
    for _ in range(10):
        QTest.keyClick(QApplication.focusWidget() or view, Qt.Key.Key_Tab)
        now = QApplication.focusWidget()
        if now is view or now is None:
            break
        visited.append(now.accessibleName())
    assert visited == [
        "Your message",
        "Copy message",
        "Edit and resend",
        "Answer",
        "Copy code",
        "Copy code",
        "Copy message",
        "Regenerate this answer",
        "Next version",
    ]


def test_that_focus_brings_what_it_is_on_into_sight(view: MessageView) -> None:
    view.show_branch(_conversation(30))
    above = widget_of(view, str(view.messages[min(view.widgets)].id))
    assert above.geometry().bottom() < 0 or above.y() < 0
    above.footer.copy.setFocus(Qt.FocusReason.BacktabFocusReason)
    place = above.footer.copy.mapTo(view.viewport(), QPoint(0, 0)).y()
    assert 0 <= place < view.viewport().height()


def test_that_the_caret_begins_at_the_beginning(view: MessageView) -> None:
    view.begin_stream(_streaming(1))
    for word in ["Some", "words", "that", "come", "one", "by", "one."]:
        view.feed("1", word + " ")
        view.render_frame()
    cursor = widget_of(view, "1").body.textCursor()
    assert cursor.position() == 0
    assert not cursor.hasSelection()


def test_that_a_selection_made_while_it_streams_stays(view: MessageView) -> None:
    view.begin_stream(_streaming(1))
    view.feed("1", "Some words to select")
    view.render_frame()
    body = widget_of(view, "1").body
    cursor = body.textCursor()
    cursor.setPosition(5)
    cursor.setPosition(10, QTextCursor.MoveMode.KeepAnchor)
    body.setTextCursor(cursor)
    view.feed("1", ", and **more** of them.\n\nAnd more.")
    view.render_frame()
    view.finish_stream(answer(1, "Some words to select, and **more** of them.\n\nAnd more."))
    settle(view)
    assert body.textCursor().selectedText() == "words"


# -- the frame timer -------------------------------------------------------------------------------


def test_that_slow_frames_leave_time_for_everything_else(view: MessageView, qtbot: QtBot) -> None:
    times: list[float] = []

    def render() -> bool:
        times.append(time.perf_counter())
        time.sleep(0.03)
        return len(times) < 4

    pump = FramePump(render, view)
    pump.poke()
    qtbot.waitUntil(lambda: len(times) == 4, timeout=3000)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps[1:]) >= 0.08


def test_that_the_timer_rests_when_there_is_nothing_to_render(
    view: MessageView, qtbot: QtBot
) -> None:
    frames = 0

    def render() -> bool:
        nonlocal frames
        frames += 1
        return False

    pump = FramePump(render, view)
    pump.poke()
    pump.poke()
    qtbot.wait(120)
    assert frames == 1
