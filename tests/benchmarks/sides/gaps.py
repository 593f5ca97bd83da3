"""What the GUI thread goes through in `gui_gap`."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.sides import session
from tests.benchmarks.sides.answering import Line, given
from tests.benchmarks.sides.requests import question, sampling

if TYPE_CHECKING:
    from desktop_llm.gui.workbench import Workbench

TICK_MS = 4


class GapMeter:
    """A precise 4 ms timer on the GUI thread that notes when each of its ticks comes."""

    def __init__(self, phase: str) -> None:
        from PySide6.QtCore import Qt, QTimer

        self._ticks: list[float] = [time.perf_counter()]
        self._marks = [(self._ticks[0], phase)]
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(lambda: self._ticks.append(time.perf_counter()))
        self._timer.start(TICK_MS)

    def phase(self, name: str) -> None:
        """Gaps that begin from now on belong to `name`; to none if it is empty."""
        self._marks.append((time.perf_counter(), name))

    def stop(self) -> dict[str, list[float]]:
        """The gaps of each phase in ms: the time between two ticks, less the 4 ms it should be."""
        self._timer.stop()
        gaps: dict[str, list[float]] = {}
        marks = [*self._marks, (float("inf"), "")]
        current = 0
        for before, after in zip(self._ticks, self._ticks[1:], strict=False):
            while before >= marks[current][0]:
                current += 1
            name = marks[current - 1][1] if current else ""
            if name:
                gap = max(0.0, (after - before) * 1000 - TICK_MS)
                gaps.setdefault(name, []).append(round(gap, 3))
        return gaps


def imported() -> bool:
    """Whether the app has imported all it needs of vLLM."""
    module = sys.modules.get("desktop_llm.engine.generation")
    return module is not None and not getattr(module.__spec__, "_initializing", False)


async def scenario(bench: Workbench, meter: GapMeter) -> dict[str, list[float]]:
    """The default model loads at the start; then one chat on show streams, and more beside it."""
    from desktop_llm.engine.types import Phase

    core, bridge = bench._core, bench._bridge
    await session.until(imported)
    meter.phase("loading")
    await session.until(lambda: bench.engine.state.phase is not Phase.LOADING)
    if bench.engine.state.phase is not Phase.READY:
        raise RuntimeError(f"the guide model did not load: {bench.engine.state.failure}")
    meter.phase("")

    chosen = sampling(given()["tokens"])
    shown, *others = [
        (await core.store.create(sampling=chosen)).id for _ in range(given()["others"] + 1)
    ]
    await bench.chat.show(shown)
    meter.phase("streaming")

    async def send_all() -> Any:
        sends = (core.chat.send(other, question(0, i)) for i, other in enumerate(others))
        return await asyncio.gather(*sends)

    bench.chat.send(question(0, len(others)))
    background = await bridge.call(send_all())
    await session.until(lambda: core.chat.stream_of(shown) is not None)
    stream = core.chat.stream_of(shown)
    assert stream is not None
    await session.until(lambda: stream.message is not None)
    meter.phase("")
    assert stream.message is not None
    assert stream.message.metrics is not None
    assert stream.message.metrics.completion_tokens == given()["tokens"]
    await session.until(lambda: all(other.message is not None for other in background))
    meter.phase("quantizing")
    await quantize(bench)
    return meter.stop()


async def quantize(bench: Workbench) -> None:
    """A job from its start to its end, as the Quantize page shows it."""
    from desktop_llm.config.paths import guide_model
    from desktop_llm.gui.quantize_page.page import QuantizePage
    from desktop_llm.quantize.types import Job, JobPhase, JobRequest, QuantizeSettings

    page = bench.show_page("quantize")
    assert isinstance(page, QuantizePage)
    with tempfile.TemporaryDirectory(prefix="benchmark-quantize-") as folder:
        settings = QuantizeSettings(samples=given()["samples"])
        output = Path(folder) / "smaller"
        begun = await page.control.start(
            JobRequest(source=guide_model(), output=output, settings=settings)
        )
        page.show_job(begun.id)

        def job() -> Job:
            return page.control.job(begun.id) or begun

        await session.until(lambda: job().ended, seconds=900)
        if job().progress.phase is not JobPhase.DONE:
            raise RuntimeError(f"the job did not end well: {job()}")


if __name__ == "__main__":
    line = Line()
    meters: list[GapMeter] = []
    session.once_shown(lambda: meters.append(GapMeter("importing")))
    line.answer(session.run(lambda bench: scenario(bench, meters[0])))
