"""The figures of a real engine against what was asked of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from desktop_llm.config.profiles import KvCacheSize, LoadProfile
from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.core.units import GIB
from desktop_llm.engine.statistics import EngineRequest, EngineStatistics, RequestState
from desktop_llm.engine.types import (
    ChatMessage,
    Delta,
    FinishReason,
    GenerationRequest,
    LoadRequest,
    Owner,
    OwnerKind,
    Priority,
)
from tests.engine.conftest import Running, chat
from tests.helpers.tiny_models import TinyModels

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]


async def collect(running: Running, request: GenerationRequest) -> list[Delta]:
    return [delta async for delta in running.engine.generate(request)]


def figures(running: Running) -> EngineStatistics:
    found = running.engine.statistics()
    assert found is not None
    return found


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the engine tells nobody when
            await asyncio.sleep(0.002)


async def idle(running: Running) -> None:
    await until(lambda: not running.engine.requests())


def test_that_the_kv_cache_fills_during_an_answer_and_is_free_after_it(shared: Running) -> None:
    async def ask() -> tuple[EngineStatistics, EngineRequest]:
        answer = shared.engine.generate(chat(max_tokens=200, ignore_eos=True))
        # A slow reader may hear of its end first.
        seen = [(figures(shared), here) async for _ in answer if (here := shared.engine.requests())]
        await idle(shared)
        statistics, (request,) = seen[-1]
        return statistics, request

    during, request = shared.run(ask())
    model = shared.engine.state.model
    assert model is not None
    assert during.running == 1
    assert during.kv_capacity_tokens == model.kv_cache_tokens
    assert during.kv_block_size == model.kv_block_size
    assert request.state is RequestState.RUNNING
    assert request.kv_tokens == request.prompt_tokens + request.generated_tokens - 1
    blocks = request.kv_blocks(during.kv_block_size) or 0
    assert abs(during.kv_blocks_used - blocks) <= 1  # the step under way may have taken one more
    assert during.kv_usage == pytest.approx(during.kv_blocks_used / during.kv_blocks)
    assert during.generation_tokens_per_s > 0
    after = figures(shared)
    assert (after.kv_usage, after.kv_blocks_used, after.running, after.waiting) == (0, 0, 0, 0)


def test_that_the_worker_told_what_its_memory_went_to(shared: Running) -> None:
    model = shared.engine.state.model
    assert model is not None
    (worker,) = model.workers
    assert worker.weight_bytes == model.weight_bytes
    assert worker.kv_cache_bytes == model.kv_cache_bytes
    assert 0.9 * 0.125 * GIB < (model.kv_cache_bytes or 0) <= 0.125 * GIB
    assert (worker.resident_bytes or 0) > (worker.weight_bytes or 0) > 0
    assert worker.activation_bytes is worker.graph_bytes is worker.non_torch_bytes is None


def test_that_no_environment_variable_is_read_for_each_token(
    shared: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Finding one takes vLLM longer than all the rest of a token's statistics."""
    from vllm import envs

    name = "VLLM_COMPUTE_NANS_IN_LOGITS"
    getter = envs.environment_variables[name]
    read: list[str] = []

    def noted() -> Any:
        read.append(name)
        return getter()

    monkeypatch.setitem(envs.environment_variables, name, noted)
    shared.run(collect(shared, chat(max_tokens=8, ignore_eos=True)))
    assert read == []


def test_that_counters_add_up_to_what_was_streamed(shared: Running) -> None:
    async def ask() -> tuple[EngineStatistics, list[list[Delta]], EngineStatistics]:
        before = figures(shared)
        requests = [chat(f"Question {n}", max_tokens=7 + n, ignore_eos=True) for n in range(9)]
        answers = await asyncio.gather(*(collect(shared, request) for request in requests))
        await idle(shared)
        return before, answers, figures(shared)

    before, answers, after = shared.run(ask())
    ends = [answer[-1] for answer in answers]
    asked, cached = sum(end.prompt_tokens for end in ends), sum(end.cached_tokens for end in ends)
    assert after.generation_tokens - before.generation_tokens == sum(range(7, 16))
    assert after.prompt_tokens - before.prompt_tokens == asked
    assert after.cached_prompt_tokens - before.cached_prompt_tokens == cached
    assert after.prefix_hits - before.prefix_hits == cached
    assert after.finished_requests - before.finished_requests == 9
    assert after.ttft_s.count - before.ttft_s.count == 9
    for latency in (after.ttft_s, after.inter_token_s, after.decode_s, after.end_to_end_s):
        assert latency.p50 is not None
        assert latency.p95 is not None
        assert 0 < latency.p50 <= latency.p95 < 60


def test_that_a_second_prompt_with_the_same_beginning_hits_the_prefix_cache(
    shared: Running,
) -> None:
    async def ask(question: str) -> EngineStatistics:
        messages = (ChatMessage("user", "One long beginning of all. " * 30 + question),)
        await collect(shared, GenerationRequest(messages, SamplingSettings(max_tokens=1)))
        await idle(shared)
        return figures(shared)

    first, second = shared.run(ask("Why?")), shared.run(ask("When?"))
    found = second.prefix_hits - first.prefix_hits
    assert found >= 64
    assert found % second.kv_block_size == 0
    assert second.prefix_queries - first.prefix_queries > found
    assert second.prefix_hit_rate is not None
    assert 0 < second.prefix_hit_rate < 1


def test_that_a_request_tells_whose_it_is_and_stopping_it_ends_it_alone(shared: Running) -> None:
    def asked(number: int) -> GenerationRequest:
        return replace(
            chat(f"Question {number}", max_tokens=300, ignore_eos=True),
            request_id=f"request-{number}",
            owner=Owner(OwnerKind.CHAT, f"Chat {number}", f"id-{number}"),
        )

    async def ask() -> tuple[tuple[EngineRequest, ...], list[list[Delta]]]:
        answers = [asyncio.ensure_future(collect(shared, asked(number))) for number in range(3)]
        engine = shared.engine
        await until(lambda: all(r.generated_tokens > 3 for r in engine.requests()[-3:]))
        await until(lambda: len(engine.requests()) == 3)
        present = engine.requests()
        assert await engine.stop_request("request-1")
        assert not await engine.stop_request("request-1")
        assert not await engine.stop_request("unheard of")
        assert [request.id for request in engine.requests()] == ["request-0", "request-2"]
        return present, await asyncio.gather(*answers)

    present, answers = shared.run(ask())
    assert [request.owner.label for request in present] == ["Chat 0", "Chat 1", "Chat 2"]
    assert {request.priority for request in present} == {Priority.WINDOW}
    assert all(request.age_s > 0 for request in present)
    assert [answer[-1].finish_reason for answer in answers] == [
        FinishReason.LENGTH,
        FinishReason.ABORT,
        FinishReason.LENGTH,
    ]
    shared.run(idle(shared))
    assert figures(shared).kv_usage == 0


def test_that_a_scored_text_is_told_as_a_measurement(shared: Running) -> None:
    async def score() -> set[OwnerKind]:
        tokens = await shared.engine.tokenize("The quick brown fox jumps. " * 20)
        scores = shared.engine.score([tokens[:300]] * 6)
        kinds: set[OwnerKind] = set()

        async def take() -> None:
            async for _ in scores:
                pass

        taking = asyncio.ensure_future(take())
        while not taking.done():
            kinds |= {request.owner.kind for request in shared.engine.requests()}
            await asyncio.sleep(0)
        await taking
        return kinds

    assert shared.run(score()) == {OwnerKind.MEASUREMENT}


def test_that_nothing_is_told_while_no_model_is_loaded(tmp_path: Path) -> None:
    running = Running(tmp_path)
    assert running.engine.statistics() is None
    assert running.engine.requests() == ()
    assert running.run(running.engine.stop_request("any")) is False
    running.close()


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory, tiny_models: TinyModels) -> Iterator[Running]:
    """Two sequences at once, in a KV cache that holds one at full length and not both."""
    profile = LoadProfile(enforce_eager=True, kv_cache=KvCacheSize(gib=3 / 8192), max_sequences=2)
    running = Running(tmp_path_factory.mktemp("narrow-engine"))
    running.run(running.engine.load(LoadRequest(tiny_models.folder("llama"), profile)))
    yield running
    running.close()


def test_that_waiting_requests_stand_in_their_order(narrow: Running) -> None:
    async def ask() -> list[tuple[EngineRequest, ...]]:
        seen: list[tuple[EngineRequest, ...]] = []
        answers = []
        for number in range(5):
            priority = Priority.WINDOW if number == 4 else Priority.CLIENT
            request = replace(
                chat(f"Question {number}", max_tokens=200, ignore_eos=True),
                request_id=f"request-{number}",
                priority=priority,
            )
            answers.append(asyncio.ensure_future(collect(narrow, request)))
            if number < 2:  # they run before any other can be ahead of them
                await until(lambda n=number: figures(narrow).running == n + 1)  # type: ignore[misc]
            else:
                await until(lambda n=number: len(narrow.engine.requests()) == n + 1)  # type: ignore[misc]
        await until(lambda: figures(narrow).running == 2)
        seen.append(narrow.engine.requests())
        statistics = figures(narrow)
        assert (statistics.waiting, statistics.preempted) == (3, 0)
        await asyncio.gather(*answers)
        return seen

    (present,) = narrow.run(ask())
    assert [request.state for request in present] == [RequestState.RUNNING] * 2 + [
        RequestState.WAITING
    ] * 3
    assert [request.id for request in present[2:]] == ["request-4", "request-2", "request-3"]
    assert all(request.kv_tokens == 0 for request in present[2:])
    assert figures(narrow).queue_s.last is not None


def test_that_a_request_the_kv_cache_has_no_room_for_is_told_as_preempted(narrow: Running) -> None:
    """Two answers that fit one at a time: the later one has to let go until the first has ended."""
    model = narrow.engine.state.model
    assert model is not None
    assert model.context_length <= model.kv_cache_tokens < 2 * model.context_length

    async def ask() -> tuple[EngineRequest, int, list[Delta]]:
        before = figures(narrow).preemptions
        answers = []
        for number in range(2):
            request = replace(
                chat(f"Question {number}", max_tokens=480, ignore_eos=True),
                owner=Owner(OwnerKind.CHAT, f"Talk {number}"),
            )
            answers.append(asyncio.ensure_future(collect(narrow, request)))
            # Out of step with each other: two that want a block at once never fill the cache.
            await until(lambda: any(r.generated_tokens > 20 for r in narrow.engine.requests()))
        await until(lambda: figures(narrow).preempted == 1)
        preempted = narrow.engine.requests()[-1]
        statistics = figures(narrow)
        assert (statistics.running, statistics.waiting) == (1, 1)
        ends = [answer[-1] for answer in await asyncio.gather(*answers)]
        assert [end.finish_reason for end in ends] == [FinishReason.LENGTH] * 2
        return preempted, figures(narrow).preemptions - before, ends

    preempted, preemptions, ends = narrow.run(ask())
    assert preempted.state is RequestState.PREEMPTED
    assert preempted.kv_tokens == 0
    assert preempted.generated_tokens > 0
    assert preemptions >= 1
    set_back = [end for end in ends if end.preemptions]
    assert sum(end.preemptions for end in ends) == preemptions
    assert len(set_back) >= 1
    for end in ends:
        assert (end.kv is not None) is (end.preemptions > 0)
    ledger = set_back[0].kv
    assert ledger is not None
    assert ledger.capacity == model.kv_cache_tokens
    assert ledger.used >= 0.85 * ledger.capacity
    assert {holder.name for holder in ledger.holders} <= {"Talk 0", "Talk 1"}
    blocks = [-(-holder.tokens // model.kv_block_size) for holder in ledger.holders]
    assert sum(blocks) * model.kv_block_size >= 0.8 * ledger.capacity
