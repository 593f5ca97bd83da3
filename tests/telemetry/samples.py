"""Samples to begin from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from desktop_llm.core.units import GIB
from desktop_llm.telemetry.sample import (
    DriverState,
    GpuMemory,
    GpuProcess,
    GpuSample,
    OurProcess,
    RamSample,
    Sample,
)

MEMORY = GpuMemory(24 * GIB, 20 * GIB, 3 * GIB, GIB)


def gpu(**changes: Any) -> GpuSample:
    card = GpuSample(0, "RTX 4090", "GPU-1", memory=MEMORY, processes=())
    return replace(card, **changes)


def processes(*sizes: int | None, first: int = 100) -> tuple[GpuProcess, ...]:
    return tuple(GpuProcess(first + n, f"program {n}", size) for n, size in enumerate(sizes))


def sample(at: float = 0, gpus: Sequence[GpuSample] = ()) -> Sample:
    ram = RamSample(16 * GIB, 6 * GIB, (OurProcess(1, "python", 2 * GIB),))
    driver = DriverState.OK if gpus else DriverState.ABSENT
    return Sample(at, 1_700_000_000 + at, ram, driver, gpus=tuple(gpus))
