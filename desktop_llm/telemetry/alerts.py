"""Says when something goes wrong with the memory, the card or the speed, and what to do."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from desktop_llm.config.alerts import (
    AlertKind,
    AlertSettings,
    Condition,
    CountLimit,
    PercentLimit,
    SecondsLimit,
)
from desktop_llm.core.errors import Fix
from desktop_llm.core.events import Event
from desktop_llm.telemetry.alert_state import Fresh, Increase, Rule, Track, step
from desktop_llm.telemetry.alert_texts import wording
from desktop_llm.telemetry.figures import Figure, gpu_key
from desktop_llm.telemetry.sample import Sample

PAST_KEPT = 100
_OF_A_GPU = {
    AlertKind.VRAM: "memory_full",
    AlertKind.HEAT: "held_by_heat",
    AlertKind.POWER: "held_by_power",
}


@dataclass(frozen=True, slots=True)
class Alert:
    """`message` says what is the matter, `hint` what to do, `fix` names a button for it.

    `subject` is the GPU's key (``gpu0``), empty for the engine. `raised_at` and `cleared_at` are
    in seconds since the epoch; `cleared_at` is None while it lasts.
    """

    kind: AlertKind
    subject: str
    message: str
    hint: str
    fix: Fix
    raised_at: float
    cleared_at: float | None = None


class AlertWatch:
    """Looks at every sample. `observe` and `use` belong to one thread at a time.

    `raised` and `cleared` are emitted there; `active` and `past` may be read on any thread.
    """

    def __init__(self, settings: AlertSettings) -> None:
        self.raised: Event[Alert] = Event()
        self.cleared: Event[Alert] = Event()
        self._settings = settings
        self._tracks: dict[tuple[AlertKind, str], Track] = {}
        self._active: dict[tuple[AlertKind, str], Alert] = {}
        self._past: deque[Alert] = deque(maxlen=PAST_KEPT)
        self._lock = threading.Lock()
        self._preemptions = Increase()
        self._ttft = Fresh()

    @property
    def active(self) -> tuple[Alert, ...]:
        """Those that last, oldest first."""
        with self._lock:
            return tuple(self._active.values())

    @property
    def past(self) -> tuple[Alert, ...]:
        """Those that are over, the last `PAST_KEPT`, latest first."""
        with self._lock:
            return tuple(reversed(self._past))

    def use(self, settings: AlertSettings) -> None:
        """Judge by `settings` from the next sample on; what they switch off is cleared then."""
        self._settings = settings

    def observe(self, sample: Sample, figures: Iterable[Figure]) -> None:
        """Judge one moment by `figures_of(sample, …)`."""
        values = {figure.name: figure.value for figure in figures}
        measured = dict(self._measure(sample, values))
        for key in self._tracks.keys() | measured.keys():
            self._judge(key, sample, values, measured.get(key))

    def _measure(
        self, sample: Sample, values: dict[str, float | None]
    ) -> Iterator[tuple[tuple[AlertKind, str], float | None]]:
        usage = values.get("engine.kv_usage")
        yield (AlertKind.KV_CACHE, ""), None if usage is None else usage * 100
        yield (AlertKind.TTFT, ""), self._ttft.add(values.get("engine.ttft_s.last"))
        preempted = self._preemptions.add(sample.at, values.get("engine.preemptions"))
        yield (AlertKind.PREEMPTIONS, ""), preempted
        for gpu in sample.gpus:
            subject = gpu_key(gpu.index)
            for kind, name in _OF_A_GPU.items():
                yield (kind, subject), values.get(f"{subject}.{name}")

    def _judge(
        self,
        key: tuple[AlertKind, str],
        sample: Sample,
        values: dict[str, float | None],
        value: float | None,
    ) -> None:
        kind, subject = key
        condition = self._settings.condition(kind)
        before = self._tracks.get(key, Track())
        track = step(_rule(condition), before, sample.at, value) if condition.enabled else Track()
        self._tracks[key] = track
        if track.raised and not before.raised:
            assert value is not None  # nothing is raised without one
            self._raise(key, self._alert(kind, subject, sample, values, value))
        elif before.raised and not track.raised:
            self._clear(key, sample.wall)

    def _alert(
        self,
        kind: AlertKind,
        subject: str,
        sample: Sample,
        values: dict[str, float | None],
        value: float,
    ) -> Alert:
        names = (gpu.name for gpu in sample.gpus if gpu_key(gpu.index) == subject)
        own = {
            name.removeprefix(f"{subject}."): figure
            for name, figure in values.items()
            if name.startswith(f"{subject}.")
        }
        words = wording(kind, next(names, "") or "GPU", value, own, self._settings)
        return Alert(kind, subject, words.message, words.hint, words.fix, sample.wall)

    def _raise(self, key: tuple[AlertKind, str], alert: Alert) -> None:
        with self._lock:
            self._active[key] = alert
        self.raised.emit(alert)

    def _clear(self, key: tuple[AlertKind, str], wall: float) -> None:
        with self._lock:
            over = replace(self._active.pop(key), cleared_at=wall)
            self._past.append(over)
        self.cleared.emit(over)


def _rule(condition: Condition) -> Rule:
    if isinstance(condition, PercentLimit | SecondsLimit | CountLimit):
        above, clears_at = float(condition.above), float(condition.clears_at)
    else:  # a yes or no, told as 1 or 0
        above = clears_at = 0.5
    return Rule(above, clears_at, condition.seconds, condition.calm_seconds)
