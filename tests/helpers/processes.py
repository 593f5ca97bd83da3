"""Families of processes, seen from outside."""

from __future__ import annotations

import time
from collections.abc import Iterable

import psutil

from desktop_llm.core.processes import runs


def living_descendants(pid: int | None = None) -> list[psutil.Process]:
    """Those of `pid`, or of this process, that have not ended."""
    family = psutil.Process(pid).children(recursive=True)
    return [process for process in family if runs(process.pid)]


def left_after(seconds: float, processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that still run `seconds` from now; returns at once when all have ended."""
    deadline = time.monotonic() + seconds
    left = list(processes)
    while left and time.monotonic() < deadline:
        time.sleep(0.01)
        left = [process for process in left if process.is_running() and runs(process.pid)]
    return left
