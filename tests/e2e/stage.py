"""The real app on a real X display, with someone at its keyboard and mouse.

    python -m tests.e2e.stage STORY HOME PICTURES

runs the window exactly as `desktop-llm` does, plays the story beside it on the same loop, prints
what it saw as one JSON object and exits with the window's exit code.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import qasync
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QTextEdit, QWidget

from desktop_llm.app import Core, build_core
from desktop_llm.chat.types import Message, MessageStatus
from desktop_llm.config.paths import AppPaths, guide_model
from desktop_llm.config.profiles import KvCacheSize, LoadProfile
from desktop_llm.engine.types import Phase
from desktop_llm.gui.main_window import MainWindow
from desktop_llm.gui.palettes import LIGHT
from desktop_llm.gui.window_app import run_window
from desktop_llm.gui.workbench import Workbench
from tests.helpers.processes import living_descendants

QUICK = LoadProfile(enforce_eager=True, kv_cache=KvCacheSize(gib=0.125))


class Stage:
    """What a story can do and see. GUI thread, on the qasync loop."""

    def __init__(self, core: Core, pictures: Path) -> None:
        self.core = core
        self.seen: dict[str, Any] = {}
        self._pictures = pictures
        self._window: Workbench | None = None

    @property
    def window(self) -> Workbench:
        assert self._window is not None
        return self._window

    async def open(self) -> None:
        """Wait for the window to be on the screen."""
        await self.until(self._find_window, 30)
        top = self.window.window()
        await self.until(top.windowHandle().isExposed, 10)
        top.activateWindow()  # there is no window manager that would
        await self.until(top.isActiveWindow, 10)

    async def until(self, condition: Callable[[], object], seconds: float) -> float:
        """Wait for `condition`; the seconds it took. The window goes on meanwhile."""
        began = time.monotonic()
        while not condition():
            if time.monotonic() - began > seconds:
                raise AssertionError(f"not within {seconds} s; seen so far: {self.seen}")
            await asyncio.sleep(0.01)
        return time.monotonic() - began

    def click(self, widget: QWidget) -> None:
        """Click the middle of `widget`."""
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=widget.rect().center())

    def press(self, text: str) -> None:
        """Click the visible button that says `text`."""
        self.click(self.button(text))

    def button(self, text: str) -> QAbstractButton:
        """The visible button that says `text`, or has it as its accessible name."""
        for widget in QApplication.allWidgets():
            if (
                isinstance(widget, QAbstractButton)
                and widget.isVisible()
                and text in (widget.text(), widget.accessibleName())
            ):
                return widget
        raise AssertionError(f"no button {text!r}")

    def has_button(self, text: str) -> bool:
        try:
            return bool(self.button(text))
        except AssertionError:
            return False

    def type(self, text: str) -> None:
        """Type into whatever has the focus."""
        widget = QApplication.focusWidget()
        assert widget is not None
        QTest.keyClicks(widget, text)

    def key(self, sequence: str) -> None:
        QTest.keySequence(self.window, sequence)

    def ask(self, question: str) -> None:
        """Write into the composer and send with Enter."""
        field = self.window.chat_page.composer.field
        QTest.mouseClick(field.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, 10))
        QTest.keyClicks(field, question)
        QTest.keyClick(field, Qt.Key.Key_Return)

    def shown_texts(self) -> list[str]:
        """The texts of the messages on the screen, top to bottom."""
        if not self.window.chat_page.shows_messages:
            return []
        bodies = [
            body
            for body in self.window.chat_page.view.findChildren(QTextEdit)
            if body.isVisible() and body.objectName() == "messageBody"
        ]
        bodies.sort(key=lambda body: body.mapToGlobal(QPoint(0, 0)).y())
        return [body.toPlainText() for body in bodies]

    @property
    def messages(self) -> list[Message]:
        """The branch on show, as the view was given it."""
        view = self.window.chat_page.view
        return list(view.messages) if self.window.chat_page.shows_messages else []

    def last_status(self) -> MessageStatus | None:
        return self.messages[-1].status if self.messages else None

    async def answered(self, count: int, seconds: float = 60) -> Message:
        """Wait until `count` messages are there and the last is complete; returns that one."""

        def complete() -> bool:
            there = self.messages
            return len(there) == count and there[-1].status is not MessageStatus.STREAMING

        await self.until(complete, seconds)
        return self.messages[-1]

    async def ready(self, seconds: float = 240) -> None:
        """Wait for a loaded model."""
        await self.until(lambda: self.core.engine.state.phase is Phase.READY, seconds)

    async def picture(self, name: str) -> None:
        """Keep a screenshot of the real screen."""
        await asyncio.sleep(0.3)
        self._pictures.mkdir(parents=True, exist_ok=True)
        screen = QGuiApplication.primaryScreen()
        assert screen.grabWindow(0).save(str(self._pictures / f"{name}.png"))

    def _find_window(self) -> bool:
        for widget in QApplication.topLevelWidgets():
            content = widget.centralWidget() if isinstance(widget, MainWindow) else None
            if isinstance(content, Workbench):
                self._window = content
        return self._window is not None


Story = Callable[[Stage], Awaitable[None]]


def play(story: Story, home: Path, pictures: Path) -> int:
    """Run the app over `home` while `story` plays; the story's end closes the window."""
    application = QApplication(["desktop-llm"])
    application.setQuitOnLastWindowClosed(False)  # as the app does: the loop ends by itself
    paths = AppPaths(home / "config", home / "data", home / "cache", home / "logs")
    core = build_core(paths)
    if not core.settings.current.first_run_done:
        core.profiles.save(guide_model(), QUICK)
    stage = Stage(core, pictures)

    async def both() -> int:
        shown = MainWindow(paths.config / "window.json", LIGHT)
        shown.show()
        window = asyncio.ensure_future(run_window(core, shown))
        await stage.open()
        try:
            await story(stage)
        except BaseException:
            await stage.picture("failure")
            raise
        finally:
            if not window.done():
                stage.window.window().close()
        return await window

    with qasync.QEventLoop(application) as loop:
        code = int(loop.run_until_complete(both()))
    began = time.monotonic()
    core.close()
    stage.seen["closing_s"] = time.monotonic() - began
    stage.seen["left_behind"] = [process.pid for process in living_descendants()]
    print(json.dumps(stage.seen), flush=True)
    return code


if __name__ == "__main__":
    from tests.e2e import stories

    sys.exit(play(getattr(stories, sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])))
