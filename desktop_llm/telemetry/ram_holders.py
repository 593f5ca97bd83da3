"""Which processes hold the machine's RAM."""

from __future__ import annotations

import psutil

from desktop_llm.core.memory import MemoryHolder


def ram_holders(most: int = 8) -> tuple[MemoryHolder, ...]:
    """The `most` processes with the biggest resident sets, the biggest first.

    Memory that several processes share is counted in each of them. Any thread; it looks at every
    process, which takes tens of milliseconds.
    """
    ours = {psutil.Process().pid} | {
        child.pid for child in psutil.Process().children(recursive=True)
    }
    found = [
        MemoryHolder(process.pid, process.info["name"] or "", memory.rss, process.pid in ours)
        for process in psutil.process_iter(["name", "memory_info"])
        if (memory := process.info["memory_info"]) is not None and memory.rss
    ]
    return tuple(sorted(found, key=lambda holder: -(holder.bytes or 0))[:most])
