"""The models page: what is listed, loading with progress, failures, the load profile."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from desktop_llm.config.paths import guide_model
from desktop_llm.config.profiles import KvCacheSize, LoadProfile
from desktop_llm.core.errors import AppError, Fix
from desktop_llm.engine.types import Phase
from desktop_llm.gui.forms import ChoiceField, SwitchField, TextField
from desktop_llm.gui.log_viewer import LogViewer
from desktop_llm.gui.models_page.page import ModelsPage
from desktop_llm.gui.workbench import Workbench
from tests.gui.conftest import until
from tests.helpers.fake_core import FakeCore


@pytest.fixture
async def page(window: Workbench) -> ModelsPage:
    page = window.show_page("models")
    assert isinstance(page, ModelsPage)
    await until(lambda: page.detail.entry is not None)
    return page


def text_field(page: ModelsPage, name: str) -> TextField:
    field = page.detail.editor.field(name)
    assert isinstance(field, TextField)
    return field


def choice_field(page: ModelsPage, name: str) -> ChoiceField:
    field = page.detail.editor.field(name)
    assert isinstance(field, ChoiceField)
    return field


def press(card: QWidget, text: str) -> None:
    for button in card.findChildren(QPushButton):
        if button.text() == text and not button.isHidden():
            button.click()
            return
    raise AssertionError(f"no button {text!r}")


def broken_model(folder: Path) -> Path:
    """A folder whose weights are pickle files."""
    folder.mkdir(parents=True)
    config = json.loads((guide_model() / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "pytorch_model.bin").write_bytes(b"x" * 1000)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes((guide_model() / name).read_bytes())
    return folder


async def test_that_models_load_cancel_and_unload_from_any_page(
    window: Workbench, core: FakeCore
) -> None:
    window.show_page("settings")
    entries = await core.catalog.scan()

    def choose(text: str) -> None:
        menu = window.status.models.menu_of(entries, window)
        action = next(action for action in menu.actions() if action.text() == text)
        action.trigger()
        menu.deleteLater()

    core.engine.hold_load = asyncio.Event()
    choose("Built-in guide")
    await until(lambda: window.status.phase.text() == "Allocating KV cache · 80%")
    choose("Cancel loading")
    await until(lambda: window.engine.state.phase is Phase.UNLOADED)
    core.engine.hold_load = None
    choose("Built-in guide")
    await until(lambda: window.engine.state.phase is Phase.READY)
    choose("Unload")
    await until(lambda: window.engine.state.phase is Phase.UNLOADED)
    choose("Models page")
    assert window.page == "models"


async def test_that_the_guide_is_listed_for_what_it_is(page: ModelsPage) -> None:
    assert page.model.index(0).data() == "Built-in guide"
    assert page.detail.name.text() == "Built-in guide"
    facts = page.detail._facts
    items = [facts.itemAt(i) for i in range(facts.count())]
    widgets = [item.widget() for item in items if item is not None]
    words = [widget.text() for widget in widgets if isinstance(widget, QLabel)]
    assert len(words) == facts.count()
    assert "Built-in guide (tiny, knows only this app)" in words
    assert "LlamaForCausalLM" in words


async def test_that_a_load_shows_its_stages_and_can_be_cancelled(
    page: ModelsPage, window: Workbench, core: FakeCore
) -> None:
    core.engine.hold_load = asyncio.Event()
    page.detail.action.click()
    await until(lambda: "Allocating KV cache · 80%" in page.detail.load_card.stage.text())
    assert page.detail.load_card.isVisible()
    assert page.detail.load_card.bar.value() == 800
    assert "left" in page.detail.load_card.times.text()
    assert window.status.phase.text() == "Allocating KV cache · 80%"
    page.detail.load_card.cancel.click()
    await until(lambda: window.engine.state.phase is Phase.UNLOADED)
    await until(lambda: not page.detail.load_card.isVisible())
    assert page.detail.action.text() == "Load"
    assert page.detail.failure.error is None, "a cancelled load is no failure"


async def test_that_load_and_unload_change_places(page: ModelsPage, window: Workbench) -> None:
    page.detail.action.click()
    await until(lambda: page.detail.action.text() == "Unload")
    assert "Built-in guide · 4,096 tokens" in window.status.model.text()
    page.detail.action.click()
    await until(lambda: page.detail.action.text() == "Load")
    assert window.status.phase.text() == "No model loaded"


async def test_that_a_failure_shows_cause_fix_and_log(
    page: ModelsPage, window: Workbench, core: FakeCore
) -> None:
    core.engine.failure = AppError(
        "engine.kv_cache", "The KV cache does not fit.", "1,024 tokens would fit.",
        fix=Fix.APPLY_CONTEXT, fix_value="1024",
    )  # fmt: skip
    page.detail.action.click()
    await until(page.detail.failure.isVisible)
    assert page.detail.failure.message.text() == "The KV cache does not fit."
    press(page.detail.failure, "Show log")
    await until(lambda: window.findChildren(LogViewer))
    (viewer,) = window.findChildren(LogViewer)
    assert "the engine's own words" in viewer.text.toPlainText()
    viewer.copy.click()
    assert viewer.copy.text() == "Copied"
    viewer.close()
    core.engine.failure = None
    press(page.detail.failure, "Load with 1,024 tokens of context")
    await until(lambda: window.engine.state.phase is Phase.READY)
    assert core.profiles.get(guide_model()).context_length == 1024
    assert not page.detail.failure.isVisible()


async def test_that_a_refused_load_is_said_where_no_card_says_it(
    window: Workbench, core: FakeCore
) -> None:
    folder = broken_model(core.paths.models / "pickled")
    window.engine.load(folder)
    await until(window.toasts.toasts)
    (toast,) = window.toasts.toasts()
    assert "pickle" in toast.text
    press(toast, "Edit the load profile")
    page = window.pages.currentWidget()
    assert isinstance(page, ModelsPage)
    await until(lambda: page.detail.entry is not None and page.detail.entry.path == folder)
    switch = page.detail.editor.field("allow_pickle_weights")
    assert isinstance(switch, SwitchField)
    await until(switch.box.hasFocus)


async def test_that_a_failed_load_is_no_longer_said_over_the_page_that_says_it(
    window: Workbench, core: FakeCore
) -> None:
    window.engine.load(broken_model(core.paths.models / "pickled"))
    await until(window.toasts.toasts)
    window.show_page("models")
    assert not window.toasts.toasts()


async def test_that_a_failed_load_is_no_longer_said_once_another_has_begun(
    window: Workbench, core: FakeCore
) -> None:
    window.engine.load(broken_model(core.paths.models / "pickled"))
    await until(window.toasts.toasts)
    window.engine.load(guide_model())
    await until(lambda: not window.toasts.toasts())
    await until(lambda: window.engine.state.phase is Phase.READY)


async def test_that_a_load_is_dropped_when_cancelled_before_the_engine_has_heard_of_it(
    window: Workbench, core: FakeCore
) -> None:
    for drop in (window.engine.cancel, window.engine.unload):
        worker = threading.Event()
        window.background.submit(worker.wait)
        window.engine.load(guide_model())
        await asyncio.sleep(0.05)
        drop()
        assert not window.engine.is_loading
        worker.set()
        await window.background.run(lambda: None)
        await asyncio.sleep(0.05)
        assert not core.engine.loads
        assert window.engine.state.phase is Phase.UNLOADED
    assert not window.toasts.toasts()


async def test_that_of_two_loads_asked_for_at_once_only_the_newest_reaches_the_engine(
    window: Workbench, core: FakeCore
) -> None:
    worker = threading.Event()
    window.background.submit(worker.wait)
    window.engine.load(broken_model(core.paths.models / "pickled"))
    window.engine.load(guide_model())
    worker.set()
    await until(lambda: window.engine.state.phase is Phase.READY)
    assert [load.path for load in core.engine.loads] == [guide_model()]
    assert not window.toasts.toasts()


async def test_that_a_failed_engine_has_its_log_and_details_one_click_away(
    ready: Workbench, core: FakeCore
) -> None:
    died = AppError("engine.died", "The engine stopped.", "Reload it.", detail="signal 9")
    core.do(core.engine.die, died)
    await until(ready.status.log.isVisible)
    ready.status.log.click()
    await until(lambda: ready.findChildren(LogViewer))
    ready.findChildren(LogViewer)[0].close()
    page = ready.show_page("models")
    assert isinstance(page, ModelsPage)
    await until(page.detail.failure.isVisible)
    press(page.detail.failure, "Copy details")
    assert "signal 9" in QGuiApplication.clipboard().text()
    press(page.detail.failure, "Copied")


async def test_that_a_default_model_that_is_gone_is_said_and_nothing_looks_for_it_before(
    window: Workbench, core: FakeCore
) -> None:
    gone = core.paths.models / "gone"
    core.settings.update(default_model=str(gone))
    assert window.engine.default_model() == gone
    window.engine.load(window.engine.default_model())
    await until(window.toasts.toasts)
    (toast,) = window.toasts.toasts()
    assert "There is no folder" in toast.text
    press(toast, "Open Models")
    assert window.page == "models"


async def test_that_the_profile_is_validated_and_saved(page: ModelsPage, core: FakeCore) -> None:
    sequences, batched = text_field(page, "max_sequences"), text_field(page, "max_batched_tokens")
    context = text_field(page, "context_length")
    for field, value in ((sequences, "0"), (batched, "some"), (context, "99,999")):
        field.show_value(value)
    page.detail.editor.save()
    assert "at least 1" in sequences.problem.text()
    assert "not a number" in batched.problem.text()
    assert context.problem.text() == "This model can take at most 2,048 tokens."
    assert core.profiles.get(guide_model()) == LoadProfile()

    sequences.show_value("128")
    batched.show_value("100")
    context.show_value("1,024")
    page.detail.editor.save()
    assert "each running sequence needs one token" in batched.problem.text()
    batched.show_value("")
    page.detail.editor.save()
    assert "Saved" in page.detail.editor.said.text()
    assert core.profiles.get(guide_model()) == LoadProfile(max_sequences=128, context_length=1024)

    page.detail.editor.reset.click()
    assert sequences.value == ""
    assert core.profiles.get(guide_model()) == LoadProfile()
    page.detail.editor.reset.click()
    assert sequences.value == "128"
    assert core.profiles.get(guide_model()) == LoadProfile(max_sequences=128, context_length=1024)


async def test_that_what_was_written_for_a_model_is_there_when_it_is_chosen_again(
    page: ModelsPage, core: FakeCore
) -> None:
    other = broken_model(core.paths.models / "another")
    await page.read()
    text_field(page, "max_sequences").show_value("17")  # typed, and never left with Enter
    page.list.setCurrentIndex(page.model.index_of(other))
    assert core.profiles.get(guide_model()).max_sequences == 17
    text_field(page, "max_sequences").show_value("many")
    page.list.setCurrentIndex(page.model.index_of(guide_model()))
    assert text_field(page, "max_sequences").value == "17"
    page.list.setCurrentIndex(page.model.index_of(other))
    assert text_field(page, "max_sequences").value == "many"
    assert "not a number" in text_field(page, "max_sequences").problem.text()
    assert core.profiles.get(other) == LoadProfile()


async def test_that_a_load_takes_what_has_just_been_typed(
    page: ModelsPage, window: Workbench, core: FakeCore
) -> None:
    text_field(page, "max_sequences").show_value("9")
    page.detail.action.click()
    await until(lambda: window.engine.state.phase is Phase.READY)
    assert core.engine.loads[-1].profile.max_sequences == 9


async def test_that_the_kv_cache_has_a_size_when_it_is_not_automatic(
    page: ModelsPage, core: FakeCore
) -> None:
    size = text_field(page, "kv_cache_value")
    kind = choice_field(page, "kv_cache")
    assert size.isHidden()
    kind.show_value("size")
    kind.edited.emit()
    assert not size.isHidden()
    assert size.problem.text()
    size.show_value("0.5")
    page.detail.editor.save()
    assert core.profiles.get(guide_model()).kv_cache == KvCacheSize(gib=0.5)


@pytest.mark.parametrize("written", ["1,5", "1.5"])
async def test_that_a_decimal_comma_is_never_taken_away(
    page: ModelsPage, core: FakeCore, written: str
) -> None:
    kind = choice_field(page, "kv_cache")
    kind.show_value("size")
    text_field(page, "kv_cache_value").show_value(written)
    text_field(page, "cpu_offload_gib").show_value(written)
    page.detail.editor.save()
    profile = core.profiles.get(guide_model())
    assert profile.kv_cache == KvCacheSize(gib=1.5)
    assert profile.cpu_offload_gib == 1.5


async def test_that_a_saved_profile_offers_to_reload(
    page: ModelsPage, window: Workbench, core: FakeCore
) -> None:
    page.detail.action.click()
    await until(lambda: window.engine.state.phase is Phase.READY)
    text_field(page, "max_sequences").show_value("8")
    page.detail.editor.save()
    assert page.detail.editor.reload.isVisible()
    page.detail.editor.reload.click()
    await until(lambda: len(core.engine.loads) == 2)
    assert core.engine.loads[-1].profile.max_sequences == 8
    await until(lambda: window.engine.state.phase is Phase.READY)


async def test_that_pickle_weights_are_refused_until_they_are_allowed(
    page: ModelsPage, window: Workbench, core: FakeCore
) -> None:
    folder = broken_model(core.paths.models / "pickled")
    page.add_folder(folder)
    await until(lambda: page.detail.entry is not None and page.detail.entry.path == folder)
    await until(page.detail.warning.isVisible)
    assert "pickle" in page.detail.warning.message.text()
    page.detail.action.click()
    await until(page.detail.failure.isVisible)
    assert not core.engine.loads, "the engine was asked to load refused weights"
    press(page.detail.failure, "Edit the load profile")
    switch = page.detail.editor.field("allow_pickle_weights")
    assert isinstance(switch, SwitchField)
    await until(switch.box.hasFocus)
    QTest.keyClick(switch.box, Qt.Key.Key_Space)
    page.detail.editor.save()
    await until(lambda: not page.detail.warning.isVisible())
    page.detail.action.click()
    await until(lambda: window.engine.state.phase is Phase.READY)
    assert core.engine.loads[-1].profile.allow_pickle_weights


async def test_that_a_broken_folder_is_listed_with_its_problem(
    page: ModelsPage, core: FakeCore
) -> None:
    folder = core.paths.models / "broken"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "llama", "architectures": ["X"]}')
    await page.read()
    page.list.setCurrentIndex(page.model.index_of(folder))
    assert page.detail.problem.isVisible()
    assert "no weights" in page.detail.problem.message.text()
    assert not page.detail.action.isEnabled()


async def test_that_an_empty_folder_is_said_to_hold_no_model(
    page: ModelsPage, window: Workbench, tmp_path: Path
) -> None:
    (tmp_path / "nothing").mkdir()
    page.add_folder(tmp_path / "nothing")
    await until(window.toasts.toasts)
    (toast,) = window.toasts.toasts()
    assert "No model was found" in toast.text
    toast.dismiss()


async def test_that_a_default_model_can_be_chosen(page: ModelsPage, core: FakeCore) -> None:
    folder = broken_model(core.paths.models / "mine")
    await page.read()
    page.list.setCurrentIndex(page.model.index_of(folder))
    assert page.detail.chip.isHidden()
    page.detail.make_default.click()
    assert core.settings.current.default_model == str(folder)
    assert page.detail.chip.text() == "Default"


async def test_that_looking_again_keeps_the_choice_and_what_is_being_written(
    page: ModelsPage, window: Workbench, core: FakeCore
) -> None:
    text_field(page, "max_sequences").show_value("17")
    window.show_page("settings")
    folder = broken_model(core.paths.models / "a new one")
    window.show_page("models")
    await until(lambda: page.model.index_of(folder).isValid())
    assert page.detail.name.text() == "Built-in guide"
    assert text_field(page, "max_sequences").value == "17"
