"""The machine's memory, and what of it this app and its children hold."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

from desktop_llm.telemetry.sample import OurProcess, RamSample

_MOST_PROCESSES = 256


def read_ram() -> RamSample:
    """Look at the memory, this process and its descendants. Any thread; about a millisecond."""
    memory = psutil.virtual_memory()
    page = os.sysconf("SC_PAGE_SIZE")
    ours = []
    for pid in _family(os.getpid()):
        pages = _resident_pages(pid)
        if pages is not None:
            ours.append(OurProcess(pid, _name(pid), pages * page))
    ours.sort(key=lambda process: (-process.resident, process.pid))
    return RamSample(memory.total, memory.available, tuple(ours))


def _resident_pages(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):  # it ended
        return None


def _name(pid: int) -> str:
    # Asked each time: a child renames itself when it has started, as vLLM's do.
    try:
        return Path(f"/proc/{pid}/comm").read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def _family(root: int) -> list[int]:
    """`root` and its descendants, from the kernel's list of every thread's children."""
    found, waiting = [root], [root]
    while waiting and len(found) < _MOST_PROCESSES:
        for child in _children(waiting.pop()):
            if child not in found:
                found.append(child)
                waiting.append(child)
    return found[:_MOST_PROCESSES]


def _children(pid: int) -> list[int]:
    children: list[int] = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - names only, at every look
    except OSError:  # it ended
        return children
    for thread in threads:
        try:
            text = Path(f"/proc/{pid}/task/{thread}/children").read_text("ascii")
        except OSError:  # the thread ended, or the kernel keeps no such list
            continue
        children += map(int, text.split())
    return children
