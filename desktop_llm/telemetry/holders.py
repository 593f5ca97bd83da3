"""Which processes hold the machine's RAM, or the memory of a GPU."""

from __future__ import annotations

import time
from collections.abc import Sequence

import psutil

from desktop_llm.core.memory import MemoryHolder
from desktop_llm.telemetry.gpus import Gpu
from desktop_llm.telemetry.nvml.reader import NvmlReader


def ram_holders(most: int = 8) -> tuple[MemoryHolder, ...]:
    """The `most` processes with the biggest resident sets, the biggest first.

    Memory that several processes share is counted in each of them. Any thread; it looks at every
    process, which takes tens of milliseconds.
    """
    ours = _own_processes()
    found = [
        MemoryHolder(process.pid, process.info["name"] or "", memory.rss, process.pid in ours)
        for process in psutil.process_iter(["name", "memory_info"])
        if (memory := process.info["memory_info"]) is not None and memory.rss
    ]
    return tuple(sorted(found, key=lambda holder: -(holder.bytes or 0))[:most])


def gpu_holders(gpus: Sequence[Gpu]) -> tuple[MemoryHolder, ...] | None:
    """The processes on that of `gpus` with the least free, the biggest first.

    None where the driver does not tell them. Any thread; it opens NVML and closes it again.
    """
    tightest = min(gpus, key=lambda gpu: gpu.free_bytes, default=None)
    if tightest is None:
        return None
    reader = NvmlReader()
    try:
        reading = reader.read(time.monotonic())
    finally:
        reader.close()
    sample = next((gpu for gpu in reading.gpus if gpu.index == tightest.index), None)
    if sample is None or sample.processes is None:
        return None
    ours = _own_processes()
    return tuple(
        MemoryHolder(process.pid, process.name, process.bytes, process.pid in ours)
        for process in sample.processes
    )


def _own_processes() -> set[int]:
    this = psutil.Process()
    return {this.pid, *(child.pid for child in this.children(recursive=True))}
