"""Closing the window while it makes a model asks first; nothing else does."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop_llm.gui.leaving import LeavingDialog
from desktop_llm.gui.main_window import MainWindow
from desktop_llm.gui.palettes import LIGHT
from desktop_llm.gui.window_app import run_window
from desktop_llm.quantize.types import JobPhase, JobProgress, JobRequest
from tests.gui.conftest import until
from tests.helpers.fake_core import FakeCore

REQUEST = JobRequest(source=Path("/models/tiny"), output=Path("/models/tiny-awq"))


class Opened:
    """The whole window, run as the app runs it."""

    def __init__(self, core: FakeCore) -> None:
        self.core = core
        self.window = MainWindow(core.paths.config / "window.json", LIGHT)
        self.window.show()
        self.running = asyncio.ensure_future(run_window(core, self.window))

    async def __aenter__(self) -> Opened:
        await until(lambda: self.core.engine.state.model is not None)
        return self

    async def __aexit__(self, *_: object) -> None:
        if not self.running.done():
            self.window.close_now()
        assert await asyncio.wait_for(self.running, 5) == 0

    async def start_job(self) -> None:
        self.core.run(self.core.quantize.start(REQUEST))
        progress = JobProgress(JobPhase.QUANTIZING, 0.42, left_s=200.0)
        self.core.do(self.core.quantize.advance, progress)

    def question(self) -> LeavingDialog:
        (dialog,) = self.window.findChildren(LeavingDialog)
        return dialog

    def asks(self) -> bool:
        return bool(self.window.findChildren(LeavingDialog))


async def test_that_closing_asks_while_a_model_is_made(core: FakeCore) -> None:
    async with Opened(core) as opened:
        await opened.start_job()
        opened.window.close()
        question = opened.question()
        assert opened.window.isVisible()
        assert question.isVisible()
        heading = question.windowTitle() + " ".join(
            words.text() for words in question.findChildren(type(question.words))
        )
        assert "tiny-awq" in heading
        assert "42%" in heading
        assert "3 min 20 s left" in heading
        opened.window.close()
        assert opened.question() is question, "asked twice"

        QTest.keyClick(question, Qt.Key.Key_Return)
        await until(lambda: not opened.asks())
        assert opened.window.isVisible()
        assert not opened.running.done()
        assert core.quantize.running is not None

        opened.window.close()
        QTest.mouseClick(opened.question().leave, Qt.MouseButton.LeftButton)
        assert await asyncio.wait_for(opened.running, 5) == 0


async def test_that_escape_keeps_the_job(core: FakeCore) -> None:
    async with Opened(core) as opened:
        await opened.start_job()
        opened.window.close()
        QTest.keyClick(opened.question(), Qt.Key.Key_Escape)
        await until(lambda: not opened.asks())
        assert opened.window.isVisible()


async def test_that_closing_does_not_ask_when_the_job_has_ended(core: FakeCore) -> None:
    async with Opened(core) as opened:
        await opened.start_job()
        core.do(core.quantize.end, JobPhase.CANCELLED)
        opened.window.close()
        assert not opened.asks()
        assert await asyncio.wait_for(opened.running, 5) == 0


async def test_that_the_end_of_the_session_does_not_ask(core: FakeCore) -> None:
    async with Opened(core) as opened:
        await opened.start_job()
        os.kill(os.getpid(), signal.SIGTERM)
        assert await asyncio.wait_for(opened.running, 5) == 0
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
