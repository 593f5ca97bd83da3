"""One reading of the NVIDIA GPUs, through NVML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psutil


@dataclass(frozen=True)
class Gpu:
    """One GPU. Sizes in bytes; `compute_capability` is (major, minor), None if not reported.

    `index` is NVML's: the order on the PCI bus. With `unified_memory` the GPU has no memory of its
    own: the sizes are the machine's RAM.
    """

    index: int
    name: str
    total_bytes: int
    used_bytes: int
    free_bytes: int
    compute_capability: tuple[int, int] | None = None
    unified_memory: bool = False
    uuid: str = ""


@dataclass(frozen=True)
class GpuReading:
    """The GPUs at one moment. Without any, `problem` says why in a sentence; else it is empty."""

    driver_version: str | None = None
    gpus: tuple[Gpu, ...] = ()
    problem: str = ""

    @property
    def driver_major(self) -> int | None:
        """The driver's branch, such as 580; None where there is no driver."""
        head = (self.driver_version or "").split(".")[0]
        return int(head) if head.isdigit() else None


def read_gpus() -> GpuReading:
    """Ask NVML once. Never raises: a failure comes back as a sentence in `problem`.

    Any thread. Milliseconds where the driver is awake; the first call after boot can take a second.
    """
    try:
        import pynvml
    except ImportError:
        return GpuReading(problem="The NVML bindings (nvidia-ml-py) are not installed.")
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        return GpuReading(problem=_no_driver(pynvml, error))
    try:
        return _read(pynvml)
    except (pynvml.NVMLError, ValueError) as error:
        return GpuReading(problem=f"The NVIDIA driver could not be read: {error}.")
    finally:
        _shut_down(pynvml)


def _read(nvml: Any) -> GpuReading:
    driver = _text(nvml.nvmlSystemGetDriverVersion())
    gpus = tuple(_read_gpu(nvml, index) for index in range(nvml.nvmlDeviceGetCount()))
    problem = "" if gpus else "The NVIDIA driver is installed but reports no GPU."
    return GpuReading(driver, gpus, problem)


def _read_gpu(nvml: Any, index: int) -> Gpu:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    name = _text(nvml.nvmlDeviceGetName(handle))
    try:
        major, minor = nvml.nvmlDeviceGetCudaComputeCapability(handle)
        capability = (int(major), int(minor))
    except nvml.NVMLError:
        capability = None
    try:
        memory = nvml.nvmlDeviceGetMemoryInfo(handle)
        sizes = (int(memory.total), int(memory.used), int(memory.free))
        unified = False
    except nvml.NVMLError_NotSupported:  # GPUs that share the machine's RAM
        ram = psutil.virtual_memory()
        sizes = (ram.total, ram.used, ram.available)
        unified = True
    return Gpu(index, name, *sizes, capability, unified, _uuid(nvml, handle))


def _uuid(nvml: Any, handle: Any) -> str:
    try:
        return _text(nvml.nvmlDeviceGetUUID(handle))
    except nvml.NVMLError:
        return ""


def _no_driver(nvml: Any, error: Exception) -> str:
    absent = (nvml.NVMLError_LibraryNotFound, nvml.NVMLError_DriverNotLoaded)
    if isinstance(error, absent):
        return "No NVIDIA driver was found."
    return f"The NVIDIA driver does not answer: {error}."


def _shut_down(nvml: Any) -> None:
    try:
        nvml.nvmlShutdown()
    except nvml.NVMLError:
        return  # the reading stands either way


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
