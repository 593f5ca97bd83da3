"""The window itself: theme, keyboard, names for screen readers, geometry, toasts, first run."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QPushButton, QWidget

from desktop_llm.chat.types import Role
from desktop_llm.config.settings import OverBudget
from desktop_llm.config.settings import Theme as ThemeChoice
from desktop_llm.engine.types import Phase
from desktop_llm.gui import geometry
from desktop_llm.gui.first_run import FirstRunCard, machine_rows
from desktop_llm.gui.main_window import MainWindow
from desktop_llm.gui.models_page.detail import ModelDetail
from desktop_llm.gui.monitor_page.page import MonitorPage
from desktop_llm.gui.palettes import DARK, LIGHT, Colors
from desktop_llm.gui.quantize_page.wizard import Wizard
from desktop_llm.gui.settings_page.page import SettingsPage
from desktop_llm.gui.shortcuts import TABLE, ShortcutsDialog
from desktop_llm.gui.status_bar import memory_text
from desktop_llm.gui.theme import Theme
from desktop_llm.gui.workbench import Workbench
from tests.gui.conftest import until
from tests.gui.present import child, focused
from tests.helpers.fake_core import FakeCore

CTRL = Qt.KeyboardModifier.ControlModifier


def luminance(color: str) -> float:
    def channel(value: float) -> float:
        return value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4

    seen = QColor(color)
    red, green, blue = seen.redF(), seen.greenF(), seen.blueF()
    return 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue)


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_that_text_is_legible(colors: Colors) -> None:
    for ground in (colors.page, colors.panel, colors.surface, colors.field, colors.hover):
        for text in (colors.text, colors.muted, colors.accent, colors.danger, colors.warning):
            assert contrast(text, ground) >= 4.5, (text, ground)
    assert contrast(colors.on_accent, colors.accent) >= 4.5
    assert contrast(colors.on_tooltip, colors.tooltip) >= 4.5
    assert contrast(colors.text, colors.danger_soft) >= 4.5
    assert contrast(colors.faint, colors.page) >= 3


async def test_that_the_theme_changes_live(window: Workbench, core: FakeCore) -> None:
    assert window.theme.colors is LIGHT
    page = window.show_page("settings")
    assert isinstance(page, SettingsPage)
    light = window.grab().toImage().pixelColor(5, 5)
    page.theme.chosen.emit("dark")
    await until(lambda: window.theme.colors is DARK)
    dark = window.grab().toImage().pixelColor(5, 5)
    assert light.lightnessF() > 0.8 > 0.2 > dark.lightnessF()
    assert core.settings.current.theme is ThemeChoice.DARK


def test_that_the_system_theme_is_followed(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    theme = Theme(qapp, ThemeChoice.SYSTEM)
    changes = []
    theme.changed.connect(lambda: changes.append(theme.colors))
    monkeypatch.setattr(theme, "system_is_dark", lambda: True)
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme.colors is DARK
    assert QColor(DARK.page) == qapp.palette().window().color()
    theme.choose(ThemeChoice.LIGHT)
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme.colors is LIGHT
    assert changes == [DARK, LIGHT]
    theme.deleteLater()


async def test_that_every_control_has_a_name(window: Workbench, core: FakeCore) -> None:
    conversation = await core.store.create("named")
    await core.store.import_branch(
        conversation.id, [(Role.USER, "hello"), (Role.ASSISTANT, "```python\nx = 1\n```")]
    )
    await window.chat.show(conversation.id)
    window.chat_page.show_sheet(True)
    for name in ("models", "quantize", "monitor", "settings", "chat"):
        window.show_page(name)
        await until(lambda: QApplication.focusWidget() is not None)
    await until(lambda: child(window, ModelDetail).entry is not None)
    nameless = [
        widget
        for widget in window.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not widget.accessibleName()
        and not getattr(widget, "text", str)()
        and widget.window() is window
    ]
    assert not nameless, [(w, w.objectName(), w.parent()) for w in nameless]


async def test_that_tab_reaches_every_part(window: Workbench) -> None:
    reached = set()
    for name in ("chat", "models", "settings"):
        window.show_page(name)
        await until(lambda: QApplication.focusWidget() is not None)
        if name == "models":
            await until(lambda: child(window, ModelDetail).entry is not None)
        for _ in range(60):
            widget = QApplication.focusWidget()
            if widget is not None:
                reached.add(widget.accessibleName())
            QTest.keyClick(widget or window, Qt.Key.Key_Tab)
    wanted = {
        "New chat", "Search conversations", "Chat", "Models", "Settings", "Message",
        "Conversation settings", "Models on this computer", "Load: Built-in guide",
        "Context length (tokens)", "Trust remote code", "Theme: Dark", "Default model",
        "Tokens reserved for the answer",
    }  # fmt: skip
    assert wanted <= reached, wanted - reached
    window.sidebar.pages["models"].setFocus()
    QTest.keyClick(window.sidebar.pages["models"], Qt.Key.Key_Space)
    assert window.page == "models"
    assert not window.sidebar.pages["settings"].isChecked()


@pytest.mark.parametrize("name", ["chat", "models", "quantize", "server", "monitor", "settings"])
async def test_that_tab_leaps_over_nothing(window: Workbench, name: str) -> None:
    page = window.show_page(name)
    await until(lambda: QApplication.focusWidget() is not None)
    if name == "models":
        await until(lambda: child(window, ModelDetail).entry is not None)
    if name == "quantize":
        await until(lambda: child(window, Wizard).model.list.model().rowCount() > 0)
    if name == "monitor":
        assert isinstance(page, MonitorPage)
        await until(lambda: page.stack.currentWidget() is page.history)
        await until(lambda: QApplication.focusWidget() is page.history)
    reached = set()
    for _ in range(120):
        widget = QApplication.focusWidget()
        reached.add(widget)
        QTest.keyClick(widget or window, Qt.Key.Key_Tab)
    leapt_over = [
        widget.accessibleName() or type(widget).__name__
        for widget in page.findChildren(QWidget)
        if widget.isVisible() and widget.isEnabled() and widget not in reached
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None
    ]
    assert leapt_over == []


async def test_that_the_keyboard_walks_the_whole_window(ready: Workbench, core: FakeCore) -> None:
    pages = {
        Qt.Key.Key_2: "models",
        Qt.Key.Key_3: "quantize",
        Qt.Key.Key_4: "server",
        Qt.Key.Key_5: "monitor",
        Qt.Key.Key_6: "settings",
        Qt.Key.Key_1: "chat",
    }
    for key, page in pages.items():
        QTest.keyClick(ready, key, CTRL)
        assert ready.page == page
    assert ready.chat_page.composer.field.hasFocus()
    QTest.keyClick(ready, Qt.Key.Key_3, CTRL)
    QTest.keyClick(ready, Qt.Key.Key_L, CTRL)
    assert ready.page == "chat"
    QTest.keyClicks(focused(), "by keyboard alone")
    QTest.keyClick(focused(), Qt.Key.Key_Return)
    await until(lambda: len(ready.chat.branch.messages) == 2 and not core.chat.streams())
    QTest.keyClick(ready, Qt.Key.Key_N, CTRL)
    assert ready.chat.conversation.id == ""
    QTest.keyClick(ready, Qt.Key.Key_F1)
    (dialog,) = ready.findChildren(ShortcutsDialog)
    assert dialog.isVisible()
    dialog.close()


def test_that_no_two_shortcuts_are_the_same() -> None:
    keys = [keys for _name, keys, _text in TABLE]
    assert len(keys) == len(set(keys))


async def test_that_settings_are_saved_and_refused_with_a_reason(
    window: Workbench, core: FakeCore
) -> None:
    page = window.show_page("settings")
    assert isinstance(page, SettingsPage)
    page.over_budget.combo.setCurrentIndex(1)
    page.over_budget.combo.activated.emit(1)
    assert core.settings.current.over_budget is OverBudget.DROP_OLDEST
    page.reserve.line.setFocus()
    QTest.keyClicks(page.reserve.line, "3")
    QTest.keyClick(page.reserve.line, Qt.Key.Key_Return)
    assert "from 16 to 131,072" in page.reserve.problem.text()
    assert core.settings.current.answer_reserve_tokens == 512
    page.reserve.line.clear()
    QTest.keyClicks(page.reserve.line, "1,024")
    QTest.keyClick(page.reserve.line, Qt.Key.Key_Return)
    assert core.settings.current.answer_reserve_tokens == 1024
    assert page.reserve.problem.isHidden()
    page.drain.show_value("2,5")
    page.drain.edited.emit()
    assert core.settings.current.drain_seconds == 2.5
    page.drain.show_value("soon")
    page.drain.edited.emit()
    assert "not a number" in page.drain.problem.text()
    page.folders.add_folder("/somewhere/models")
    await until(lambda: core.settings.current.model_folders == ("/somewhere/models",))
    page.folders.remove("/somewhere/models")
    await until(lambda: core.settings.current.model_folders == ())


async def test_that_a_setting_that_cannot_be_saved_holds_and_is_said(
    window: Workbench, core: FakeCore
) -> None:
    core.settings.flush()
    shutil.rmtree(core.paths.config)
    core.paths.config.write_text("a file where the folder should be")
    page = window.show_page("settings")
    assert isinstance(page, SettingsPage)
    page.theme.chosen.emit("dark")
    await until(window.toasts.toasts)
    (toast,) = window.toasts.toasts()
    assert "could not be saved" in toast.text
    assert core.settings.current.theme is ThemeChoice.DARK
    toast.dismiss()
    await _open_refused(window, page)


async def _open_refused(window: Workbench, page: SettingsPage) -> None:
    for press in page.findChildren(QPushButton):
        if press.accessibleName() == "Open folder: Settings":
            press.click()
    await until(window.toasts.toasts)
    (toast,) = window.toasts.toasts()
    assert "could not be made" in toast.text
    toast.dismiss()


@pytest.mark.parametrize(
    ("saved", "kept"),
    [
        ([100, 80, 900, 600], True),
        ([-880, 80, 900, 600], False),
        ([5000, 80, 900, 600], False),
        ([100, 80, 10, 10], False),
        (["a", 1, 2, 3], False),
        (None, False),
    ],
)
def test_that_the_window_is_never_placed_off_screen(saved: object, kept: bool) -> None:
    screen = QRect(0, 0, 1920, 1080)
    rect = geometry.placed(saved, [screen])
    assert screen.contains(rect)
    assert (rect == QRect(100, 80, 900, 600)) is kept


def test_that_the_window_comes_back_where_it_was(qapp: QApplication, tmp_path: Path) -> None:
    window = MainWindow(tmp_path / "window.json", LIGHT)
    window.setGeometry(60, 50, 900, 620)
    window.sidebar_width = 300
    window.show()
    window.close()
    again = MainWindow(tmp_path / "window.json", DARK)
    assert again.geometry() == QRect(60, 50, 900, 620)
    assert again.sidebar_width == 300
    again.show()
    assert again.grab().toImage().pixelColor(299, 100) == QColor(DARK.panel)
    assert again.grab().toImage().pixelColor(400, 100) == QColor(DARK.page)
    again.close()
    (tmp_path / "window.json").write_text('{"rect": "broken", "sidebar": -4}')
    assert MainWindow(tmp_path / "window.json", DARK).sidebar_width == 264


async def test_that_toasts_go_away_by_themselves_but_wait_for_the_pointer(
    window: Workbench,
) -> None:
    window.toasts.say("short", timeout_ms=30)
    await until(lambda: not window.toasts.toasts())
    done = []
    window.toasts.say("with a way back", "Undo", lambda: done.append(1), 30)
    (toast,) = window.toasts.toasts()
    toast.enterEvent(None)  # type: ignore[arg-type]
    await asyncio.sleep(0.1)
    assert window.toasts.toasts() == [toast]
    toast.dismiss()
    for number in range(5):
        window.toasts.say(f"toast {number}")
    assert [toast.text for toast in window.toasts.toasts()] == ["toast 2", "toast 3", "toast 4"]
    for toast in window.toasts.toasts():
        toast.dismiss()


async def test_that_one_can_write_as_soon_as_the_window_is_there(window: Workbench) -> None:
    assert window.chat_page.composer.field.hasFocus()


async def test_that_an_ampersand_in_a_models_name_is_shown(
    window: Workbench, core: FakeCore
) -> None:
    (guide,) = await core.catalog.scan()
    menu = window.status.models.menu_of([replace(guide, path=Path("/models/R&D"))], window)
    assert menu.actions()[0].text() == "R&&D"
    menu.deleteLater()


async def test_that_a_toast_waits_for_the_keyboard(window: Workbench) -> None:
    window.toasts.say("with a way back", "Undo", lambda: None, 30)
    (toast,) = window.toasts.toasts()
    undo, close = toast.findChildren(QAbstractButton)
    undo.setFocus(Qt.FocusReason.TabFocusReason)
    await asyncio.sleep(0.1)
    close.setFocus(Qt.FocusReason.TabFocusReason)
    await asyncio.sleep(0.1)
    assert window.toasts.toasts() == [toast]
    window.chat_page.composer.focus()
    await until(lambda: not window.toasts.toasts())


async def test_that_the_first_run_says_what_the_machine_has(
    window: Workbench, core: FakeCore
) -> None:
    core.settings.update(first_run_done=False)
    await window.show_first_run()
    card = window.findChild(FirstRunCard)
    assert card is not None
    await until(card.isVisible)
    assert ("GPU", "No NVIDIA GPU: the CPU build of vLLM is used") in machine_rows(core.machine())
    core.with_gpu()
    (name, value), vram, *_ = machine_rows(core.machine())
    assert (name, "RTX 4090, driver 580.65.06" in value) == ("GPU", True)
    assert vram == ("VRAM", "24.0 GiB, 21.0 GiB free")
    card.guide.click()
    await until(lambda: window.engine.state.phase is Phase.READY)
    assert core.settings.current.first_run_done
    await until(lambda: not window.findChildren(FirstRunCard))
    await until(window.chat_page.empty.heading.isVisible)


def test_that_memory_is_vram_where_there_is_a_gpu(tmp_path_factory: pytest.TempPathFactory) -> None:
    core = FakeCore(tmp_path_factory.mktemp("core"), tmp_path_factory.mktemp("guide"))
    assert memory_text(core.machine()) == "RAM 9.0 of 24.0 GiB"
    core.with_gpu()
    assert memory_text(core.machine()) == "VRAM 3.0 of 24.0 GiB"
    core.loop.call_soon_threadsafe(core.loop.stop)
    core._thread.join(5)
    core.loop.close()


def test_that_the_window_imports_nothing_heavy() -> None:
    code = (
        "import sys, desktop_llm.gui.window_app;"
        "heavy = {'vllm', 'torch', 'transformers', 'huggingface_hub', 'markdown_it', 'pygments',"
        "'pynvml', 'numpy', 'PySide6.QtSvg'};"
        "found = heavy & set(sys.modules); assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    first = (
        "import sys, desktop_llm.gui.main_window;"
        "late = {'pydantic', 'asyncio', 'qasync', 'sqlite3', 'PySide6.QtSvg', 'psutil'};"
        "found = late & set(sys.modules); assert not found, found"
    )
    subprocess.run([sys.executable, "-c", first], check=True, timeout=60)


async def test_that_several_long_toasts_are_whole(window: Workbench) -> None:
    for _ in range(2):
        window.toasts.say("The GPU is slowed down by its power limit of 450 W. " * 4)
    await until(lambda: all(toast.isVisible() for toast in window.toasts.toasts()))
    for toast in window.toasts.toasts():
        assert toast.height() >= toast.heightForWidth(toast.width())
    for toast in window.toasts.toasts():
        toast.dismiss()
