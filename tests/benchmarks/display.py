"""An X server for the real window, whose pixels can be watched without asking it anything."""

from __future__ import annotations

import mmap
import os
import struct
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

WIDTH, HEIGHT = 1280, 860


class Display:
    """Xvfb on a free display, as a context manager. Its framebuffer is a file (XWD format)."""

    def __enter__(self) -> Display:
        self._folder = tempfile.TemporaryDirectory(prefix="benchmark-display-")
        reader, writer = os.pipe()
        arguments = ["-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-br", "-nolisten", "tcp", "-noreset"]
        arguments += ["-fbdir", self._folder.name, "-displayfd", str(writer)]
        try:
            self._server = subprocess.Popen(
                ["Xvfb", *arguments], pass_fds=(writer,), stderr=subprocess.DEVNULL
            )
        except FileNotFoundError:
            raise SystemExit("These benchmarks open a window on Xvfb: install xvfb.") from None
        os.close(writer)
        with os.fdopen(reader) as numbers:
            self.name = f":{numbers.readline().strip()}"
        with (Path(self._folder.name) / "Xvfb_screen0").open("rb") as file:
            self._screen = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        header = struct.unpack(">25I", self._screen[:100])
        self._pixels = header[0] + header[19] * 12
        self._stride = header[12]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._screen.close()
        self._server.terminate()
        self._server.wait()
        self._folder.cleanup()

    def row(self) -> bytes:
        """A row of pixels through every window here, and not through the cursor in the middle."""
        return self._row(HEIGHT // 4)

    def upper_part(self) -> bytes:
        """Every fourth row of the upper third: headings, and neither cursor blinks there."""
        return b"".join(self._row(y) for y in range(0, HEIGHT // 3, 4))

    def wait_for_change(self, before: bytes, process: subprocess.Popen[bytes]) -> float:
        """When (`time.monotonic`) the row first differs from `before`."""
        deadline = time.monotonic() + 120
        while self.row() == before:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"no window came (exit code {process.poll()})")
            time.sleep(0.001)
        return time.monotonic()

    def wait_for_rest(self, since: float) -> float:
        """When the upper part last changed, `since` or after; it has not for a second."""
        shown, changed = self.upper_part(), since
        while (now := time.monotonic()) < changed + 1:
            if (part := self.upper_part()) != shown:
                shown, changed = part, now
            time.sleep(0.002)
        return changed

    def wait_until_blank(self, blank: bytes) -> None:
        """Wait until no window is there any more."""
        deadline = time.monotonic() + 20
        while self.row() != blank:
            if time.monotonic() > deadline:
                raise RuntimeError("the last window stayed on the screen")
            time.sleep(0.01)

    def _row(self, y: int) -> bytes:
        begin = self._pixels + y * self._stride
        return self._screen[begin : begin + WIDTH * 4]
