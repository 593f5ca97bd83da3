"""How much memory a GPU has, and how much of it is in use."""

from __future__ import annotations

from typing import Any

import psutil

from desktop_llm.telemetry.nvml.library import Library, NotReadError
from desktop_llm.telemetry.sample import GpuMemory


def read_memory(nvml: Library, handle: Any) -> GpuMemory:
    """A GPU's memory. Raises NotReadError, GpuGoneError, DriverGoneError."""
    raw = nvml.raw
    if nvml.supports("nvmlDeviceGetMemoryInfo_v2"):
        memory = nvml.ask("nvmlDeviceGetMemoryInfo", handle, raw.nvmlMemory_v2)
        if memory is not None:
            return GpuMemory(
                int(memory.total), int(memory.used), int(memory.free), int(memory.reserved)
            )
    try:
        memory = nvml.must("nvmlDeviceGetMemoryInfo", handle)
    except NotReadError as error:
        if error.code != raw.NVML_ERROR_NOT_SUPPORTED:
            raise
        ram = psutil.virtual_memory()  # a GPU that shares the machine's RAM
        return GpuMemory(ram.total, ram.total - ram.available, ram.available, None, True)
    return GpuMemory(int(memory.total), int(memory.used), int(memory.free))
