"""The real app with the guide model, driven for `telemetry`: what its monitor page costs.

A question names a page to show and for how long to do nothing, or that 16 conversations answer at
once; the answer is the CPU time of the app's own process (not EngineCore's), or tokens a second and
the gaps of the GUI thread.
"""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tests.benchmarks.sides import session
from tests.benchmarks.sides.answering import Line, given
from tests.benchmarks.sides.gaps import GapMeter
from tests.benchmarks.sides.requests import question, sampling

if TYPE_CHECKING:
    from desktop_llm.gui.workbench import Workbench
    from desktop_llm.telemetry.monitor import Moment

STREAMS = 16
SETTLE_SECONDS = 2.5  # the page's first drawing is no part of what it costs to look at


async def scenario(bench: Workbench, line: Line) -> None:
    """Answer questions until the benchmark hangs up."""
    from desktop_llm.engine.types import Phase

    await session.store_open(bench)
    await session.until(lambda: bench.engine.state.phase in (Phase.READY, Phase.FAILED))
    assert bench.engine.state.phase is Phase.READY, bench.engine.state.failure
    await _fill_history(bench)
    line.answer({"figures": len(bench._core.monitor.history.names())})
    questions = line.questions()
    loop = asyncio.get_running_loop()
    round_number = 0
    while (asked := await loop.run_in_executor(None, next, questions, None)) is not None:
        bench.show_page(asked["page"])
        await asyncio.sleep(SETTLE_SECONDS)
        if "seconds" in asked:
            line.answer(await _rest(asked["seconds"]))
        else:
            round_number += 1
            line.answer(await _answer(bench, round_number))


async def _rest(seconds: float) -> dict[str, float]:
    cpu, start = time.process_time(), time.monotonic()
    await asyncio.sleep(seconds)
    return {"cpu": time.process_time() - cpu, "wall": time.monotonic() - start}


async def _answer(bench: Workbench, number: int) -> dict[str, Any]:
    core = bench._core
    chosen = sampling(given()["tokens"])
    ids = [(await core.store.create(sampling=chosen)).id for _ in range(STREAMS)]

    async def send_all() -> Any:
        sends = (core.chat.send(each, question(number, i)) for i, each in enumerate(ids))
        return await asyncio.gather(*sends)

    meter = GapMeter("answering")
    start = time.perf_counter()
    streams = await bench._bridge.call(send_all())
    await session.until(lambda: all(stream.message is not None for stream in streams))
    seconds = time.perf_counter() - start
    gaps = meter.stop()["answering"]
    return {"speed": STREAMS * given()["tokens"] / seconds, "gaps": gaps}


async def _fill_history(bench: Workbench) -> None:
    """Ten minutes of all figures, each on its way up and down, as after ten minutes of use."""
    from desktop_llm.telemetry.figures import Figure, engine_figures

    monitor = bench._core.monitor
    moments: list[Moment] = []
    unsubscribe = monitor.looked.subscribe(moments.append)
    await session.until(lambda: moments)
    unsubscribe()
    statistics = await bench._bridge.call(_statistics(bench))
    latencies = {
        name: {"last": 0.2, "p50": 0.2, "p95": 0.4} for name in ("ttft_s", "inter_token_s")
    }
    figures = (*moments[-1].figures, *engine_figures(asdict(statistics) | latencies))
    now = time.monotonic()
    for second in range(600, 0, -1):
        swing = 1 + 0.3 * math.sin(second / 20)
        monitor.history.add(
            now - second,
            [
                Figure(figure.name, figure.unit, figure.value and figure.value * swing)
                for figure in figures
            ],
        )


async def _statistics(bench: Workbench) -> Any:
    return bench._core.engine.statistics()


if __name__ == "__main__":
    answers = Line()
    session.run(lambda bench: scenario(bench, answers))
