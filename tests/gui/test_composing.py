"""What is written is never lost, joined or sent as something else: drafts, edits, what waits."""

from __future__ import annotations

import asyncio
import json

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop_llm.chat.types import MessageStatus, Role
from desktop_llm.core.errors import AppError
from desktop_llm.engine.types import LoadProgress, Phase, Stage
from desktop_llm.gui.bridge import Bridge
from desktop_llm.gui.chat_page.composition import Mode
from desktop_llm.gui.theme import Theme
from desktop_llm.gui.workbench import Workbench
from tests.gui.conftest import until
from tests.gui.messages.helpers import widget_at
from tests.helpers.fake_core import FakeCore
from tests.helpers.fake_engine import Script


def press(window: Workbench, key: Qt.Key) -> None:
    QTest.keyClick(window.chat_page.composer.field, key)


def write(window: Workbench, text: str) -> None:
    """Type into the composer and press Enter."""
    QTest.keyClicks(window.chat_page.composer.field, text)
    press(window, Qt.Key.Key_Return)


def shown(window: Workbench) -> tuple[Mode, str]:
    composer = window.chat_page.composer
    return composer.mode, composer.text


def contents(window: Workbench) -> list[str]:
    return [message.content for message in window.chat.branch.messages]


async def ask(window: Workbench, text: str) -> None:
    before = len(contents(window))
    write(window, text)
    await until(
        lambda: (
            len(contents(window)) >= before + 2
            and window.chat.branch.messages[-1].status is MessageStatus.COMPLETE
        )
    )


async def unload(window: Workbench, core: FakeCore) -> asyncio.Event:
    """No model; the next load stays at its last stage until the event is set."""
    core.do(core.engine.unload)
    await until(lambda: window.engine.state.phase is Phase.UNLOADED)
    core.engine.hold_load = asyncio.Event()
    return core.engine.hold_load


async def restarted(window: Workbench) -> dict[str, object]:
    """What the next start of the app would read."""
    window.drafts.flush()
    await window.background.run(lambda: None)
    read: dict[str, object] = json.loads(window.drafts.path.read_text("utf-8"))
    return read


async def test_that_a_question_asked_after_editing_while_another_waits_replaces_nothing(
    ready: Workbench, core: FakeCore
) -> None:
    await ask(ready, "first question")
    await ask(ready, "second question")
    hold = await unload(ready, core)
    write(ready, "third question")
    await until(lambda: shown(ready) == (Mode.QUEUED, "third question"))
    ready.chat_page.view.edit_requested.emit(ready.chat.branch.messages[0].id)
    assert ready.chat_page.notice.error is not None, "nobody said why there is nothing to edit"
    QTest.keyClicks(ready.chat_page.composer.field, "typed")
    progress = LoadProgress(Stage.KV_CACHE, 0.9, None, 2.0)
    core.do(
        core.engine.set_state,
        type(core.engine.state)(Phase.LOADING, core.engine.state.path, progress=progress),
    )
    await until(lambda: "90%" in ready.chat_page.composer.note.text())
    assert shown(ready) == (Mode.QUEUED, "third question")
    core.do(hold.set)
    await until(lambda: len(contents(ready)) == 6 and not core.chat.streams())
    await ask(ready, "fourth question")
    assert contents(ready)[::2] == [
        "first question",
        "second question",
        "third question",
        "fourth question",
    ]


async def test_that_a_waiting_edit_taken_back_is_edited_on_and_the_draft_is_there_after_it(
    ready: Workbench, core: FakeCore
) -> None:
    await ask(ready, "question")
    await unload(ready, core)
    composer = ready.chat_page.composer
    QTest.keyClicks(composer.field, "my long draft")
    ready.chat.edit(ready.chat.branch.messages[0].id)
    composer.set_text("edited text")
    press(ready, Qt.Key.Key_Return)
    await until(lambda: shown(ready) == (Mode.QUEUED, "edited text"))
    press(ready, Qt.Key.Key_Escape)
    assert shown(ready) == (Mode.EDITING, "edited text")
    press(ready, Qt.Key.Key_Escape)
    assert shown(ready) == (Mode.WRITING, "my long draft")


async def test_that_a_draft_survives_regenerating_without_a_model(
    ready: Workbench, core: FakeCore
) -> None:
    await ask(ready, "question")
    conversation = ready.chat.conversation.id
    await unload(ready, core)
    QTest.keyClicks(ready.chat_page.composer.field, "my long draft")
    ready.chat.regenerate_last()
    await until(lambda: ready.chat_page.composer.mode is Mode.QUEUED)
    press(ready, Qt.Key.Key_Escape)
    assert shown(ready) == (Mode.WRITING, "my long draft")
    ready.chat.new_chat()
    await ready.chat.show(conversation)
    assert shown(ready) == (Mode.WRITING, "my long draft")


async def test_that_a_refused_edit_is_edited_on_and_never_joined_with_the_draft(
    ready: Workbench, core: FakeCore
) -> None:
    await ask(ready, "question")
    composer = ready.chat_page.composer
    QTest.keyClicks(composer.field, "my draft")
    core.do(core.engine.load_context, 64)
    ready.chat.edit(ready.chat.branch.messages[0].id)
    composer.set_text("word " * 80)
    press(ready, Qt.Key.Key_Return)
    await until(lambda: ready.chat_page.notice.error is not None)
    assert shown(ready) == (Mode.EDITING, "word " * 80)
    press(ready, Qt.Key.Key_Escape)
    assert shown(ready) == (Mode.WRITING, "my draft")


async def test_that_a_refused_question_comes_back_before_what_was_typed_since(
    ready: Workbench, core: FakeCore
) -> None:
    core.do(core.engine.load_context, 64)
    composer = ready.chat_page.composer
    composer.set_text("word " * 80 + "end")
    press(ready, Qt.Key.Key_Return)
    QTest.keyClicks(composer.field, "typed since")
    await until(lambda: ready.chat_page.notice.error is not None)
    assert shown(ready) == (Mode.WRITING, "word " * 80 + "end\ntyped since")


async def test_that_a_suggestion_leaves_the_draft_alone(ready: Workbench, core: FakeCore) -> None:
    QTest.keyClicks(ready.chat_page.composer.field, "a long draft")
    ready.chat_page.empty.suggested.emit("What can you do?")
    await until(lambda: len(contents(ready)) == 2 and not core.chat.streams())
    assert contents(ready)[0] == "What can you do?"
    await until(lambda: ready.chat.conversation.id)
    assert shown(ready) == (Mode.WRITING, "a long draft")


async def test_that_a_suggestion_that_fails_leaves_the_draft_alone(
    window: Workbench, core: FakeCore
) -> None:
    core.engine.failure = AppError("engine.failed", "It failed.")
    QTest.keyClicks(window.chat_page.composer.field, "a long draft")
    window.chat_page.empty.suggested.emit("What can you do?")
    await until(lambda: window.chat_page.notice.error is not None)
    assert shown(window) == (Mode.WRITING, "a long draft")


async def test_that_an_edit_is_there_after_looking_at_another_conversation(
    ready: Workbench,
) -> None:
    await ask(ready, "question")
    conversation = ready.chat.conversation.id
    ready.chat.edit(ready.chat.branch.messages[0].id)
    ready.chat_page.composer.set_text("half an edit")
    ready.chat.new_chat()
    assert shown(ready) == (Mode.WRITING, "")
    await ready.chat.show(conversation)
    assert shown(ready) == (Mode.EDITING, "half an edit")
    press(ready, Qt.Key.Key_Return)
    await until(lambda: contents(ready)[:1] == ["half an edit"])
    await until(lambda: ready.chat.branch.messages[0].sibling_count == 2)


async def test_that_an_edit_survives_a_conversation_that_cannot_be_opened(
    ready: Workbench,
) -> None:
    await ask(ready, "question")
    ready.chat.edit(ready.chat.branch.messages[0].id)
    ready.chat_page.composer.set_text("half an edit")
    ready.chat.open("no such conversation")
    await until(ready.toasts.toasts)
    assert shown(ready) == (Mode.EDITING, "half an edit")
    press(ready, Qt.Key.Key_Return)
    await until(lambda: contents(ready)[:1] == ["half an edit"])
    for toast in ready.toasts.toasts():
        toast.dismiss()


async def test_that_what_waits_is_there_again_after_the_app_was_killed(
    ready: Workbench, core: FakeCore
) -> None:
    await ask(ready, "question")
    conversation, question = ready.chat.conversation.id, ready.chat.branch.messages[0].id
    await unload(ready, core)
    ready.chat_page.composer.set_text("my draft")
    ready.chat.edit(question)
    ready.chat_page.composer.set_text("edited")
    press(ready, Qt.Key.Key_Return)
    ready.chat.new_chat()
    write(ready, "a new question")
    await until(lambda: shown(ready) == (Mode.QUEUED, "a new question"))
    saved = await restarted(ready)
    assert saved[""] == "a new question"
    assert saved[conversation] == {
        "draft": "my draft",
        "edit": {"message": question, "text": "edited"},
    }


async def test_that_undo_reaches_behind_an_edit(ready: Workbench) -> None:
    await ask(ready, "question")
    field = ready.chat_page.composer.field
    QTest.keyClicks(field, "one two")
    ready.chat.edit(ready.chat.branch.messages[0].id)
    press(ready, Qt.Key.Key_Escape)
    assert field.toPlainText() == "one two"
    assert field.document().isUndoAvailable()
    ready.chat.new_chat()
    assert not field.document().isUndoAvailable(), "undo would bring another conversation's text"


async def test_that_pasted_code_keeps_its_indent(ready: Workbench) -> None:
    ready.chat_page.composer.set_text("\n    def f():\n        return 1\n\n")
    press(ready, Qt.Key.Key_Return)
    await until(lambda: len(contents(ready)) == 2)
    assert contents(ready)[0] == "    def f():\n        return 1"


async def test_that_drafts_of_conversations_gone_for_good_are_forgotten(
    ready: Workbench, core: FakeCore
) -> None:
    kept = await core.store.create("kept")
    for conversation_id in (kept.id, "gone"):
        ready.chat.composing.show(conversation_id)
        ready.chat_page.composer.set_text("secret")
    ready.chat.composing.show("")
    ready.chat_page.composer.set_text("new")
    ready.begin()
    await until(lambda: "gone" not in ready.drafts.conversations())
    assert await restarted(ready) == {kept.id: "secret", "": "new"}


async def test_that_escape_elsewhere_in_the_window_stops_no_answer(
    ready: Workbench, core: FakeCore
) -> None:
    core.engine.play(Script(texts=["partial"], hold=asyncio.Event()))
    write(ready, "go on forever")
    await until(lambda: core.chat.streams() and core.chat.streams()[0].text == "partial")
    await until(lambda: len(contents(ready)) == 2)
    for elsewhere in (ready.panel.search, ready.panel.list):
        elsewhere.setFocus()
        QTest.keyClick(elsewhere, Qt.Key.Key_Escape)
    await asyncio.sleep(0.05)
    assert core.chat.streams()
    view = ready.chat_page.view
    body = widget_at(view, next(iter(view.widgets))).body
    body.setFocus()
    QTest.keyClick(body, Qt.Key.Key_Escape)
    await until(lambda: not core.chat.streams())


async def test_that_the_meter_moves_while_keys_keep_coming(
    ready: Workbench, core: FakeCore
) -> None:
    meter = ready.chat_page.composer.meter
    await until(meter.words.text)
    at_rest = meter.words.text()
    for _ in range(30):
        QTest.keyClicks(ready.chat_page.composer.field, "a ")
        await asyncio.sleep(0.02)
        if meter.words.text() != at_rest:
            return
    raise AssertionError("the meter stood still for 0.6 s of typing")


async def test_that_a_system_prompt_typed_last_is_saved_when_the_window_closes(
    core: FakeCore, theme: Theme
) -> None:
    conversation = await core.store.create("settings")
    window = Workbench(core, Bridge(core.loop), theme)
    window.show()
    await window.chat.show(conversation.id)
    window.chat_page.show_sheet(True)
    QTest.keyClicks(window.chat_page.sheet.system_prompt.control, "Be brief.")
    window.close()
    await window.shut()
    window.deleteLater()
    assert (await core.store.get(conversation.id)).system_prompt == "Be brief."


async def test_that_a_refused_number_keeps_no_system_prompt_from_being_saved(
    ready: Workbench, core: FakeCore
) -> None:
    await ask(ready, "question")
    ready.chat_page.show_sheet(True)
    sheet = ready.chat_page.sheet
    fields = {field.name: field for field in sheet.fields}
    QTest.keyClicks(fields["temperature"].control, "warm")
    QTest.keyClicks(sheet.system_prompt.control, "Be brief.")
    ready.chat_page.show_sheet(False)
    await until(lambda: ready.chat.conversation.system_prompt == "Be brief.")
    stored = await core.store.get(ready.chat.conversation.id)
    assert stored.system_prompt == "Be brief."
    assert stored.sampling.temperature is None


async def test_that_settings_of_a_new_chat_survive_looking_elsewhere(
    ready: Workbench, core: FakeCore
) -> None:
    other = await core.store.create("other")
    ready.chat_page.show_sheet(True)
    QTest.keyClicks(ready.chat_page.sheet.system_prompt.control, "Be brief.")
    await ready.chat.show(other.id)
    assert ready.chat_page.sheet.system_prompt.value == ""
    ready.chat.new_chat()
    assert ready.chat_page.sheet.system_prompt.value == "Be brief."
    await ask(ready, "question")
    assert ready.chat.conversation.system_prompt == "Be brief."
    ready.chat.new_chat()
    assert ready.chat_page.sheet.system_prompt.value == ""


async def test_that_a_question_typed_right_after_ctrl_n_begins_a_chat_of_its_own(
    ready: Workbench, core: FakeCore
) -> None:
    """The first question is stored, and its conversation not on show yet, when Ctrl+N comes."""
    ready.chat.outbox.sent.connect(lambda *_: ready.chat.new_chat())
    write(ready, "one")
    await until(lambda: len(ready.panel.model.ids()) == 1)
    assert ready.chat.conversation.id == ""
    write(ready, "two")
    await until(lambda: len(ready.panel.model.ids()) == 2)
    await until(lambda: not core.chat.streams())


async def test_that_a_bug_while_sending_gives_the_question_back(
    ready: Workbench, core: FakeCore
) -> None:
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, what: told.append(what))
    core.engine.count_error = ZeroDivisionError()  # type: ignore[assignment]
    write(ready, "question")
    await until(lambda: told)
    assert shown(ready) == (Mode.WRITING, "question")


async def test_that_stepping_a_version_far_up_keeps_place_and_focus(
    ready: Workbench, core: FakeCore
) -> None:
    conversation = await core.store.create("long")
    turns = [(role, f"{role} {i} " + "words " * 60) for i in range(20) for role in Role]
    messages = await core.store.import_branch(conversation.id, turns)
    await core.store.add_user(conversation.id, messages[1].id, "another question")
    await core.store.select_version(messages[2].id)
    await ready.chat.show(conversation.id)
    view = ready.chat_page.view
    view.verticalScrollBar().setValue(0)
    await until(lambda: 2 in view.widgets)
    forth = widget_at(view, 2).footer.forth
    forth.setFocus(Qt.FocusReason.TabFocusReason)
    at = view.verticalScrollBar().value()
    QTest.keyClick(forth, Qt.Key.Key_Space)
    await until(lambda: contents(ready)[2] == "another question")
    back = widget_at(view, 2).footer.back
    await until(back.hasFocus)
    assert view.verticalScrollBar().value() <= at
    QTest.keyClick(back, Qt.Key.Key_Space)
    await until(lambda: len(contents(ready)) == 40)
    assert view.verticalScrollBar().value() <= at
    await until(widget_at(view, 2).footer.forth.hasFocus)


async def test_that_an_edited_question_comes_into_sight(ready: Workbench, core: FakeCore) -> None:
    await ask(ready, "question " * 400)
    await ask(ready, "more")
    view = ready.chat_page.view
    view.verticalScrollBar().setValue(0)
    ready.chat.edit(ready.chat.branch.messages[2].id)
    core.engine.play(Script(texts=["words " * 2000]))
    write(ready, "edited")
    await until(lambda: "edited" in contents(ready)[2])
    await until(lambda: view.at_end)
    await until(lambda: not core.chat.streams())


async def test_that_a_send_reads_the_branch_once(ready: Workbench, core: FakeCore) -> None:
    await ask(ready, "question")
    await asyncio.sleep(0.1)
    core.engine.play(Script(texts=["partial"], hold=(hold := asyncio.Event())))
    reads: list[int] = []
    ready.chat.branch.sync_wanted.connect(lambda: reads.append(1))
    write(ready, "more")
    await until(lambda: len(contents(ready)) == 4)
    await asyncio.sleep(0.1)
    assert len(reads) == 1
    core.do(hold.set)
    await until(lambda: not core.chat.streams())
    await asyncio.sleep(0.1)
    assert len(reads) == 2
