"""What a driver really answered (two H100s with NVLink, driver 580.159.04), read again.

One moment has nothing to do; in the other a process fills 4 GiB of the first GPU over and over.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_llm.core.units import GIB
from desktop_llm.telemetry.figures import figures_of
from desktop_llm.telemetry.ledger import Ours, Part, gpu_ledger
from desktop_llm.telemetry.nvml.reader import NvmlReader, NvmlReading
from desktop_llm.telemetry.sample import (
    Clocks,
    DriverState,
    Ecc,
    GpuMemory,
    GpuSample,
    Link,
    NvLink,
    Temperatures,
    Throttle,
)
from tests.helpers.nvml.recorded import Replay, played_by
from tests.telemetry.samples import sample

RECORDED = Path(__file__).parent / "recorded" / "two-h100.json"
RESERVED = 503_316_480
TOTAL = 85_520_809_984
BUSY_PROCESS = 4_838_129_664


def read(moment: str) -> NvmlReading:
    calls = json.loads(RECORDED.read_text("utf-8"))[moment]
    with played_by(Replay(calls)):
        reader = NvmlReader()
        reading = reader.read(0)
        reader.close()
    return reading


def test_that_an_idle_h100_is_read_whole() -> None:
    reading = read("idle")
    assert (reading.driver, reading.driver_version) == (DriverState.OK, "580.159.04")
    first, second = reading.gpus
    assert first == GpuSample(
        index=0,
        name="NVIDIA H100 80GB HBM3",
        uuid="GPU-00000000-0000-4000-8000-000000000000",
        memory=GpuMemory(TOTAL, 0, TOTAL - RESERVED, RESERVED),
        processes=(),
        busy_percent=0,
        memory_busy_percent=0,
        power=70.864,
        power_limit=700.0,
        temperatures=Temperatures(38, 41, 87, 89, 95),
        clocks=Clocks(345, 1980, 2619, 2619),
        throttle=Throttle.IDLE,
        link=Link(5, 5, 16, 16, 706_560, 528_384),
        fan_percent=None,  # it has none
        ecc=Ecc(True, 0, 0),
        nvlink=NvLink(18, "4.0"),
        energy=2996.0,
    )
    assert (second.index, second.power) == (1, 72.435)
    assert second.uuid != first.uuid


def test_that_a_busy_h100_is_read_and_its_bar_adds_up() -> None:
    first, second = read("busy").gpus
    assert (first.busy_percent, first.memory_busy_percent, first.power) == (100, 100, 470.569)
    assert first.throttle is Throttle.NOTHING
    assert first.processes is not None
    (process,) = first.processes
    assert (process.bytes, process.compute, process.graphics) == (BUSY_PROCESS, True, False)
    ledger = gpu_ledger(first, Ours(frozenset({process.pid}), 3 * GIB, GIB, GIB // 4))
    assert ledger is not None
    assert ledger.consistent
    assert sum(segment.bytes for segment in ledger.segments) == ledger.total == TOTAL
    assert ledger.bytes_of(Part.WEIGHTS, Part.KV_USED, Part.KV_UNUSED, Part.OURS) == BUSY_PROCESS
    assert ledger.bytes_of(Part.DRIVER) == 4_847_370_240 - BUSY_PROCESS
    assert ledger.bytes_of(Part.NOT_TOLD) == 0
    assert second.processes == ()


@pytest.mark.parametrize("moment", ["idle", "busy"])
def test_that_all_but_the_fan_and_the_first_nvlink_rates_are_reported(moment: str) -> None:
    gpus = [replace(gpu, fan_percent=1) for gpu in read(moment).gpus]
    unknown = {figure.name for figure in figures_of(sample(0, gpus)) if figure.value is None}
    # Nor was any of the processes there one of this app's.
    names = ("nvlink_sent", "nvlink_received", "memory_ours")
    assert unknown == {f"gpu{n}.{name}" for n in (0, 1) for name in names}
