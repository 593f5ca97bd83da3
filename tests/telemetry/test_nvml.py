"""GPUs through the real pynvml on a library that lies, fails and vanishes on command."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pynvml
import pytest

from desktop_llm.core.units import GIB, KIB
from desktop_llm.telemetry.nvml.reader import LONGEST_RETRY_SECONDS, NvmlReader
from desktop_llm.telemetry.nvml.throttling import in_words, throttle_of
from desktop_llm.telemetry.sample import (
    Clocks,
    DriverState,
    Ecc,
    GpuMemory,
    GpuProcess,
    GpuSample,
    GpuState,
    Link,
    NvLink,
    Temperatures,
    Throttle,
)
from tests.helpers.nvml.recorded import Recorder, Replay, played_by
from tests.helpers.nvml.stand_in import StandIn


@pytest.fixture
def reader(stand_in: StandIn) -> Iterator[NvmlReader]:
    reader = NvmlReader()
    yield reader
    stand_in.hang()
    reader.close()


def only(reader: NvmlReader, at: float = 0) -> GpuSample:
    (gpu,) = reader.read(at).gpus
    return gpu


def test_that_everything_a_card_reports_is_read(stand_in: StandIn, reader: NvmlReader) -> None:
    stand_in.set(processes=1, process_pid=os.getpid(), process_bytes=2 * GIB, reasons=0x4 | 0x40)
    assert reader.read(0).driver_version == "580.95.05"
    assert only(reader) == GpuSample(
        index=0,
        name="Stand-in GPU",
        uuid="GPU-stand-in-0",
        memory=GpuMemory(24 * GIB, 3 * GIB, 24 * GIB - 3 * GIB - GIB // 2, GIB // 2),
        processes=(GpuProcess(os.getpid(), psutil.Process().name(), 2 * GIB),),
        busy_percent=55,
        memory_busy_percent=21,
        power=212.5,
        power_limit=450.0,
        temperatures=Temperatures(64, 70, 87, 95, 98),
        clocks=Clocks(2520, 3105, 10501, 10501),
        throttle=Throttle.POWER_CAP | Throttle.HARDWARE_HEAT,
        link=Link(3, 4, 8, 16, 1000 * KIB, 2000 * KIB),
        fan_percent=41,
        ecc=Ecc(True, 3, 0),
        mig_instances=None,
        nvlink=None,
        energy=1234.0,
    )


@pytest.mark.parametrize(
    "error",
    [
        pynvml.NVML_ERROR_NOT_SUPPORTED,
        pynvml.NVML_ERROR_NO_PERMISSION,
        pynvml.NVML_ERROR_FUNCTION_NOT_FOUND,
        pynvml.NVML_ERROR_INVALID_ARGUMENT,
        pynvml.NVML_ERROR_UNKNOWN,
        12345,
    ],
)
def test_that_what_a_card_does_not_report_is_none(
    stand_in: StandIn, reader: NvmlReader, error: int
) -> None:
    stand_in.lose(0, error)
    for function in ("DeviceGetHandleByIndex_v2", "DeviceGetMemoryInfo"):
        stand_in.fail(function, 0)
    assert only(reader) == GpuSample(
        0, "", "", memory=GpuMemory(24 * GIB, 3 * GIB + GIB // 2, 24 * GIB - 7 * GIB // 2)
    )


def test_that_a_number_of_all_ones_is_not_reported(stand_in: StandIn, reader: NvmlReader) -> None:
    stand_in.set(power=0xFFFF_FFFF, energy=-1, busy=0xFFFF_FFFF, sm_clock=0xFFFF_FFFF)
    gpu = only(reader)
    assert (gpu.power, gpu.energy, gpu.busy_percent, gpu.clocks.sm) == (None,) * 4
    assert gpu.memory_busy_percent == 21


def test_that_a_gpu_without_memory_of_its_own_has_the_machines(
    stand_in: StandIn, reader: NvmlReader
) -> None:
    for function in ("DeviceGetMemoryInfo", "DeviceGetMemoryInfo_v2"):
        stand_in.fail(function, pynvml.NVML_ERROR_NOT_SUPPORTED)
    memory = only(reader).memory
    assert memory is not None
    assert memory.unified
    assert memory.total == psutil.virtual_memory().total


def test_that_a_gpu_whose_memory_cannot_be_read_is_said_to_be(
    stand_in: StandIn, reader: NvmlReader
) -> None:
    for function in ("DeviceGetMemoryInfo", "DeviceGetMemoryInfo_v2"):
        stand_in.fail(function, pynvml.NVML_ERROR_UNKNOWN)
    gpu = only(reader)
    assert gpu.state is GpuState.UNREADABLE
    assert "Unknown Error" in gpu.problem
    assert gpu.memory is None


@pytest.mark.parametrize("count", [0xFFFF_FFFF, 0x8000_0000, 100_000])
def test_that_a_garbled_count_of_processes_is_not_believed(
    stand_in: StandIn, reader: NvmlReader, count: int
) -> None:
    stand_in.set(process_count=count)
    stand_in.fail("DeviceGetGraphicsRunningProcesses_v3", pynvml.NVML_ERROR_NOT_SUPPORTED)
    assert only(reader).processes is None
    stand_in.set(process_count=0)
    assert only(reader).processes == ()


def test_that_more_processes_than_expected_are_not_told_in_part(
    stand_in: StandIn, reader: NvmlReader
) -> None:
    stand_in.fail("DeviceGetGraphicsRunningProcesses_v3", pynvml.NVML_ERROR_NOT_SUPPORTED)
    stand_in.set(processes=5000)
    assert only(reader).processes is None


def test_that_a_process_of_unknown_size_is_listed_without(
    stand_in: StandIn, reader: NvmlReader
) -> None:
    stand_in.set(processes=2, process_pid=4_000_000_000, process_bytes=-1)
    processes = only(reader).processes
    assert processes is not None
    assert [(p.name, p.bytes) for p in processes] == [("game", None), ("game", None)]
    stand_in.set(process_pid=3_999_999_000)
    assert {p.name for p in only(reader).processes or ()} == {""}


def test_that_mig_instances_are_counted(stand_in: StandIn, reader: NvmlReader) -> None:
    stand_in.set(mig_mode=1)
    assert only(reader).mig_instances == 2


def test_that_nvlink_throughput_is_what_its_counters_grew(
    stand_in: StandIn, reader: NvmlReader
) -> None:
    stand_in.set(nvlinks=6, nvlink_kib=5_000_000)
    assert only(reader, 10).nvlink == NvLink(6, "3.0")
    stand_in.set(nvlink_kib=5_001_000)
    assert only(reader, 14).nvlink == NvLink(6, "3.0")  # dear to ask: every 5 s
    measured = NvLink(6, "3.0", 200 * KIB, 400 * KIB)
    assert only(reader, 15).nvlink == only(reader, 16).nvlink == measured
    stand_in.set(nvlink_kib=7)  # the counters began anew
    assert only(reader, 20).nvlink == NvLink(6, "3.0")


def test_that_what_is_dear_to_ask_is_asked_rarely(stand_in: StandIn, reader: NvmlReader) -> None:
    stand_in.fail("DeviceGetFanSpeed", pynvml.NVML_ERROR_NOT_SUPPORTED)
    gpu = only(reader, 0)
    assert (gpu.energy, gpu.fan_percent) == (1234.0, None)
    stand_in.set(energy=5_000_000, mig_mode=1)
    stand_in.fail("DeviceGetFanSpeed", 0)
    gpu = only(reader, 9)
    assert (gpu.energy, gpu.fan_percent, gpu.mig_instances) == (1234.0, None, None)
    gpu = only(reader, 10)
    assert (gpu.energy, gpu.fan_percent, gpu.mig_instances) == (5000.0, 41, 2)


def test_that_a_failure_that_passes_is_not_remembered(
    stand_in: StandIn, reader: NvmlReader
) -> None:
    stand_in.fail("DeviceGetFanSpeed", pynvml.NVML_ERROR_UNKNOWN)
    assert only(reader, 0).fan_percent is None
    stand_in.fail("DeviceGetFanSpeed", 0)
    assert only(reader, 1).fan_percent == 41


def test_that_a_lost_gpu_is_said_while_the_others_go_on_and_comes_back(
    stand_in: StandIn, reader: NvmlReader
) -> None:
    stand_in.set(count=2)
    assert [gpu.state for gpu in reader.read(0).gpus] == [GpuState.OK, GpuState.OK]
    stand_in.lose(0)
    lost, other = reader.read(1).gpus
    assert (lost.state, lost.name, lost.uuid) == (GpuState.LOST, "Stand-in GPU", "GPU-stand-in-0")
    assert "fell off the bus" in lost.problem
    assert lost.memory is None
    assert (other.state, other.uuid) == (GpuState.OK, "GPU-stand-in-1")
    assert other.memory is not None
    stand_in.lose(0, 0)
    assert [gpu.state for gpu in reader.read(30).gpus] == [GpuState.OK, GpuState.OK]


def test_that_a_gpu_no_longer_listed_is_lost_and_a_new_one_is_found(
    stand_in: StandIn, reader: NvmlReader
) -> None:
    stand_in.set(count=2)
    reader.read(0)
    stand_in.set(count=1)
    assert [gpu.state for gpu in reader.read(1).gpus] == [GpuState.OK, GpuState.LOST]
    stand_in.set(count=3)
    assert [gpu.state for gpu in reader.read(2).gpus] == [GpuState.OK] * 3
    assert [gpu.index for gpu in reader.read(3).gpus] == [0, 1, 2]


def test_that_a_gpu_lost_from_the_start_is_there_without_a_name(
    stand_in: StandIn, reader: NvmlReader
) -> None:
    stand_in.lose(0)
    assert only(reader).state is GpuState.LOST
    stand_in.lose(0, 0)
    assert only(reader, 60).state is GpuState.OK


@pytest.mark.parametrize(
    ("error", "state", "words"),
    [
        (pynvml.NVML_ERROR_DRIVER_NOT_LOADED, DriverState.ABSENT, "No NVIDIA driver was found."),
        (pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH, DriverState.OUTDATED, "Restart the computer."),
        (pynvml.NVML_ERROR_UNKNOWN, DriverState.FAILING, "does not answer"),
    ],
)
def test_that_no_driver_is_a_state_with_a_sentence_and_is_left_by_itself(
    stand_in: StandIn, reader: NvmlReader, error: int, state: DriverState, words: str
) -> None:
    stand_in.set(init_error=error)
    reading = reader.read(0)
    assert (reading.driver, reading.gpus) == (state, ())
    assert words in reading.problem
    assert reading.problem.endswith(".")
    stand_in.set(init_error=0)
    assert reader.read(0.5).driver is state  # not tried again so soon
    assert reader.read(1.5).driver is DriverState.OK


def test_that_a_reloaded_driver_is_found_again(stand_in: StandIn, reader: NvmlReader) -> None:
    assert reader.read(0).driver is DriverState.OK
    stand_in.set(
        init_error=pynvml.NVML_ERROR_DRIVER_NOT_LOADED,
        every_error=pynvml.NVML_ERROR_DRIVER_NOT_LOADED,
    )
    assert reader.read(1).driver is DriverState.ABSENT
    assert reader.read(3).driver is DriverState.ABSENT
    stand_in.set(init_error=0, every_error=0, opened=0)
    assert reader.read(30).driver is DriverState.OK
    assert only(reader, 31).state is GpuState.OK


def test_that_a_session_someone_else_shut_down_is_opened_at_once(
    stand_in: StandIn, reader: NvmlReader
) -> None:
    reader.read(0)
    stand_in.set(opened=0)
    assert reader.read(1).driver is DriverState.OK


def test_that_a_driver_without_gpus_is_said(stand_in: StandIn, reader: NvmlReader) -> None:
    stand_in.set(count=0)
    reading = reader.read(0)
    assert (reading.driver, reading.gpus) == (DriverState.NO_GPU, ())
    assert "reports no GPU" in reading.problem
    stand_in.set(count=1)
    assert only(reader, 100).state is GpuState.OK


def test_that_it_is_tried_ever_more_rarely_but_always_again(
    stand_in: StandIn, reader: NvmlReader
) -> None:
    stand_in.set(init_error=pynvml.NVML_ERROR_DRIVER_NOT_LOADED)
    for second in range(600):
        reader.read(second)
    tried = stand_in.get("init_calls")
    assert 10 <= tried <= 20
    reader.read(600 + LONGEST_RETRY_SECONDS)
    assert stand_in.get("init_calls") == tried + 1


def test_that_closing_gives_the_driver_back(stand_in: StandIn, reader: NvmlReader) -> None:
    reader.read(0)
    assert stand_in.get("opened") == 1
    reader.close()
    assert stand_in.get("opened") == 0
    assert reader.read(1).driver is DriverState.OK


def test_that_without_the_library_there_is_no_driver(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def missing(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(pynvml, "nvmlLib", None)
    monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})
    monkeypatch.setattr(pynvml, "CDLL", missing)
    reading = NvmlReader().read(0)
    assert (reading.driver, reading.problem) == (
        DriverState.ABSENT,
        "No NVIDIA driver was found.",
    )


def test_that_every_reason_for_lower_clocks_has_words() -> None:
    assert in_words(throttle_of(0)) == ()
    assert in_words(throttle_of(0x20 | 0x4)) == ("at its power limit", "too hot")
    every = throttle_of(0xFFFF_FFFF_FFFF_FFFF)
    assert len(set(in_words(every))) == len(list(Throttle)) == 10
    assert throttle_of(0x80).power
    assert throttle_of(0x40).thermal
    assert not throttle_of(0x1).power


def test_that_a_recorded_driver_is_read_as_the_real_one(stand_in: StandIn) -> None:
    stand_in.set(processes=2, process_pid=1, process_bytes=GIB, nvlinks=3, nvlink_kib=7)
    recorder = Recorder(pynvml.nvmlLib)
    with played_by(recorder):
        told = NvmlReader().read(0)
    with played_by(Replay(json.loads(json.dumps(recorder.calls)))):
        assert NvmlReader().read(0) == told
