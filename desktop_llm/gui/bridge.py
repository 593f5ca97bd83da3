"""The only crossing between the engine loop and Qt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal

T = TypeVar("T")


class Bridge(QObject):
    """Runs coroutines of the core on the engine loop, and callables of the core on the GUI thread.

    Made on the GUI thread. `call` is awaited there, on the qasync loop; `post` may be called from
    any thread.
    """

    _posted = Signal(object)

    def __init__(self, engine_loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(QCoreApplication.instance())
        self._engine_loop = engine_loop
        self._posted.connect(_run, Qt.ConnectionType.QueuedConnection)

    async def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Await `coroutine`, run on the engine loop; cancelling this cancels it there."""
        running = asyncio.run_coroutine_threadsafe(coroutine, self._engine_loop)
        return await asyncio.wrap_future(running)

    def post(self, callback: Callable[[], None]) -> None:
        """Run `callback` on the GUI thread, soon and in order."""
        self._posted.emit(callback)


def _run(callback: Callable[[], None]) -> None:
    callback()
