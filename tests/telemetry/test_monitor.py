"""Samples become history and alerts, with the engine's figures and without."""

from __future__ import annotations

import pytest

from desktop_llm.config.alerts import AlertSettings, PercentLimit
from desktop_llm.telemetry.figures import EngineFigures
from desktop_llm.telemetry.monitor import Moment, Monitor
from tests.telemetry.samples import gpu, sample

AT_ONCE = AlertSettings(kv_cache=PercentLimit(above=85, clears_at=75))


def test_that_every_sample_is_noted_and_judged_before_it_is_told() -> None:
    monitor = Monitor(AT_ONCE, lambda: {"kv_usage": 0.9})
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
    caplog: pytest.LogCaptureFixture,
) -> None:
    def dead() -> EngineFigures | None:
        raise TimeoutError

    monitor = Monitor(AT_ONCE, dead)
    moments: list[Moment] = []
    monitor.looked.subscribe(moments.append)
    monitor.sampler.sampled.emit(sample(5))
    assert {figure.name.split(".")[0] for figure in moments[0].figures} == {"ram"}
    assert "could not be read" in caplog.text


def test_that_a_watch_makes_it_look() -> None:
    monitor = Monitor(AT_ONCE, lambda: None)
    with monitor.watch() as watch:
        assert watch.interval == 1.0
    assert monitor.close()
