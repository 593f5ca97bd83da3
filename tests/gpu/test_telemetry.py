"""What is sampled of a real card, against what nvidia-smi says of it at the same time."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from desktop_llm.core.units import GIB, MIB
from desktop_llm.telemetry.ledger import Ours, Part, gpu_ledger
from desktop_llm.telemetry.nvml.reader import NvmlReader
from desktop_llm.telemetry.sample import DriverState, GpuSample, GpuState

QUERY = (
    "uuid", "name", "memory.total", "memory.reserved", "memory.used", "memory.free",
    "power.draw", "enforced.power.limit", "temperature.gpu", "clocks.max.sm", "clocks.max.mem",
    "pcie.link.gen.max", "pcie.link.width.current", "pcie.link.width.max", "fan.speed",
    "ecc.mode.current", "ecc.errors.uncorrected.volatile.total", "mig.mode.current",
    "driver_version",
)  # fmt: skip
NOT_REPORTED = {"[N/A]", "N/A", "[Not Supported]", "Disabled"}

# Holds 1 GiB of the first GPU until its input ends.
HOLD = """
import ctypes, sys
cuda = ctypes.CDLL("libcuda.so.1")
context, memory = ctypes.c_void_p(), ctypes.c_void_p()
assert cuda.cuInit(0) == 0
assert cuda.cuCtxCreate_v2(ctypes.byref(context), 0, 0) == 0
assert cuda.cuMemAlloc_v2(ctypes.byref(memory), ctypes.c_size_t(2**30)) == 0
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def reader() -> Iterator[NvmlReader]:
    reader = NvmlReader()
    yield reader
    reader.close()


@pytest.fixture
def smi() -> str:
    program = shutil.which("nvidia-smi")
    if program is None:
        pytest.skip("nvidia-smi is not installed.")
    return program


def told(program: str) -> list[dict[str, str]]:
    """What nvidia-smi says of each GPU."""
    query = [f"--query-gpu={','.join(QUERY)}", "--format=csv,noheader,nounits"]
    text = subprocess.run([program, *query], capture_output=True, text=True, check=True).stdout
    return [
        dict(zip(QUERY, map(str.strip, line.split(",")), strict=True)) for line in text.splitlines()
    ]


def number(text: str) -> float | None:
    return None if text in NOT_REPORTED else float(text)


def first(reader: NvmlReader) -> GpuSample:
    return reader.read(time.monotonic()).gpus[0]


def test_that_the_figures_are_those_of_nvidia_smi(reader: NvmlReader, smi: str) -> None:
    reading = reader.read(time.monotonic())
    lines = told(smi)
    assert reading.driver is DriverState.OK
    assert [gpu.uuid for gpu in reading.gpus] == [line["uuid"] for line in lines]
    for gpu, line in zip(reading.gpus, lines, strict=True):
        assert gpu.state is GpuState.OK
        assert gpu.name == line["name"]
        assert reading.driver_version == line["driver_version"]
        memory = gpu.memory
        assert memory is not None
        for size, name in (
            (memory.total, "total"),
            (memory.reserved, "reserved"),
            (memory.used, "used"),
            (memory.free, "free"),
        ):
            assert size is not None
            assert size / MIB == pytest.approx(float(line[f"memory.{name}"]), abs=64)
        assert gpu.power_limit == number(line["enforced.power.limit"])
        assert gpu.clocks.sm_maximum == number(line["clocks.max.sm"])
        assert gpu.clocks.memory_maximum == number(line["clocks.max.mem"])
        assert gpu.link.generation_maximum == number(line["pcie.link.gen.max"])
        assert gpu.link.width == number(line["pcie.link.width.current"])
        assert gpu.link.width_maximum == number(line["pcie.link.width.max"])
        assert gpu.fan_percent == number(line["fan.speed"])
        assert (gpu.ecc is not None and gpu.ecc.enabled) == (line["ecc.mode.current"] == "Enabled")
        if gpu.ecc is not None and gpu.ecc.enabled:
            assert gpu.ecc.uncorrected == number(line["ecc.errors.uncorrected.volatile.total"])
        assert (gpu.mig_instances is not None) == (line["mig.mode.current"] == "Enabled")
        temperature, power = number(line["temperature.gpu"]), number(line["power.draw"])
        assert gpu.temperatures.gpu == pytest.approx(temperature, abs=4)
        assert gpu.power == pytest.approx(power, abs=60)


def test_that_a_process_that_takes_a_gib_is_seen_to_and_the_bar_adds_up(
    reader: NvmlReader,
) -> None:
    before = first(reader)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        during = first(reader)
        ledger = gpu_ledger(during, Ours())
    assert before.memory is not None
    assert during.memory is not None
    grown = during.memory.used - before.memory.used
    assert GIB <= grown < 3 * GIB  # with the CUDA context
    assert ledger is not None
    assert ledger.consistent
    assert sum(segment.bytes for segment in ledger.segments) == during.memory.total
    # In a container the driver may tell of no process, or by other numbers.
    assert ledger.bytes_of(Part.PROCESS, Part.NOT_TOLD, Part.DRIVER) >= grown
    assert during.energy is None or before.energy is None or during.energy >= before.energy


def test_that_a_look_is_quick(reader: NvmlReader) -> None:
    count = len(reader.read(time.monotonic()).gpus)
    times, spent = [], time.thread_time()
    for _ in range(10):
        start = time.perf_counter()
        reader.read(time.monotonic())
        times.append(time.perf_counter() - start)
    spent = (time.thread_time() - spent) / 10
    print(f"{min(times) * 1000:.1f} ms a look, {spent * 1000:.2f} ms of CPU, {count} GPU(s)")
    assert min(times) < 0.1 * count
    assert spent < 0.02 * count
