"""The monitor page: what its charts draw and tell, what it costs nobody, and what it says."""

from __future__ import annotations

import math
import time
from array import array
from dataclasses import asdict, replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QBoxLayout, QWidget

from desktop_llm.config.settings import Theme as ThemeChoice
from desktop_llm.core.units import GIB
from desktop_llm.engine.statistics import Latency
from desktop_llm.gui.monitor_page.chart import Chart
from desktop_llm.gui.monitor_page.history_view import HistoryView
from desktop_llm.gui.monitor_page.page import MonitorPage
from desktop_llm.gui.monitor_page.scale import Measure, scale_for, value_text
from desktop_llm.gui.monitor_page.series import Span, read_series, series_of
from desktop_llm.gui.monitor_page.specs import chart_specs
from desktop_llm.gui.palettes import DARK, LIGHT
from desktop_llm.gui.workbench import Workbench
from desktop_llm.telemetry.figures import Figure, Unit, figures_of
from desktop_llm.telemetry.history import History
from desktop_llm.telemetry.sample import (
    DriverState,
    GpuMemory,
    GpuProcess,
    GpuSample,
    GpuState,
    OurProcess,
    RamSample,
    Sample,
    Temperatures,
)
from tests.gui.conftest import until
from tests.helpers.fake_core import FakeCore
from tests.helpers.fake_engine import engine_statistics

NAN = math.nan
CARD = GpuSample(
    0,
    "RTX 4090",
    "GPU-1",
    memory=GpuMemory(24 * GIB, 17 * GIB, 6 * GIB, GIB),
    processes=(GpuProcess(70, "python", 13 * GIB), GpuProcess(9, "blender", 3 * GIB)),
    busy_percent=93,
    memory_busy_percent=40,
    power=300.0,
    power_limit=450.0,
    temperatures=Temperatures(64, None, 90, 95, 100),
)
RAM = RamSample(32 * GIB, 20 * GIB, (OurProcess(70, "python", 2 * GIB),))
ON_A_GPU = Sample(0, 0, RAM, DriverState.OK, gpus=(CARD,))
ON_THE_CPU = Sample(0, 0, RAM, DriverState.ABSENT, "No NVIDIA driver was found.")


def watches(core: FakeCore) -> list[float]:
    return [watch.interval for watch in core.monitor.sampler._watches]


def remember(core: FakeCore, sample: Sample, *ago: float, model: bool = True) -> None:
    """As if `sample` had been seen so many seconds ago."""
    now = time.monotonic()
    engine = asdict(
        engine_statistics(
            kv_usage=0.25, generation_tokens_per_s=81.25, ttft_s=Latency(3, 0.2, 0.2, 0.15, 0.3)
        )
    )
    for seconds in sorted(ago, reverse=True):
        then = replace(sample, at=now - seconds)
        core.monitor.history.add(then.at, figures_of(then, engine if model else None))


def points(chart: Chart, figure: str) -> int:
    """How many are drawn."""
    drawn = chart.curves[figure].xData
    return 0 if drawn is None else len(drawn)


async def opened(window: Workbench) -> tuple[MonitorPage, HistoryView]:
    """Show the page and wait for its first look."""
    page = window.show_page("monitor")
    assert isinstance(page, MonitorPage)
    await until(lambda: page.history is not None and page.history._wanted)
    assert page.history is not None
    history = page.history
    await until(lambda: page.stack.currentWidget() is history)
    await until(lambda: history.charts.keys() == history._wanted.keys())
    return page, history


def drawn(values: list[float], span: Span = Span.MINUTES) -> list[tuple[float, float]]:
    """The points of a row of values whose last is at 0."""
    series = series_of(array("d", values), -(len(values) - 1) * span.step, span.step, 10)
    return list(zip(series.x.tolist(), series.y.tolist(), strict=True))


def test_that_a_value_never_seen_is_no_point_and_never_zero() -> None:
    assert drawn([NAN] * 5) == []
    assert drawn([NAN, 5.0, NAN]) == [(-1, 5), (0, 5)]


def test_that_a_line_goes_over_a_slow_watchs_steps_but_breaks_at_a_gap() -> None:
    x, y = zip(*drawn([1.0, *[NAN] * 4, 2.0, *[NAN] * 19, 3.0, 4.0]), strict=True)
    assert x == (-26, -21, -20, -20, -1, 0, 0)
    np.testing.assert_equal(y, (1, 2, 2, NAN, 3, 4, 4))


def test_that_a_value_holds_until_the_next_and_not_in_a_gap() -> None:
    series = series_of(array("d", [1.0, 2.0, *[NAN] * 20, 3.0]), -22, 1, 10)
    assert [series.at(x) for x in (-23, -22, -21.5, -20.5, -10, 0)] == [None, 1, 1, 2, None, 3]
    assert series.highest == 3
    assert series.latest == 3


def test_that_both_spans_are_read_from_the_history() -> None:
    history = History()
    for at in (6000, 6001, 6060):
        history.add(at, [Figure("power", Unit.WATTS, float(at))])
    seconds = read_series(history, "power", Span.MINUTES, 6060.5)
    assert [x for x, y in zip(seconds.x, seconds.y, strict=True) if y == 6060] == [-0.5, 0]
    assert read_series(history, "power", Span.DAY, 6060.5).y[0] == 6000.5
    assert read_series(history, "heat", Span.DAY, 6060.5).highest == 0


@pytest.mark.parametrize(
    ("measure", "highest", "texts"),
    [
        (Measure.BYTES, 23.6 * GIB, ["0 GiB", "8 GiB", "16 GiB", "24 GiB"]),
        (Measure.BYTES, 0.0, ["0.00 GiB", "0.25 GiB", "0.50 GiB", "0.75 GiB", "1.00 GiB"]),
        (Measure.SHARE, 0.2, ["0 %", "50 %", "100 %"]),
        (Measure.WATTS, 450.0, ["0 W", "200 W", "400 W", "600 W"]),
        (Measure.SECONDS, 0.42, ["0 ms", "200 ms", "400 ms", "600 ms"]),
        (Measure.SECONDS, 3.1, ["0.0 s", "2.0 s", "4.0 s"]),
        (Measure.COUNT, 1.0, ["0", "1", "2", "3"]),
        (Measure.SPEED, 92.0, ["0", "50", "100"]),
        (Measure.CELSIUS, 95.0, ["0 °C", "50 °C", "100 °C"]),
    ],
)
def test_that_an_axis_ends_at_a_round_figure_in_real_units(
    measure: Measure, highest: float, texts: list[str]
) -> None:
    scale = scale_for(measure, highest)
    shown = [text.replace("0.0 s", "0 s").replace(".0 s", " s") for _value, text in scale.ticks]
    assert shown == [text.replace("0.0 s", "0 s").replace(".0 s", " s") for text in texts]
    assert scale.top >= highest
    assert scale.ticks[-1][0] == scale.top


def test_that_values_have_their_units_and_the_unknown_a_dash() -> None:
    assert value_text(Measure.BYTES, 8.25 * GIB) == "8.25 GiB"
    assert value_text(Measure.SECONDS, 0.0042) == "4.2 ms"
    assert value_text(Measure.SECONDS, 12.34) == "12.3 s"
    assert value_text(Measure.SPEED, 81.25) in {"81.2 tok/s", "81.3 tok/s"}
    assert value_text(Measure.SHARE, 0.005) == "0.5 %"
    assert value_text(Measure.WATTS, None) == value_text(Measure.WATTS, NAN) == "–"


def test_that_a_machine_without_a_gpu_has_its_memory_and_the_engines_charts() -> None:
    assert [spec.key for spec in chart_specs(ON_THE_CPU, ())] == ["ram"]
    keys = [spec.key for spec in chart_specs(ON_THE_CPU, {"engine.kv_usage"})]
    assert keys == ["ram", "kv", "speed", "requests", "ttft", "inter_token"]


def test_that_several_gpus_have_a_memory_chart_each_and_share_the_others() -> None:
    sample = replace(ON_A_GPU, gpus=(CARD, replace(CARD, index=1)))
    specs = {spec.key: spec for spec in chart_specs(sample, ())}
    assert list(specs) == ["vram.gpu0", "vram.gpu1", "ram", "busy", "power", "heat"]
    assert [line.figure for line in specs["power"].lines] == [
        "gpu0.power",
        "gpu1.power",
        "gpu0.power_limit",
    ]


async def test_that_the_page_draws_what_was_seen(window: Workbench, core: FakeCore) -> None:
    core.sampled.sample = ON_A_GPU
    remember(core, ON_A_GPU, *range(3, 60), *range(120, 180))
    window.window().resize(1800, 1000)  # all charts are in sight
    _page, history = await opened(window)
    await until(lambda: points(history.charts["heat"], "gpu0.temperature"))
    await until(lambda: points(history.charts["vram.gpu0"], "gpu0.memory_used"))
    vram = history.charts["vram.gpu0"]
    texts = {figure: key.value.text() for figure, key in vram.keys.items()}
    assert texts == {
        "gpu0.memory_used": "17.0 GiB",
        "gpu0.memory_ours": "13.0 GiB",
        "gpu0.memory_total": "24.0 GiB",
    }
    assert "Used 17.0 GiB" in vram.accessibleDescription()
    values = vram.curves["gpu0.memory_used"].yData
    assert np.isnan(values).any(), "the minute in which nobody looked is a gap"
    assert np.nanmin(values) == 17 * GIB, "and no zero"
    assert history.charts["power"].keys["gpu0.power"].value.text() == "300 W"
    assert not history.no_model.isVisible()


async def test_that_without_a_model_it_says_what_to_do(window: Workbench) -> None:
    page, history = await opened(window)
    assert history.no_model.isVisible()
    assert "Choose one at the bottom" in history.no_model.text()
    assert list(history.charts) == ["ram"]
    assert not page.problem.isVisible(), "that there is no GPU is nothing wrong"


async def test_that_it_looks_while_it_is_seen_and_never_else(
    window: Workbench, core: FakeCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    _page, history = await opened(window)
    assert watches(core) == [1.0]
    window.show_page("chat")
    assert watches(core) == []
    shown: list[Sample] = []
    monkeypatch.setattr(history, "show_sample", shown.append)
    core.monitor.sampler.sampled.emit(replace(ON_A_GPU, at=time.monotonic() + 1))
    window.show_page("models")
    await until(lambda: window.page == "models")
    assert not shown, "a hidden page draws nothing"
    window.show_page("monitor")
    window.window().showMinimized()
    await until(lambda: watches(core) == [])


async def test_that_the_pointer_tells_the_values_of_its_time_in_every_chart(
    window: Workbench, core: FakeCore
) -> None:
    core.sampled.sample = ON_THE_CPU
    remember(core, replace(ON_THE_CPU, ram=RamSample(32 * GIB, 10 * GIB)), *range(200, 400))
    page, history = await opened(window)
    chart = history.charts["ram"]
    await until(lambda: points(chart, "ram.used"))
    plot = chart.plot
    box = plot.getPlotItem().getViewBox().sceneBoundingRect()
    middle = QPoint(round(box.center().x()), round(box.center().y()))
    assert page.time.text() == ""
    QTest.mouseMove(plot.viewport(), middle)
    await until(lambda: chart.keys["ram.used"].value.text() == "22.0 GiB")
    assert history.charts["kv"].keys["engine.kv_usage"].value.text() == "25 %"
    assert page.time.text().count(":") == 2
    plot.pointed.emit(None)
    assert chart.keys["ram.used"].value.text() == "12.0 GiB"
    assert page.time.text() == ""


async def test_that_the_arrow_keys_go_through_time(window: Workbench, core: FakeCore) -> None:
    remember(core, replace(ON_THE_CPU, ram=RamSample(32 * GIB, 8 * GIB)), *range(5, 60))
    page, history = await opened(window)
    await until(lambda: points(history.charts["ram"], "ram.used"))
    history.setFocus()
    for _ in range(3):
        QTest.keyClick(history, Qt.Key.Key_Left)
    assert history.charts["ram"].keys["ram.used"].value.text() == "24.0 GiB"
    assert page.time.text()
    QTest.keyClick(history, Qt.Key.Key_Escape)
    assert not page.time.text()


async def test_that_a_day_is_one_click_away(window: Workbench, core: FakeCore) -> None:
    remember(core, ON_THE_CPU, *range(0, 7200, 30))
    page, history = await opened(window)
    chart = history.charts["ram"]
    await until(lambda: points(chart, "ram.used"))
    page.span.chosen.emit("day")
    assert history.span is Span.DAY
    (low, high), _ = chart.plot.getPlotItem().viewRange()
    assert (low, high) == (-86400, 0)
    await until(lambda: chart.curves["ram.used"].xData[0] < -7000)


async def test_that_only_charts_in_sight_are_drawn(window: Workbench, core: FakeCore) -> None:
    core.sampled.sample = ON_A_GPU
    remember(core, ON_A_GPU, 1, 2)
    window.window().resize(900, 500)
    _page, history = await opened(window)
    await until(lambda: points(history.charts["vram.gpu0"], "gpu0.memory_used"))
    heat = history.charts["heat"]
    assert not points(heat, "gpu0.temperature")
    history.verticalScrollBar().setValue(history.verticalScrollBar().maximum())
    await until(lambda: points(heat, "gpu0.temperature"))
    assert heat.keys["gpu0.temperature"].value.text() == "64 °C"


async def test_that_a_lost_gpu_and_a_driver_that_fails_are_said(
    window: Workbench, core: FakeCore
) -> None:
    lost = replace(CARD, state=GpuState.LOST, memory=None, problem="It fell off the bus.")
    core.sampled.sample = replace(ON_A_GPU, gpus=(lost,))
    page, _history = await opened(window)
    await until(page.problem.isVisible)
    assert page.problem_text.text() == "It fell off the bus."
    failing = replace(core.sampled.read(), driver=DriverState.FAILING, problem="It hangs.", gpus=())
    core.monitor.sampler._latest = replace(failing, at=failing.at + 11)
    page.watching._check.timeout.emit()
    assert page.problem_text.text() == "It hangs."
    core.sampled.sample = ON_A_GPU
    page.watching._shown_at = 0.0
    await until(lambda: not page.problem.isVisible(), "it is well again")


async def test_that_charts_follow_the_theme(window: Workbench, core: FakeCore) -> None:
    _page, history = await opened(window)
    plot = history.charts["ram"].plot
    light = plot.grab().toImage().pixelColor(3, 3)
    window.theme.choose(ThemeChoice.DARK)
    dark = plot.grab().toImage().pixelColor(3, 3)
    assert (light.name(), dark.name()) == (LIGHT.surface, DARK.surface)


async def test_that_no_tab_is_cut_in_a_narrow_window(window: Workbench) -> None:
    page, _history = await opened(window)

    def whole(row: QWidget) -> bool:
        inside = page.rect().contains(row.mapTo(page, row.rect().bottomRight()))
        return inside and row.width() >= row.sizeHint().width()

    for width, beside in ((760, False), (1400, True)):
        window.window().resize(width, 560)
        await until(lambda width=width: page.window().width() == width)  # type: ignore[misc]
        await until(lambda: whole(page.tabs) and whole(page.span))
        way = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        assert page._head.direction() is way
