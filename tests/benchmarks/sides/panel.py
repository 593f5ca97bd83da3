"""The same answers with the memory dock on the screen and without it, in turns, for `panel`."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from tests.benchmarks.sides import session
from tests.benchmarks.sides.answering import Line, given
from tests.benchmarks.sides.gaps import GapMeter
from tests.benchmarks.sides.requests import question, sampling

if TYPE_CHECKING:
    from desktop_llm.gui.workbench import Workbench

# In it a chat's column is at its widest with the dock and without: a narrow one costs more to lay
# out, which is not the dock's.
WIDTH = 1600
_SETTLE_S = 1.5  # the dock's first look, and the layout of a window that has just changed


async def scenario(bench: Workbench) -> dict[str, list[dict[str, Any]]]:
    """Answers in turns hidden, shown, shown, hidden …; then the same with nothing to do."""
    from desktop_llm.engine.types import Phase

    await session.until(lambda: bench.engine.state.phase in (Phase.READY, Phase.FAILED))
    if bench.engine.state.phase is not Phase.READY:
        raise RuntimeError(f"the guide model did not load: {bench.engine.state.failure}")
    bench.window().resize(WIDTH, bench.window().height())
    await answers(bench, 0)  # warm
    streaming: list[dict[str, Any]] = []
    idle: list[dict[str, Any]] = []
    for number in range(given()["rounds"]):
        for shown in (number % 2 == 1, number % 2 == 0):
            await turn(bench, shown=shown)
            streaming.append({"shown": shown} | await answers(bench, 1 + len(streaming)))
    for number in range(given()["rounds"]):
        for shown in (number % 2 == 1, number % 2 == 0):
            await turn(bench, shown=shown)
            wall, cpu = time.perf_counter(), time.process_time()
            await asyncio.sleep(given()["idle_seconds"])
            spent, passed = time.process_time() - cpu, time.perf_counter() - wall
            idle.append({"shown": shown, "share": 100 * spent / passed})
    return {"streaming": streaming, "idle": idle}


async def turn(bench: Workbench, *, shown: bool) -> None:
    bench.show_dock(shown)
    await asyncio.sleep(_SETTLE_S)
    assert bench.dock.isVisible() is shown


async def answers(bench: Workbench, number: int) -> dict[str, Any]:
    """One chat on show and others beside it, to the end of all of them."""
    core, bridge = bench._core, bench._bridge
    chosen = sampling(given()["tokens"])
    shown, *others = [
        (await core.store.create(sampling=chosen)).id for _ in range(given()["others"] + 1)
    ]
    await bench.chat.show(shown)
    meter = GapMeter("streaming")
    began = time.perf_counter()

    async def send_all() -> Any:
        sends = (core.chat.send(other, question(number, i)) for i, other in enumerate(others))
        return await asyncio.gather(*sends)

    bench.chat.send(question(number, len(others)))
    streams = list(await bridge.call(send_all()))
    await session.until(lambda: core.chat.stream_of(shown) is not None)
    streams.append(core.chat.stream_of(shown))
    await session.until(lambda: all(stream.message is not None for stream in streams))
    seconds = time.perf_counter() - began
    tokens = sum(stream.message.metrics.completion_tokens for stream in streams)
    return {"tokens": tokens, "seconds": seconds, "gaps": meter.stop()["streaming"]}


if __name__ == "__main__":
    line = Line()
    line.answer(session.run(scenario))
