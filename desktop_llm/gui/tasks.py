"""Coroutines started by clicks: kept alive, ended with their owner, never failing in silence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QTimer

from desktop_llm.core.errors import AppError

T = TypeVar("T")


class Tasks:
    """Runs coroutines on the GUI loop. GUI thread.

    An AppError goes to `report`; any other exception goes to the loop's exception handler, which
    opens the crash dialog.
    """

    def __init__(self, report: Callable[[AppError], None]) -> None:
        self._report = report
        self._running: set[asyncio.Task[None]] = set()

    def start(self, coroutine: Coroutine[Any, Any, object]) -> asyncio.Task[None]:
        """Begin `coroutine` soon and return the task that runs it."""
        task = asyncio.ensure_future(self._guard(coroutine))
        self._running.add(task)
        # Cancelled before its first step, the task would never have touched it.
        task.add_done_callback(lambda _task: coroutine.close())
        task.add_done_callback(self._running.discard)
        return task

    async def close(self) -> None:
        """Cancel what is running and wait until it has ended."""
        running = tuple(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _guard(self, coroutine: Coroutine[Any, Any, object]) -> None:
        try:
            await coroutine
        except AppError as error:
            self._report(error)
        except Exception as error:  # noqa: BLE001 - handed on whole to the crash dialog
            asyncio.get_running_loop().call_exception_handler(
                {"message": "A task of the window failed", "exception": error}
            )


class Background:
    """One worker thread for slow calls that are not the core's: files, readings of the machine."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="window-io")

    async def run(self, function: Callable[[], T]) -> T:
        """The result of `function`, called on the worker thread. Awaited on the GUI loop."""
        return await asyncio.wrap_future(self._pool.submit(function))

    def submit(self, function: Callable[[], object]) -> None:
        """Call `function` on the worker thread without waiting for it."""
        self._pool.submit(function)

    def close(self) -> None:
        """Finish what was submitted and end the thread."""
        self._pool.shutdown(wait=True)


class Debounce(QObject):
    """Calls `action` once, `delay_ms` after the last of several `poke`s. GUI thread."""

    def __init__(self, parent: QObject, delay_ms: int, action: Callable[[], object]) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(delay_ms)
        self._timer.timeout.connect(action)

    def poke(self) -> None:
        """Start waiting anew."""
        self._timer.start()

    def cancel(self) -> None:
        """Forget the pending call."""
        self._timer.stop()

    def flush(self) -> None:
        """Call now what is pending, if anything is."""
        if self._timer.isActive():
            self._timer.stop()
            self._timer.timeout.emit()


class Throttle(Debounce):
    """Calls `action` `delay_ms` after the first of several `poke`s, however many follow."""

    def poke(self) -> None:
        """Start waiting, or let the wait go on."""
        if not self._timer.isActive():
            super().poke()
