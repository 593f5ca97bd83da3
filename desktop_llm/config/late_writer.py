"""Writes a store's file after the change, away from the thread that made it."""

from __future__ import annotations

import threading
from collections.abc import Callable


class LateWriter:
    """Calls `write` on a thread of its own after each `poke`; pokes that come meanwhile are one.

    `write` raises nothing and writes what is newest. The thread ends when there is nothing more to
    write, and the interpreter waits for it. Any thread.
    """

    def __init__(self, write: Callable[[], None], name: str) -> None:
        self._write = write
        self._name = name
        self._lock = threading.Lock()
        self._wanted = False
        self._thread: threading.Thread | None = None

    def poke(self) -> None:
        """Write soon; returns at once."""
        with self._lock:
            self._wanted = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name)
                self._thread.start()

    def flush(self) -> None:
        """Wait until everything is written, or has failed to be. Blocks: not on the GUI thread."""
        while (thread := self._thread) is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._wanted:
                    self._thread = None
                    return
                self._wanted = False
            self._write()
