"""Writes down what NVML answers on this machine, for tests that play it back.

    python -m tests.telemetry.record_nvml tests/telemetry/recorded/h100.json

It asks all that a monitor would, of the system and of every GPU: once as they are, and once while a
process of its own multiplies matrices on the first GPU (where torch can). An answer is a number, a
text, a list or the fields of a structure; a call that failed has the name of NVML's error instead,
and `ms` says how long each took. UUIDs, serial numbers and process names are replaced: nothing in
the file tells whose machine it was.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pynvml

_LINKS = 18
_WORK = """
import torch
one = torch.randn(8192, 8192, device="cuda", dtype=torch.float16)
print("works", flush=True)
while True:
    for _ in range(50):
        one @ one
    torch.cuda.synchronize()
"""
_MADE_UP = {
    "nvmlDeviceGetUUID": "GPU-00000000-0000-4000-8000-00000000000{index}",
    "nvmlDeviceGetSerial": "000000000000{index}",
    "nvmlDeviceGetBoardPartNumber": "000-00000-0000-00{index}",
    "nvmlSystemGetProcessName": "/usr/bin/program",
}


def system_calls() -> list[tuple[str, tuple[Any, ...]]]:
    """What is asked of the machine: functions with their arguments."""
    return [
        ("nvmlSystemGetDriverVersion", ()),
        ("nvmlSystemGetNVMLVersion", ()),
        ("nvmlSystemGetCudaDriverVersion_v2", ()),
        ("nvmlDeviceGetCount", ()),
    ]


def device_calls() -> list[tuple[str, tuple[Any, ...]]]:
    """What is asked of a GPU: functions with what follows its handle."""
    calls: list[tuple[str, tuple[Any, ...]]] = [
        (f"nvmlDeviceGet{name}", ()) for name in _NAMES.split()
    ]
    calls.append(("nvmlDeviceGetMemoryInfo", ("nvmlMemory_v2",)))
    calls += _for_each("TemperatureThreshold", "NVML_TEMPERATURE_THRESHOLD_", _THRESHOLDS)
    calls += _for_each("Temperature", "NVML_TEMPERATURE_", ("GPU",))
    calls += _for_each("TemperatureV", "NVML_TEMPERATURE_", ("GPU",))
    for function in ("ClockInfo", "MaxClockInfo", "ApplicationsClock", "DefaultApplicationsClock"):
        calls += _for_each(function, "NVML_CLOCK_", ("GRAPHICS", "SM", "MEM", "VIDEO"))
    calls += _for_each("PcieThroughput", "NVML_PCIE_UTIL_", ("TX_BYTES", "RX_BYTES"))
    calls += [
        ("nvmlDeviceGetTotalEccErrors", (kind, counter))
        for kind in ("NVML_MEMORY_ERROR_TYPE_CORRECTED", "NVML_MEMORY_ERROR_TYPE_UNCORRECTED")
        for counter in ("NVML_VOLATILE_ECC", "NVML_AGGREGATE_ECC")
    ]
    calls += [("nvmlDeviceGetFanSpeed_v2", (0,)), ("nvmlDeviceGetTargetFanSpeed", (0,))]
    for link in range(_LINKS):
        calls += [("nvmlDeviceGetNvLinkState", (link,)), ("nvmlDeviceGetNvLinkVersion", (link,))]
    calls.append(("nvmlDeviceGetMigDeviceHandleByIndex", (0,)))
    calls += [("nvmlDeviceGetFieldValues", ([field],)) for field in _FIELDS]
    return calls


_NAMES = """
    Name UUID Serial Brand Architecture CudaComputeCapability PersistenceMode DisplayMode
    DisplayActive ComputeMode BoardPartNumber MinorNumber MultiGpuBoard MemoryInfo
    BAR1MemoryInfo MemoryBusWidth NumGpuCores UtilizationRates EncoderUtilization
    DecoderUtilization ComputeRunningProcesses GraphicsRunningProcesses PowerUsage PowerState
    PowerManagementMode PowerManagementLimit PowerManagementLimitConstraints
    PowerManagementDefaultLimit EnforcedPowerLimit TotalEnergyConsumption
    CurrentClocksEventReasons CurrentClocksThrottleReasons SupportedClocksEventReasons
    SupportedClocksThrottleReasons CurrPcieLinkGeneration CurrPcieLinkWidth
    MaxPcieLinkGeneration MaxPcieLinkWidth GpuMaxPcieLinkGeneration PcieSpeed PcieReplayCounter
    FanSpeed NumFans EccMode DefaultEccMode RemappedRows RetiredPagesPendingStatus MigMode
    MaxMigDeviceCount GpuInstanceId VirtualizationMode BusType
"""
_THRESHOLDS = ("SHUTDOWN", "SLOWDOWN", "MEM_MAX", "GPU_MAX", "ACOUSTIC_CURR", "GPS_CURR")
_FIELDS = (
    "NVML_FI_DEV_MEMORY_TEMP",
    "NVML_FI_DEV_POWER_AVERAGE",
    "NVML_FI_DEV_POWER_INSTANT",
    "NVML_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
    "NVML_FI_DEV_NVLINK_LINK_COUNT",
    "NVML_FI_DEV_NVLINK_SPEED_MBPS_COMMON",
    "NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_TX",
    "NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_RX",
    "NVML_FI_DEV_PCIE_REPLAY_COUNTER",
)


def _for_each(function: str, prefix: str, names: tuple[str, ...]) -> list[Any]:
    return [(f"nvmlDeviceGet{function}", (prefix + name,)) for name in names]


def record() -> dict[str, Any]:
    """All answers, as they are and while the first GPU works."""
    pynvml.nvmlInit()
    try:
        recorded: dict[str, Any] = {
            "library": f"nvidia-ml-py {version('nvidia-ml-py')}",
            "system": [_ask(function, arguments) for function, arguments in system_calls()],
        }
        recorded["as_it_is"] = _devices()
        with _at_work() as works:
            if works:
                time.sleep(3)
                recorded["at_work"] = _devices()
        return recorded
    finally:
        pynvml.nvmlShutdown()


def _devices() -> list[list[dict[str, Any]]]:
    answers = []
    for index in range(pynvml.nvmlDeviceGetCount()):
        handle = pynvml.nvmlDeviceGetHandleByIndex(index)
        answers.append(
            [
                _ask(function, arguments, handle=handle, index=index)
                for function, arguments in device_calls()
            ]
        )
    return answers


def _ask(
    function: str, arguments: tuple[Any, ...], handle: Any = None, index: int = 0
) -> dict[str, Any]:
    said: dict[str, Any] = {"function": function}
    if arguments:
        said["arguments"] = list(arguments)
    began = time.perf_counter()
    try:
        asked: Callable[..., Any] = getattr(pynvml, function)
        values = [_value(argument) for argument in arguments]
        answer = asked(*([] if handle is None else [handle]), *values)
        said["answer"] = _plain(answer)
        if function in _MADE_UP:
            said["answer"] = _MADE_UP[function].format(index=index)
    except pynvml.NVMLError as error:
        said["error"] = type(error).__name__
    except (AttributeError, TypeError, ValueError) as error:
        said["error"] = f"{type(error).__name__}: {error}"  # this pynvml has no such call
    said["ms"] = round(1000 * (time.perf_counter() - began), 3)
    return said


def _value(argument: Any) -> Any:
    if isinstance(argument, list):
        return [_value(each) for each in argument]
    return getattr(pynvml, argument) if isinstance(argument, str) else argument


def _plain(answer: Any) -> Any:
    """The answer in JSON's types."""
    if isinstance(answer, bytes):
        return answer.decode("utf-8", "replace")
    if isinstance(answer, ctypes.Structure | ctypes.Union):
        return {name: _plain(getattr(answer, name)) for name, *_ in answer._fields_}
    if isinstance(answer, list | tuple | ctypes.Array):
        return [_plain(each) for each in answer]
    if answer is None or isinstance(answer, bool | int | float | str):
        return answer
    if hasattr(answer, "__dict__"):  # pynvml's copies of structures
        return {name: _plain(value) for name, value in vars(answer).items()}
    return repr(type(answer))


@contextlib.contextmanager
def _at_work() -> Iterator[bool]:
    """The first GPU multiplies matrices; yields whether it does."""
    worker = subprocess.Popen(
        [sys.executable, "-c", _WORK], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert worker.stdout is not None
        yield worker.stdout.readline() == "works\n"
    finally:
        worker.kill()
        worker.communicate()


def main() -> None:
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(record(), indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
