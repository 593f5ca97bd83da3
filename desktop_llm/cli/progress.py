"""A load's progress on standard error: a bar on a terminal, else a line for each stage."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import TracebackType
from typing import TextIO

from desktop_llm.core.events import Event
from desktop_llm.core.units import format_seconds
from desktop_llm.engine.types import EngineState, LoadProgress, Stage

_STAGES = {
    Stage.STARTING: "Starting the engine",
    Stage.WEIGHTS: "Reading weights",
    Stage.PROFILING: "Profiling memory",
    Stage.KV_CACHE: "Allocating KV cache",
    Stage.WARM_UP: "Warming up",
}
CLEAR_LINE = "\r\x1b[K"


class LoadProgressLine:
    """Shows the loads of an engine while the ``with`` lasts. Drawn on the engine's loop."""

    def __init__(self, changed: Event[EngineState], stream: TextIO) -> None:
        self._changed = changed
        self._stream = stream
        self._bar = stream.isatty()
        self._stage: Stage | None = None

    def __enter__(self) -> LoadProgressLine:
        self._unsubscribe = self._changed.subscribe(self._show)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._unsubscribe()
        if self._bar:
            self._write(CLEAR_LINE)

    def _show(self, state: EngineState) -> None:
        if state.progress is None or state.path is None:
            return
        if self._bar:
            self._write(CLEAR_LINE + bar(state.path, state.progress))
        elif state.progress.stage is not self._stage:
            stage = _STAGES[state.progress.stage]
            self._write(f"Loading {state.path.name}: {stage[0].lower()}{stage[1:]}\n")
        self._stage = state.progress.stage

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def bar(path: Path, progress: LoadProgress) -> str:
    """One line, no wider than the terminal: name, bar, percentage, stage, time."""
    stage, took = _STAGES[progress.stage], format_seconds(progress.elapsed_s)
    return draw(f"Loading {path.name}", progress.fraction, f"{stage}  {took}")


def draw(title: str, fraction: float, text: str) -> str:
    """A title, a bar, its percentage and a text, cut to the terminal's width."""
    width = shutil.get_terminal_size().columns - 1
    fraction = min(max(fraction, 0), 1)
    text = f" {fraction:4.0%}  {text}"
    cells = max(min(30, width - len(text) - len(title) - 4), 0)
    filled = round(cells * fraction)
    drawn = f" [{'#' * filled}{'.' * (cells - filled)}]" if cells else ""
    return f"{title}{drawn}{text}"[:width]
