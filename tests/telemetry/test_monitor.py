"""Samples become history and alerts, with the engine's figures and without."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_llm.config.alerts import AlertSettings, PercentLimit
from desktop_llm.telemetry.figures import EngineFigures
from desktop_llm.telemetry.monitor import Moment, Monitor
from desktop_llm.telemetry.usage import UsageMeter
from tests.telemetry.samples import gpu, sample


def monitored(engine: Callable[[], EngineFigures | None], folder: Path) -> Monitor:
    return Monitor(AT_ONCE, engine, UsageMeter(folder / "usage.json", lambda: True))


AT_ONCE = AlertSettings(kv_cache=PercentLimit(above=85, clears_at=75))


def test_that_every_sample_is_noted_and_judged_before_it_is_told(tmp_path: Path) -> None:
    monitor = monitored(lambda: {"kv_usage": 0.9}, tmp_path)
    told: list[tuple[Moment, int, tuple[str, ...]]] = []
    monitor.looked.subscribe(
        lambda moment: told.append((moment, len(monitor.alerts.active), monitor.history.names()))
    )
    monitor.sampler.sampled.emit(sample(5, [gpu(power=100.0)]))
    ((moment, alerts, names),) = told
    assert alerts == 1
    assert {"engine.kv_usage", "gpu0.power", "ram.used"} <= set(names)
    assert monitor.history.seconds("gpu0.power", 5, 1).values[0] == 100.0
    assert moment.sample.at == 5
    assert {figure.name for figure in moment.figures} >= set(names)
    assert monitor.close()


def test_that_an_engine_that_does_not_answer_leaves_the_machines_figures(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    def dead() -> EngineFigures | None:
        raise TimeoutError

    monitor = monitored(dead, tmp_path)
    moments: list[Moment] = []
    monitor.looked.subscribe(moments.append)
    monitor.sampler.sampled.emit(sample(5))
    assert {figure.name.split(".")[0] for figure in moments[0].figures} == {"ram"}
    assert "could not be read" in caplog.text


def test_that_a_watch_makes_it_look(tmp_path: Path) -> None:
    monitor = monitored(lambda: None, tmp_path)
    with monitor.watch() as watch:
        assert watch.interval == 1.0
    assert monitor.close()
