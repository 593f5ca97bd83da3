"""What a load takes beside its weights and KV cache: formulas, and what this machine's loads took.

Activations are a formula, checked against vLLM's profiling run: the widest moment of one layer for
a whole step, and the sampler's float32 logits. The rest (the CUDA context, kernels, workspaces, the
processes themselves) no config tells. It is learned: each load leaves what it took beyond the
formula in a small file, and the next estimate takes the median of the latest ones like it.
"""

from __future__ import annotations

import json
import logging
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from desktop_llm.core.files import write_atomic
from desktop_llm.core.units import GIB, MIB

log = logging.getLogger(__name__)

VERSION = 1
_KEPT = 50  # loads in the file
_ASKED = 9  # of the latest ones like it
# Until a load was seen: EngineCore and a worker with torch imported, or a CUDA context and
# the kernels' workspaces.
_CPU_RUNTIME = 850 * MIB
_GPU_RUNTIME = 1 * GIB
_GPU_GRAPHS = 512 * MIB
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
class SeenLoad:
    """One past load: what kind it was and what it took beyond weights, KV cache and formula."""

    cpu: bool
    eager: bool
    devices: int
    runtime_bytes: int


@dataclass(frozen=True)
class Overheads:
    """What past loads on this machine took, the latest last."""

    seen: tuple[SeenLoad, ...] = ()

    def estimate(self, shape: LoadShape) -> Overhead:
        """What a load of this shape will take; by the defaults until one like it was seen."""
        alike = [
            load.runtime_bytes
            for load in self.seen
            if (load.cpu, load.eager, load.devices) == (shape.cpu, shape.eager, shape.devices)
        ]
        if alike:
            # The runtime of a load with graphs includes them: they cannot be told apart.
            return Overhead(shape.activations, 0, int(statistics.median(alike[-_ASKED:])), True)
        graphs = 0 if shape.eager else _GPU_GRAPHS
        runtime = _CPU_RUNTIME if shape.cpu else _GPU_RUNTIME
        return Overhead(shape.activations, graphs, runtime, False)

    def with_load(self, shape: LoadShape, taken: int, weights: int, kv_cache: int) -> Overheads:
        """After a load that took `taken` bytes of a device in all.

        A measurement that other programs disturbed (less than its parts) teaches nothing.
        """
        beyond = taken - weights - kv_cache
        if beyond <= 0:
            return self
        load = SeenLoad(shape.cpu, shape.eager, shape.devices, max(beyond - shape.activations, 0))
        return Overheads((*self.seen, load)[-_KEPT:])


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
    load = SeenLoad(
        bool(entry["cpu"]), bool(entry["eager"]), int(entry["devices"]), int(entry["runtime_bytes"])
    )
    if load.runtime_bytes < 0 or load.devices < 1:
        raise ValueError(f"an impossible load: {entry}")
    return load
