"""Ctrl+C and a polite kill close the window as a person would."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable

from PySide6.QtCore import QSocketNotifier

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopSignals:
    """Python runs signal handlers only between bytecodes, and Qt's loop executes none while idle:
    the signal's number arrives on a socket that Qt watches. GUI thread, which is the main one.

    A second signal ends the process at once.
    """

    def __init__(self, close: Callable[[], object]) -> None:
        self._close = close
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read)
        self._notifier.activated.connect(self._arrived)
        self._old_fd = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        self._old = {number: signal.signal(number, _nothing) for number in _SIGNALS}

    def close(self) -> None:
        """Give the signals back."""
        signal.set_wakeup_fd(self._old_fd)
        for number, handler in self._old.items():
            signal.signal(number, handler)
        self._notifier.setEnabled(False)
        self._reader.close()
        self._writer.close()

    def _arrived(self) -> None:
        try:
            self._reader.recv(64)
        except BlockingIOError:
            return
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        self._close()


def _nothing(_number: int, _frame: object) -> None:
    """The work is done where the number arrives."""
