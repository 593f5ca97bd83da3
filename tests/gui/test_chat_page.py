"""Sending, streaming, switching, stopping, regenerating and editing, on the real chat service."""

from __future__ import annotations

import asyncio

import pytest
import shiboken6
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from desktop_llm.chat.types import MessageStatus, Role
from desktop_llm.config.paths import guide_model
from desktop_llm.config.profiles import LoadProfile
from desktop_llm.core.errors import AppError, Fix
from desktop_llm.core.memory import KvHolder, KvLedger
from desktop_llm.engine.types import Phase
from desktop_llm.gui.chat_page.composer import Composer
from desktop_llm.gui.chat_page.composition import Mode
from desktop_llm.gui.chat_page.empty import SUGGESTIONS
from desktop_llm.gui.conversations.model import STREAMING_ROLE
from desktop_llm.gui.forms import TextField
from desktop_llm.gui.workbench import Workbench
from tests.gui.conftest import until
from tests.helpers.fake_core import FakeCore
from tests.helpers.fake_engine import Script, engine_statistics


def write(window: Workbench, text: str) -> None:
    """Type into the composer and press Enter."""
    field = window.chat_page.composer.field
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


async def ask(window: Workbench, text: str) -> None:
    """Ask and wait for the end of the answer."""
    before = len(window.chat.branch.messages)
    write(window, text)
    await until(
        lambda: (
            len(window.chat.branch.messages) >= before + 2
            and window.chat.branch.messages[-1].status is not MessageStatus.STREAMING
        )
    )


def contents(window: Workbench) -> list[str]:
    return [message.content for message in window.chat.branch.messages]


def _mode(composer: Composer) -> Mode:
    """Read anew: what was asserted of an attribute is taken to last."""
    return composer.mode


def last_status(window: Workbench) -> MessageStatus | None:
    messages = window.chat.branch.messages
    return messages[-1].status if messages else None


async def test_that_an_answer_streams_into_the_view_and_is_kept(
    ready: Workbench, core: FakeCore
) -> None:
    core.engine.play(Script(texts=["One ", "two ", "three"]))
    await ask(ready, "Count for me")
    assert contents(ready) == ["Count for me", "One two three"]
    assert ready.chat_page.composer.text == ""
    conversation = (await core.store.conversations())[0]
    stored = await core.store.branch(conversation.id)
    assert [m.content for m in stored] == ["Count for me", "One two three"]
    await until(lambda: ready.chat_page.title.text() == "Count for me")
    await until(lambda: ready.panel.model.ids() == [conversation.id])


async def test_that_switching_during_a_stream_keeps_both(ready: Workbench, core: FakeCore) -> None:
    holds = [asyncio.Event(), asyncio.Event()]
    core.engine.play(
        Script(texts=["first ", "answer"], hold=holds[0]),
        Script(texts=["second ", "answer"], hold=holds[1]),
    )
    write(ready, "one")
    await until(lambda: len(ready.chat.branch.messages) == 2)
    first = ready.chat.conversation.id
    ready.chat.new_chat()
    write(ready, "two")
    await until(lambda: len(core.chat.streams()) == 2)
    await until(lambda: ready.chat.conversation.id not in {"", first})
    second = ready.chat.conversation.id
    ready.chat.open(first)
    await until(lambda: ready.chat.branch.conversation_id == first and contents(ready))
    assert len(core.chat.streams()) == 2, "switching stopped an answer"
    await until(
        lambda: all(ready.panel.model.index_of(i).data(STREAMING_ROLE) for i in (first, second))
    )
    for hold in holds:
        core.do(hold.set)
    await until(lambda: not core.chat.streams())
    await until(lambda: contents(ready) == ["one", "first answer"])
    await ready.chat.show(second)
    assert contents(ready) == ["two", "second answer"]


async def test_that_stop_aborts_and_keeps_the_partial(ready: Workbench, core: FakeCore) -> None:
    core.engine.play(Script(texts=["partial"], hold=asyncio.Event()))
    write(ready, "go on forever")
    await until(lambda: core.chat.streams() and core.chat.streams()[0].text == "partial")
    await until(lambda: ready.chat_page.composer.action.accessibleName() == "Stop")
    QTest.keyClick(ready.chat_page.composer.field, Qt.Key.Key_Escape)
    await until(lambda: last_status(ready) is MessageStatus.STOPPED)
    assert contents(ready)[-1] == "partial"
    assert core.engine.aborted
    assert ready.chat_page.composer.action.accessibleName() == "Send"


async def test_that_regenerating_keeps_the_old_version(ready: Workbench, core: FakeCore) -> None:
    core.engine.play(Script(texts=["old"]), Script(texts=["new"]))
    await ask(ready, "question")
    QTest.keyClick(ready, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: contents(ready) == ["question", "new"])
    await until(lambda: ready.chat.branch.messages[-1].sibling_count == 2)
    answer = ready.chat.branch.messages[-1]
    assert answer.sibling_index == 1
    ready.chat_page.view.version_requested.emit(answer.id, -1)
    await until(lambda: contents(ready) == ["question", "old"])


async def test_that_an_edited_question_is_a_new_version_and_escape_cancels(
    ready: Workbench, core: FakeCore
) -> None:
    await ask(ready, "first wording")
    question = ready.chat.branch.messages[0]
    composer = ready.chat_page.composer
    QTest.keyClicks(composer.field, "a draft")
    ready.chat_page.view.edit_requested.emit(question.id)
    assert _mode(composer) is Mode.EDITING
    assert composer.text == "first wording"
    QTest.keyClick(composer.field, Qt.Key.Key_Escape)
    assert _mode(composer) is Mode.WRITING
    assert composer.text == "a draft"

    ready.chat.edit(question.id)
    composer.set_text("second wording")
    QTest.keyClick(composer.field, Qt.Key.Key_Return)
    await until(lambda: contents(ready)[:1] == ["second wording"])
    assert ready.chat.branch.messages[0].sibling_count == 2
    assert composer.text == "a draft", "the draft was lost by editing"
    await until(lambda: not core.chat.streams())


async def test_that_shift_enter_breaks_the_line(ready: Workbench) -> None:
    field = ready.chat_page.composer.field
    height = field.height()
    QTest.keyClicks(field, "one")
    QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(field, "two")
    assert field.toPlainText() == "one\ntwo"
    assert field.height() > height
    field.setPlainText("\n" * 40)
    assert field.height() < height * 10, "the field grows without end"


async def test_that_enter_which_ends_a_composition_does_not_send(
    ready: Workbench, core: FakeCore
) -> None:
    field = ready.chat_page.composer.field
    QApplication.sendEvent(field, QInputMethodEvent("にほ", []))
    QTest.keyClick(field, Qt.Key.Key_Return)
    QTest.keyClick(field, Qt.Key.Key_Escape)
    commit = QInputMethodEvent()
    commit.setCommitString("日本")
    QApplication.sendEvent(field, commit)
    assert field.toPlainText().strip() == "日本"
    assert not core.engine.asked
    QTest.keyClick(field, Qt.Key.Key_Return)
    await until(lambda: contents(ready) == ["日本", "Hello world"])


async def test_that_the_meter_counts_an_edited_question_in_its_place(
    ready: Workbench, core: FakeCore
) -> None:
    await ask(ready, "one two three")
    await ask(ready, "four five")
    meter = ready.chat_page.composer.meter
    ready.chat_page.composer.set_text("six")
    await until(lambda: meter.words.text() == "16 of 4,096 tokens")
    ready.chat.edit(ready.chat.branch.messages[0].id)
    await until(lambda: meter.words.text() == "5 of 4,096 tokens")
    ready.chat.escape()
    await until(lambda: meter.words.text() == "16 of 4,096 tokens")


async def test_that_a_message_without_a_model_waits_for_the_load(
    window: Workbench, core: FakeCore
) -> None:
    core.engine.hold_load = asyncio.Event()
    write(window, "are you there")
    await until(lambda: window.engine.state.phase is Phase.LOADING)
    composer = window.chat_page.composer
    assert _mode(composer) is Mode.QUEUED
    assert composer.text == "are you there"
    await until(lambda: "80%" in composer.note.text())
    core.do(core.engine.hold_load.set)
    await until(lambda: contents(window) == ["are you there", "Hello world"])
    assert _mode(composer) is Mode.WRITING
    assert composer.text == ""


async def test_that_a_question_asked_right_after_a_load_begins_another_load_not(
    window: Workbench, core: FakeCore
) -> None:
    """The engine has not said yet that it loads: a second load would call the first one off."""
    core.engine.play(Script(texts=["Here"]))
    window.engine.load(window.engine.default_model())
    write(window, "Are you there?")
    await until(lambda: contents(window) == ["Are you there?", "Here"])
    assert len(core.engine.loads) == 1


async def test_that_a_waiting_message_can_be_taken_back(window: Workbench, core: FakeCore) -> None:
    core.engine.hold_load = asyncio.Event()
    write(window, "not yet")
    await until(lambda: window.engine.state.phase is Phase.LOADING)
    QTest.keyClick(window.chat_page.composer.field, Qt.Key.Key_Escape)
    assert window.chat_page.composer.mode is Mode.WRITING
    assert window.chat_page.composer.text == "not yet"
    core.do(core.engine.hold_load.set)
    await until(lambda: window.engine.state.phase is Phase.READY)
    await asyncio.sleep(0.05)
    assert not await core.store.conversations()


async def test_that_a_failed_load_gives_the_text_back_and_says_why(
    window: Workbench, core: FakeCore
) -> None:
    core.engine.failure = AppError(
        "engine.out_of_memory", "Not enough memory for the KV cache.", "Shorten the context.",
        fix=Fix.APPLY_CONTEXT, fix_value="2048",
    )  # fmt: skip
    write(window, "do not lose me")
    await until(lambda: window.chat_page.notice.error is not None)
    assert window.chat_page.composer.text == "do not lose me"
    assert window.chat_page.notice.message.text() == "Not enough memory for the KV cache."
    core.engine.failure = None
    window.chat_page.notice.fix_asked.emit(str(Fix.APPLY_CONTEXT), "2048")
    await until(lambda: window.engine.state.phase is Phase.READY)
    assert core.engine.loads[-1].profile.context_length == 2048


async def test_that_an_over_budget_question_comes_back_with_the_counts(
    ready: Workbench, core: FakeCore
) -> None:
    core.do(core.engine.load_context, 64)
    text = "word " * 80
    ready.chat_page.composer.set_text(text)
    QTest.keyClick(ready.chat_page.composer.field, Qt.Key.Key_Return)
    await until(lambda: ready.chat_page.notice.error is not None)
    error = ready.chat_page.notice.error
    assert error is not None
    assert error.code == "chat.over_budget"
    assert "64 tokens" in ready.chat_page.notice.message.text()
    assert ready.chat_page.composer.text == text
    await until(lambda: not ready.panel.model.ids())


async def test_that_a_question_over_the_context_is_offered_the_context_that_fits(
    ready: Workbench, core: FakeCore
) -> None:
    core.profiles.save(guide_model(), LoadProfile(context_length=64))
    core.do(core.engine.load_context, 64)
    core.engine.figures = engine_statistics(kv_capacity_tokens=128, kv_tokens_used=16)
    ready.chat_page.composer.set_text("word " * 80)
    QTest.keyClick(ready.chat_page.composer.field, Qt.Key.Key_Return)
    notice = ready.chat_page.notice
    await until(lambda: notice.error is not None and notice.error.remedies)
    assert ("KV cache then", "16 of 128 tokens") in notice.ledger.rows
    (longer,) = notice.remedies.findChildren(QPushButton)
    assert longer.accessibleName() == "Apply and load: Set the context length to 1,024 tokens."
    longer.click()
    await until(lambda: core.engine.loads and core.engine.loads[-1].profile.context_length == 1024)
    (toast,) = ready.toasts.toasts()
    assert toast.text == "The load profile was changed."


async def test_that_a_preempted_answer_shows_who_held_the_cache_and_what_helps(
    ready: Workbench, core: FakeCore
) -> None:
    kept = await core.store.create("Talk 0")
    ids = [kept.id, "deleted", "", "", "", ""]
    holders = [KvHolder(f"Talk {n}", "chat", 900 - n, name) for n, name in enumerate(ids)]
    ledger = KvLedger(6400, 6300, (*holders, KvHolder("", "port", 5)), waiting=1)
    core.engine.play(Script(preemptions=2, kv=ledger))
    await ask(ready, "Why?")
    (message,) = [each for each in ready.chat.branch.messages if each.role is Role.ASSISTANT]
    assert message.metrics is not None
    assert message.metrics.preemptions == 2
    assert message.metrics.kv is not None
    names = [holder.name for holder in message.metrics.kv.holders]
    assert names[:3] == ["", "", "Talk 2"], "no title of another conversation is stored"
    view = ready.chat_page.view
    assert view is not None
    view.help_requested.emit(message.id)
    notice = ready.chat_page.notice
    await until(lambda: notice.error is not None)
    assert notice.ledger.rows == [
        ("KV cache then", "6,300 of 6,400 tokens"),
        ("Held by Talk 0", "900 tokens"),
        ("Held by Chat", "899 tokens"),
        *[(f"Held by Talk {number}", f"{900 - number} tokens") for number in range(2, 5)],
        ("Held by 2 others", "900 tokens"),
        ("Waiting requests", "1"),
    ]
    assert notice.property("tone") == "warning", "nothing has failed"
    said = [press.accessibleName() for press in notice.remedies.findChildren(QPushButton)]
    assert any("Set max sequences to 6" in text for text in said)
    assert any("Give the KV cache" in text for text in said)


async def test_that_the_meter_counts_while_typing(ready: Workbench, core: FakeCore) -> None:
    meter = ready.chat_page.composer.meter
    core.do(core.engine.load_context, 40)
    QTest.keyClicks(ready.chat_page.composer.field, "one two three")
    await until(lambda: meter.words.text() == "5 of 40 tokens")
    assert meter.tone == ""
    ready.chat_page.composer.set_text("word " * 24)
    await until(lambda: meter.words.text() == "26 of 40 tokens")
    assert meter.tone == "warning"
    ready.chat_page.composer.set_text("word " * 60)
    await until(lambda: "over 40 tokens by 32" in meter.words.text())
    assert meter.tone == "danger"
    ready.engine.unload()
    await until(lambda: meter.words.text() == "")


async def test_that_drafts_are_kept_per_conversation_and_across_restarts(
    ready: Workbench, core: FakeCore
) -> None:
    await ask(ready, "first")
    first = ready.chat.conversation.id
    composer = ready.chat_page.composer
    composer.set_text("draft of the first")
    ready.chat.new_chat()
    assert composer.text == ""
    composer.set_text("draft of a new chat")
    await ready.chat.show(first)
    assert composer.text == "draft of the first"
    ready.chat.new_chat()
    assert composer.text == "draft of a new chat"
    ready.drafts.flush()
    await ready.background.run(lambda: None)
    saved = core.paths.data / "drafts.json"
    assert "draft of the first" in saved.read_text("utf-8")
    assert "draft of a new chat" in saved.read_text("utf-8")


async def test_that_the_death_of_the_engine_is_said_at_once_and_reload_works(
    ready: Workbench, core: FakeCore
) -> None:
    died = AppError(
        "engine.died", "The engine ended unexpectedly.", "Reload the model.", fix=Fix.RELOAD_MODEL
    )
    core.engine.play(Script(texts=["half an "], hold=(hold := asyncio.Event()), error=died))
    write(ready, "question")
    await until(lambda: core.chat.streams() and core.chat.streams()[0].text)
    began = asyncio.get_running_loop().time()
    core.do(core.engine.die, died)
    core.do(hold.set)
    await until(lambda: last_status(ready) is MessageStatus.FAILED)
    assert asyncio.get_running_loop().time() - began < 1
    assert contents(ready)[-1] == "half an "
    assert ready.status.phase.text() == "Failed"
    assert ready.status.reload.isVisible()
    ready.status.reload.click()
    await until(lambda: ready.status.phase.text() == "Ready")
    assert not ready.status.reload.isVisible()


async def test_that_conversation_settings_are_validated_and_saved(
    ready: Workbench, core: FakeCore
) -> None:
    await ask(ready, "hello")
    QTest.keyClick(ready, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    sheet = ready.chat_page.sheet
    assert sheet.isVisible()
    fields = {field.name: field for field in sheet.fields}
    temperature = fields["temperature"]
    assert isinstance(temperature, TextField)
    QTest.keyClicks(temperature.control, "9")
    QTest.keyClick(temperature.control, Qt.Key.Key_Return)
    assert temperature.problem.isVisible()
    assert "at most 2" in temperature.problem.text()
    temperature.line.clear()
    QTest.keyClicks(temperature.control, "0.2")
    QTest.keyClick(temperature.control, Qt.Key.Key_Return)
    assert not temperature.problem.isVisible()
    conversation_id = ready.chat.conversation.id
    await until(lambda: ready.chat.conversation.sampling.temperature == 0.2)
    stored = await core.store.get(conversation_id)
    assert stored.sampling.temperature == 0.2
    assert stored.sampling.top_p is None


async def test_that_settings_of_a_new_chat_go_into_the_conversation(
    ready: Workbench, core: FakeCore
) -> None:
    ready.chat_page.show_sheet(True)
    ready.chat_page.sheet.system_prompt.show_value("Be brief.")
    ready.chat_page.sheet.system_prompt.edited.emit()
    await ask(ready, "hello")
    assert core.engine.asked[-1].messages[0].content == "Be brief."
    assert ready.chat_page.sheet.system_prompt.value == "Be brief."


async def test_that_the_last_answer_is_copied(ready: Workbench, core: FakeCore) -> None:
    core.engine.play(Script(texts=["copy ", "me"]))
    await ask(ready, "x")
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(ready, Qt.Key.Key_C, keys)
    assert QGuiApplication.clipboard().text() == "copy me"
    for toast in ready.toasts.toasts():
        toast.dismiss()


async def test_that_a_suggestion_is_asked(ready: Workbench, core: FakeCore) -> None:
    await until(ready.chat_page.empty.line.isVisible)
    for button in ready.chat_page.empty.findChildren(QPushButton):
        if button.text() == SUGGESTIONS[0] and button.isVisible():
            button.click()
    await until(lambda: len(ready.chat.branch.messages) == 2)
    assert ready.chat.branch.messages[0].role is Role.USER
    assert contents(ready)[0] == SUGGESTIONS[0]
    await until(lambda: not core.chat.streams())


@pytest.mark.parametrize("name", ["send", "stop"])
async def test_that_the_action_button_names_what_it_does(ready: Workbench, name: str) -> None:
    composer = ready.chat_page.composer
    composer.set_streaming(name == "stop")
    assert composer.action.accessibleName().lower() == name


async def test_that_an_edited_question_refused_out_of_sight_is_edited_on(
    ready: Workbench, core: FakeCore
) -> None:
    await ask(ready, "before")
    conversation = ready.chat.conversation.id
    hold = asyncio.Event()
    core.engine.hold_load, core.engine.failure = hold, AppError("engine.failed", "It failed.")
    core.do(core.engine.unload)
    await until(lambda: ready.engine.state.phase is Phase.UNLOADED)
    ready.chat.edit(ready.chat.branch.messages[0].id)
    ready.chat_page.composer.set_text("after")
    QTest.keyClick(ready.chat_page.composer.field, Qt.Key.Key_Return)
    await until(lambda: ready.drafts.get(conversation).waits)
    ready.chat.new_chat()
    core.do(hold.set)
    await until(lambda: not ready.drafts.get(conversation).waits)
    await ready.chat.show(conversation)
    assert ready.chat_page.composer.text == "after"
    assert ready.chat_page.composer.mode is Mode.EDITING


async def test_that_a_very_long_model_name_widens_nothing(window: Workbench) -> None:
    page = window.chat_page
    page.show_model("short")
    narrow = page.minimumSizeHint().width()
    name = "<b>R&D</b>-" + "very-long-" * 16
    page.show_model(name)
    assert page.minimumSizeHint().width() < narrow + 300
    assert "…" in page.model.text()
    assert page.model.text().startswith("<b>R&&D</b>")
    assert name in page.model.accessibleName()
    assert "&lt;b&gt;R&amp;D" in page.model.toolTip()
    assert name.replace("<b>R&D</b>", "") in page.model.toolTip()


async def test_that_only_failures_of_the_engine_lead_to_its_log(window: Workbench) -> None:
    notice = window.chat_page.notice

    def buttons() -> list[str]:
        notice.show_error(error)
        shown = notice.findChildren(QPushButton)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        return [button.text() for button in shown if shiboken6.isValid(button)]

    error = AppError("chat.over_budget", "It is too long.")
    assert "Show log" not in buttons()
    error = AppError("engine.out_of_memory", "Not enough memory.", fix=Fix.OPEN_MODELS)
    assert "Show log" in buttons()
    asked: list[str] = []
    window.fixes.log_wanted.disconnect()
    window.fixes.log_wanted.connect(lambda: asked.append("log"))
    (log,) = [b for b in notice.findChildren(QPushButton) if b.text() == "Show log"]
    log.click()
    assert asked
