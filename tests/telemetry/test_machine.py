"""What the machine is said to have. NVML is played by a module of the same shape."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import psutil
import pytest

from desktop_llm.telemetry.gpus import Gpu, GpuReading, read_gpus
from desktop_llm.telemetry.machine import disk_free, read_machine

GIB = 1024**3


class NVMLError(Exception):
    pass


class LibraryNotFoundError(NVMLError):
    pass


class DriverNotLoadedError(NVMLError):
    pass


class NotSupportedError(NVMLError):
    pass


def nvml(**functions: Any) -> ModuleType:
    """A working NVML with one RTX 4090, and the changes of a test."""
    module = ModuleType("pynvml")
    memory = SimpleNamespace(total=24 * GIB, used=2 * GIB, free=22 * GIB)
    defaults: dict[str, Any] = {
        "NVMLError": NVMLError,
        "NVMLError_LibraryNotFound": LibraryNotFoundError,
        "NVMLError_DriverNotLoaded": DriverNotLoadedError,
        "NVMLError_NotSupported": NotSupportedError,
        "nvmlInit": lambda: None,
        "nvmlShutdown": lambda: None,
        "nvmlSystemGetDriverVersion": lambda: b"580.95.05",
        "nvmlDeviceGetCount": lambda: 1,
        "nvmlDeviceGetHandleByIndex": lambda index: index,
        "nvmlDeviceGetName": lambda handle: "NVIDIA GeForce RTX 4090",
        "nvmlDeviceGetUUID": lambda handle: b"GPU-5f3c",
        "nvmlDeviceGetCudaComputeCapability": lambda handle: (8, 9),
        "nvmlDeviceGetMemoryInfo": lambda handle: memory,
    }
    for name, value in (defaults | functions).items():
        setattr(module, name, value)
    return module


def failing(error: Exception) -> Any:
    def fail(*_: object) -> None:
        raise error

    return fail


def read_with(monkeypatch: pytest.MonkeyPatch, module: ModuleType | None) -> GpuReading:
    monkeypatch.setitem(sys.modules, "pynvml", module)  # None makes the import fail
    return read_gpus()


def test_that_a_gpu_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    reading = read_with(monkeypatch, nvml())
    assert reading == GpuReading(
        "580.95.05",
        (Gpu(0, "NVIDIA GeForce RTX 4090", 24 * GIB, 2 * GIB, 22 * GIB, (8, 9), uuid="GPU-5f3c"),),
    )
    assert reading.driver_major == 580
    assert reading.problem == ""


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (None, "not installed"),
        (nvml(nvmlInit=failing(LibraryNotFoundError())), "No NVIDIA driver was found."),
        (nvml(nvmlInit=failing(DriverNotLoadedError())), "No NVIDIA driver was found."),
        (nvml(nvmlInit=failing(NVMLError("version mismatch"))), "version mismatch"),
        (nvml(nvmlDeviceGetCount=failing(NVMLError("GPU is lost"))), "GPU is lost"),
        (nvml(nvmlDeviceGetMemoryInfo=failing(NVMLError("GPU is lost"))), "GPU is lost"),
        (nvml(nvmlDeviceGetCount=lambda: 0), "no GPU"),
    ],
)
def test_that_every_failure_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType | None, words: str
) -> None:
    reading = read_with(monkeypatch, module)
    assert reading.gpus == ()
    assert words in reading.problem
    assert reading.problem.endswith(".")


def test_that_nvml_is_closed_even_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []
    module = nvml(
        nvmlDeviceGetCount=failing(NVMLError("lost")), nvmlShutdown=lambda: closed.append(1)
    )
    read_with(monkeypatch, module)
    assert closed == [1]
    assert read_with(monkeypatch, nvml(nvmlShutdown=failing(NVMLError("lost")))).gpus


def test_that_a_gpu_without_memory_of_its_own_has_the_machines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = nvml(
        nvmlDeviceGetMemoryInfo=failing(NotSupportedError()),
        nvmlDeviceGetCudaComputeCapability=failing(NotSupportedError()),
        nvmlDeviceGetUUID=failing(NotSupportedError()),
    )
    (gpu,) = read_with(monkeypatch, module).gpus
    assert gpu.unified_memory
    assert gpu.total_bytes == psutil.virtual_memory().total
    assert (gpu.compute_capability, gpu.uuid) == (None, "")


@pytest.mark.parametrize(
    ("version", "major"), [("580.95.05", 580), ("", None), (None, None), ("unreadable", None)]
)
def test_that_the_drivers_branch_is_told(version: str | None, major: int | None) -> None:
    assert GpuReading(version).driver_major == major


def test_that_this_machine_is_read_quickly(tmp_path: Path) -> None:
    read_machine(tmp_path)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        facts = read_machine(tmp_path / "not" / "made" / "yet")
        times.append(time.perf_counter() - start)
    assert facts.ram_total_bytes >= facts.ram_available_bytes > 0
    assert facts.disk_free_bytes > 0
    assert facts.cores >= 1
    assert facts.cpu_name
    assert facts.gpus.gpus or facts.gpus.problem
    if not facts.gpus.gpus:
        assert min(times) < 0.05


def test_that_free_disk_is_that_of_the_folders_file_system(tmp_path: Path) -> None:
    assert disk_free(tmp_path / "later") == pytest.approx(
        psutil.disk_usage(str(tmp_path)).free, rel=0.05
    )
