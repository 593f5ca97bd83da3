"""What was sampled as named figures with units, for the history, the sparklines and the alerts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from desktop_llm.telemetry.sample import GpuMemory, GpuSample, Sample

# A number, or again a mapping of some: `dataclasses.asdict` of the engine's statistics is one.
EngineFigures: TypeAlias = "Mapping[str, float | EngineFigures | None]"


class Unit(StrEnum):
    BYTES = "bytes"
    BYTES_PER_SECOND = "bytes_per_second"
    CELSIUS = "celsius"
    COUNT = "count"
    JOULES = "joules"
    MHZ = "mhz"
    PERCENT = "percent"
    SECONDS = "seconds"
    SHARE = "share"  # 0 to 1
    TOKENS = "tokens"
    TOKENS_PER_SECOND = "tokens_per_second"
    WATTS = "watts"
    YES_OR_NO = "yes_or_no"  # 1 or 0


@dataclass(frozen=True, slots=True)
class Figure:
    """`name` such as ``gpu0.power``, ``ram.used``, ``engine.ttft_s.p95``; None: not reported."""

    name: str
    unit: Unit
    value: float | None


def figures_of(sample: Sample, engine: EngineFigures | None = None) -> tuple[Figure, ...]:
    """All figures of one moment. `engine` is what the engine tells, None without a model. Pure."""
    return (*_ram(sample), *_gpus(sample), *engine_figures(engine or {}))


def engine_figures(engine: EngineFigures) -> tuple[Figure, ...]:
    """The engine's numbers under ``engine.``; those in a mapping under its name and a dot."""
    return tuple(Figure(name, _unit(name), value) for name, value in _flat("engine", engine))


def gpu_key(index: int) -> str:
    """The beginning of one GPU's figures' names."""
    return f"gpu{index}"


def _flat(prefix: str, figures: EngineFigures) -> Iterator[tuple[str, float | None]]:
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}.{name}", value)
        else:
            yield f"{prefix}.{name}", value


def _unit(name: str) -> Unit:
    """By the endings that the engine's figures have."""
    parts = name.split(".")
    last = parts[-1]
    if last == "count":
        return Unit.COUNT
    if last.endswith("tokens_per_s"):
        return Unit.TOKENS_PER_SECOND
    if last.endswith("_s") or parts[-2].endswith("_s"):
        return Unit.SECONDS
    if last in {"kv_usage", "prefix_hit_rate"}:
        return Unit.SHARE
    if last.endswith("bytes"):
        return Unit.BYTES
    if "tokens" in last or last in {"kv_block_size", "prefix_queries", "prefix_hits"}:
        return Unit.TOKENS
    return Unit.COUNT


def _ram(sample: Sample) -> Iterator[Figure]:
    ram = sample.ram
    yield Figure("ram.used", Unit.BYTES, ram.total - ram.available)
    yield Figure("ram.total", Unit.BYTES, ram.total)
    yield Figure("ram.ours", Unit.BYTES, sum(process.resident for process in ram.ours))


def _gpus(sample: Sample) -> Iterator[Figure]:
    ours = {process.pid for process in sample.ram.ours}
    for gpu in sample.gpus:
        key = gpu_key(gpu.index)
        for name, unit, value in _gpu(gpu, ours):
            yield Figure(f"{key}.{name}", unit, value)


def _gpu(gpu: GpuSample, ours: Collection[int]) -> Iterator[tuple[str, Unit, float | None]]:
    if gpu.memory is not None:
        yield from _memory(gpu.memory)
    yield "memory_ours", Unit.BYTES, _held_by(gpu, ours)
    yield "busy", Unit.PERCENT, gpu.busy_percent
    yield "memory_busy", Unit.PERCENT, gpu.memory_busy_percent
    yield "power", Unit.WATTS, gpu.power
    yield "power_limit", Unit.WATTS, gpu.power_limit
    yield "energy", Unit.JOULES, gpu.energy
    yield "temperature", Unit.CELSIUS, gpu.temperatures.gpu
    yield "memory_temperature", Unit.CELSIUS, gpu.temperatures.memory
    yield "slowdown_temperature", Unit.CELSIUS, gpu.temperatures.slowdown
    yield "sm_clock", Unit.MHZ, gpu.clocks.sm
    yield "memory_clock", Unit.MHZ, gpu.clocks.memory
    yield "fan", Unit.PERCENT, gpu.fan_percent
    yield "pcie_sent", Unit.BYTES_PER_SECOND, gpu.link.sent
    yield "pcie_received", Unit.BYTES_PER_SECOND, gpu.link.received
    if gpu.nvlink is not None:
        yield "nvlink_sent", Unit.BYTES_PER_SECOND, gpu.nvlink.sent
        yield "nvlink_received", Unit.BYTES_PER_SECOND, gpu.nvlink.received
    held = gpu.throttle
    yield "held_by_heat", Unit.YES_OR_NO, None if held is None else float(held.thermal)
    yield "held_by_power", Unit.YES_OR_NO, None if held is None else float(held.power)


def _held_by(gpu: GpuSample, pids: Collection[int]) -> int | None:
    """None where the driver names none of them: they may be there under other numbers."""
    held = [process.bytes for process in gpu.processes or () if process.pid in pids]
    known = [size for size in held if size is not None]
    return sum(known) if known and len(known) == len(held) else None


def _memory(memory: GpuMemory) -> Iterator[tuple[str, Unit, float | None]]:
    yield "memory_used", Unit.BYTES, memory.used
    yield "memory_free", Unit.BYTES, memory.free
    yield "memory_total", Unit.BYTES, memory.total
    if memory.total > 0:
        # What the driver reserves is not to be had either.
        yield "memory_full", Unit.PERCENT, 100 * (1 - memory.free / memory.total)
