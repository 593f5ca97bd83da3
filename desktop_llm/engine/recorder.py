"""vLLM's own statistics, taken on the engine loop at every step and kept until they are asked for.

A step adds a few integers and puts its latencies in bounded lists; percentiles are worked out by
whoever reads. `SchedulerStats` is what the scheduler held after the step, `IterationStats` what
the step's outputs were (vllm/v1/metrics/stats.py).
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from vllm.v1.metrics.loggers import StatLoggerBase
from vllm.v1.metrics.stats import IterationStats, SchedulerStats

from desktop_llm.engine.preemptions import FULL, Preemptions
from desktop_llm.engine.statistics import Latency

_REQUESTS = 512  # the latest ones that latencies are told of
_TOKENS = 2048
_SPEED_SECONDS = 2.0
_BUCKET_SECONDS = 0.1


class Recorder(StatLoggerBase):  # type: ignore[misc]  # vllm is not followed
    """One loaded model's counters. Engine loop only. `clock` is in seconds.

    `preemptions_seen`, once set, is told when the KV cache is nearly full and who was preempted.
    `on_finished` is called after each step in which requests have ended.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.on_finished: Callable[[], None] = lambda: None
        self.running = 0
        self.kv_usage = 0.0
        self.preemptions = 0
        self.preemptions_seen: Preemptions | None = None
        self.prefix_queries = 0
        self.prefix_hits = 0
        self.prompt_tokens = 0
        self.cached_prompt_tokens = 0
        self.generation_tokens = 0
        self.finished_requests = 0
        self._ttft = deque[float](maxlen=_REQUESTS)
        self._inter_token = deque[float](maxlen=_TOKENS)
        # Queue, prefill, decode and end-to-end, of one request each.
        self._finished = deque[tuple[float, float, float, float]](maxlen=_REQUESTS)
        # Its beginning, and the prompt tokens computed and the tokens generated in each.
        self._buckets = deque[list[Any]](maxlen=round(_SPEED_SECONDS / _BUCKET_SECONDS) + 1)

    def record(
        self,
        scheduler_stats: SchedulerStats | None,
        iteration_stats: IterationStats | None,
        mm_cache_stats: Any = None,
        engine_idx: int = 0,
    ) -> None:
        """Called by vLLM after each step, before anyone hears of its outputs."""
        if scheduler_stats is not None:
            self.running = scheduler_stats.num_running_reqs
            self.kv_usage = scheduler_stats.kv_cache_usage
            prefix = scheduler_stats.prefix_cache_stats
            if prefix.requests:
                self.prefix_queries += prefix.queries
                self.prefix_hits += prefix.hits
            if self.kv_usage >= FULL and self.preemptions_seen is not None:
                self.preemptions_seen.filled()
        if iteration_stats is None:
            return
        computed = 0
        if iteration_stats.num_preempted_reqs and self.preemptions_seen is not None:
            self.preemptions_seen.resumed()
        self.generation_tokens += iteration_stats.num_generation_tokens
        self.preemptions += iteration_stats.num_preempted_reqs
        self._inter_token.extend(iteration_stats.inter_token_latencies_iter)
        if iteration_stats.time_to_first_tokens_iter:
            self._ttft.extend(iteration_stats.time_to_first_tokens_iter)
            prompt = iteration_stats.prompt_token_stats
            computed = prompt.computed
            self.prompt_tokens += prompt.total
            self.cached_prompt_tokens += prompt.cached_tokens
        for request in iteration_stats.finished_requests:
            self.finished_requests += 1
            if request.num_preemptions and self.preemptions_seen is not None:
                self.preemptions_seen.finished(request.request_id, request.num_preemptions)
            self._finished.append(
                (
                    request.queued_time,
                    request.prefill_time,
                    request.decode_time,
                    request.e2e_latency,
                )
            )
        self._count(computed, iteration_stats.num_generation_tokens)
        if iteration_stats.finished_requests:
            self.on_finished()

    def log_engine_initialized(self) -> None:
        """Nothing: there is no log to begin."""

    def speeds(self) -> tuple[float, float]:
        """Prompt tokens computed and tokens generated, per second, over the last two seconds."""
        since = self._clock() - _SPEED_SECONDS
        recent = [bucket for bucket in self._buckets if bucket[0] > since]
        return (
            sum(computed for _, computed, _ in recent) / _SPEED_SECONDS,
            sum(generated for _, _, generated in recent) / _SPEED_SECONDS,
        )

    def latencies(self) -> dict[str, Latency]:
        """By their names in `EngineStatistics`."""
        finished = list(zip(*self._finished, strict=True)) or [()] * 4
        queue, prefill, decode, end_to_end = map(latency, finished)
        return {
            "ttft_s": latency(self._ttft),
            "inter_token_s": latency(self._inter_token),
            "queue_s": queue,
            "prefill_s": prefill,
            "decode_s": decode,
            "end_to_end_s": end_to_end,
        }

    def _count(self, computed: int, generated: int) -> None:
        now = self._clock()
        buckets = self._buckets
        if buckets and now - buckets[-1][0] < _BUCKET_SECONDS:
            buckets[-1][1] += computed
            buckets[-1][2] += generated
        else:
            buckets.append([now, computed, generated])


def latency(values: Iterable[float]) -> Latency:
    """Of `values`, the newest of them last. Percentiles are values that occurred: nearest rank."""
    known = list(values)
    if not known:
        return Latency()
    ordered = sorted(known)

    def percentile(share: float) -> float:
        return ordered[math.ceil(share * len(ordered)) - 1]

    return Latency(
        count=len(known),
        mean=sum(known) / len(known),
        last=known[-1],
        p50=percentile(0.5),
        p95=percentile(0.95),
    )
