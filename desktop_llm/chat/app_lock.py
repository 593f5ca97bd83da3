"""Tells an app whether others have a file open, so that only one that is alone tidies it up."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from desktop_llm.core.errors import AppError, sentence

WAIT_S = 15.0
_POLL_S = 0.02


class AppLock:
    """An flock on the file at `path`: exclusive while an app opens alone, then shared to its end.

    Whoever gets it exclusively knows that no other app has the file open, whichever came first and
    whichever left. On a disk without locks nobody is told to be alone. One thread uses it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self.is_exclusive = False

    def acquire(self) -> None:
        """Take it exclusively, or else shared, waiting while another app is opening.

        Raises AppError ``chat.store_locked`` after `WAIT_S`, OSError where the file cannot be made.
        """
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        self._wait_for(fcntl.LOCK_EX, fcntl.LOCK_SH)

    def share(self) -> None:
        """Let others open as well; does nothing where that is so. Raises as `acquire` does.

        The kernel lets go of the one lock before it takes the other, so another app may come in
        between and tidy up as well: call this before there is anything that it must not touch.
        """
        if self.is_exclusive:
            self._wait_for(fcntl.LOCK_SH)

    def release(self) -> None:
        """May be repeated."""
        if self._file is not None:
            os.close(self._file)
        self._file = None
        self.is_exclusive = False

    def _wait_for(self, *modes: int) -> None:
        assert self._file is not None
        self.is_exclusive = False
        until = time.monotonic() + WAIT_S
        while True:
            for mode in modes:
                try:
                    fcntl.flock(self._file, mode | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                except OSError:
                    return
                self.is_exclusive = mode == fcntl.LOCK_EX
                return
            if time.monotonic() > until:
                raise AppError(
                    "chat.store_locked",
                    sentence("Another window of this app is still opening the conversations."),
                    sentence("Wait until it is ready or close it, then start the app again."),
                    detail=f"{self._path} stayed locked for {WAIT_S:.0f} s",
                )
            time.sleep(_POLL_S)
