"""What a load takes beside its weights and KV cache: formulas, and what this machine's loads took.

Activations are a formula: the widest moment of one layer for a whole step, and the sampler's
float32 logits. The rest (the CUDA context, kernels, workspaces, graphs, the processes themselves)
no config tells. It is learned: each load leaves what its workers told in a small file, and the next
estimate takes the medians of the latest ones like it.
"""

from __future__ import annotations

import json
import logging
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from desktop_llm.core.files import write_atomic
from desktop_llm.core.units import MIB

log = logging.getLogger(__name__)

VERSION = 1
_KEPT = 50  # loads in the file
_ASKED = 9  # of the latest ones like it
# Until a load was seen: EngineCore and a worker with torch imported (measured), or a CUDA context
# and the kernels' workspaces.
_CORE_RAM = 400 * MIB
_CPU_RUNTIME = _CORE_RAM + 450 * MIB
_CUDA_CONTEXT = 512 * MIB  # was there before vLLM's first look, so no worker tells of it
_GPU_RUNTIME = _CUDA_CONTEXT + 512 * MIB
_GPU_GRAPHS = 512 * MIB
_LEAST_SCALE, _MOST_SCALE = 0.25, 4.0
_LOGITS_COPIES = 3  # logits, their sorted copy and the probabilities, in float32


@dataclass(frozen=True)
class LoadShape:
    """The sizes that the memory beside weights and KV cache depends on."""

    cpu: bool
    eager: bool
    hidden_size: int
    inner_size: int
    vocab_size: int
    layers: int
    batched_tokens: int
    sequences: int
    devices: int = 1

    @property
    def activations(self) -> int:
        """Bytes on each device at the widest moment of a step, in 16 bits.

        The residual stream and its norm, queries, keys and values with the attention's output
        (some six times the hidden size), and both halves of a gated feed-forward network with
        their product.
        """
        widest = 6 * self.hidden_size + 3 * self.inner_size // self.devices
        rows = min(self.sequences, self.batched_tokens)
        return self.batched_tokens * widest * 2 + rows * self.vocab_size * 4 * _LOGITS_COPIES


@dataclass(frozen=True)
class Overhead:
    """Bytes on each device. `learned` from this machine's loads, or the defaults."""

    activations: int
    graphs: int
    runtime: int
    learned: bool

    @property
    def total(self) -> int:
        return self.activations + self.graphs + self.runtime


@dataclass(frozen=True)
class WorkerShare:
    """What the worker of one device told after a load, in bytes; None is not told.

    As `engine.types.WorkerMemory` has it: `resident` is a process's RAM, on the CPU build alone.
    """

    weights: int | None = None
    kv_cache: int | None = None
    activations: int | None = None
    graphs: int | None = None
    non_torch: int | None = None
    resident: int | None = None


@dataclass(frozen=True)
class SeenLoad:
    """One past load: what kind it was, and what it took on a device beside weights and KV cache.

    `activation_scale` is what activations took against the formula, None where nobody said.
    """

    cpu: bool
    eager: bool
    devices: int
    runtime_bytes: int
    graph_bytes: int = 0
    activation_scale: float | None = None


@dataclass(frozen=True)
class Overheads:
    """What past loads on this machine took, the latest last."""

    seen: tuple[SeenLoad, ...] = ()

    def estimate(self, shape: LoadShape) -> Overhead:
        """What a load of this shape will take; by the defaults until one like it was seen."""
        kind = (shape.cpu, shape.eager, shape.devices)
        alike = [load for load in self.seen if (load.cpu, load.eager, load.devices) == kind]
        if not alike:
            graphs = 0 if shape.eager else _GPU_GRAPHS
            runtime = _CPU_RUNTIME if shape.cpu else _GPU_RUNTIME
            return Overhead(shape.activations, graphs, runtime, False)
        latest = alike[-_ASKED:]
        scales = [load.activation_scale for load in latest if load.activation_scale is not None]
        return Overhead(
            int(shape.activations * (statistics.median(scales) if scales else 1.0)),
            int(statistics.median(load.graph_bytes for load in latest)),
            int(statistics.median(load.runtime_bytes for load in latest)),
            True,
        )

    def with_load(self, shape: LoadShape, worker: WorkerShare) -> Overheads:
        """After a load whose largest worker told this. One that told too little teaches nothing."""
        seen = _seen_load(shape, worker)
        return self if seen is None else Overheads((*self.seen, seen)[-_KEPT:])


def _seen_load(shape: LoadShape, worker: WorkerShare) -> SeenLoad | None:
    scale = None
    if worker.activations is not None and shape.activations:
        # A model far smaller than its step tells little about others.
        scale = min(max(worker.activations / shape.activations, _LEAST_SCALE), _MOST_SCALE)
    if shape.cpu:
        if worker.resident is None or worker.weights is None or worker.kv_cache is None:
            return None
        own = worker.resident - worker.weights - worker.kv_cache
        runtime = _CORE_RAM // shape.devices + max(own - shape.activations, 0)
    elif worker.non_torch is None:
        return None
    else:
        runtime = _CUDA_CONTEXT + worker.non_torch
    return SeenLoad(shape.cpu, shape.eager, shape.devices, runtime, worker.graphs or 0, scale)


def read_overheads(file: Path) -> Overheads:
    """What the file says; nothing where it is missing, damaged or of a newer version."""
    try:
        content = json.loads(file.read_bytes())
        if content["version"] != VERSION:
            return Overheads()
        return Overheads(tuple(_seen(entry) for entry in content["loads"]))
    except FileNotFoundError:
        return Overheads()
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("What past loads took cannot be read from %s: %s", file, error)
        return Overheads()


def write_overheads(file: Path, overheads: Overheads) -> None:
    """Write the file whole; a failure is only logged, for it costs nothing but an estimate."""
    content = {"version": VERSION, "loads": [asdict(load) for load in overheads.seen]}
    try:
        write_atomic(file, json.dumps(content, indent=1).encode())
    except OSError as error:
        log.warning("What this load took cannot be written to %s: %s", file, error)


def _seen(entry: dict[str, Any]) -> SeenLoad:
    scale = entry["activation_scale"]
    load = SeenLoad(
        bool(entry["cpu"]),
        bool(entry["eager"]),
        int(entry["devices"]),
        int(entry["runtime_bytes"]),
        int(entry["graph_bytes"]),
        None if scale is None else float(scale),
    )
    small = min(load.runtime_bytes, load.graph_bytes) < 0 or load.devices < 1
    if small or (scale is not None and not _LEAST_SCALE <= float(scale) <= _MOST_SCALE):
        raise ValueError(f"an impossible load: {entry}")
    return load
