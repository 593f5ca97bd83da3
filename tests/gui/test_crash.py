"""Bugs are said once, with their traceback; a hard crash is offered at the next start."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QPushButton

from desktop_llm.gui.crash import CrashHandler
from desktop_llm.gui.crash_dialog import CrashDialog
from desktop_llm.gui.main_window import MainWindow
from desktop_llm.gui.palettes import LIGHT
from desktop_llm.gui.signals import StopSignals
from desktop_llm.gui.theme import Theme
from desktop_llm.gui.window_app import run_window
from tests.gui.conftest import until
from tests.helpers.fake_core import FakeCore


def dialogs() -> list[CrashDialog]:
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, CrashDialog)]
    return [dialog for dialog in found if dialog.isVisible()]


async def test_that_each_traceback_opens_one_dialog(core: FakeCore, theme: Theme) -> None:
    handler = CrashHandler(core.paths, theme)
    handler.install(asyncio.get_running_loop())
    try:
        for _ in range(3):
            try:
                raise RuntimeError("a bug in the window")
            except RuntimeError:
                sys.excepthook(*sys.exc_info())
        await until(dialogs)
        await asyncio.sleep(0.02)
        (dialog,) = dialogs()
        assert "a bug in the window" in dialog.details.toPlainText()
        copy = next(b for b in dialog.findChildren(QPushButton) if b.text() == "Copy details")
        copy.click()
        assert "RuntimeError" in QGuiApplication.clipboard().text()
        dialog.close()

        def fail() -> None:
            raise ValueError("a bug on a thread")

        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        await until(dialogs)
        (dialog,) = dialogs()
        assert "a bug on a thread" in dialog.details.toPlainText()
        dialog.close()

        async def fail_later() -> None:
            raise KeyError("a bug in a task")

        task = asyncio.ensure_future(fail_later())
        await asyncio.sleep(0.01)
        del task
        await until(dialogs)
        (dialog,) = dialogs()
        assert "a bug in a task" in dialog.details.toPlainText()
        dialog.close()
    finally:
        handler.uninstall()
    assert not handler.fault_file.exists()


async def test_that_a_hard_crash_is_offered_at_the_next_start(core: FakeCore, theme: Theme) -> None:
    core.paths.logs.mkdir(parents=True)
    (core.paths.logs / "crash.txt").write_text("Fatal Python error: Segmentation fault\n")
    handler = CrashHandler(core.paths, theme)
    handler.install(asyncio.get_running_loop())
    try:
        handler.offer_last()
        (dialog,) = dialogs()
        assert "Segmentation fault" in dialog.details.toPlainText()
        dialog.close()
    finally:
        handler.uninstall()


async def test_that_ctrl_c_closes_the_window(core: FakeCore) -> None:
    closed = asyncio.Event()
    signals = StopSignals(closed.set)
    try:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.wait_for(closed.wait(), 2)
    finally:
        signals.close()


async def test_that_the_window_runs_until_it_is_closed(core: FakeCore) -> None:
    window = MainWindow(core.paths.config / "window.json", LIGHT)
    window.show()
    running = asyncio.ensure_future(run_window(core, window))
    await until(lambda: core.engine.state.model is not None, "the default model was not loaded")
    os.kill(os.getpid(), signal.SIGTERM)
    assert await asyncio.wait_for(running, 5) == 0
