"""The processes of a quantize job, seen from outside."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil

from desktop_llm.core.processes import runs
from desktop_llm.quantize.process_tree import MARK_VARIABLE


def child(*actions: str) -> list[str]:
    """The command of a child that does `actions` (see `job_child`)."""
    return [sys.executable, str(Path(__file__).with_name("job_child.py")), *actions]


def marked(mark: str) -> list[int]:
    """The processes that run with a job's mark."""
    found = []
    for process in psutil.process_iter():
        try:
            if runs(process.pid) and process.environ().get(MARK_VARIABLE) == mark:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found
