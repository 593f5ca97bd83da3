"""What a job asks of the worker, and how the worker tells how far it is."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from desktop_llm.quantize.protocol import Log, Measured, Progress, Sender, Stage
from desktop_llm.quantize.types import QuantizeSettings

_APART_S = 0.1  # nobody sees more


class WorkerJob(BaseModel):
    """JOB.json. `output` is an empty folder, `texts` a file with a ``{"text": …}`` a line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Path
    output: Path
    settings: QuantizeSettings
    texts: Path
    seed: int = 0


@dataclass(frozen=True)
class Outcome:
    """What a backend made: its part of the result. `left_out` are full module names."""

    samples_used: int = 0
    tokens_used: int = 0
    left_out: tuple[str, ...] = ()


class Reporter:
    """Tells the app; progress at most some ten times a second, but always the last of a stage."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._told_at = 0.0

    def stage(self, name: str) -> None:
        self._told_at = 0.0
        self._sender.send(Stage(name))

    def progress(self, done: float, total: float, unit: str, what: str = "") -> None:
        now = time.monotonic()
        if done >= total or now - self._told_at >= _APART_S:
            self._told_at = now
            self._sender.send(Progress(round(done, 3), total, unit, what))

    def measured(self, name: str, **values: int) -> None:
        self._sender.send(Measured(name, values))

    def log(self, text: str) -> None:
        self._sender.send(Log(text))
