"""A sample of this machine: its GPUs through NVML, and its RAM."""

from __future__ import annotations

import time

from desktop_llm.telemetry.nvml.reader import NvmlReader
from desktop_llm.telemetry.ram import read_ram
from desktop_llm.telemetry.sample import Sample


class ThisMachine:
    """For one thread; the driver is opened at the first `read`."""

    def __init__(self) -> None:
        self._nvml = NvmlReader()

    def read(self) -> Sample:
        """Look once. Milliseconds; some 40 ms a GPU that measures its PCIe throughput."""
        at = time.monotonic()
        ram = read_ram()
        gpus = self._nvml.read(at)
        return Sample(
            at, time.time(), ram, gpus.driver, gpus.problem, gpus.driver_version, gpus.gpus
        )

    def close(self) -> None:
        """Let the driver go until the next `read`."""
        self._nvml.close()
