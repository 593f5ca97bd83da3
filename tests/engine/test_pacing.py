"""What is merged where many streams run, on a stand-in that merges as vLLM's collector does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest

from desktop_llm.engine.pacing import Pace, Pacing


@dataclass
class Output:
    tokens: list[int]
    finished: bool


class Stream:
    """A token each `step` seconds; those that nobody has fetched yet come as one."""

    def __init__(self, tokens: int, step: float) -> None:
        self.closed = False
        self._tokens, self._step = tokens, step

    async def outputs(self) -> AsyncGenerator[Output, None]:
        began, given = time.monotonic(), 0
        try:
            while given < self._tokens:
                made = min(int((time.monotonic() - began) / self._step), self._tokens)
                if made > given:
                    yield Output(list(range(given, made)), made == self._tokens)
                    given = made
                else:
                    await asyncio.sleep(self._step / 4)
        finally:
            self.closed = True


def never() -> bool:
    return False


async def collected(pacing: Pacing, stream: Stream) -> list[Output]:
    return [output async for output in pacing.paced(stream.outputs(), never)]


async def test_many_streams_get_fewer_deltas_and_lose_nothing() -> None:
    pacing = Pacing(Pace(deltas_per_second=200, longest_seconds=0.1))
    streams = [Stream(100, 0.02) for _ in range(16)]
    answers = await asyncio.gather(*(collected(pacing, stream) for stream in streams))
    for outputs in answers:
        assert [token for output in outputs for token in output.tokens] == list(range(100))
        # Two seconds with a delta each 75 ms, where each token had one of its own before.
        assert len(outputs) < 40
        assert len(outputs[0].tokens) < len(outputs[1].tokens)


async def test_a_lone_stream_is_not_held_nor_one_that_is_left_alone() -> None:
    pacing = Pacing(Pace(deltas_per_second=0.001, longest_seconds=3600))
    async with asyncio.timeout(60):
        await collected(pacing, Stream(30, 0.01))
        left = asyncio.ensure_future(collected(pacing, Stream(30, 0.01)))
        other = pacing.paced(Stream(30, 0.01).outputs(), never)
        await anext(other)
        await asyncio.sleep(0.05)
        left.cancel()
        await asyncio.wait({left})
        assert len([output async for output in other]) >= 1


async def test_the_first_delta_and_the_end_are_not_held() -> None:
    pacing = Pacing(Pace(deltas_per_second=0.001, longest_seconds=3600))

    async def one() -> AsyncGenerator[Output, None]:
        yield Output([0], True)

    async with asyncio.timeout(60):
        other = pacing.paced(Stream(30, 0.01).outputs(), never)
        await anext(other)
        assert [output.tokens async for output in pacing.paced(one(), never)] == [[0]]
    await other.aclose()


async def test_what_has_ended_is_fetched_without_waiting_for_the_pace() -> None:
    pacing = Pacing(Pace(deltas_per_second=0.001, longest_seconds=3600))
    ended = False
    other = pacing.paced(Stream(30, 0.01).outputs(), never)
    await anext(other)
    held = pacing.paced(Stream(3, 0.01).outputs(), lambda: ended)
    await anext(held)
    last = asyncio.ensure_future(anext(held))
    await asyncio.sleep(0.1)
    assert not last.done()
    pacing.some_ended()
    await asyncio.sleep(0.05)
    assert not last.done()
    ended = True
    pacing.some_ended()
    assert (await asyncio.wait_for(last, 20)).finished
    await other.aclose()


async def test_closing_it_closes_what_it_reads_from() -> None:
    pacing, stream = Pacing(), Stream(100, 0.001)
    paced = pacing.paced(stream.outputs(), never)
    await anext(paced)
    await paced.aclose()
    assert stream.closed


@pytest.mark.parametrize(("streams", "seconds"), [(1, 0), (2, 0.001), (16, 0.015), (500, 0.05)])
def test_the_pace_grows_with_the_streams_up_to_its_bound(streams: int, seconds: float) -> None:
    assert Pace(deltas_per_second=1000, longest_seconds=0.05).seconds(streams) == seconds
