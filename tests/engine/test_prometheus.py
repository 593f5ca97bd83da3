"""vLLM's own collectors come when they are wanted, and go with the wish and the model."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import REGISTRY, Counter
from vllm.v1.metrics.loggers import PrometheusStatLogger, StatLoggerManager
from vllm.v1.metrics.prometheus import unregister_vllm_metrics
from vllm.v1.metrics.stats import IterationStats, SchedulerStats

from desktop_llm.engine import prometheus
from desktop_llm.engine.prometheus import stat_loggers
from desktop_llm.engine.recorder import Recorder

pytestmark = pytest.mark.engine


BROKEN = 7  # the number of an engine there is none of


class OneCounter(PrometheusStatLogger):  # type: ignore[misc]  # vllm is not followed
    """vLLM's logger without a config to read: one counter of steps."""

    def __init__(self, vllm_config: Any, engine_indexes: list[int] | None = None) -> None:
        if vllm_config == "broken":
            raise ValueError("not a config")
        unregister_vllm_metrics()
        self.steps = Counter("vllm:steps", "Steps")

    def record(self, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("engine_idx") == BROKEN:
            raise KeyError(BROKEN)
        self.steps.inc()

    def log_engine_initialized(self) -> None:
        Counter("vllm:initialized", "A second one of the name would be refused")


@pytest.fixture(autouse=True)
def one_counter(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As a fresh process has it: without vLLM's collectors."""
    unregister_vllm_metrics()
    monkeypatch.setattr(prometheus, "PrometheusStatLogger", OneCounter)
    yield
    unregister_vllm_metrics()


class Wish:
    """What `leave_out_prometheus` says now."""

    leave_out = True

    def __call__(self) -> bool:
        return self.leave_out


def manager(wish: Wish, config: object = None) -> StatLoggerManager:
    """As AsyncLLM makes it for a model."""
    made = StatLoggerManager(
        config or SimpleNamespace(),
        custom_stat_loggers=stat_loggers(Recorder(), leave_out_prometheus=wish),
        enable_default_loggers=False,
    )
    made.log_engine_initialized()
    return made


def step(manager: StatLoggerManager) -> None:
    manager.record(SchedulerStats(), IterationStats())


def steps() -> float | None:
    return REGISTRY.get_sample_value("vllm:steps_total")


def test_that_nothing_is_registered_while_nobody_wants_it() -> None:
    loaded = manager(Wish())
    step(loaded)
    assert len(loaded.stat_loggers) == 2, "vLLM would have added its own"
    assert not [name for name in REGISTRY._names_to_collectors if name.startswith("vllm:")]


def test_that_it_comes_and_goes_with_the_wish_while_the_model_stays_loaded() -> None:
    wish = Wish()
    loaded = manager(wish)
    wish.leave_out = False
    step(loaded)
    step(loaded)
    assert steps() == 2
    wish.leave_out = True
    step(loaded)
    assert steps() is None
    wish.leave_out = False
    step(loaded)
    assert steps() == 1


def test_that_it_is_there_at_once_where_it_is_wanted_at_the_load() -> None:
    wish = Wish()
    wish.leave_out = False
    manager(wish)
    assert steps() == 0


def test_that_the_model_befores_figures_go_with_it() -> None:
    wish = Wish()
    wish.leave_out = False
    step(manager(wish))
    assert steps() == 1
    wish.leave_out = True
    manager(wish)
    assert steps() is None


def test_that_figures_that_cannot_be_built_do_not_end_the_engine(
    caplog: pytest.LogCaptureFixture,
) -> None:
    wish = Wish()
    wish.leave_out = False
    loaded = manager(wish, "broken")
    step(loaded)
    step(loaded)
    assert caplog.text.count("figures will be missing") == 1


def test_that_figures_that_cannot_be_noted_do_not_end_the_engine(
    caplog: pytest.LogCaptureFixture,
) -> None:
    wish = Wish()
    wish.leave_out = False
    (logger,) = manager(wish).stat_loggers[1:]
    logger.record(engine_idx=BROKEN)
    logger.record(engine_idx=0)
    assert caplog.text.count("figures will be missing") == 1
    assert "KeyError" in caplog.text
    assert steps() is None
