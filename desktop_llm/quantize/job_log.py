"""A job's log: what its processes print, bounded whatever they do."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

from desktop_llm.core.units import MIB

_LIMIT = 4 * MIB
_KEPT = MIB
_LEFT_OUT = b"[ ... left out: the log had grown too long ... ]\n"


class JobLog:
    """The file at `path`, of at most `limit` bytes: when it is full, its last quarter stays.

    Any thread. What cannot be written, as on a full disk, is lost: the job goes on.
    """

    def __init__(self, path: Path, limit: int = _LIMIT) -> None:
        self.path = path
        self._limit = limit
        self._kept = min(_KEPT, limit // 4)
        self._lock = threading.Lock()

    def write(self, data: bytes) -> None:
        """Append `data`."""
        with self._lock, contextlib.suppress(OSError):
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                size = os.fstat(descriptor).st_size
                if size + len(data) > self._limit:
                    kept = os.pread(descriptor, self._kept, max(size - self._kept, 0)) + data
                    os.ftruncate(descriptor, 0)
                    data = _LEFT_OUT + _from_a_line_on(kept[-self._kept :])
                os.write(descriptor, data)
            finally:
                os.close(descriptor)

    def note(self, text: str) -> None:
        """Append a line of the app's own."""
        self.write(f"== {text}\n".encode(errors="replace"))

    def tail(self, size: int = 4000) -> str:
        """The last `size` bytes as text; empty where there is no log."""
        return read_tail(self.path, size)


def _from_a_line_on(data: bytes) -> bytes:
    """Without the rest of a line at its beginning, unless it is all one."""
    return data.partition(b"\n")[2] or data


def read_tail(path: Path, size: int = _LIMIT) -> str:
    """The last `size` bytes of a log as text; empty where there is none. Any thread."""
    try:
        with path.open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(stream.tell() - size, 0))
            return stream.read(size).decode("utf-8", "replace")
    except OSError:
        return ""
