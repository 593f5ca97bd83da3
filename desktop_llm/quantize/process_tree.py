"""All processes of a job, found by the mark that each inherits in its environment."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import psutil

from desktop_llm.core.processes import runs

MARK_VARIABLE = "DESKTOP_LLM_JOB"


class ProcessTree:
    """What was started with `mark`, and by those in turn, wherever they have gone since.

    A process that leaves its parent and its group keeps its mark; one that is in the middle of an
    `execve` shows none for a moment, but is found in `group` or the next time. Blocks; any thread.
    """

    def __init__(self, mark: str, group: int | None = None) -> None:
        self._mark = f"{MARK_VARIABLE}={mark}".encode()
        self._group = group
        self._found: set[psutil.Process] = set()

    def look(self) -> None:
        """Remember what there is now."""
        for name in os.listdir("/proc"):  # noqa: PTH208  # a Path for each would take twice as long
            if name.isdecimal() and (pid := int(name)) != os.getpid():
                with contextlib.suppress(OSError, psutil.NoSuchProcess):
                    if os.getpgid(pid) == self._group or self._mark in _variables(pid):
                        self._found.add(psutil.Process(pid))

    def kill(self, seconds: float) -> bool:
        """SIGKILL all and wait until they are gone, at most so long; whether they are."""
        deadline = time.monotonic() + seconds
        while True:
            self.look()
            alive = [process for process in self._found if _runs(process)]
            for process in alive:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            if not alive or time.monotonic() > deadline:
                return not alive
            time.sleep(0.01)


def _variables(pid: int) -> list[bytes]:
    return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")


def _runs(process: psutil.Process) -> bool:
    """Whether it does, and its number has not become another's."""
    return process.is_running() and runs(process.pid)
