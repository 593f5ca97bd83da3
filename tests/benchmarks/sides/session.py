"""The real app, driven from inside through the objects of its own window.

`run` starts the app as `desktop-llm` does, in this process and with nothing of it replaced. A
thread waits for the QApplication and posts a scenario to the GUI thread; what it does there, a
person could do with the mouse.
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
    threading.Thread(target=_knock, args=(scenario, results), daemon=True).start()
    code = main([])
    if not results:
        raise RuntimeError(f"the app ended before the scenario did (exit code {code})")
    if isinstance(results[0], BaseException):
        raise results[0]
    return results[0]


def _knock(scenario: Scenario, results: list[Any]) -> None:
    while not (
        (widgets := sys.modules.get("PySide6.QtWidgets"))
        and hasattr(widgets, "QApplication")
        and (app := widgets.QApplication.instance())
        and "desktop_llm.gui.workbench" in sys.modules
    ):
        time.sleep(0.01)
    from PySide6.QtCore import QObject, Qt, Signal, Slot

    class Door(QObject):
        knocked = Signal()

        @Slot()
        def open(self) -> None:
            tasks.append(asyncio.ensure_future(_play(scenario, results)))

    tasks: list[asyncio.Future[None]] = []
    door = Door()
    door.moveToThread(app.thread())
    door.knocked.connect(door.open, Qt.ConnectionType.QueuedConnection)
    door.knocked.emit()
    threading.Event().wait()  # the door must outlive its use


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
