"""A load's raw log: what its processes print, and what was raised in the app itself."""

from __future__ import annotations

import contextlib
import time
import traceback
from pathlib import Path

_KEPT = 10


def new_log(folder: Path) -> Path:
    """A file for a load that begins; older ones than the last ten are removed. Raises OSError.

    It is made by whoever writes into it first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.glob("engine-*.log"))[: -(_KEPT - 1)]:
        old.unlink(missing_ok=True)
    now = time.time()
    day_and_time = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    return folder / f"engine-{day_and_time}-{now % 1 * 1e6:06.0f}.log"


def append_error(log: Path, error: BaseException) -> None:
    """Add `error` with its traceback and causes. A log that cannot be written stays as it is."""
    with contextlib.suppress(OSError), log.open("a", encoding="utf-8", errors="replace") as stream:
        stream.write("\nIn the app:\n" + "".join(traceback.format_exception(error)))


def read_log(log: Path | None, last: int | None = None) -> str:
    """All of it, or its `last` bytes; an empty text where there is none."""
    if log is None or not log.is_file():
        return ""
    with log.open("rb") as stream:
        if last is not None:
            stream.seek(max(log.stat().st_size - last, 0))
        return stream.read().decode("utf-8", "replace")
