"""vLLM's statistics as they are added up, in its own classes."""

from __future__ import annotations

import pytest
from vllm.v1.engine import FinishReason
from vllm.v1.metrics.stats import (
    FinishedRequestStats,
    IterationStats,
    PrefillStats,
    PrefixCacheStats,
    SchedulerStats,
)

from desktop_llm.engine.recorder import Recorder, latency
from desktop_llm.engine.statistics import Latency

pytestmark = pytest.mark.engine


def step(
    tokens: int = 0,
    *,
    prompt: int = 0,
    cached: int = 0,
    ttft: float | None = None,
    between: tuple[float, ...] = (),
    preempted: int = 0,
) -> IterationStats:
    """One step's outputs."""
    stats = IterationStats()
    stats.num_generation_tokens = tokens
    stats.num_preempted_reqs = preempted
    stats.inter_token_latencies_iter = list(between)
    if ttft is not None:
        stats.time_to_first_tokens_iter = [ttft]
        prefill = PrefillStats()
        prefill.set(prompt, cached, 0)
        stats.prompt_token_stats.update_from_output(prefill)
    return stats


class Clock:
    """Seconds, set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_that_counters_add_up_over_steps_and_gauges_keep_the_latest() -> None:
    recorder = Recorder()
    prefix = PrefixCacheStats()
    prefix.record(64, 48, preempted=False)
    recorder.record(
        SchedulerStats(num_running_reqs=2, kv_cache_usage=0.5, prefix_cache_stats=prefix),
        step(1, prompt=64, cached=48, ttft=0.2),
    )
    recorder.record(SchedulerStats(num_running_reqs=1, kv_cache_usage=0.25), step(2, preempted=1))
    assert (recorder.running, recorder.kv_usage) == (1, 0.25)
    assert (recorder.prefix_queries, recorder.prefix_hits) == (64, 48)
    assert (recorder.prompt_tokens, recorder.cached_prompt_tokens) == (64, 48)
    assert (recorder.generation_tokens, recorder.preemptions) == (3, 1)


def test_that_a_preempted_request_reading_its_own_prefix_is_no_hit() -> None:
    recorder, prefix = Recorder(), PrefixCacheStats()
    prefix.record(64, 64, preempted=True)
    recorder.record(SchedulerStats(prefix_cache_stats=prefix), None)
    assert (recorder.prefix_queries, recorder.prefix_hits) == (0, 0)


def test_that_a_step_without_one_half_is_taken_too() -> None:
    recorder = Recorder()
    recorder.record(None, step(3))
    recorder.record(SchedulerStats(num_running_reqs=4), None)
    recorder.record(None, None)
    assert (recorder.generation_tokens, recorder.running) == (3, 4)


def test_that_speeds_are_those_of_the_last_two_seconds() -> None:
    clock = Clock()
    recorder = Recorder(clock)
    assert recorder.speeds() == (0.0, 0.0)
    for _ in range(400):  # four seconds of one step each 10 ms
        recorder.record(None, step(5))
        clock.now += 0.01
    assert recorder.speeds()[1] == pytest.approx(500, rel=0.06)
    recorder.record(None, step(1, prompt=120, cached=20, ttft=0.1))
    assert recorder.speeds()[0] == pytest.approx(100 / 2)
    clock.now += 1.0
    assert recorder.speeds()[1] == pytest.approx(250, rel=0.12)
    clock.now += 1.1
    assert recorder.speeds() == (0.0, 0.0)


def test_that_percentiles_are_of_values_that_occurred() -> None:
    assert latency([]) == Latency()
    assert latency([0.3]) == Latency(1, 0.3, 0.3, 0.3, 0.3)
    found = latency([value / 100 for value in range(100, 0, -1)])
    assert (found.count, found.last, found.p50, found.p95) == (100, 0.01, 0.5, 0.95)
    assert found.mean == pytest.approx(0.505)


def test_that_the_latencies_of_an_ended_request_stand_by_their_names() -> None:
    recorder, stats = Recorder(), step(1, ttft=0.5, between=(0.01, 0.03))
    stats.finished_requests.append(
        FinishedRequestStats(
            FinishReason.STOP, e2e_latency=4.0, queued_time=1.0, prefill_time=2.0, decode_time=3.0
        )
    )
    recorder.record(None, stats)
    found = recorder.latencies()
    assert recorder.finished_requests == 1
    assert {name: value.last for name, value in found.items()} == {
        "ttft_s": 0.5,
        "inter_token_s": 0.03,
        "queue_s": 1.0,
        "prefill_s": 2.0,
        "decode_s": 3.0,
        "end_to_end_s": 4.0,
    }


def test_that_what_is_kept_is_bounded() -> None:
    recorder = Recorder()
    for number in range(3000):
        recorder.record(None, step(1, ttft=float(number), between=(0.0, float(number))))
    found = recorder.latencies()
    assert (found["ttft_s"].count, found["inter_token_s"].count) == (512, 2048)
    assert found["ttft_s"].last == 2999.0
    assert found["ttft_s"].p50 is not None
    assert found["ttft_s"].p50 > 2487  # of the latest alone
