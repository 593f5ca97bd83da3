"""One GPU: what stays the same is read once, the rest at every look."""

from __future__ import annotations

import math
from typing import Any

from desktop_llm.core.errors import sentence
from desktop_llm.core.units import KIB
from desktop_llm.telemetry.nvml.library import Library, NotReadError, number
from desktop_llm.telemetry.nvml.memory import read_memory
from desktop_llm.telemetry.nvml.processes import ProcessNames, ProcessReader
from desktop_llm.telemetry.nvml.throttling import throttle_of
from desktop_llm.telemetry.sample import (
    Clocks,
    Ecc,
    GpuSample,
    GpuState,
    Link,
    NvLink,
    Temperatures,
    Throttle,
)

_ALL_LINKS = 0xFFFF_FFFF
# The most links that an NVLink generation has on one GPU so far.
_MOST_LINKS = 18
_MOST_MIG_INSTANCES = 64
# On an H100 (driver 580) a look at everything takes 9.5 ms of CPU time. Of it the energy counter
# takes 5, and 0.4 each ECC, MIG and a fan that is not there: those are looked at less often.
RARELY_SECONDS = 10.0
# 3 ms for 18 links.
LINKS_SECONDS = 5.0
# nvml.h, nvmlNvlinkVersion_t
_NVLINK_VERSIONS = {
    1: "1.0", 2: "2.0", 3: "2.2", 4: "3.0", 5: "3.1", 6: "4.0", 7: "5.0", 8: "6.0",
}  # fmt: skip


class Device:
    """A GPU within one session of the library. For one thread."""

    def __init__(self, nvml: Library, index: int, handle: Any) -> None:
        """Read what does not change. Raises GpuGoneError, DriverGoneError."""
        self.index = index
        self.name = nvml.text("nvmlDeviceGetName", handle)
        self.uuid = nvml.text("nvmlDeviceGetUUID", handle)
        self._nvml = nvml
        self._handle = handle
        self._unsupported: set[tuple[Any, ...]] = set()
        self._processes = ProcessReader(nvml, handle)
        raw = nvml.raw
        self._limits = Temperatures(
            maximum=self._threshold(raw.NVML_TEMPERATURE_THRESHOLD_GPU_MAX),
            slowdown=self._threshold(raw.NVML_TEMPERATURE_THRESHOLD_SLOWDOWN),
            shutdown=self._threshold(raw.NVML_TEMPERATURE_THRESHOLD_SHUTDOWN),
        )
        self._fastest = Clocks(
            sm_maximum=self._number("nvmlDeviceGetMaxClockInfo", raw.NVML_CLOCK_SM),
            memory_maximum=self._number("nvmlDeviceGetMaxClockInfo", raw.NVML_CLOCK_MEM),
        )
        self._link = Link(
            generation_maximum=self._number("nvmlDeviceGetMaxPcieLinkGeneration"),
            width_maximum=self._number("nvmlDeviceGetMaxPcieLinkWidth"),
        )
        self._links = self._active_links()
        self._links_due = -math.inf
        self._nvlink_now = self._links
        self._carried: tuple[float, int, int] | None = None
        self._rare_due = -math.inf
        self._energy: int | None = None
        self._ecc: Ecc | None = None
        self._mig_instances: int | None = None

    def read(self, at: float, names: ProcessNames) -> GpuSample:
        """Look at it, at the time `at` (s). Raises GpuGoneError, DriverGoneError.

        Takes about 40 ms where the card measures its PCIe throughput, asleep in the driver.
        """
        try:
            memory = read_memory(self._nvml, self._handle)
        except NotReadError as error:
            return GpuSample(
                self.index,
                self.name,
                self.uuid,
                GpuState.UNREADABLE,
                sentence("This GPU's memory cannot be read: {reason}.", reason=error),
            )
        busy = self._ask("nvmlDeviceGetUtilizationRates")
        power = self._number("nvmlDeviceGetPowerUsage")
        limit = self._number("nvmlDeviceGetEnforcedPowerLimit")
        if at >= self._rare_due:
            self._rare_due = at + RARELY_SECONDS
            self._look_closely()
        energy = self._energy
        return GpuSample(
            self.index,
            self.name,
            self.uuid,
            memory=memory,
            processes=self._processes.read(names),
            busy_percent=_percent(None if busy is None else busy.gpu),
            memory_busy_percent=_percent(None if busy is None else busy.memory),
            power=None if power is None else power / 1000,
            power_limit=None if limit is None else limit / 1000,
            temperatures=self._temperatures(),
            clocks=self._clocks(),
            throttle=self._throttle(),
            link=self._pcie(),
            fan_percent=self._number("nvmlDeviceGetFanSpeed"),
            ecc=self._ecc,
            mig_instances=self._mig_instances,
            nvlink=self._nvlink(at),
            energy=None if energy is None else energy / 1000,
        )

    def _look_closely(self) -> None:
        """Read what takes the driver long and changes slowly or grows."""
        self._unsupported.clear()  # MIG switched on or off may change what is
        self._energy = self._number("nvmlDeviceGetTotalEnergyConsumption")
        self._ecc = self._read_ecc()
        self._mig_instances = self._count_mig_instances()

    def _ask(self, function: str, *arguments: Any) -> Any:
        """As `Library.ask`; what the card does not support is not asked for again for a while."""
        call = (function, *arguments)
        if call in self._unsupported:
            return None
        try:
            return self._nvml.must(function, self._handle, *arguments)
        except NotReadError as error:
            if error.code == self._nvml.raw.NVML_ERROR_NOT_SUPPORTED:
                self._unsupported.add(call)
            return None

    def _number(self, function: str, *arguments: Any) -> int | None:
        return number(self._ask(function, *arguments))

    def _threshold(self, which: int) -> int | None:
        # 0 °C is how some drivers say that there is none.
        return self._number("nvmlDeviceGetTemperatureThreshold", which) or None

    def _temperatures(self) -> Temperatures:
        sensor = self._nvml.raw.NVML_TEMPERATURE_GPU
        gpu = None
        if self._nvml.supports("nvmlDeviceGetTemperatureV"):
            gpu = self._number("nvmlDeviceGetTemperatureV", sensor)
        if gpu is None:
            gpu = self._number("nvmlDeviceGetTemperature", sensor)
        (memory,) = self._fields((self._nvml.raw.NVML_FI_DEV_MEMORY_TEMP, 0))
        limits = self._limits
        return Temperatures(gpu, memory or None, limits.maximum, limits.slowdown, limits.shutdown)

    def _clocks(self) -> Clocks:
        raw = self._nvml.raw
        return Clocks(
            self._number("nvmlDeviceGetClockInfo", raw.NVML_CLOCK_SM),
            self._fastest.sm_maximum,
            self._number("nvmlDeviceGetClockInfo", raw.NVML_CLOCK_MEM),
            self._fastest.memory_maximum,
        )

    def _throttle(self) -> Throttle | None:
        # The second name is what drivers before 535 call it.
        for function in (
            "nvmlDeviceGetCurrentClocksEventReasons",
            "nvmlDeviceGetCurrentClocksThrottleReasons",
        ):
            mask = self._ask(function)
            if mask is not None:
                return throttle_of(int(mask))
        return None

    def _pcie(self) -> Link:
        raw = self._nvml.raw
        sent = self._number("nvmlDeviceGetPcieThroughput", raw.NVML_PCIE_UTIL_TX_BYTES)
        received = self._number("nvmlDeviceGetPcieThroughput", raw.NVML_PCIE_UTIL_RX_BYTES)
        return Link(
            self._number("nvmlDeviceGetCurrPcieLinkGeneration"),
            self._link.generation_maximum,
            self._number("nvmlDeviceGetCurrPcieLinkWidth"),
            self._link.width_maximum,
            None if sent is None else sent * KIB,
            None if received is None else received * KIB,
        )

    def _read_ecc(self) -> Ecc | None:
        mode = self._ask("nvmlDeviceGetEccMode")
        if mode is None:
            return None
        if mode[0] != self._nvml.raw.NVML_FEATURE_ENABLED:
            return Ecc(False)
        raw = self._nvml.raw
        counts = [
            self._number("nvmlDeviceGetTotalEccErrors", kind, raw.NVML_VOLATILE_ECC)
            for kind in (
                raw.NVML_MEMORY_ERROR_TYPE_CORRECTED,
                raw.NVML_MEMORY_ERROR_TYPE_UNCORRECTED,
            )
        ]
        return Ecc(True, *counts)

    def _count_mig_instances(self) -> int | None:
        """How many MIG instances there are; None where the GPU is not divided."""
        mode = self._ask("nvmlDeviceGetMigMode")
        if mode is None or mode[0] != self._nvml.raw.NVML_DEVICE_MIG_ENABLE:
            return None
        most = min(self._number("nvmlDeviceGetMaxMigDeviceCount") or 0, _MOST_MIG_INSTANCES)
        handles = (self._ask("nvmlDeviceGetMigDeviceHandleByIndex", place) for place in range(most))
        return sum(handle is not None for handle in handles)

    def _active_links(self) -> NvLink | None:
        up = [
            link
            for link in range(_MOST_LINKS)
            if self._ask("nvmlDeviceGetNvLinkState", link) == self._nvml.raw.NVML_FEATURE_ENABLED
        ]
        if not up:
            return None
        code = self._number("nvmlDeviceGetNvLinkVersion", up[0])
        return NvLink(len(up), _NVLINK_VERSIONS.get(code or 0))

    def _nvlink(self, at: float) -> NvLink | None:
        if self._links is None or at < self._links_due:
            return self._nvlink_now
        self._links_due = at + LINKS_SECONDS
        self._nvlink_now = self._read_links(self._links, at)
        return self._nvlink_now

    def _read_links(self, links: NvLink, at: float) -> NvLink:
        """With what went over them since they were last read."""
        raw = self._nvml.raw
        sent, received = self._fields(
            (raw.NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_TX, _ALL_LINKS),
            (raw.NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_RX, _ALL_LINKS),
        )
        if sent is None or received is None:
            return links
        before, self._carried = self._carried, (at, sent, received)
        if before is None or at <= before[0] or sent < before[1] or received < before[2]:
            return links  # the first look, or the counters began anew
        seconds = at - before[0]
        return NvLink(
            links.links,
            links.version,
            (sent - before[1]) * KIB / seconds,
            (received - before[2]) * KIB / seconds,
        )

    def _fields(self, *wanted: tuple[int, int]) -> list[int | None]:
        """NVML's numbered fields (id, scope), each None if not reported."""
        values = self._ask("nvmlDeviceGetFieldValues", wanted)
        if values is None:
            return [None] * len(wanted)
        return [self._field(value) for value in values]

    def _field(self, value: Any) -> int | None:
        if value.nvmlReturn != self._nvml.raw.NVML_SUCCESS:
            return None
        members = {1: "uiVal", 2: "ulVal", 3: "ullVal", 4: "sllVal", 5: "siVal", 6: "usVal"}
        member = members.get(value.valueType)
        return None if member is None else int(getattr(value.value, member))


def _percent(value: int | None) -> int | None:
    return None if value is None or not 0 <= value <= 100 else int(value)
