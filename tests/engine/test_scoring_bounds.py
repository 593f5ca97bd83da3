"""Scoring on a stand-in for vLLM's front end: how much is under way, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from desktop_llm.core.errors import AppError
from desktop_llm.engine.types import WindowScore

pytestmark = pytest.mark.timeout(60)


class FrontEnd:
    """Answers each prompt when it is let, with -1.0 for each of its tokens but the first."""

    def __init__(self) -> None:
        self.model_config = SimpleNamespace(get_diff_sampling_param=dict, max_model_len=32)
        self.output_processor = SimpleNamespace(propagate_error=lambda _: None)
        self.let = asyncio.Event()
        self.running: set[str] = set()
        self.most = 0
        self.error: Exception | None = None
        self.aborted = False

    async def generate(
        self, prompt: dict[str, Any], params: Any, request_id: str, **_: Any
    ) -> AsyncIterator[Any]:
        self.running.add(request_id)
        self.most = max(self.most, len(self.running))
        try:
            await self.let.wait()
            await asyncio.sleep(0)
            if self.error is not None:
                raise self.error
            count = 1 if self.aborted else len(prompt["prompt_token_ids"])
            flat = SimpleNamespace(
                start_indices=[0, *range(count - 1)], logprobs=[-1.0] * (count - 1)
            )
            yield SimpleNamespace(prompt_logprobs=flat)
        finally:
            self.running.discard(request_id)

    async def abort(self, request_ids: Sequence[str]) -> None:
        self.aborted = True
        self.let.set()


def scoring(front_end: FrontEnd) -> Any:
    from desktop_llm.engine.generation import Generation
    from desktop_llm.engine.scoring import Scoring

    generation = Generation(front_end)
    return Scoring(generation), generation


async def collect(scores: AsyncIterator[WindowScore]) -> list[WindowScore]:
    return [score async for score in scores]


async def test_that_windows_are_taken_as_they_are_needed_and_all_are_scored() -> None:
    front_end = FrontEnd()
    taken = 0

    def windows() -> Iterator[list[int]]:
        nonlocal taken
        for length in [5, 7] * 100:
            taken += 1
            yield [1] * length

    scores, generation = scoring(front_end)
    collecting = asyncio.ensure_future(collect(scores.score(windows())))
    await asyncio.sleep(0.01)
    assert taken == len(front_end.running) == 16
    assert not await generation.wait_idle(0)
    front_end.let.set()
    found = await collecting
    assert front_end.most == 16
    assert sorted(score.number for score in found) == list(range(200))
    assert {score.number % 2: len(score.logprobs) for score in found} == {0: 4, 1: 6}
    assert await generation.wait_idle(0)


async def test_that_closing_it_aborts_what_is_under_way() -> None:
    front_end = FrontEnd()
    scores, generation = scoring(front_end)
    stream = scores.score([[1, 2, 3]] * 20)
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.01)
    assert front_end.running
    waiting.cancel()
    await asyncio.wait({waiting})
    assert not front_end.running
    assert await generation.wait_idle(0)


async def test_that_unloading_is_told_rather_than_fewer_logprobs() -> None:
    front_end = FrontEnd()
    scores, generation = scoring(front_end)
    collecting = asyncio.ensure_future(collect(scores.score([[1, 2, 3]] * 20)))
    await asyncio.sleep(0.01)
    await generation.abort_all()
    with pytest.raises(AppError) as told:
        await collecting
    assert told.value.code == "engine.not_ready"
    assert await generation.wait_idle(0)


async def test_that_one_failure_ends_all() -> None:
    from vllm.v1.engine.exceptions import EngineDeadError

    front_end = FrontEnd()
    front_end.error = EngineDeadError()
    front_end.let.set()
    scores, generation = scoring(front_end)
    with pytest.raises(AppError) as told:
        await collect(scores.score([[1, 2, 3]] * 20))
    assert told.value.code == "engine.died"
    assert not front_end.running
    assert await generation.wait_idle(0)


async def test_that_a_window_as_long_as_the_context_is_refused() -> None:
    front_end = FrontEnd()
    front_end.let.set()
    scores, _ = scoring(front_end)
    assert len((await collect(scores.score([[1] * 31])))[0].logprobs) == 30
    with pytest.raises(AppError) as told:
        await collect(scores.score([[1] * 32]))
    assert told.value.code == "engine.prompt_too_long"
