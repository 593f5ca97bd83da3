"""A port and a machine that report everything there is to report."""

from __future__ import annotations

from desktop_llm.server.port_metrics import PortFigures
from desktop_llm.server.traffic import Durations, TrafficFigures
from desktop_llm.telemetry.sample import (
    Clocks,
    Ecc,
    GpuState,
    Link,
    NvLink,
    Sample,
    Temperatures,
    Throttle,
)
from tests.telemetry.samples import gpu, sample

PORT = PortFigures(
    engine_ready=True,
    running=3,
    running_limit=48,
    waiting=2,
    waiting_limit=48,
    refused={"queue_full": 5, "client_limit": 0},
    breaker="half_open",
    opened={"gpu_lost": 1},
    resumable=4,
    resumed=7,
    expired=1,
)


def traffic() -> TrafficFigures:
    """Two answers of 0.02 s and 7 s."""
    durations = Durations()
    durations.add(0.02)
    durations.add(7)
    return TrafficFigures(
        {("/v1/chat/completions", "200"): 2, ("other", "404"): 1},
        {"/v1/chat/completions": durations},
        {"/v1/chat/completions": durations},
    )


def machine() -> Sample:
    """One GPU that reports everything, one that reports next to nothing, one that is lost."""
    full = gpu(
        busy_percent=87,
        memory_busy_percent=40,
        power=213.5,
        power_limit=450.0,
        temperatures=Temperatures(gpu=61, memory=70, slowdown=90),
        clocks=Clocks(sm=2520, memory=10501),
        throttle=Throttle.POWER_CAP | Throttle.HEAT,
        link=Link(sent=1000, received=2000),
        fan_percent=35,
        ecc=Ecc(enabled=True, corrected=2, uncorrected=0),
        nvlink=NvLink(links=4, sent=10.0, received=20.0),
        energy=12345.0,
    )
    silent = gpu(index=1, uuid="GPU-2", throttle=None)
    lost = gpu(index=2, uuid="GPU-3", state=GpuState.LOST, problem="Gone.", memory=None)
    return sample(gpus=[full, silent, lost])
