"""Samples, their figures, the history, the alerts and what was used, together."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from desktop_llm.config.alerts import AlertSettings
from desktop_llm.core.events import Event
from desktop_llm.telemetry.alerts import AlertWatch
from desktop_llm.telemetry.figures import EngineFigures, Figure, figures_of
from desktop_llm.telemetry.history import History
from desktop_llm.telemetry.sample import Sample
from desktop_llm.telemetry.sampler import Sampler, Watch
from desktop_llm.telemetry.usage import UsageMeter

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Moment:
    """A sample, and all figures of it and of the engine at that time."""

    sample: Sample
    figures: tuple[Figure, ...]


class Monitor:
    """Notes every sample in `history`, judges it in `alerts`, counts it in `usage`, then emits
    `looked`.

    All of it on the sampler's thread, and only while there is a watch. Where `engine` fails, the
    moment has no figures of the engine.
    """

    def __init__(
        self,
        settings: AlertSettings,
        engine: Callable[[], EngineFigures | None],
        usage: UsageMeter,
        sampler: Sampler | None = None,
    ) -> None:
        """`engine` tells the engine's figures, None without a model; it may block for a moment.

        `dataclasses.asdict` of the engine's statistics is such figures.
        """
        self.looked: Event[Moment] = Event()
        self.history = History()
        self.alerts = AlertWatch(settings)
        self.sampler = sampler or Sampler()
        self.usage = usage
        self._engine = engine
        self.sampler.sampled.subscribe(self._take)

    def watch(self, interval: float = 1.0) -> Watch:
        """Look every `interval` seconds until the watch is closed. Any thread; never blocks."""
        return self.sampler.watch(interval)

    def close(self, patience: float = 2.0) -> bool:
        """As `Sampler.close`; then what was used is written."""
        ended = self.sampler.close(patience)
        self.usage.close()
        return ended

    def _take(self, sample: Sample) -> None:
        try:
            engine = self._engine()
        except Exception:
            log.exception("The engine's figures could not be read")
            engine = None
        figures = figures_of(sample, engine)
        self.history.add(sample.at, figures)
        self.alerts.observe(sample, figures)
        self.usage.note(sample, figures)
        self.looked.emit(Moment(sample, figures))
