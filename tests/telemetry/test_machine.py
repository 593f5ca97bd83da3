"""What the machine is said to have. NVML is played by a library of our own, under pynvml."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psutil
import pynvml
import pytest

from desktop_llm.core.units import GIB
from desktop_llm.telemetry.gpus import Gpu, GpuReading, read_gpus
from desktop_llm.telemetry.machine import disk_free, read_machine
from tests.helpers.nvml.stand_in import StandIn


def failing(stand_in: StandIn, function: str, error: int) -> None:
    for name in (function, f"{function}_v2"):
        if name in stand_in.functions:
            stand_in.fail(name, error)


def test_that_a_gpu_is_read(stand_in: StandIn) -> None:
    reading = read_gpus()
    used = 7 * GIB // 2  # what the driver reserves for itself included
    card = Gpu(0, "Stand-in GPU", 24 * GIB, used, 24 * GIB - used, (8, 9), uuid="GPU-stand-in-0")
    assert reading == GpuReading("580.95.05", (card,))
    assert reading.driver_major == 580
    assert reading.problem == ""


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (pynvml.NVML_ERROR_DRIVER_NOT_LOADED, "No NVIDIA driver was found."),
        (pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH, "was updated"),
        (pynvml.NVML_ERROR_UNKNOWN, "Unknown Error"),
    ],
)
def test_that_a_driver_that_does_not_open_is_a_sentence(
    stand_in: StandIn, code: int, words: str
) -> None:
    stand_in.set(init_error=code)
    reading = read_gpus()
    assert reading.gpus == ()
    assert words in reading.problem
    assert reading.problem.endswith(".")


@pytest.mark.parametrize("function", ["DeviceGetCount", "DeviceGetMemoryInfo"])
def test_that_every_later_failure_is_a_sentence_too(stand_in: StandIn, function: str) -> None:
    failing(stand_in, function, pynvml.NVML_ERROR_GPU_IS_LOST)
    reading = read_gpus()
    assert reading.gpus == ()
    assert reading.problem == "The NVIDIA driver could not be read: GPU is lost."


def test_that_a_driver_without_a_gpu_is_a_sentence(stand_in: StandIn) -> None:
    stand_in.set(count=0)
    assert "no GPU" in read_gpus().problem


def test_that_missing_bindings_are_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)  # makes the import fail
    assert "not installed" in read_gpus().problem


def test_that_nvml_is_closed_even_after_a_failure(stand_in: StandIn) -> None:
    failing(stand_in, "DeviceGetCount", pynvml.NVML_ERROR_GPU_IS_LOST)
    read_gpus()
    assert (stand_in.get("init_calls"), stand_in.get("shutdown_calls")) == (1, 1)


def test_that_a_gpu_without_memory_of_its_own_has_the_machines(stand_in: StandIn) -> None:
    for function in ("DeviceGetMemoryInfo", "DeviceGetCudaComputeCapability", "DeviceGetUUID"):
        failing(stand_in, function, pynvml.NVML_ERROR_NOT_SUPPORTED)
    (gpu,) = read_gpus().gpus
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
