"""An answer that nobody reads on is aborted in the engine, within one step.

The engine has room for one sequence, so the next answer cannot begin beside one that still runs.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncGenerator, Iterator

import pytest

from desktop_llm.engine.types import LoadRequest
from tests.engine.conftest import QUICK, Running, chat
from tests.helpers.tiny_models import TinyModels

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]

LONG = chat(max_tokens=480, ignore_eos=True)


@pytest.fixture(scope="module")
def one_at_a_time(
    tmp_path_factory: pytest.TempPathFactory, tiny_models: TinyModels
) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("one-at-a-time"))
    profile = QUICK.model_copy(update={"max_sequences": 1})
    running.run(running.engine.load(LoadRequest(tiny_models.folder("llama"), profile)))
    yield running
    running.close()


async def first_token_seconds(running: Running) -> float:
    began = time.monotonic()
    stream = running.engine.generate(chat("Another question", max_tokens=1))
    assert isinstance(stream, AsyncGenerator)
    await anext(stream)
    took = time.monotonic() - began
    await stream.aclose()
    return took


async def whole_answer_seconds(running: Running) -> float:
    began = time.monotonic()
    async for _ in running.engine.generate(LONG):
        pass
    return time.monotonic() - began


async def figures(running: Running) -> tuple[float, float, float]:
    """A whole long answer, one of its steps, and a first token on an idle engine; in seconds."""
    whole = await whole_answer_seconds(running)
    idle = statistics.median([await first_token_seconds(running) for _ in range(5)])
    return whole, whole / 480, idle


def test_that_a_second_answer_waits_for_one_that_is_not_aborted(one_at_a_time: Running) -> None:
    """Else the tests below would show nothing."""

    async def beside() -> tuple[float, float]:
        whole, _, _ = await figures(one_at_a_time)
        stream = one_at_a_time.engine.generate(LONG)
        await anext(stream)
        rest = asyncio.ensure_future(_read(stream))
        waited = await first_token_seconds(one_at_a_time)
        await rest
        return waited, whole

    waited, whole = one_at_a_time.run(beside())
    assert waited > whole / 3


@pytest.mark.parametrize("way", ["closed", "cancelled"])
def test_that_an_answer_ends_in_the_engine_within_a_step(one_at_a_time: Running, way: str) -> None:
    async def next_first_token() -> float:
        stream = one_at_a_time.engine.generate(LONG)
        assert isinstance(stream, AsyncGenerator)
        for _ in range(10):
            await anext(stream)
        if way == "closed":
            await stream.aclose()
        else:
            reading = asyncio.ensure_future(_read(stream))
            await asyncio.sleep(0.01)
            reading.cancel()
            await asyncio.wait({reading})
            assert reading.cancelled()
        loaded = one_at_a_time.engine._loaded
        assert loaded is not None
        assert await loaded.generation.wait_idle(0)
        return await first_token_seconds(one_at_a_time)

    async def measured() -> tuple[float, float, float, float]:
        whole, step, idle = await figures(one_at_a_time)
        after = statistics.median([await next_first_token() for _ in range(5)])
        return whole, step, idle, after

    whole, step, idle, after = one_at_a_time.run(measured())
    # One step that was under way, and as much again for a busy machine; far from the whole answer.
    assert after < idle + 2 * step + 0.02
    assert after < whole / 5


async def _read(stream: object) -> None:
    async for _ in stream:  # type: ignore[attr-defined]
        pass
