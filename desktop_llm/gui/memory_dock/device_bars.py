"""What each device's bar shows, from one look at the machine and what the engine tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from desktop_llm.engine.statistics import EngineStatistics
from desktop_llm.engine.types import LoadedModel, WorkerMemory
from desktop_llm.telemetry.ledger import Ledger, Ours, gpu_ledger, ram_ledger
from desktop_llm.telemetry.sample import GpuSample, Sample


@dataclass(frozen=True)
class DeviceBar:
    """One device's memory. `gpu` is None for the machine's RAM; `ledger` while it is not known."""

    ledger: Ledger | None
    gpu: GpuSample | None = None


def device_bars(
    sample: Sample, model: LoadedModel | None, statistics: EngineStatistics | None
) -> tuple[DeviceBar, ...]:
    """A bar a GPU; the RAM's where there is no GPU, or the model is in it. Pure."""
    usage = statistics.kv_usage if statistics else 0.0
    pids = frozenset(process.pid for process in sample.ram.ours)
    on_cpu = model is not None and model.device == "cpu"
    bars = []
    for gpu in sample.gpus:
        workers = () if model is None or on_cpu else _workers_on(gpu, model, len(sample.gpus))
        bars.append(DeviceBar(gpu_ledger(gpu, _ours(workers, usage, pids)), gpu))
    if on_cpu or not bars:
        workers = model.workers if model is not None and on_cpu else ()
        bars.append(DeviceBar(ram_ledger(sample.ram, _ours(workers, usage, pids))))
    return tuple(bars)


def _ours(workers: Sequence[WorkerMemory], usage: float, pids: frozenset[int]) -> Ours:
    reserved = _sum([worker.kv_cache_bytes for worker in workers])
    return Ours(
        pids=pids | {worker.pid for worker in workers},
        weights=_sum([worker.weight_bytes for worker in workers]),
        kv_reserved=reserved,
        kv_used=None if reserved is None else round(reserved * usage),
    )


def _workers_on(gpu: GpuSample, model: LoadedModel, gpus: int) -> tuple[WorkerMemory, ...]:
    """Those the driver names on `gpu`; where it names none, the only one on the only GPU."""
    named = {process.pid for process in gpu.processes or ()}
    found = tuple(worker for worker in model.workers if worker.pid in named)
    if not found and gpus == 1 and len(model.workers) == 1:
        return model.workers
    return found


def _sum(sizes: Sequence[int | None]) -> int | None:
    known = [size for size in sizes if size is not None]
    return sum(known) if known and len(known) == len(sizes) else None
