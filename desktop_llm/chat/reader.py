"""A second connection on a thread of its own, for reads so long that writes must not wait."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from desktop_llm.core.errors import AppError, sentence

T = TypeVar("T")

_PRAGMAS = ("PRAGMA query_only = ON", "PRAGMA busy_timeout = 5000")


class Reader:
    """Reads a file in WAL mode, where readers and the writer do not wait for each other."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="storage-reader")
        self._connection: sqlite3.Connection | None = None

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The result of `work` on what was committed when it begins, one state throughout.

        Raises sqlite3.Error, and AppError ``chat.store_closed`` after `close`.
        """
        try:
            running = self._executor.submit(self._read, work)
        except RuntimeError as error:
            raise AppError(
                "chat.store_closed", sentence("The conversations are already closed.")
            ) from error
        return await asyncio.wrap_future(running)

    def close(self) -> None:
        """Finish what was asked for; blocks until then. To be called once."""
        self._executor.submit(self._close)
        self._executor.shutdown(wait=True)

    def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._connect()
        connection.execute("BEGIN")
        try:
            return work(connection)
        finally:
            connection.rollback()

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = sqlite3.connect(self._path, isolation_level=None)
            for pragma in _PRAGMAS:
                connection.execute(pragma)
            self._connection = connection
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
