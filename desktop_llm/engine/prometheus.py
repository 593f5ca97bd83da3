"""vLLM's own Prometheus collectors, there only while somebody may read them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from vllm.v1.metrics.loggers import PrometheusStatLogger
from vllm.v1.metrics.prometheus import unregister_vllm_metrics

from desktop_llm.engine.recorder import Recorder

log = logging.getLogger(__name__)

_MISSING = "vLLM's Prometheus figures will be missing"


class PrometheusWhenWanted(PrometheusStatLogger):  # type: ignore[misc]  # vllm is not followed
    """In the place of vLLM's Prometheus logger, which it builds unless it is given one.

    Building that registers dozens of collectors with the process, and each step feeds them all:
    it is built at the first step at which it is not to be left out, and taken down with the last.
    """

    leave_out: Callable[[], bool] = staticmethod(lambda: True)

    def __init__(self, vllm_config: Any, engine_indexes: list[int] | None = None) -> None:
        """Takes those of the model before out of the process's registry."""
        unregister_vllm_metrics()
        self._made_of = (vllm_config, engine_indexes)
        self._real: PrometheusStatLogger | None = None
        self._failed = False

    def record(self, *args: Any, **kwargs: Any) -> None:
        """Called by vLLM after each step."""
        self._tell("record", *args, **kwargs)

    def record_sleep_state(self, *args: Any, **kwargs: Any) -> None:
        """Called by vLLM when it is put to sleep or awakened."""
        self._tell("record_sleep_state", *args, **kwargs)

    def record_admission_rejection(self, reason: str) -> None:
        """Called by vLLM for a request it does not take."""
        self._tell("record_admission_rejection", reason)

    def log_engine_initialized(self) -> None:
        """Called by vLLM when a load has ended."""
        self._wanted()

    def _tell(self, method: str, *args: Any, **kwargs: Any) -> None:
        """Figures that are missing are no reason to end the engine, which a failure here would."""
        if (real := self._wanted()) is not None:
            try:
                getattr(real, method)(*args, **kwargs)
            except Exception:
                log.exception(_MISSING)
                self._give_up()

    def _give_up(self) -> None:
        self._failed, self._real = True, None
        unregister_vllm_metrics()

    def _wanted(self) -> PrometheusStatLogger | None:
        if self.leave_out():
            if self._real is not None:
                self._real = None
                unregister_vllm_metrics()
        elif self._real is None and not self._failed:
            self._real = self._build()
        return self._real

    def _build(self) -> PrometheusStatLogger | None:
        """None where that fails."""
        try:
            real = PrometheusStatLogger(*self._made_of)
            real.log_engine_initialized()
        except Exception:
            log.exception(_MISSING)
            self._give_up()
            return None
        return real


def stat_loggers(recorder: Recorder, *, leave_out_prometheus: Callable[[], bool]) -> list[Any]:
    """What `AsyncLLM` takes as `stat_loggers` to feed `recorder`, once for its one engine."""
    # vLLM takes a class, and tells by it that it need not make its own.
    prometheus = type(
        "Prometheus", (PrometheusWhenWanted,), {"leave_out": staticmethod(leave_out_prometheus)}
    )
    return [lambda vllm_config, engine_index: recorder, prometheus]
