"""Set-up's progress in words: which package, how many, how long so far, about how long to go."""

from __future__ import annotations

import re
import shutil
import sys
import time
import urllib.parse
from pathlib import Path
from typing import TextIO

MB = 1_000_000
_UNITS = {"bytes": 1, "kB": 1_000, "MB": MB, "GB": 1000 * MB}
# Unpacking a package costs something even when its download is tiny.
_OVERHEAD = MB
_EVERY = 5.0  # seconds between lines where they cannot be overwritten


def duration(seconds: float) -> str:
    """45 s, 3 min 20 s, 1 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


class Progress:
    """Follows pip's output over several calls. On a terminal one line that changes; else a log.

    `download` is about how many bytes the `count` packages take together: it weighs the
    estimate, so that a large package counts for what it is.
    """

    def __init__(
        self, count: int, download: int, stream: TextIO | None = None, doing: str = "Installing"
    ) -> None:
        stream = stream or sys.stderr
        self._verb = doing
        self._count = count
        self._total = download + count * _OVERHEAD
        self._stream = stream
        self._live = stream.isatty()
        self._started = time.monotonic()
        self._shown = 0.0
        self._number = 0
        self._doing = ""
        self._before = 0  # bytes of the packages done
        self._size = 0  # bytes of the package at hand, 0 if unknown
        self._arrived = 0

    def follow(self, line: str | None) -> None:
        """Take one line of pip's output, or None when a second passed without one."""
        if line is not None:
            self._read(line.strip())
        self._show()

    def _read(self, line: str) -> None:
        if match := re.match(r"Collecting ([^\s=<>!~;]+)", line):
            self._next(match[1], size=0)
        elif match := re.match(r"Processing (.+)", line):  # a file that is already here
            self._next(re.split(r"-\d", Path(match[1]).name)[0], size=_file_size(match[1]))
            self._arrived = self._size
        elif match := re.search(r"\(([\d.]+) (bytes|kB|MB|GB)\)$", line):
            self._size = int(float(match[1]) * _UNITS[match[2]])
            self._arrived = 0 if line.startswith("Downloading") else self._size
        elif match := re.match(r"Progress (\d+) of (\d+)", line):
            self._arrived, self._size = int(match[1]), int(match[2])
        elif line.startswith("Installing collected packages"):
            self._arrived = self._size
            count = line.count(",") + 1
            self._doing = f"unpacking {count} packages" if count > 1 else f"unpacking {self._doing}"

    def _next(self, name: str, size: int) -> None:
        if self._number:
            self._before += self._size + _OVERHEAD
        self._number = min(self._number + 1, self._count)
        self._doing, self._size, self._arrived = name, size, 0

    def _show(self) -> None:
        now = time.monotonic()
        if not self._number or (not self._live and now - self._shown < _EVERY):
            return
        self._shown = now
        detail = ""
        if 0 < self._arrived < self._size and self._size > 10 * MB:
            detail = f", {self._arrived // MB} of {self._size // MB} MB"
        elapsed = now - self._started
        times = f"{duration(elapsed)} so far"
        done = self._before + self._arrived
        if elapsed > 5 and 0 < done < self._total:
            times += f", about {duration(elapsed * (self._total - done) / done)} left"
        text = f"{self._verb} {self._number} of {self._count}: {self._doing}{detail} ({times})"
        if self._live:
            width = shutil.get_terminal_size().columns
            self._stream.write(f"\r\033[K{text[: width - 1]}")
        else:
            self._stream.write(text + "\n")
        self._stream.flush()

    def close(self) -> None:
        """End the changing line."""
        if self._live and self._shown:
            self._stream.write("\r\033[K")
            self._stream.flush()


def _file_size(location: str) -> int:
    try:
        return Path(urllib.parse.unquote(location.removeprefix("file://"))).stat().st_size
    except OSError:
        return 0
