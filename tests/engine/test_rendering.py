"""Rendering and answering while the model is unloaded, on a stand-in for vLLM's front end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from desktop_llm.core.errors import AppError
from desktop_llm.engine.types import ChatMessage, FinishReason
from tests.engine.conftest import chat

pytestmark = pytest.mark.timeout(60)

MESSAGES = (ChatMessage("user", "Hello"),)


class FrontEnd:
    """Renders when it is let, and then as `outcome` says."""

    def __init__(self, outcome: BaseException | None = None) -> None:
        self.model_config = SimpleNamespace(get_diff_sampling_param=dict, max_model_len=512)
        self.renderer = self
        self.output_processor = SimpleNamespace(propagate_error=lambda _: None)
        self.let = asyncio.Event()
        self.outcome = outcome
        self.asked = 0

    async def render_chat_async(self, *_: object) -> tuple[None, list[dict[str, Any]]]:
        await self.let.wait()
        if self.outcome is not None:
            raise self.outcome
        return None, [{"prompt_token_ids": [1, 2, 3]}]

    async def generate(self, *_: object, **__: object) -> AsyncIterator[Any]:
        self.asked += 1
        nothing: tuple[Any, ...] = ()
        for output in nothing:
            yield output


def generation(front_end: FrontEnd) -> Any:
    from desktop_llm.engine.generation import Generation

    return Generation(front_end)


async def test_that_a_prompt_that_is_rendered_counts_as_under_way() -> None:
    front_end = FrontEnd()
    answers = generation(front_end)
    assert await answers.wait_idle(0)
    count = asyncio.ensure_future(answers.count(MESSAGES))
    await asyncio.sleep(0)
    assert not await answers.wait_idle(0.01)
    front_end.let.set()
    assert await count == 3
    assert await answers.wait_idle(0)


async def test_that_a_renderer_that_was_shut_down_is_told_as_unloading() -> None:
    front_end = FrontEnd(RuntimeError("cannot schedule new futures after shutdown"))
    answers = generation(front_end)
    count = asyncio.ensure_future(answers.count(MESSAGES))
    await asyncio.sleep(0)
    answers.fail_all()
    front_end.let.set()
    with pytest.raises(AppError) as refused:
        await count
    assert refused.value.code == "engine.not_ready"


@pytest.mark.parametrize("error", [TimeoutError("timed out after 60s"), RecursionError("too deep")])
async def test_that_a_template_that_does_not_end_is_told(error: Exception) -> None:
    front_end = FrontEnd(error)
    front_end.let.set()
    with pytest.raises(AppError) as refused:
        await generation(front_end).count(MESSAGES)
    assert refused.value.code == "engine.bad_template"


async def test_that_an_answer_still_rendered_when_all_are_aborted_never_reaches_vllm() -> None:
    front_end = FrontEnd()
    answers = generation(front_end)
    stream = answers.generate(chat())
    first = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    await answers.abort_all()
    front_end.let.set()
    assert (await first).finish_reason is FinishReason.ABORT
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    assert front_end.asked == 0
    assert await answers.wait_idle(0)
