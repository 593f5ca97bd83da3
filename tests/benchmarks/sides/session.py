"""The real app, driven from inside through the objects of its own window.

`run` starts the app as `desktop-llm` does, in this process and with nothing of it replaced. A
scenario joins it on the GUI thread; what it does there, a person could do with the mouse.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from desktop_llm.core.errors import AppError

if TYPE_CHECKING:
    from desktop_llm.gui.workbench import Workbench

Scenario = Callable[["Workbench"], Coroutine[Any, Any, Any]]


def run(scenario: Scenario) -> Any:
    """Run the app until `scenario` is through; returns its result. Call on the main thread."""
    from desktop_llm.__main__ import main

    results: list[Any] = []
    _once_the_loop_runs(lambda: _play(scenario, results))
    code = main([])
    if not results:
        raise RuntimeError(f"the app ended before the scenario did (exit code {code})")
    if isinstance(results[0], BaseException):
        raise results[0]
    return results[0]


def once_shown(begin: Callable[[], None]) -> None:
    """Call `begin` on this thread, the GUI's, as soon as the app's first window is on the screen.

    That is before it is filled, and before there is an event loop.
    """
    thread = threading.get_ident()
    begun: list[bool] = []

    def look(_event: str, _arguments: tuple[Any, ...]) -> None:
        if begun or threading.get_ident() != thread:
            return
        module = sys.modules.get("desktop_llm.gui.main_window")
        if main_window := getattr(module, "MainWindow", None):
            app = module.QApplication  # type: ignore[union-attr]
            if app.instance() and any(
                isinstance(window, main_window) and window.isVisible()
                for window in app.topLevelWidgets()
            ):
                begun.append(True)
                begin()

    sys.addaudithook(look)


def _once_the_loop_runs(play: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Start `play` on the event loop of this thread, as soon as there is one.

    An audit hook looks in at whatever the interpreter does next. Another thread could not: PySide6
    deadlocks where two threads first use its types at the same time.
    """
    thread = threading.get_ident()
    tasks: list[asyncio.Task[None]] = []

    def look(_event: str, _arguments: tuple[Any, ...]) -> None:
        if tasks or threading.get_ident() != thread:
            return
        if (loop := asyncio._get_running_loop()) is not None:
            tasks.append(loop.create_task(play()))

    sys.addaudithook(look)


async def _play(scenario: Scenario, results: list[Any]) -> None:
    from PySide6.QtWidgets import QApplication

    bench = await _bench()
    try:
        results.append(await scenario(bench))
    except Exception as error:  # noqa: BLE001 - raised again by `run`
        results.append(error)
    finally:
        QApplication.closeAllWindows()


async def _bench() -> Workbench:
    """What fills the window, as soon as it is there."""
    from PySide6.QtWidgets import QApplication

    from desktop_llm.gui.main_window import MainWindow
    from desktop_llm.gui.workbench import Workbench

    while True:
        for window in QApplication.topLevelWidgets():
            if isinstance(window, MainWindow):
                content = window.centralWidget()
                if isinstance(content, Workbench) and content.isVisible():
                    return content
        await asyncio.sleep(0.01)


async def store_open(bench: Workbench) -> None:
    """Wait until the conversations can be used."""
    while True:
        try:
            await bench._core.store.conversations()
            return
        except AppError:
            await asyncio.sleep(0.01)


async def until(condition: Callable[[], object], seconds: float = 300) -> None:
    """Let the window run until `condition` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"never came true: {condition}")
        await asyncio.sleep(0.01)
