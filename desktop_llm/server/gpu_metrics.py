"""The machine in Prometheus's words. What a card does not report has no sample, never a zero."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from desktop_llm.telemetry.sample import DriverState, GpuSample, GpuState, Sample, Throttle

_MHZ = 1_000_000
_PREFIX = "desktop_llm_gpu"

_Value = float | int | None


def machine_families(sample: Sample) -> Iterator[Metric]:
    """One look at the machine: its RAM, its driver and its GPUs. Pure."""
    ram = sample.ram
    yield from _gauge("desktop_llm_ram_total_bytes", "The machine's memory.", ram.total)
    yield from _gauge("desktop_llm_ram_available_bytes", "Memory to be had.", ram.available)
    ours = sum(process.resident for process in ram.ours) if ram.ours else None
    yield from _gauge(
        "desktop_llm_processes_resident_bytes",
        "RAM of the app and all its child processes; shared pages count in each.",
        ours,
    )
    driver = GaugeMetricFamily(
        f"{_PREFIX}_driver_state", "The NVIDIA driver: 1 for its state.", labels=["state"]
    )
    for state in DriverState:
        driver.add_metric([state.value], float(state is sample.driver))
    yield driver
    if sample.gpus:
        yield from _gpus(sample.gpus, sample.driver_version or "")


def _gpus(gpus: Sequence[GpuSample], driver_version: str) -> Iterator[Metric]:
    info = GaugeMetricFamily(
        f"{_PREFIX}_info", "Which GPU it is; always 1.", labels=["gpu", "name", "uuid", "driver"]
    )
    for gpu in gpus:
        info.add_metric([str(gpu.index), gpu.name, gpu.uuid, driver_version], 1)
    yield info
    yield from _each(
        "up", "1 while the GPU answers.", ((gpu, float(gpu.state is GpuState.OK)) for gpu in gpus)
    )
    yield from _memory(gpus)
    yield from _load(gpus)
    yield from _power_and_heat(gpus)
    yield from _transfers(gpus)
    yield from _throttling(gpus)


def _memory(gpus: Sequence[GpuSample]) -> Iterator[Metric]:
    known = [(gpu, gpu.memory) for gpu in gpus if gpu.memory is not None]
    for name, what in (
        ("total", "VRAM that the GPU has."),
        ("used", "VRAM in use, by whatever process."),
        ("free", "VRAM that can be had."),
        ("reserved", "VRAM that the driver keeps."),
    ):
        values = ((gpu, getattr(memory, name)) for gpu, memory in known)
        yield from _each(f"memory_{name}_bytes", what, values)


def _load(gpus: Sequence[GpuSample]) -> Iterator[Metric]:
    yield from _each(
        "busy_ratio",
        "Share of time in which a kernel ran.",
        ((gpu, _share(gpu.busy_percent)) for gpu in gpus),
    )
    yield from _each(
        "memory_busy_ratio",
        "Share of time in which VRAM was read or written.",
        ((gpu, _share(gpu.memory_busy_percent)) for gpu in gpus),
    )
    yield from _each(
        "sm_clock_hertz", "Clock of the cores.", ((gpu, _hertz(gpu.clocks.sm)) for gpu in gpus)
    )
    yield from _each(
        "memory_clock_hertz", "Clock of VRAM.", ((gpu, _hertz(gpu.clocks.memory)) for gpu in gpus)
    )


def _power_and_heat(gpus: Sequence[GpuSample]) -> Iterator[Metric]:
    yield from _each("power_watts", "Power drawn.", ((gpu, gpu.power) for gpu in gpus))
    yield from _each(
        "power_limit_watts", "Power it may draw.", ((gpu, gpu.power_limit) for gpu in gpus)
    )
    yield from _each(
        "energy_joules_total",
        "Energy used since the driver was loaded.",
        ((gpu, gpu.energy) for gpu in gpus),
    )
    yield from _each(
        "temperature_celsius",
        "Temperature of the GPU, and of its memory where it has a sensor.",
        (
            labelled
            for gpu in gpus
            for labelled in (
                ((str(gpu.index), "gpu"), gpu.temperatures.gpu),
                ((str(gpu.index), "memory"), gpu.temperatures.memory),
            )
        ),
        ["gpu", "sensor"],
    )
    yield from _each(
        "slowdown_temperature_celsius",
        "Where the GPU slows down by itself.",
        ((gpu, gpu.temperatures.slowdown) for gpu in gpus),
    )
    yield from _each(
        "fan_ratio", "Speed of the fan.", ((gpu, _share(gpu.fan_percent)) for gpu in gpus)
    )


def _transfers(gpus: Sequence[GpuSample]) -> Iterator[Metric]:
    for link, what in (("link", "pcie"), ("nvlink", "nvlink")):
        for way in ("sent", "received"):
            values = ((gpu, getattr(getattr(gpu, link), way, None)) for gpu in gpus)
            name = f"{what}_{way}_bytes_per_second"
            yield from _each(name, f"Bytes {way} over {what.upper()}, each second.", values)
    yield from _each(
        "ecc_errors_total",
        "Memory errors since the driver was loaded.",
        (
            ((str(gpu.index), kind), getattr(gpu.ecc, kind, None))
            for gpu in gpus
            for kind in ("corrected", "uncorrected")
        ),
        ["gpu", "kind"],
    )


def _throttling(gpus: Sequence[GpuSample]) -> Iterator[Metric]:
    yield from _each(
        "throttled",
        "1 where the reason holds the clocks below what the GPU could do.",
        (
            ((str(gpu.index), (reason.name or "").lower()), float(reason in gpu.throttle))
            for gpu in gpus
            if gpu.throttle is not None
            for reason in Throttle
        ),
        ["gpu", "reason"],
    )


def _each(
    name: str,
    what: str,
    values: Iterable[tuple[GpuSample | tuple[str, ...], _Value]],
    labels: Sequence[str] = ("gpu",),
) -> Iterator[Metric]:
    """The family `name` of those that have a value; none where nobody has one."""
    found = [
        ((str(who.index),) if isinstance(who, GpuSample) else who, value)
        for who, value in values
        if value is not None
    ]
    if not found:
        return
    full = f"{_PREFIX}_{name}"
    family = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
    made = family(full, what, labels=list(labels))
    for label, value in found:
        made.add_metric(list(label), value)
    yield made


def _gauge(name: str, what: str, value: _Value) -> Iterator[Metric]:
    if value is not None:
        yield GaugeMetricFamily(name, what, value=value)


def _share(percent: int | None) -> float | None:
    return None if percent is None else percent / 100


def _hertz(mhz: int | None) -> int | None:
    return None if mhz is None else mhz * _MHZ
