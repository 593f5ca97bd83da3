"""Another branch of the same conversation: what both begin with stays, and so does the place."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from desktop_llm.chat.types import Message, MessageStatus
from desktop_llm.gui.messages import MessageView
from tests.gui.messages.helpers import answer, question, settle, widget_of


def _branch(turns: int, version: str = "", since: int = 0) -> list[Message]:
    """Messages of which those from turn `since` on belong to `version`."""
    messages: list[Message] = []
    for turn in range(turns):
        own = version if turn >= since else ""
        facts = {"sibling_count": 2, "sibling_index": 1 if own else 0} if turn == since else {}
        messages.append(question(2 * turn, f"Question {turn}{own}?", **facts))
        messages.append(answer(2 * turn + 1, f"Answer {turn}{own}. " + "Words. " * 40))
        if own:
            messages[-2:] = [_renamed(m, own) for m in messages[-2:]]
    return messages


def _renamed(message: Message, version: str) -> Message:
    return Message(**{**vars(message), "id": message.id + version})


def _y_of(view: MessageView, message_id: str) -> int:
    return widget_of(view, message_id).mapTo(view, QPoint(0, 0)).y()


def test_that_stepping_a_version_keeps_the_place_and_what_is_before_it(view: MessageView) -> None:
    view.show_branch(_branch(20, since=2))
    view.verticalScrollBar().setValue(0)
    settle(view)
    first = widget_of(view, "0")
    view.show_branch(_branch(18, "b", since=2))
    settle(view)
    assert view.verticalScrollBar().value() == 0
    assert widget_of(view, "0") is first
    assert widget_of(view, "4b").body.toPlainText() == "Question 2b?"
    assert [m.id for m in view.messages][3:6] == ["3", "4b", "5b"]
    assert not view.at_end


def test_that_the_place_is_kept_in_the_middle(view: MessageView) -> None:
    view.show_branch(_branch(20, since=10))
    bar = view.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    settle(view)
    place = _y_of(view, "17")
    view.show_branch(_branch(20, "b", since=10))
    settle(view)
    assert _y_of(view, "17") == place


def test_that_the_end_is_followed_only_if_nothing_else_was_replaced(view: MessageView) -> None:
    messages = _branch(20)
    view.show_branch(messages)
    settle(view)
    longer = Message(**{**vars(messages[-1]), "id": "39b", "content": "Longer. " * 400})
    view.show_branch([*messages[:-1], longer])
    settle(view)
    assert (view.at_end, view.below) == (True, 0)
    place = _y_of(view, "37")
    view.show_branch(_branch(40, "c", since=19))
    settle(view)
    assert not view.at_end
    assert _y_of(view, "37") == place


def test_that_what_is_new_about_a_kept_message_is_shown(view: MessageView) -> None:
    view.show_branch([question(0, "Go"), answer(1, "Half", status=MessageStatus.STREAMING)])
    view.show_branch([question(0, "Go"), answer(1, "Whole"), question(2, "More")])
    settle(view)
    assert widget_of(view, "1").body.toPlainText() == "Whole"


def test_that_the_focus_stays_on_the_button_that_was_pressed(view: MessageView) -> None:
    view.activateWindow()
    view.show_branch(_branch(20, since=2))
    view.verticalScrollBar().setValue(0)
    settle(view)
    view.setFocus()
    widget_of(view, "4").footer.forth.setFocus(Qt.FocusReason.TabFocusReason)
    view.show_branch(_branch(20, "b", since=2))
    settle(view)
    # It is the last version: only the way back is left.
    assert QApplication.focusWidget() is widget_of(view, "4b").footer.back
    view.show_branch(_branch(2))
    settle(view)
    assert QApplication.focusWidget() is view, "the focus left the messages"


def test_that_another_version_of_the_first_question_is_shown_where_it_is(view: MessageView) -> None:
    view.show_branch(_branch(20))
    view.verticalScrollBar().setValue(0)
    settle(view)
    view.show_branch(_branch(20, "b"))
    settle(view)
    assert view.verticalScrollBar().value() == 0


def test_that_another_conversation_is_shown_from_its_end_whatever_had_the_focus(
    view: MessageView,
) -> None:
    view.activateWindow()
    view.show_branch(_branch(20))
    settle(view)
    widget_of(view, "37").footer.copy.setFocus(Qt.FocusReason.TabFocusReason)
    view.show_branch([Message(**{**vars(m), "conversation_id": "d"}) for m in _branch(3, "d")])
    settle(view)
    assert view.at_end
    assert len(view.widgets) == 6
    assert QApplication.focusWidget() is view
