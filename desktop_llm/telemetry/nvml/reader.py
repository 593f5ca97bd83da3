"""All GPUs at every look, over lost cards, reloaded drivers and none at all."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from desktop_llm.core.errors import sentence
from desktop_llm.telemetry.nvml.device import Device
from desktop_llm.telemetry.nvml.library import (
    DriverGoneError,
    GpuGoneError,
    Library,
    NotReadError,
)
from desktop_llm.telemetry.nvml.processes import ProcessNames
from desktop_llm.telemetry.sample import DriverState, GpuSample, GpuState

log = logging.getLogger(__name__)

FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 60.0
_MOST_GPUS = 64


@dataclass(frozen=True, slots=True)
class NvmlReading:
    """The GPUs at one moment, in NVML's order; those that were lost are among them.

    Unless `driver` is OK, `problem` is a sentence and no GPU is there that answers.
    """

    driver: DriverState
    problem: str = ""
    driver_version: str | None = None
    gpus: tuple[GpuSample, ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    """A GPU that was seen once."""

    index: int
    name: str
    uuid: str


class NvmlReader:
    """Opens NVML at the first look and keeps it open until `close`. For one thread.

    What stops answering is opened anew after 1 s, 2 s, 4 s … up to a minute, for as long as it
    takes; the readings in between say what is the matter.
    """

    def __init__(self) -> None:
        self._nvml: Library | None = None
        self._version: str | None = None
        self._devices: list[Device] = []
        self._counted = 0
        self._known: dict[str, _Known] = {}
        self._names = ProcessNames()
        self._trouble: NvmlReading | None = None
        self._retry_at = 0.0
        self._delay = FIRST_RETRY_SECONDS

    def read(self, at: float) -> NvmlReading:
        """Look at every GPU, at the time `at` (s, monotonic). Never raises for what NVML does."""
        if self._retry_at and at >= self._retry_at:
            self.close()
        if self._nvml is None and self._trouble is not None and at < self._retry_at:
            return self._trouble
        try:
            reading = self._look(at)
        except DriverGoneError as gone:
            self.close()
            if not gone.reopen_now:
                return self._failed(at, gone)
            # Someone else in this process shut NVML down: nothing is wrong with the driver.
            try:
                reading = self._look(at)
            except DriverGoneError as again:
                self.close()
                return self._failed(at, again)
        self._trouble = None
        if reading.gpus and all(gpu.state is GpuState.OK for gpu in reading.gpus):
            self._retry_at, self._delay = 0.0, FIRST_RETRY_SECONDS
        elif not self._retry_at:
            self._plan_retry(at)
        return reading

    def close(self) -> None:
        """Let the driver go; the next look opens it anew."""
        nvml, self._nvml = self._nvml, None
        self._devices, self._counted, self._retry_at = [], 0, 0.0
        if nvml is not None:
            nvml.close()

    def _look(self, at: float) -> NvmlReading:
        if self._nvml is None:
            self._nvml = Library()
            self._version = self._nvml.text("nvmlSystemGetDriverVersion") or None
        nvml = self._nvml
        count = self._count(nvml)
        if count != self._counted:
            self._find(nvml, count)
        samples: dict[str, GpuSample] = {}
        for device in self._devices:
            try:
                samples[device.uuid or str(device.index)] = device.read(at, self._names)
            except GpuGoneError:
                continue  # told below, with those that are no longer listed
        self._names.keep(
            {process.pid for gpu in samples.values() for process in gpu.processes or ()}
        )
        gpus = [samples.get(key) or _lost(known) for key, known in self._known.items()]
        gpus.sort(key=lambda gpu: (gpu.index, gpu.state is GpuState.LOST))
        if not gpus:
            problem = sentence("The NVIDIA driver is installed but reports no GPU.")
            return NvmlReading(DriverState.NO_GPU, problem, self._version)
        return NvmlReading(DriverState.OK, "", self._version, tuple(gpus))

    def _count(self, nvml: Library) -> int:
        try:
            count = int(nvml.must("nvmlDeviceGetCount"))
        except (NotReadError, GpuGoneError) as error:
            raise DriverGoneError(
                DriverState.FAILING,
                sentence("The NVIDIA driver does not answer: {reason}.", reason=error),
            ) from error
        return min(count, _MOST_GPUS)

    def _find(self, nvml: Library, count: int) -> None:
        """Open every GPU that answers, and remember all."""
        self._devices, self._counted = [], count
        for index in range(count):
            try:
                device = Device(nvml, index, nvml.must("nvmlDeviceGetHandleByIndex", index))
            except (GpuGoneError, NotReadError):
                if all(known.index != index for known in self._known.values()):
                    self._known[str(index)] = _Known(index, "", "")
                continue
            self._known.pop(str(index), None)
            self._known[device.uuid or str(index)] = _Known(index, device.name, device.uuid)
            self._devices.append(device)

    def _failed(self, at: float, gone: DriverGoneError) -> NvmlReading:
        if self._trouble is None or self._trouble.problem != gone.problem:
            log.info("%s", gone.problem)
        self._trouble = NvmlReading(gone.state, gone.problem, None, ())
        self._plan_retry(at)
        return self._trouble

    def _plan_retry(self, at: float) -> None:
        self._retry_at = at + self._delay
        self._delay = min(self._delay * 2, LONGEST_RETRY_SECONDS)


def _lost(known: _Known) -> GpuSample:
    return GpuSample(
        known.index,
        known.name,
        known.uuid,
        GpuState.LOST,
        sentence(
            "{gpu} no longer answers: it fell off the bus or was taken out. It is looked for "
            "again; if it does not come back, restart the computer.",
            gpu=known.name or "GPU",
        ),
    )
