"""Whether the engine, its GPU and its cache are fit to answer: what the breaker goes by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from desktop_llm.core.errors import Sentence, sentence
from desktop_llm.engine.statistics import EngineStatistics
from desktop_llm.engine.types import EngineState, Phase
from desktop_llm.telemetry.alert_state import Rule, Track, step
from desktop_llm.telemetry.sample import GpuSample, GpuState, Throttle

# Not HARDWARE_SLOWDOWN alone: a laptop on its battery says that all day.
_HARD = Throttle.HARDWARE_HEAT | Throttle.POWER_BRAKE


class Trouble(StrEnum):
    """What keeps the engine from answering well; the first of several is the one told."""

    ENGINE_DEAD = "engine_dead"
    GPU_LOST = "gpu_lost"
    GPU_THROTTLED = "gpu_throttled"
    KV_CACHE_FULL = "kv_cache_full"
    FAILING = "failing"

    @property
    def message(self) -> Sentence:
        """What is the matter, as a sentence."""
        texts = {
            Trouble.ENGINE_DEAD: sentence("The engine has ended and must be loaded again."),
            Trouble.GPU_LOST: sentence("The GPU is lost: the driver no longer reaches it."),
            Trouble.GPU_THROTTLED: sentence("The hardware has slowed the GPU down hard."),
            Trouble.KV_CACHE_FULL: sentence("The KV cache has been full for too long."),
            Trouble.FAILING: sentence("Several requests in a row failed in the engine."),
        }
        return texts[self]


@dataclass(frozen=True)
class HealthLimits:
    """From when on it is too much. Durations in seconds, `kv_usage` as a share (0–1).

    What was too much must be calm for `calm_seconds`; the cache then at most `kv_calm` full. It
    counts as full while requests wait for it.
    """

    lost_seconds: float = 3.0
    throttled_seconds: float = 15.0
    kv_usage: float = 0.97
    kv_calm: float = 0.90
    kv_seconds: float = 30.0
    calm_seconds: float = 5.0


@dataclass(frozen=True)
class Reading:
    """One look: what the engine, its statistics and the GPUs say. `gpus` are the latest sample's.

    None where there is nothing to say: no model, no GPU, nobody looked.
    """

    engine: EngineState
    statistics: EngineStatistics | None = None
    gpus: tuple[GpuSample, ...] | None = None


class Health:
    """Judges readings over time: a moment's trouble is none. For one thread."""

    def __init__(self, limits: HealthLimits) -> None:
        calm = limits.calm_seconds
        self._rules = {
            Trouble.GPU_LOST: Rule(0.5, 0.5, limits.lost_seconds, calm),
            Trouble.GPU_THROTTLED: Rule(0.5, 0.5, limits.throttled_seconds, calm),
            Trouble.KV_CACHE_FULL: Rule(limits.kv_usage, limits.kv_calm, limits.kv_seconds, calm),
        }
        self._tracks = dict.fromkeys(self._rules, Track())

    def judge(self, at: float, reading: Reading) -> Trouble | None:
        """The gravest trouble at the time `at` (s, monotonic), in which nobody should be let in."""
        measured = dict(_measured(reading))
        for trouble, rule in self._rules.items():
            self._tracks[trouble] = step(rule, self._tracks[trouble], at, measured[trouble])
        failure = reading.engine.failure
        if reading.engine.phase is Phase.FAILED and failure and failure.code == "engine.died":
            return Trouble.ENGINE_DEAD
        return next((trouble for trouble, track in self._tracks.items() if track.raised), None)


def _measured(reading: Reading) -> Iterator[tuple[Trouble, float | None]]:
    yield Trouble.GPU_LOST, _share(gpu.state is GpuState.LOST for gpu in reading.gpus or ())
    held = [gpu.throttle for gpu in reading.gpus or () if gpu.throttle is not None]
    yield Trouble.GPU_THROTTLED, _share(bool(throttle & _HARD) for throttle in held)
    found = reading.statistics
    # A cache that one long chat fills, for which nobody waits, does what it is there for.
    contended = found is not None and found.waiting
    yield Trouble.KV_CACHE_FULL, found.kv_usage if found and contended else 0.0


def _share(which: Iterable[bool]) -> float:
    """1 where any is."""
    return float(any(which))
