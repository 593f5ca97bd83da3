"""One reading of the NVIDIA GPUs, through NVML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop_llm.telemetry.nvml.library import Library


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
    from desktop_llm.telemetry.nvml.library import (
        DriverGoneError,
        GpuGoneError,
        Library,
        NotReadError,
    )

    try:
        nvml = Library()
    except DriverGoneError as gone:
        return GpuReading(problem=gone.problem)
    try:
        return _read(nvml)
    except DriverGoneError as gone:
        return GpuReading(problem=gone.problem)
    except (GpuGoneError, NotReadError) as error:
        return GpuReading(problem=f"The NVIDIA driver could not be read: {error}.")
    finally:
        nvml.close()


def _read(nvml: Library) -> GpuReading:
    driver = nvml.text("nvmlSystemGetDriverVersion") or None
    gpus = tuple(_read_gpu(nvml, index) for index in range(nvml.must("nvmlDeviceGetCount")))
    problem = "" if gpus else "The NVIDIA driver is installed but reports no GPU."
    return GpuReading(driver, gpus, problem)


def _read_gpu(nvml: Library, index: int) -> Gpu:
    from desktop_llm.telemetry.nvml.memory import read_memory

    handle = nvml.must("nvmlDeviceGetHandleByIndex", index)
    capability = nvml.ask("nvmlDeviceGetCudaComputeCapability", handle)
    memory = read_memory(nvml, handle)
    return Gpu(
        index,
        nvml.text("nvmlDeviceGetName", handle),
        memory.total,
        memory.total - memory.free,
        memory.free,
        None if capability is None else (int(capability[0]), int(capability[1])),
        memory.unified,
        nvml.text("nvmlDeviceGetUUID", handle),
    )
