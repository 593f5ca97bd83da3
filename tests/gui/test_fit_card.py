"""Whether a model fits, on the Models page: verdict, sliders, and what would make it fit."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from desktop_llm.chat.types import AnswerMetrics, MessageStatus
from desktop_llm.config.paths import guide_model
from desktop_llm.config.profiles import KvCacheAuto, KvCacheSize, LoadProfile
from desktop_llm.core.errors import AppError, Fix, Remedy
from desktop_llm.core.memory import MemoryHolder, MemoryLedger
from desktop_llm.core.units import GIB, MIB, format_bytes
from desktop_llm.engine.types import Phase
from desktop_llm.gui.error_card import ErrorCard
from desktop_llm.gui.forms import NumberField
from desktop_llm.gui.models_page.fit_card import FitCard
from desktop_llm.gui.models_page.fit_sliders import FitSliders
from desktop_llm.gui.models_page.page import ModelsPage
from desktop_llm.gui.workbench import Workbench
from desktop_llm.models.device_memory import DeviceMemory, Surroundings
from desktop_llm.models.fit_report import Verdict
from tests.gui.conftest import until
from tests.helpers.fake_core import FakeCore


async def shown(window: Workbench) -> ModelsPage:
    page = window.show_page("models")
    assert isinstance(page, ModelsPage)
    await until(page.detail.fit.isVisible)
    return page


def kv_cache(card: FitCard) -> str:
    return dict(card.sum.rows)["KV cache"]


def button_of(card: FitCard, words: str) -> QPushButton:
    for press in card.findChildren(QPushButton):
        if words in press.accessibleName() and not press.isHidden():
            return press
    raise AssertionError(f"no button for {words!r}")


def on_gpu(free: int, *others: MemoryHolder) -> Surroundings:
    return Surroundings(cpu=False, memory=DeviceMemory(24 * GIB, free), others=others)


async def test_that_the_sum_is_shown_with_its_verdict(window: Workbench) -> None:
    card = (await shown(window)).detail.fit
    assert card.report is not None
    assert card.report.verdict is Verdict.FITS
    assert card.verdict.text().startswith("Built-in guide fits: ")
    names = [name for name, _ in card.sum.rows]
    assert names[0] == "Weights"
    assert names[-2:] == ["Together", "It can have"]
    assert dict(card.sum.rows)["Together"] == format_bytes(card.report.total)
    assert ("RAM free now", "15.0 GiB of 24.0 GiB") in card.room.rows


async def test_that_the_sliders_show_the_kv_cache_they_cost(window: Workbench) -> None:
    card = (await shown(window)).detail.fit
    assert card.report is not None
    pool = card.report.sum.pool
    before = kv_cache(card)
    card.sliders.chats_slider.setValue(8)
    assert card.sliders.chats_text.text() == "8 chats"
    await until(lambda: kv_cache(card) != before)
    needed = pool.bytes_for(card.sliders.context, 8)
    assert card.report.sum.cache_needed == needed
    assert format_bytes(needed) in card.sliders.cost.text()
    card.sliders.context_slider.setValue(16)
    assert card.sliders.context_text.text() == "256 tokens"
    await until(lambda: card.report and card.report.question.context == 256)
    assert card.report.sum.cache_needed < needed


async def test_that_too_many_chats_change_the_verdict(window: Workbench, core: FakeCore) -> None:
    core.surroundings = lambda _profile: on_gpu(8 * GIB)
    card = (await shown(window)).detail.fit
    assert card.report is not None
    for_some_chats = card.report.total + 600 * MIB
    core.surroundings = lambda _profile: on_gpu(for_some_chats)
    window.show_page("settings")
    window.show_page("models")
    await until(lambda: card.report and card.report.question.free == for_some_chats)
    assert card.report.verdict is Verdict.FITS
    assert card.changes.isEmpty()
    card.sliders.chats_slider.setValue(64)
    await until(lambda: card.report and card.report.verdict is Verdict.FITS_WITH_CHANGE)
    assert card.verdict.text().startswith("Built-in guide fits with a change.")
    assert card.verdict.property("tone") == "warning"
    assert button_of(card, "chats at once").text() == "Apply"


async def test_that_the_slider_s_context_becomes_that_of_the_load_profile(
    window: Workbench, core: FakeCore
) -> None:
    page = await shown(window)
    card = page.detail.fit
    assert card.sliders.use_context.isHidden()
    card.sliders.context_slider.setValue(32)
    await until(lambda: not card.sliders.use_context.isHidden())
    assert card.sliders.use_context.text() == "Load with 512 tokens"
    card.sliders.context_slider.setValue(40)
    assert card.sliders.use_context.text() == "Load with 640 tokens", "as the slider says"
    card.sliders.use_context.click()
    assert core.profiles.get(guide_model()).context_length == 640
    await until(card.sliders.use_context.isHidden)
    assert card.sliders.context == 640


@pytest.mark.usefixtures("qapp")
def test_that_a_context_between_two_steps_of_the_slider_stays_exact() -> None:
    sliders = FitSliders()
    sliders.show_limits(131_072, 64, profile_context=5000)
    sliders.show_asked(5000, 3)
    assert (sliders.context, sliders.context_text.text()) == (5000, "5,000 tokens")
    assert sliders.use_context.isHidden(), "that is what the profile has"
    sliders.show_limits(131_072, 2, profile_context=5000)
    assert (sliders.context, sliders.chats) == (5000, 2)
    sliders.context_slider.setValue(sliders.context_slider.value() + 1)
    assert sliders.context % 128 == 0
    sliders.context_slider.setValue(sliders.context_slider.maximum())
    assert sliders.context == 131_072
    sliders.show_limits(4096, 64, profile_context=5000)
    assert sliders.context_text.text() == "4,096 tokens"
    sliders.deleteLater()


async def test_that_a_change_is_applied_to_the_load_profile(
    window: Workbench, core: FakeCore
) -> None:
    core.profiles.save(guide_model(), LoadProfile(kv_cache=KvCacheSize(gib=0.01)))
    page = await shown(window)
    card = page.detail.fit
    card.sliders.chats_slider.setValue(64)
    await until(lambda: card.report and card.report.verdict is Verdict.FITS_WITH_CHANGE)
    button_of(card, "Set the KV cache to automatic").click()
    assert core.profiles.get(guide_model()).kv_cache == KvCacheAuto()
    await until(lambda: card.report and card.report.verdict is Verdict.FITS)
    assert card.sliders.chats == 64, "what was asked stays asked"
    undo = card.undo
    assert undo.isVisible(), "beside what was pressed"
    assert page.detail.undo.isHidden()
    undo.press.click()
    assert core.profiles.get(guide_model()).kv_cache == KvCacheSize(gib=0.01), "it can be undone"
    assert undo.isHidden()
    await until(lambda: card.report and card.report.verdict is Verdict.FITS_WITH_CHANGE)


async def test_that_what_is_typed_later_is_not_undone_by_a_click(
    window: Workbench, core: FakeCore
) -> None:
    page = await shown(window)
    page.detail.apply_profile(LoadProfile(context_length=512))
    assert page.detail.fit.undo.isVisible()
    field = page.detail.editor.field("max_sequences")
    assert isinstance(field, NumberField)
    field.show_value("9")
    page.detail.editor.save()
    assert core.profiles.get(guide_model()) == LoadProfile(context_length=512, max_sequences=9)
    assert page.detail.fit.undo.isHidden()
    assert page.detail.undo.isHidden()


FITS_SMALLER = (
    Remedy("Keep the KV cache in FP8.", Fix.CHANGE_PROFILE, '{"kv_cache_dtype": "fp8"}'),
    Remedy("Set max sequences to 8.", Fix.CHANGE_PROFILE, '{"max_sequences": 8}'),
)


def fail(core: FakeCore) -> AppError:
    core.engine.failure = AppError(
        "engine.no_memory_for_kv_cache", "It does not fit.", remedies=FITS_SMALLER
    )
    return core.engine.failure


async def test_that_a_failed_load_offers_each_change_that_would_fit_and_takes_it_back(
    window: Workbench, core: FakeCore
) -> None:
    page = await shown(window)
    core.profiles.save(guide_model(), LoadProfile(context_length=512))
    fail(core)
    window.engine.load(guide_model())
    await until(page.detail.failure.isVisible)
    presses = page.detail.failure.remedies.findChildren(QPushButton)
    assert [press.accessibleName() for press in presses] == [
        "Apply and load: Keep the KV cache in FP8.",
        "Apply and load: Set max sequences to 8.",
    ]
    core.engine.failure = None
    presses[1].click()
    await until(lambda: window.engine.state.phase is Phase.READY)
    smaller = LoadProfile(context_length=512, max_sequences=8)
    assert core.engine.loads[-1].profile == core.profiles.get(guide_model()) == smaller
    assert page.detail.undo.isVisible(), "where the failure was"
    assert page.detail.fit.undo.isHidden()
    page.detail.undo.press.click()
    assert core.profiles.get(guide_model()) == LoadProfile(context_length=512)
    assert page.detail.undo.isHidden()
    assert page.detail.editor.reload.isVisible(), "what was taken back applies at the next load"


async def test_that_the_page_is_whole_beside_the_open_dock_in_a_window_of_1280(
    window: Workbench, core: FakeCore
) -> None:
    window.window().resize(1280, 800)
    page = await shown(window)
    window.show_dock(True)
    fail(core)
    window.engine.load(guide_model())
    await until(page.detail.failure.isVisible)
    content = page.detail.widget()
    assert content is not None
    await until(lambda: content.width() <= page.detail.viewport().width())
    assert content.minimumSizeHint().width() <= page.detail.viewport().width()
    assert (page.add.text(), page.add.accessibleName()) == ("Add…", "Add folder…")
    window.window().resize(1920, 1080)
    first, last = page.detail.editor.fields[0], page.detail.editor.fields[-1]
    await until(lambda: last.x() > first.x() + first.width() - 1)
    assert content.minimumSizeHint().width() <= page.detail.viewport().width()


async def test_that_a_fix_on_another_page_is_taken_back_from_there(
    window: Workbench, core: FakeCore
) -> None:
    window.fixes.carry_out(Fix.CHANGE_PROFILE, '{"max_sequences": 8}', guide_model())
    assert core.profiles.get(guide_model()) == LoadProfile(max_sequences=8)
    (toast,) = window.toasts.toasts()
    assert toast.text == "The load profile was changed."
    (undo,) = toast.findChildren(QPushButton)
    undo.click()
    assert core.profiles.get(guide_model()) == LoadProfile()
    await until(lambda: window.engine.state.phase is Phase.READY)


async def test_that_a_failure_said_elsewhere_leads_to_what_helps(
    window: Workbench, core: FakeCore
) -> None:
    fail(core).fix = Fix.EDIT_PROFILE
    window.engine.load(guide_model())
    await until(window.toasts.toasts)
    (toast,) = window.toasts.toasts()
    press = next(each for each in toast.findChildren(QPushButton) if "profile" in each.text())
    press.click()
    assert window.page == "models"
    page = await shown(window)
    await until(page.detail.failure.isVisible)
    assert page.detail.verticalScrollBar().value() == 0
    assert page.detail.failure.remedies.isVisible()
    page.detail.failure.fix_asked.emit(str(Fix.EDIT_PROFILE), "")
    assert page.detail.verticalScrollBar().value() > 0, "its own button shows the profile"


async def test_that_a_change_that_the_profile_has_outgrown_opens_the_profile(
    window: Workbench, core: FakeCore
) -> None:
    core.profiles.save(guide_model(), LoadProfile(max_sequences=600))
    window.fixes.carry_out(Fix.CHANGE_PROFILE, '{"max_batched_tokens": 512}', guide_model())
    assert core.profiles.get(guide_model()) == LoadProfile(max_sequences=600)
    assert window.page == "models"
    assert core.engine.loads == []


async def test_that_who_holds_the_memory_is_named(window: Workbench, core: FakeCore) -> None:
    game = MemoryHolder(7, "blender", 9 * GIB)
    unknown, small = MemoryHolder(8, "Xorg", None), MemoryHolder(9, "clock", 4 * MIB)
    core.surroundings = lambda _profile: on_gpu(3 * GIB, game, unknown, small)
    card = (await shown(window)).detail.fit
    assert ("Held by blender", "9.0 GiB") in card.room.rows
    assert ("VRAM free now", "3.0 GiB of 24.0 GiB") in card.room.rows
    assert len(card.room.rows) == 2, "unknown is not zero, and what is small is no reason"


async def test_that_it_is_read_again_when_a_model_was_loaded(
    window: Workbench, core: FakeCore
) -> None:
    card = (await shown(window)).detail.fit
    core.surroundings = lambda _profile: Surroundings(
        cpu=True, memory=DeviceMemory(24 * GIB, 14 * GIB), given_back=GIB
    )
    window.engine.load(guide_model())
    await until(lambda: window.engine.state.phase is Phase.READY)
    await until(lambda: ("Given back by unloading", "1.0 GiB") in card.room.rows)


async def test_that_a_slow_reading_does_not_hold_the_window(
    window: Workbench, core: FakeCore
) -> None:
    go_on, threads = threading.Event(), []

    def slow(_profile: LoadProfile) -> Surroundings:
        threads.append(threading.current_thread())
        assert go_on.wait(5)
        return on_gpu(20 * GIB)

    core.surroundings = slow
    page = window.show_page("models")
    assert isinstance(page, ModelsPage)
    await until(lambda: threads)
    for _ in range(5):
        await asyncio.sleep(0.01)
    assert not page.detail.fit.isVisible()
    go_on.set()
    await until(page.detail.fit.isVisible)
    assert threading.main_thread() not in threads


async def test_that_an_unknown_shape_is_said(
    window: Workbench, core: FakeCore, tmp_path: Path
) -> None:
    folder = tmp_path / "models" / "strange"
    folder.mkdir(parents=True)
    for file in guide_model().iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    config = json.loads((folder / "config.json").read_text())
    for name in ("num_hidden_layers", "num_attention_heads", "num_key_value_heads", "hidden_size"):
        config.pop(name, None)
    (folder / "config.json").write_text(json.dumps(config))
    core.settings.update(model_folders=(str(folder.parent),))
    page = await shown(window)
    page.list.setCurrentIndex(page.model.index_of(folder))
    await until(lambda: "cannot be told" in page.detail.fit.verdict.text())
    assert page.detail.fit.report is None
    assert not page.detail.fit.sliders.isVisible()


async def test_that_memory_that_cannot_be_read_is_said(window: Workbench, core: FakeCore) -> None:
    def unread(_profile: LoadProfile) -> Surroundings:
        raise AppError("fit.no_memory_reading", "The GPU's memory cannot be told.", "Use --vram.")

    core.surroundings = unread
    card = (await shown(window)).detail.fit
    assert card.verdict.text() == "The GPU's memory cannot be told."
    assert card.advice.isHidden(), "an option of the terminal is no help in the window"


async def keep_answers(core: FakeCore, count: int) -> None:
    """So many finished answers of 40 tokens to prompts of 300."""
    kept = await core.store.create("kept")
    metrics = AnswerMetrics(prompt_tokens=300, completion_tokens=40)
    for _ in range(count):
        _, begun = await core.store.begin_turn(kept.id, None, "Why?")
        done = replace(begun, content="So.", status=MessageStatus.COMPLETE, metrics=metrics)
        await core.store.finish_answer(done)


async def test_that_past_chats_suggest_a_load_profile(window: Workbench, core: FakeCore) -> None:
    await keep_answers(core, 20)
    card = (await shown(window)).detail.fit
    card.suggest.press.click()
    await until(lambda: card.suggest.tuning)
    assert card.suggest.tuning is not None
    assert "300 tokens" in card.suggest.said.text()
    assert "A context of 2,048 tokens would have held 100 % of them." in card.suggest.said.text()
    texts = [each.text() for each in card.suggest.findChildren(QLabel)]
    assert "4,096 → 2,048 tokens" in texts
    assert "automatic → 256.0 MiB" in texts
    assert any("holds" in text and "chats" in text for text in texts), "what it would give"
    proposed = card.suggest.tuning.profile
    card.suggest.use.click()
    assert core.profiles.get(guide_model()) == proposed
    await until(lambda: card.suggest.tuning is None)
    card.undo.press.click()
    assert core.profiles.get(guide_model()) == LoadProfile()


async def test_that_too_few_answers_suggest_nothing(window: Workbench, core: FakeCore) -> None:
    await keep_answers(core, 3)
    card = (await shown(window)).detail.fit
    card.suggest.press.click()
    words = "A suggestion needs 20 finished answers; there are 3 so far."
    await until(lambda: card.suggest.said.text() == words)
    assert card.suggest.use.isHidden()


def test_that_buttons_go_on_in_the_next_line_where_there_is_no_room(qapp: QApplication) -> None:
    card = ErrorCard(dismissable=True)
    error = AppError(
        "engine.x", "It failed.", detail="why", fix=Fix.APPLY_CONTEXT, fix_value="4096"
    )
    card.show_error(error)
    card.offer("Something else", lambda: None)
    qapp.processEvents()  # what is added to a card on show is shown with the next turn
    wide, narrow = card.heightForWidth(900), card.heightForWidth(320)
    assert narrow > wide
    card.resize(320, narrow)
    card.show()
    buttons = [each for each in card.findChildren(QPushButton) if each.isVisible()]
    assert len(buttons) == 5
    assert all(press.x() > 0 and press.geometry().right() < 320 for press in buttons)
    spaces = [press.geometry() for press in buttons]
    assert not any(a.intersects(b) for a in spaces for b in spaces if a is not b)
    first = min(buttons, key=lambda press: (press.y(), press.x()))
    assert first.text() == "Something else"
    card.close()
    card.deleteLater()


@pytest.mark.usefixtures("qapp")
def test_that_a_failure_for_memory_shows_the_ledger() -> None:
    holders = (MemoryHolder(1, "blender", 9 * GIB), MemoryHolder(2, "VLLM::Worker", GIB, ours=True))
    ledger = MemoryLedger(True, 24 * GIB, 14 * GIB, 15 * GIB, 2 * GIB, holders)
    card = ErrorCard()
    card.show_error(AppError("engine.out_of_memory", "It does not fit.", memory=ledger))
    texts = [each.text() for each in card.ledger.findChildren(QLabel)]
    assert card.ledger.rows == [
        ("Weights need", "15.0 GiB"),
        ("KV cache needs", "2.0 GiB"),
        ("VRAM free then", "14.0 GiB of 24.0 GiB"),
        ("Held by blender", "9.0 GiB"),
        ("Held by VLLM::Worker (this app)", "1.0 GiB"),
    ]
    assert all(name in texts and size in texts for name, size in card.ledger.rows)
    assert not card.ledger.isHidden()
    card.show_error(AppError("engine.crashed", "It crashed.", memory=MemoryLedger(True)))
    assert card.ledger.isHidden()
    card.show_error(AppError("engine.crashed", "It crashed."))
    assert card.ledger.isHidden()
    card.deleteLater()
