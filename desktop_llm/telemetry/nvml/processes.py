"""Which processes are on a GPU, and what they are called."""

from __future__ import annotations

import ctypes
from pathlib import PurePath
from typing import Any

import psutil

from desktop_llm.telemetry.nvml.library import DriverGoneError, GpuGoneError, Library
from desktop_llm.telemetry.sample import GpuProcess

# More than a GPU can have contexts. NVML's own count is not trusted with an allocation: pynvml
# takes twice what it says, which for a garbled one is all of the machine's memory.
_MOST = 1024
_UNKNOWN_BYTES = 0xFFFF_FFFF_FFFF_FFFF


class ProcessNames:
    """Names by process number, asked once for as long as a process stays on a GPU."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}

    def name(self, nvml: Library, pid: int) -> str:
        if pid not in self._names:
            self._names[pid] = _name(nvml, pid)
        return self._names[pid]

    def keep(self, present: set[int]) -> None:
        """Forget who is gone: the number may be given to another."""
        self._names = {pid: name for pid, name in self._names.items() if pid in present}


class ProcessReader:
    """Lists the processes of one GPU into a buffer of its own."""

    def __init__(self, nvml: Library, handle: Any) -> None:
        self._nvml = nvml
        self._handle = handle
        self._buffer = (nvml.raw.c_nvmlProcessInfo_v2_t * _MOST)()

    def read(self, names: ProcessNames) -> tuple[GpuProcess, ...] | None:
        """The processes, biggest first; None if the driver does not tell."""
        compute = self._list("Compute")
        graphics = self._list("Graphics")
        if compute is None and graphics is None:
            return None
        compute, graphics = compute or {}, graphics or {}
        processes = [
            GpuProcess(
                pid,
                names.name(self._nvml, pid),
                _larger(compute.get(pid), graphics.get(pid)),
                pid in compute,
                pid in graphics,
            )
            for pid in compute | graphics
        ]
        processes.sort(key=lambda process: (-(process.bytes or 0), process.pid))
        return tuple(processes)

    def _list(self, kind: str) -> dict[int, int | None] | None:
        """Bytes by process. A process with several contexts (MIG instances) has their sum."""
        nvml = self._nvml.raw
        for version in ("_v3", "_v2"):  # the same structure in both
            function = getattr(nvml.nvmlLib, f"nvmlDeviceGet{kind}RunningProcesses{version}", None)
            if function is not None:
                break
        else:
            return None
        count = ctypes.c_uint(_MOST)
        code = function(self._handle, ctypes.byref(count), self._buffer)
        if code in (nvml.NVML_ERROR_GPU_IS_LOST, nvml.NVML_ERROR_RESET_REQUIRED):
            raise GpuGoneError(f"NVML error {code}")
        if code in (nvml.NVML_ERROR_UNINITIALIZED, nvml.NVML_ERROR_DRIVER_NOT_LOADED):
            raise self._nvml.driver_gone(nvml.NVMLError(code))
        if code != nvml.NVML_SUCCESS or count.value > _MOST:
            return None
        found: dict[int, int | None] = {}
        for entry in self._buffer[: count.value]:
            used = None if entry.usedGpuMemory == _UNKNOWN_BYTES else int(entry.usedGpuMemory)
            before = found.get(entry.pid, 0)
            found[entry.pid] = None if used is None or before is None else before + used
        return found


def _larger(one: int | None, other: int | None) -> int | None:
    """A process that computes and draws is in both lists, each time with all of its memory."""
    known = [size for size in (one, other) if size is not None]
    return max(known, default=None)


def _name(nvml: Library, pid: int) -> str:
    try:
        return psutil.Process(pid).name()
    except psutil.Error:  # of another user or container
        pass
    try:
        return PurePath(nvml.text("nvmlSystemGetProcessName", pid)).name
    except (GpuGoneError, DriverGoneError):
        return ""
