"""A program on a terminal of its own, typed at and read from as a person would."""

from __future__ import annotations

import os
import pty
import select
import signal
import time
from collections.abc import Mapping, Sequence


class PtyProcess:
    """Runs `command` on a new pseudo-terminal, which sends it a real SIGINT for Ctrl-C."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.output = ""
        self._read_to = 0
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            # A run in the background ignores SIGINT, and its children would inherit that.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.execve(command[0], list(command), dict(environment))
        self._code: int | None = None

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def interrupt(self) -> None:
        """Press Ctrl-C. A moment late, as people are: input() is deaf to a signal that comes
        between showing its prompt and waiting for a key.
        """
        time.sleep(0.3)
        self.type("\x03")

    def wait_for(self, mark: str, seconds: float = 30) -> None:
        """Read until `mark` has come since the last mark; fails with what came instead."""
        self.wait_for_any([mark], seconds)

    def wait_for_any(self, marks: Sequence[str], seconds: float = 30) -> str:
        """As `wait_for`, until one of `marks` has come; the first in the output."""
        deadline = time.monotonic() + seconds
        while not (found := [mark for mark in marks if self._place(mark) >= 0]):
            left = deadline - time.monotonic()
            told = f"{marks} did not come"
            assert left > 0, f"{told}:\n{self.output[-500:]}"
            assert self._read(left), f"{told} before the end:\n{self.output[-500:]}"
        first = min(found, key=self._place)
        self._read_to = self._place(first) + len(first)
        return first

    def _place(self, mark: str) -> int:
        return self.output.find(mark, self._read_to)

    def wait_exit(self, seconds: float = 30) -> int:
        """Read until the program ends; its exit code."""
        deadline = time.monotonic() + seconds
        while self._read(max(deadline - time.monotonic(), 0)):
            pass
        assert time.monotonic() < deadline, f"it did not end:\n{self.output[-500:]}"
        return self._reap()

    def close(self) -> None:
        """Make sure that it is gone."""
        if self._code is None:
            os.kill(self._pid, signal.SIGKILL)
            self._reap()
        os.close(self._terminal)

    def _reap(self) -> int:
        if self._code is None:
            self._code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        return self._code

    def _read(self, seconds: float) -> bool:
        """Read once; False at the end, or when nothing came in time."""
        ready, _, _ = select.select([self._terminal], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self._terminal, 65536)
        except OSError:  # how Linux says that the other side is gone
            return False
        self.output += data.decode("utf-8", "replace")
        return bool(data)
