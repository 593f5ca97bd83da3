"""Tokens made and energy used while a model was loaded, over the app's starts, in a small file."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from desktop_llm.config.late_writer import LateWriter
from desktop_llm.config.lenient import read_lenient
from desktop_llm.core.cost import integrate_power
from desktop_llm.core.files import write_atomic
from desktop_llm.telemetry.figures import Figure
from desktop_llm.telemetry.sample import GpuSample, Sample

log = logging.getLogger(__name__)

# The machine is looked at every 5 s while a model is loaded. Over more than this it slept, and
# neither tokens nor energy are counted.
LONGEST_GAP_SECONDS = 30.0
WRITE_EVERY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Usage:
    """Totals since `since` (s since the epoch; 0: nothing was counted yet).

    `seconds` is the time with a model loaded. Energy is in joules, of the GPUs that this app was
    on, what they draw while idle included: `counted` by the cards' own counters, `integrated` from
    the power of those that have none.
    """

    since: float = 0.0
    seconds: float = 0.0
    tokens: int = 0
    prompt_tokens: int = 0
    counted: float = 0.0
    integrated: float = 0.0


@dataclass(frozen=True, slots=True)
class _Look:
    at: float
    tokens: float
    prompt_tokens: float
    gpus: dict[str, GpuSample]


class UsageMeter:
    """`note` belongs to the sampler's thread; the rest may be called on any."""

    def __init__(self, file: Path, on_gpu: Callable[[], bool]) -> None:
        """`on_gpu` tells whether the loaded model is on GPUs; else theirs is no energy of ours."""
        self._file = file
        self._on_gpu = on_gpu
        self._lock = threading.Lock()
        self._usage = _read(file)
        self._before: _Look | None = None
        self._written_at = float("-inf")
        self._writer = LateWriter(self._write, "usage-writer")

    @property
    def usage(self) -> Usage:
        with self._lock:
            return self._usage

    def note(self, sample: Sample, figures: Iterable[Figure]) -> None:
        """Count what came since the look before, while a model was loaded at both."""
        values = {figure.name: figure.value for figure in figures}
        tokens = values.get("engine.generation_tokens")
        before, self._before = self._before, None
        if tokens is None:
            return
        prompts = values.get("engine.prompt_tokens") or 0
        now = self._before = _Look(sample.at, tokens, prompts, self._gpus(sample))
        if before is None or tokens < before.tokens:  # a model was loaded in between
            return
        seconds = now.at - before.at
        if not 0 < seconds <= LONGEST_GAP_SECONDS:
            return
        counted, integrated = _energy(before, now)
        with self._lock:
            usage = self._usage
            self._usage = Usage(
                usage.since or sample.wall,
                usage.seconds + seconds,
                usage.tokens + round(tokens - before.tokens),
                usage.prompt_tokens + max(0, round(prompts - before.prompt_tokens)),
                usage.counted + counted,
                usage.integrated + integrated,
            )
        if now.at - self._written_at >= WRITE_EVERY_SECONDS:
            self._written_at = now.at
            self._writer.poke()

    def begin_anew(self) -> Usage:
        """Count from nothing; returns what was counted so far."""
        with self._lock:
            before, self._usage = self._usage, Usage(since=time.time())
        self._writer.poke()
        return before

    def take_back(self, earlier: Usage) -> None:
        """Add what was counted before `begin_anew` again."""
        with self._lock:
            now = self._usage
            self._usage = replace(
                earlier,
                seconds=earlier.seconds + now.seconds,
                tokens=earlier.tokens + now.tokens,
                prompt_tokens=earlier.prompt_tokens + now.prompt_tokens,
                counted=earlier.counted + now.counted,
                integrated=earlier.integrated + now.integrated,
            )
        self._writer.poke()

    def close(self) -> None:
        """Write what is not written yet. Blocks for that."""
        if self.usage != Usage():
            self._writer.poke()
        self._writer.flush()

    def _gpus(self, sample: Sample) -> dict[str, GpuSample]:
        """Those that this app is on; where the driver names it on none, all of them."""
        if not self._on_gpu():
            return {}
        ours = {process.pid for process in sample.ram.ours}
        named = [
            gpu
            for gpu in sample.gpus
            if any(process.pid in ours for process in gpu.processes or ())
        ]
        return {gpu.uuid or str(gpu.index): gpu for gpu in named or sample.gpus}

    def _write(self) -> None:
        try:
            write_atomic(self._file, json.dumps(asdict(self.usage)).encode())
        except OSError as error:
            log.warning("What was used could not be written to %s: %s", self._file, error)


def _energy(before: _Look, now: _Look) -> tuple[float, float]:
    """Joules between two looks: by counters, and integrated from power."""
    counted = integrated = 0.0
    for key, gpu in now.gpus.items():
        earlier = before.gpus.get(key)
        if earlier is None:
            continue
        if gpu.energy is not None and earlier.energy is not None:
            counted += max(0.0, gpu.energy - earlier.energy)  # a driver that reloads begins at 0
        elif gpu.power is not None and earlier.power is not None:
            points = ((before.at, earlier.power), (now.at, gpu.power))
            integrated += integrate_power(points, LONGEST_GAP_SECONDS)
    return counted, integrated


def _read(file: Path) -> Usage:
    try:
        values = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return Usage()
    except (OSError, ValueError) as error:
        log.warning("What was used could not be read from %s: %s", file, error)
        return Usage()
    return read_lenient(Usage, values, str(file)) or Usage()
